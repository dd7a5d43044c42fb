"""What staff write for each other about a tip. Added, corrected by a further version, never changed or removed.

Notes are sealed to the tip's own key and go with its text. They stay inside: the reporter never sees one, nobody is
mentioned or notified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted
from tocsin.common.refs import fresh_ref, new_ref
from tocsin.ledger.services import record_audit
from tocsin.tips.content import note_place
from tocsin.tips.models import Tip, TipNote
from tocsin.tips.papers import staff_key
from tocsin.tips.reader import TipReader
from tocsin.tips.taking import as_stored, refuse_interested, required
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_to


@dataclass(frozen=True)
class OpenNote:
    """A note in clear. ``text`` is the newest version, ``earlier`` those before it, oldest first."""

    note_ref: str
    version: int
    text: str
    author: str
    author_id: int
    written_at: datetime
    earlier: Sequence[OpenNote] = ()


@transaction.atomic
def add_note(*, actor: Actor, tip: Tip, text: str, attempt: str = "") -> TipNote:
    """Write a note for colleagues. Raises ``Conflict`` when the tip's text was destroyed.

    ``attempt``: a new handle that names the try, so that pressing twice keeps one note.
    """
    note_ref, tip = fresh_ref(attempt), as_stored(tip)
    known = tip.notes.filter(note_ref=note_ref, version=1, staff_id=actor.require_staff()).first()
    return known or _write(actor, tip, text, note_ref=note_ref, version=1)


@transaction.atomic
def correct_note(*, actor: Actor, tip: Tip, note_ref: str, version: int, text: str) -> TipNote:
    """Write a further version of an own note; ``version`` is the one that the author saw.

    Raises ``Conflict`` when there is a newer one, ``NotPermitted`` for somebody else's note.
    """
    refuse_interested(actor, tip)
    newest = TipNote.objects.filter(tip=tip, note_ref=note_ref).order_by("-version").first()
    if newest is None or newest.staff_id != actor.require_staff():
        raise NotPermitted(_("Only its author corrects a note. Write a note of your own."))
    if newest.version != version:
        raise Conflict(_("This note was corrected in the meantime. Nothing was changed. Look at it again."))
    return _write(actor, tip, text, note_ref=note_ref, version=version + 1)


def _write(actor: Actor, tip: Tip, text: str, *, note_ref: str, version: int) -> TipNote:
    role = actor.role_for(Permission.NOTE_WRITE).value
    text = required(text, missing=_("Write the note. Nothing was kept."))
    refuse_interested(actor, tip)
    fresh = as_stored(tip)
    if fresh.destroyed_on:
        raise Conflict(_("The text of this report was destroyed, and notes could repeat it. Nothing was kept."))
    ref = new_ref()
    blob = seal_to(staff_key(fresh, keyring()), text.encode(), info=note_place(ref))
    row = TipNote(tip=fresh, ref=ref, note_ref=note_ref, version=version, blob=blob, written_at=clock.now())
    row.staff_id = actor.require_staff()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("This note was corrected in the meantime. Nothing was changed. Look at it again.")) from None
    action = "tip.note.add" if version == 1 else "tip.note.correct"
    record_audit(actor=actor.name, role=role, action=action, subject=f"tip:{tip.ref}")
    return row


def notes_of(tip: Tip, reader: TipReader) -> list[OpenNote]:
    """The notes of a tip in clear, oldest first. The caller has seen to permission and trace."""
    versions: dict[str, list[OpenNote]] = {}
    for row in tip.notes.select_related("staff").order_by("id"):
        versions.setdefault(row.note_ref, []).append(_opened(row, reader))
    return [_newest(each) for each in versions.values()]


def _opened(row: TipNote, reader: TipReader) -> OpenNote:
    text = reader.note(bytes(row.blob), row.ref) or ""
    return OpenNote(row.note_ref, row.version, text, row.staff.display_name, row.staff_id, row.written_at)


def _newest(versions: Sequence[OpenNote]) -> OpenNote:
    last = versions[-1]
    return OpenNote(last.note_ref, last.version, last.text, last.author, last.author_id, last.written_at, versions[:-1])
