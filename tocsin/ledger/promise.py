"""The promise given with each tip: a signed note that a leaf will be in the log by a certain time.

Text, one thing a line: ``tocsin-promise/v1``, leaf hash (base64), origin, due time (UTC, whole seconds). The
second line can never be a number, so no promise reads as a checkpoint, whatever key signed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin.ledger.note import NoteInvalid, Signer, Verifier, open_note, sign
from tocsin.ledger.strict_text import decode_base64, encode_base64

HEADER = "tocsin-promise/v1"

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Promise:
    """``leaf_hash`` (32 bytes) will be in the log ``origin`` by ``due`` (UTC)."""

    origin: str
    leaf_hash: bytes
    due: datetime


def make_promise(*, origin: str, leaf_hash: bytes, due: datetime, signer: Signer) -> bytes:
    """The signed note. ``due`` is aware and is rounded down to a second.

    Raises ``ValueError`` for a naive time or a bad hash, ``NoteInvalid`` for an origin that is not one line.
    """
    if due.tzinfo is None or len(leaf_hash) != 32:
        raise ValueError("a promise has a hash of 32 bytes and a time with its zone")
    if not origin or "\n" in origin:
        raise NoteInvalid("an origin is one line")
    moment = due.astimezone(UTC).strftime(_TIME)
    return sign(f"{HEADER}\n{encode_base64(leaf_hash)}\n{origin}\n{moment}\n", signer)


def open_promise(data: bytes, *verifiers: Verifier) -> Promise:
    """The promise in ``data``, signed by one of the log's promise keys. Raises ``NoteInvalid``."""
    return parse_promise(open_note(data, verifiers).text)


def parse_promise(text: str) -> Promise:
    """Read the text of a promise, without any signature. Raises ``NoteInvalid``."""
    lines = text.split("\n")
    if len(lines) != 5 or lines[0] != HEADER or not lines[2] or lines[4]:
        raise NoteInvalid("this note is no promise")
    try:
        leaf_hash = decode_base64(lines[1])
        due = datetime.strptime(lines[3], _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise NoteInvalid("the promise is malformed") from error
    if len(leaf_hash) != 32 or due.strftime(_TIME) != lines[3]:
        raise NoteInvalid("the promise is malformed")
    return Promise(lines[2], leaf_hash, due)
