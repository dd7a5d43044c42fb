"""May this ledger go on? The question asked at each start and before each batch.

Three things must tell the same story: the leaves in the database, the newest signed head in the database,
and the newest checkpoint in files outside it (the private copy and the published one). A database restored
from a backup is shorter than those files; going on from it would sign a second, different history, which
nobody could defend.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.utils.translation import gettext as _

from tocsin.common.errors import Conflict
from tocsin.ledger import selectors
from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint
from tocsin.ledger.merkle import Frontier, leaf_hash
from tocsin.ledger.models import PUBLIC, TreeHead
from tocsin.ledger.note import NoteInvalid, Verifier
from tocsin.ledger.origins import split_origin


class Status(StrEnum):
    """``OK`` may grow; the others are read-only."""

    OK = "ok"
    BEHIND = "behind"
    FORKED = "forked"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class LedgerState:
    """The answer. ``sentence`` says what happened, what is kept and what to do; ``to_publish`` that files
    lag.
    """

    status: Status
    sentence: str
    size: int
    to_publish: bool = False

    @property
    def read_only(self) -> bool:
        """True when nothing may be appended."""
        return self.status is not Status.OK


class LedgerReadOnly(Conflict):
    """Something wanted to append to a ledger that must not grow. Tips are still taken; their leaves wait."""


def check(*, checkpoint_copy: Path, log_dir: Path | None, verifier: Verifier, quick: bool = False) -> LedgerState:
    """Compare the database with itself and with the checkpoints outside it.

    ``quick`` recomputes the last batch only (for each sequencing); otherwise every leaf and head of the
    current origin is recomputed, streaming (for each start). Reads files and the database, changes nothing.
    """
    head = selectors.latest_head(PUBLIC)
    outside = [_Outside(checkpoint_copy, head, verifier)]
    if log_dir is not None:
        outside.append(_Outside(log_dir / "checkpoint", head, verifier))
    if head is None:
        return _state_of_empty_database(outside)
    state = _compare_with_files(head, outside) or _check_signature(head, verifier)
    if state is None:
        state = _check_last_batch(head) if quick else _check_every_leaf(head, outside, verifier)
    if state is None and quick:
        state = _check_known_heads(head, outside)
    if state is not None:
        return state
    lag = any(seen.checkpoint is None or seen.checkpoint.size < head.size for seen in outside)
    return LedgerState(Status.OK, _("The ledger is whole."), head.size, to_publish=lag)


def require_ok(state: LedgerState) -> None:
    """Raise ``LedgerReadOnly`` with the state's sentence unless the ledger may grow."""
    if state.read_only:
        raise LedgerReadOnly(state.sentence)


class _Outside:
    """A checkpoint file outside the database, as far as it can be believed."""

    def __init__(self, path: Path, head: TreeHead | None, verifier: Verifier) -> None:
        self.path = path
        self.checkpoint: Checkpoint | None = None
        self.later_era = self.strange = False
        if not path.exists():
            return
        note = path.read_bytes()
        name = note.split(b"\n", 1)[0].decode("utf-8", "replace")
        if head is not None and name != head.origin:
            base, era = split_origin(name)
            same_house = base == split_origin(head.origin)[0]
            self.later_era = same_house and era > head.era
            self.strange = not same_house  # a checkpoint of an earlier era is history and says nothing here
            return
        try:
            self.checkpoint = open_checkpoint(note, verifier)
        except (NoteInvalid, CheckpointInvalid):
            self.strange = True

    @property
    def exists(self) -> bool:
        return self.path.exists()


def _state_of_empty_database(outside: list[_Outside]) -> LedgerState:
    if any(seen.exists for seen in outside):
        return _behind(0, max((seen.checkpoint.size for seen in outside if seen.checkpoint), default=0))
    return LedgerState(Status.OK, _("The ledger is new and empty."), 0)


def _compare_with_files(head: TreeHead, outside: list[_Outside]) -> LedgerState | None:
    if any(seen.later_era for seen in outside):
        return _behind(head.size, None)
    for seen in outside:
        if seen.strange:
            told = _(
                "The checkpoint file %(path)s is not signed with the key of this ledger, or was damaged. "
                "Everything stored is kept and nothing new is added. Put the right file or the right key "
                "back."
            )
            return LedgerState(Status.DAMAGED, told % {"path": seen.path}, head.size)
    known = [seen.checkpoint for seen in outside if seen.checkpoint is not None]
    if not known and selectors.head_before(head) is not None:
        told = _(
            "No checkpoint file outside the database is left, so nobody can say whether the database is "
            "the newest. Everything stored is kept and nothing new is added. Put the checkpoint copy "
            "back, or open a new origin."
        )
        return LedgerState(Status.DAMAGED, told, head.size)
    largest = max((checkpoint.size for checkpoint in known), default=0)
    if largest > head.size:
        return _behind(head.size, largest)
    if any(checkpoint.size == head.size and checkpoint.root != bytes(head.root) for checkpoint in known):
        return _forked(head.size, head.size)
    return None


