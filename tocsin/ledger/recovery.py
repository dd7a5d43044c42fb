"""Going on under a new name after the database was restored from a backup (or damaged): openly, once, on
record.

The first leaf of the new origin is a ``config-change`` whose private digest is the SHA-256 of the last good
checkpoint file. Its keys are derived from that same file (``handover_leaf``), so anyone who holds the old
folder, kept under ``previous/<era>/``, recomputes the leaf and sees that the new log names the old one.
Waiting leaves keep waiting and go into the next batch. A leaf that the lost database had already published
stays in the old folder.

``config-change`` and not ``key-change``: the origin changes always, the signing key only if the operator
wishes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.common import clock
from tocsin.common.errors import RuleBroken, Unsafe
from tocsin.ledger import selectors, services
from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint
from tocsin.ledger.checkpoint_copy import keep_copy, origin_line
from tocsin.ledger.leaf import Event, Opening, make_leaf
from tocsin.ledger.models import PUBLIC
from tocsin.ledger.note import NoteInvalid, Signer, Verifier
from tocsin.ledger.origins import origin_of_era, split_origin
from tocsin.ledger.sequencer import Batch, Pen, append_public, lock_head, shuffled_batch
from tocsin.ledger.startup import check

_KEY = b"tocsin/ledger/handover/v1"


@dataclass(frozen=True)
class OldLog:
    """Where the old origin is found: the key it was signed with, the copy of its checkpoint, its public
    folder.
    """

    verifier: Verifier
    checkpoint_copy: Path
    log_dir: Path


def next_origin(old: OldLog, origin: str) -> str:
    """The name after ``origin`` and after every name found in the files: never one that was used before."""
    base, era = split_origin(origin)
    found = [split_origin(origin_line(note))[1] for note in _notes(old.log_dir / "checkpoint", old.checkpoint_copy)]
    return origin_of_era(base, max([era, *found]) + 1)


def new_origin(
    *, actor: str, reason: str, signer: Signer, seal: Callable[[bytes], bytes], origin: str, old: OldLog
) -> Batch:
    """Open ``next_origin(old, origin)``, whose name ``signer`` bears, and commit to the last good checkpoint.

    One transaction: audit record, first batch (the commitment, the audit head, pads), signed head.
    Afterwards the checkpoint copy is replaced; ``publishing.publish`` then sets the old folder aside. The
    caller puts the new name and key into the settings. Raises ``RuleBroken`` when the ledger is whole,
    without a reason, or when no good checkpoint is left; ``Unsafe`` when ``signer`` bears another name.
    """
    name = next_origin(old, origin)
    if signer.name != name:
        raise Unsafe(f"The new origin is {name!r}; the signer is named {signer.name!r}.")
    if not reason.strip():
        raise RuleBroken(_("Say why a new origin is needed: it is written into the audit log."))
    with transaction.atomic(durable=True):
        lock_head(PUBLIC)
        state = check(checkpoint_copy=old.checkpoint_copy, log_dir=old.log_dir, verifier=old.verifier)
        if not state.read_only:
            raise RuleBroken(_("The ledger is whole. A new origin would only make people doubt it."))
        note, good = last_good_checkpoint(old)
        told = {"new": name, "old": good.origin, "old_size": str(good.size), "why": str(state.status)}
        services.record_audit(
            actor=actor,
            role="system",
            action="ledger.new-origin",
            subject=name,
            detail={**told, "reason": reason},
        )
        pen = Pen(signer=signer, seal=seal, origin=name)
        leaf, opening = handover_leaf(note, clock.month_of(clock.now()))
        rest = shuffled_batch(pen, [], ahead=1)
        batch = append_public(pen, None, [(leaf, seal(opening.to_bytes())), *rest])
    keep_copy(old.checkpoint_copy, batch.note, signer.verifier)
    return batch


def handover_leaf(checkpoint_note: bytes, month: str) -> tuple[bytes, Opening]:
    """The first leaf of an origin that continues after ``checkpoint_note`` (the whole signed file), and its
    opening.

    ``k_events = HMAC-SHA256(checkpoint_note, "tocsin/ledger/handover/v1")`` is public on purpose.
    """
    return make_leaf(
        k_events=hmac.digest(checkpoint_note, _KEY, "sha256"),
        n=0,
        event=Event("config-change", month, "", ""),
        private_digest=hashlib.sha256(checkpoint_note).digest(),
    )


def last_good_checkpoint(old: OldLog) -> tuple[bytes, Checkpoint]:
    """The checkpoint to commit to: file bytes and content. All must be signed with the old key.

    The published one, since anyone can compare that; without it the larger of the copy and the newest head in
    the database. Raises ``RuleBroken`` when there is none.
    """
    published = _good(old, _notes(old.log_dir / "checkpoint"))
    head = selectors.latest_head(PUBLIC)
    stored = [bytes(head.note)] if head else []
    good = published or _good(old, [*_notes(old.checkpoint_copy), *stored])
    if not good:
        raise RuleBroken(_("No checkpoint signed with the old key is left. Put one back, or give the right key."))
    return max(good, key=lambda found: found[1].size)


def _notes(*paths: Path) -> list[bytes]:
    return [path.read_bytes() for path in paths if path.exists()]


def _good(old: OldLog, notes: list[bytes]) -> list[tuple[bytes, Checkpoint]]:
    good = []
    for note in notes:
        with suppress(NoteInvalid, CheckpointInvalid):
            good.append((note, open_checkpoint(note, old.verifier)))
    return good
