"""Checking the folder of a log whole: every hash is computed again from the entries up to the signed root."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint
from tocsin.ledger.leaf import Event, make_leaf
from tocsin.ledger.merkle import Tree, leaf_hash, root_at
from tocsin.ledger.note import LARGEST_NOTE, NoteInvalid, Verifier, open_note
from tocsin.ledger.origins import split_origin
from tocsin.ledger.tiles import WIDTH, TileError, read_bundle, read_entries, read_tile
from tocsin.ledger.trust import Trust

_TILE_LEVELS = 8
_CHANGED = "The log folder changed while it was being checked. Try again."
_HANDOVER = b"tocsin/ledger/handover/v1"


class LogInvalid(Exception):
    """The folder of a log is damaged, incomplete, or not what its key signed. The message is for people."""


class LogMissing(LogInvalid):
    """The folder holds no log at all."""


@dataclass(frozen=True)
class CheckedLog:
    """A log whose every entry, tile and signature was found right."""

    directory: Path
    checkpoint: Checkpoint
    tree: Tree
    witnesses: tuple[str, ...]

    def root_at(self, size: int) -> bytes:
        """Root of the first ``size`` entries, computed from the entries."""
        return root_at(size, self.tree)

    def entry(self, index: int) -> bytes:
        """One entry again. Raises ``LogInvalid`` as ``entries`` does."""
        try:
            entry = read_bundle(self.directory, self.checkpoint.size, index // WIDTH)[index % WIDTH]
        except TileError as error:
            raise LogInvalid(_CHANGED) from error
        if leaf_hash(entry) != self.tree.node(0, index):
            raise LogInvalid(_CHANGED)
        return entry

    def entries(self) -> Iterator[bytes]:
        """All entries again. Raises ``LogInvalid`` when a file has changed since it was checked."""
        try:
            for index, entry in enumerate(read_entries(self.directory, self.checkpoint.size)):
                if leaf_hash(entry) != self.tree.node(0, index):
                    raise LogInvalid(_CHANGED)
                yield entry
        except TileError as error:
            raise LogInvalid(_CHANGED) from error


def check_log(directory: Path, trust: Trust) -> CheckedLog:
    """Check signature, entries, all tiles and the root of the log in ``directory``.

    Raises ``LogMissing`` when there is no checkpoint, ``LogInvalid`` for everything that is wrong.
    """
    note = read_note(directory / "checkpoint")
    checkpoint = _signed_checkpoint(note, trust)
    try:
        tree = _recompute(directory, checkpoint.size)
    except TileError as error:
        raise LogInvalid(f"The log is damaged or incomplete: {error}.") from error
    if tree.root() != checkpoint.root:
        raise LogInvalid("The entries do not give the root that the log has signed. An entry was changed.")
    return CheckedLog(directory, checkpoint, tree, _cosigners(note, trust.witnesses))


def read_note(path: Path) -> bytes:
    """A checkpoint file. Raises ``LogMissing`` or ``LogInvalid``."""
    try:
        if not path.is_file():
            raise LogMissing("This folder holds no log: the file “checkpoint” is missing.")
        with path.open("rb") as file:
            return file.read(LARGEST_NOTE + 1)
    except (OSError, ValueError) as error:
        raise LogInvalid(f"The file {path.name!r} cannot be read.") from error


def log_folders(log_dir: Path) -> list[Path]:
    """The folder of the log and those of its earlier origins (``previous/<era>``), newest first."""
    try:
        found = [path for path in (log_dir / "previous").glob("*") if path.name.isdecimal() and path.is_dir()]
    except (OSError, ValueError):
        found = []
    return [log_dir, *sorted(found, key=lambda path: int(path.name[:9]), reverse=True)]


def names_its_past(log: CheckedLog) -> bool | None:
    """Whether the first entry names the last state of the origin before; ``None`` when there is nothing to
    compare.

    The entry is made with keys that follow from the old checkpoint file, so anyone can make it again.
    """
    era = split_origin(log.checkpoint.origin)[1]
    old = log.directory / "previous" / str(era - 1)
    if era == 1 or not log.checkpoint.size:
        return None
    try:
        note = read_note(old / "checkpoint")
        told = read_note(old / "handover").decode("utf-8").split()
        event = Event("config-change", told[told.index("month") + 1], "", "")
    except (LogInvalid, ValueError, IndexError):
        return None
    leaf, _ = make_leaf(
        k_events=hmac.digest(note, _HANDOVER, "sha256"),
        n=0,
        event=event,
        private_digest=hashlib.sha256(note).digest(),
    )
    return log.tree.node(0, 0) == leaf_hash(leaf)


def _signed_checkpoint(note: bytes, trust: Trust) -> Checkpoint:
    reason = "no key of the log is known"
    for verifier in trust.log:
        try:
            return open_checkpoint(note, verifier)
        except (NoteInvalid, CheckpointInvalid) as error:
            reason = str(error)
    raise LogInvalid(f"The checkpoint of the log is not good: {reason}.")


def _recompute(directory: Path, size: int) -> Tree:
    """The tree from the entries; each tile file must hold what was computed."""
    tree = Tree()
    for index in range(-(-size // WIDTH)):
        hashes = [leaf_hash(entry) for entry in read_bundle(directory, size, index)]
        if read_tile(directory, size, 0, index) != b"".join(hashes):
            raise LogInvalid(f"Entries {index * WIDTH} and following do not fit their hashes: one was changed.")
        tree.extend(hashes)
    level = 1
    while count := size >> _TILE_LEVELS * level:
        for index in range(-(-count // WIDTH)):
            computed = tree.nodes(_TILE_LEVELS * level, index * WIDTH, (index + 1) * WIDTH)
            if read_tile(directory, size, level, index) != computed:
                raise LogInvalid(f"Tile {index} at level {level} is not what the entries give.")
        level += 1
    return tree


def _cosigners(note: bytes, witnesses: tuple[Verifier, ...]) -> tuple[str, ...]:
    found = []
    for witness in witnesses:
        try:
            found += [signature.name for signature in open_note(note, [witness]).verified]
        except NoteInvalid:
            continue
    return tuple(found)
