"""The copy of the newest signed checkpoint that lies outside the database: what a restored backup is told
by.
"""

from __future__ import annotations

from pathlib import Path

from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint
from tocsin.ledger.durable_files import flush_directory, only_one_writer, write_durably
from tocsin.ledger.note import NoteInvalid, Verifier
from tocsin.ledger.origins import split_origin


def keep_copy(path: Path, note: bytes, verifier: Verifier) -> bool:
    """Keep ``note`` at ``path``, durably; False when a newer one of the same or a later origin lies there
    already.

    Two workers may finish in the other order than they committed; the copy never goes back.
    """
    with only_one_writer(path.parent):
        if path.exists() and not _is_newer(note, path.read_bytes(), verifier):
            return False
        write_durably(path, note)
        flush_directory(path.parent)
    return True


def origin_line(note: bytes) -> str:
    """The origin that a checkpoint file claims, without believing it."""
    return note.split(b"\n", 1)[0].decode("utf-8", "replace")


def read_checkpoint(path: Path, verifier: Verifier) -> Checkpoint | None:
    """The checkpoint in ``path`` when it is there and signed by ``verifier``'s key, else ``None``."""
    try:
        return open_checkpoint(path.read_bytes(), verifier)
    except (FileNotFoundError, NoteInvalid, CheckpointInvalid):
        return None


def _is_newer(note: bytes, present: bytes, verifier: Verifier) -> bool:
    era, present_era = split_origin(origin_line(note))[1], split_origin(origin_line(present))[1]
    if era != present_era:
        return era > present_era
    try:
        return open_checkpoint(note, verifier).size > open_checkpoint(present, verifier).size
    except (NoteInvalid, CheckpointInvalid):
        return False  # a file that is not ours is never overwritten; the next start names it