def _check_signature(head: TreeHead, verifier: Verifier) -> LedgerState | None:
    try:
        signed = open_checkpoint(bytes(head.note), verifier)
    except (NoteInvalid, CheckpointInvalid):
        return _damaged(head, _("the signature of a stored head is not good"))
    if (signed.origin, signed.size, signed.root) != (head.origin, head.size, bytes(head.root)):
        return _damaged(head, _("a stored head is not the one that was signed"))
    return None


def _check_last_batch(head: TreeHead) -> LedgerState | None:
    frontier = edge_of(selectors.head_before(head))
    if frontier is None:
        return _damaged(head, _("the stored edge of the tree does not give its root"))
    wrong = _grow(frontier, head, head.size)
    if wrong is None and not _agrees(frontier, head):
        wrong = _("the leaves of the last batch do not give the signed root")
    return _damaged(head, wrong) if wrong else None


def _check_known_heads(head: TreeHead, outside: list[_Outside]) -> LedgerState | None:
    """Each checkpoint outside must be one that this database signed, or the histories part before it."""
    heads = TreeHead.objects.filter(log=PUBLIC, era=head.era)
    for seen in outside:
        if seen.checkpoint is None:
            continue
        ours = heads.filter(size=seen.checkpoint.size).first()
        if ours is None or bytes(ours.root) != seen.checkpoint.root:
            return _forked(head.size, seen.checkpoint.size)
    return None


def _check_every_leaf(head: TreeHead, outside: list[_Outside], verifier: Verifier) -> LedgerState | None:
    stops: dict[int, list[bytes]] = {}
    for seen in outside:
        if seen.checkpoint is not None:
            stops.setdefault(seen.checkpoint.size, []).append(seen.checkpoint.root)
    heads = {one.size: one for one in TreeHead.objects.filter(log=PUBLIC, era=head.era)}
    frontier = Frontier.empty()
    for size in sorted({*stops, *heads}):
        wrong = _grow(frontier, head, size)
        ours = heads.get(size)
        if wrong is None and ours is not None:
            if not _agrees(frontier, ours):
                wrong = _("the leaves up to number %(n)d do not give the root that was signed") % {"n": size - 1}
            elif (unsigned := _check_signature(ours, verifier)) is not None:
                return unsigned
        if wrong is not None:
            return _damaged(head, wrong)
        if any(root != frontier.root() for root in stops.get(size, ())):
            return _forked(head.size, size)
    return None


def edge_of(head: TreeHead | None) -> Frontier | None:
    """The stored right edge of ``head``, empty before the first; ``None`` when it does not give the root."""
    if head is None:
        return Frontier.empty()
    try:
        frontier = Frontier.from_bytes(bytes(head.frontier))
    except ValueError:
        return None
    return frontier if frontier.size == head.size and frontier.root() == bytes(head.root) else None


def _agrees(frontier: Frontier, head: TreeHead) -> bool:
    return frontier.root() == bytes(head.root) and frontier.to_bytes() == bytes(head.frontier)


def _grow(frontier: Frontier, head: TreeHead, end: int) -> str | None:
    """Append the stored leaves up to ``end``; what is wrong with them in words, or ``None``."""
    expected = frontier.size
    for index, leaf, stored in selectors.leaves_between(head.era, frontier.size, end):
        if index != expected:
            break
        if leaf_hash(leaf) != stored:
            return _("leaf %(n)d was altered") % {"n": index}
        frontier.append(stored)
        expected += 1
    if expected != end:
        return _("leaf %(n)d is missing") % {"n": expected}
    if end == head.size and next(selectors.leaves_between(head.era, end, 2**62), None) is not None:
        return _("leaf %(n)d was inserted: no signed head covers it") % {"n": end}
    return None


def _behind(size: int, outside: int | None) -> LedgerState:
    told = _(
        "The database is older than what was already published (it holds %(size)d entries, the newest "
        "checkpoint %(outside)s): it was probably restored from a backup. Nothing stored is lost, tips "
        "are still taken and wait, but nothing is added to the ledger. Bring back the newer database, or "
        "open a new origin."
    )
    facts = {"size": size, "outside": _("is of a later origin") if outside is None else outside}
    return LedgerState(Status.BEHIND, told % facts, size)


def _forked(size: int, at: int) -> LedgerState:
    told = _(
        "The database and a signed checkpoint tell different histories of the first %(at)d entries: one "
        "of them was changed. Everything stored is kept and nothing new is added. Keep both as evidence, "
        "find out which one the public has seen, then open a new origin."
    )
    return LedgerState(Status.FORKED, told % {"at": at}, size)


def _damaged(head: TreeHead, what: str) -> LedgerState:
    told = _(
        "The stored ledger is damaged: %(what)s. Everything stored is kept and nothing new is added. "
        "Compare with a backup and with the published files, then restore or open a new origin."
    )
    return LedgerState(Status.DAMAGED, told % {"what": what}, head.size)
