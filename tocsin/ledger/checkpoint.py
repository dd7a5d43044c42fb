"""Checkpoints after https://c2sp.org/tlog-checkpoint: origin, tree size and root as a signed note."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.ledger.note import NoteInvalid, Signer, Verifier, open_note, sign
from tocsin.ledger.strict_text import LARGEST, decode_base64, decode_number, encode_base64

_ROOT_BYTES = 32


class CheckpointInvalid(Exception):
    """A text is no checkpoint, or its note is not signed by the log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: ``size`` in leaves, ``root`` of 32 bytes. Raises ``CheckpointInvalid`` when
    impossible.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not line or any(mark < " " for mark in line) for line in (self.origin, *self.extensions)):
            raise CheckpointInvalid("origin and extensions are lines with something in them")
        if not 0 <= self.size <= LARGEST or len(self.root) != _ROOT_BYTES:
            raise CheckpointInvalid("a checkpoint has a size below 2**63 and a root of 32 bytes")

    def text(self) -> str:
        """The text to be signed."""
        return "\n".join([self.origin, str(self.size), encode_base64(self.root), *self.extensions, ""])


def parse(text: str) -> Checkpoint:
    """Read the text of a checkpoint, without any signature. Raises ``CheckpointInvalid``."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise CheckpointInvalid("a checkpoint has at least three lines and ends with a newline")
    try:
        return Checkpoint(lines[0], decode_number(lines[1]), decode_base64(lines[2]), tuple(lines[3:]))
    except ValueError as error:
        raise CheckpointInvalid(f"the checkpoint is malformed: {error}") from error


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The signed note of ``checkpoint``. The caller makes sure that it continues all earlier ones."""
    return sign(checkpoint.text(), signer)


def open_checkpoint(data: bytes, verifier: Verifier, *, origin: str | None = None) -> Checkpoint:
    """The checkpoint in ``data``, signed by the log's key ``verifier``, and of the log ``origin`` when given.

    Raises ``NoteInvalid`` for a bad note or signature, ``CheckpointInvalid`` for a text that is no checkpoint
    of this log. Cosignatures of witnesses are left alone; check them with ``note.open_note``.
    """
    checkpoint = parse(open_note(data, [verifier]).text)
    if origin is not None and checkpoint.origin != origin:
        raise CheckpointInvalid(f"this is a checkpoint of {checkpoint.origin}, not of {origin}")
    return checkpoint


__all__ = ["Checkpoint", "CheckpointInvalid", "NoteInvalid", "open_checkpoint", "parse", "sign_checkpoint"]
