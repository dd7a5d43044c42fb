"""Safe copies of files: made behind walls while the desk is unlocked, sealed like the originals, shown to staff."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.evidence import installed, sentences
from tocsin.evidence.kinds import Doubt, Family, Kind
from tocsin.evidence.safe_copy import KEPT_SEALED, KeptSealed, Reason, SafeCopy, make_safe_copy
from tocsin.ledger.durable_files import flush_directory, write_durably
from tocsin.ledger.services import record_audit
from tocsin.tips.content import copy_about_place, copy_place, evidence_about_place, evidence_place
from tocsin.tips.evidence import CopyAbout, EvidenceAbout, copy_path_of, path_of, sealed_chunks
from tocsin.tips.models import CopyVerdict, Evidence, Tip
from tocsin.tips.reading import require_reading
from tocsin.tips.selectors import tip_visible_to
from tocsin.vault import unlocked
from tocsin.vault.blobs import KEY_BYTES
from tocsin.vault.frames import FrameSealer, open_frames
from tocsin.vault.opening import CannotOpen, open_small
from tocsin.vault.sealing import seal_small

_MODE = 0o660


@dataclass(frozen=True)
class OpenEvidence:
    """One file in clear for staff: what is known of it, and what its safe copy is. ``why`` says why there is none."""

    ref: str
    about: EvidenceAbout
    verdict: CopyVerdict
    copy: CopyAbout | None

    @property
    def doubts(self) -> list[str]:
        """What speaks against taking it for what it seems."""
        return [str(sentences.of_doubt(code)) for code in self.about.doubts]

    @property
    def notes(self) -> list[str]:
        """What the safe copy leaves out."""
        return [str(sentences.of_note(code)) for code in self.copy.notes] if self.copy else []

    @property
    def why(self) -> str:
        """Why there is no safe copy; empty when there is one or it is still being made."""
        if self.verdict is not CopyVerdict.NONE or self.copy is None:
            return ""
        return f"{KEPT_SEALED} {KeptSealed(Reason(self.copy.reason)).why}"


def _key_of(row: Evidence) -> bytes:
    return unlocked.opener().open_key(bytes(row.wrapped_key), row.retention_id, evidence_about_place(row.ref))


def evidence_of(tip: Tip) -> Sequence[OpenEvidence]:
    """The files of a tip in clear, in the order of arrival. The caller has seen to permission and trace."""
    return [_opened(row, _key_of(row)) for row in tip.evidence.order_by("id")]


def names_of(rows: Iterable[Evidence]) -> Iterator[tuple[Evidence, str]]:
    """The names of files as they were sent. The caller has seen to permission and trace."""
    for row in rows:
        yield row, _opened(row, _key_of(row)).about.name


def names_of_files(tips: Sequence[Tip]) -> Sequence[tuple[str, str]]:
    """``(handle, name)`` of every file of several tips, in the order of arrival. As ``evidence_of``."""
    rows = Evidence.objects.filter(tip__in=[tip.pk for tip in tips], tip__destroyed_on__isnull=True).order_by("id")
    return [(row.ref, name) for row, name in names_of(rows)]


def _opened(row: Evidence, key: bytes) -> OpenEvidence:
    about = EvidenceAbout.from_bytes(open_small(key, bytes(row.about), evidence_about_place(row.ref)))
    copy = None
    if row.copy_about:
        copy = CopyAbout.from_bytes(open_small(key, bytes(row.copy_about), copy_about_place(row.ref)))
    return OpenEvidence(row.ref, about, CopyVerdict(row.copy_verdict), copy)


def waiting_evidence(actor: Actor) -> Evidence | None:
    """The oldest file without a safe copy."""
    actor.require(Permission.EVIDENCE_COPY)
    return Evidence.objects.filter(copy_verdict=CopyVerdict.WAITING).order_by("id").first()


def make_copy(*, actor: Actor, row: Evidence) -> CopyVerdict:
    """Make the safe copy of one file and note the verdict. Whatever the file does to its cleaner is a verdict too.

    Raises ``Locked`` while the desk is locked and ``OSError`` when the disk fails; then the file waits on.
    """
    actor.require(Permission.EVIDENCE_COPY)
    key = _key_of(row)
    opened = _opened(row, key)
    made = _made(row, key, opened.about)
    verdict, told = _store(row, made) if isinstance(made, SafeCopy) else (CopyVerdict.NONE, _kept(made))
    sealed = seal_small(key, told.to_bytes(), copy_about_place(row.ref))
    with transaction.atomic():
        Evidence.objects.filter(pk=row.pk).update(copy_verdict=verdict, copy_about=sealed)
        record_audit(
            actor=actor.name,
            role=actor.role_for(Permission.EVIDENCE_COPY).value,
            action="evidence.copy",
            subject=f"evidence:{row.ref}",
            detail={"verdict": verdict.value, "walls": told.confinement},
        )
    return verdict


def _made(row: Evidence, key: bytes, about: EvidenceAbout) -> SafeCopy | KeptSealed:
    kind = Kind(Family(about.family), about.media_type, tuple(Doubt(code) for code in about.doubts))
    plain = open_frames(key, evidence_place(row.ref), sealed_chunks(path_of(row.ref)))
    try:
        return make_safe_copy(plain, kind, installed.limits())
    except (CannotOpen, FileNotFoundError):
        return KeptSealed(Reason.MALFORMED)


def _kept(made: KeptSealed) -> CopyAbout:
    return CopyAbout(reason=made.reason.value, confinement=made.confinement.value if made.confinement else "")


def _store(row: Evidence, made: SafeCopy) -> tuple[CopyVerdict, CopyAbout]:
    key = secrets.token_bytes(KEY_BYTES)
    sealer = FrameSealer(key, copy_place(row.ref))
    sealed = sealer.update(made.data) + sealer.finish()
    path = copy_path_of(row.ref)
    write_durably(path, sealed, mode=_MODE)
    flush_directory(path.parent)
    told = CopyAbout(
        key=key.hex(),
        media_type=made.media_type,
        extension=made.extension,
        size=len(made.data),
        facts=made.facts,
        notes=made.notes,
        confinement=made.confinement.value,
    )
    return CopyVerdict.MADE, told


def read_copy(actor: Actor, tip_ref: str, ref: str) -> tuple[OpenEvidence, Iterator[bytes]]:
    """A safe copy in clear, piece by piece; the reading goes to the audit log before the first byte.

    Raises ``Tip.DoesNotExist`` or ``Evidence.DoesNotExist`` for what the actor may not see, ``ReasonNeeded`` outside
    their queue, ``RuleBroken`` when there is no safe copy, ``Locked`` while the desk is locked.
    """
    actor.require(Permission.TIP_READ)
    tip = tip_visible_to(actor, tip_ref)
    require_reading(actor, tip)
    row = tip.evidence.get(ref=ref)
    opened = _opened(row, _key_of(row))
    if opened.copy is None or opened.verdict is not CopyVerdict.MADE:
        raise RuleBroken(_("There is no safe copy of this file."))
    with transaction.atomic():
        role = actor.role_for(Permission.TIP_READ).value
        record_audit(actor=actor.name, role=role, action="evidence.read", subject=f"evidence:{ref}")
    key = bytes.fromhex(opened.copy.key)
    return opened, open_frames(key, copy_place(ref), sealed_chunks(copy_path_of(ref)))
