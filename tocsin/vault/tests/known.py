"""Fixed keys and frozen blobs for the vault's tests. The keys are public knowledge; nothing real uses them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin.vault.blobs import CannotOpen, Place, public_of

VECTORS = Path(__file__).parent / "vectors"
PLACE = Place("tips_tip", "row-7", 1)
ELSEWHERE = (Place("tips_note", "row-7", 1), Place("tips_tip", "row-8", 1), Place("tips_tip", "row-7", 2))


def private(name: str) -> bytes:
    """A fixed X25519 private key, 32 bytes."""
    return hashlib.sha256(b"tocsin/test-key\0" + name.encode()).digest()


def public(name: str) -> bytes:
    """The public half of ``private(name)``."""
    return public_of(private(name))


def frozen(name: str) -> dict[str, Any]:
    """One vector file; strings of hexadecimal digits under ``hex`` become bytes."""
    told: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    told.update({key: bytes.fromhex(text) for key, text in told.pop("hex").items()})
    return told


def place_of(told: dict[str, Any]) -> Place:
    """The place that a vector was sealed for."""
    return Place(told["place"]["table"], told["place"]["row"], told["place"]["version"])


def flips(blob: bytes, bits: range | None = None) -> Iterator[bytes]:
    """``blob`` with one bit changed: every bit in turn, or those of ``bits``."""
    for bit in bits or range(8 * len(blob)):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << (bit % 8)
        yield bytes(changed)


def cuts(blob: bytes) -> Iterator[bytes]:
    """``blob`` cut off after every byte, and with a byte too many."""
    yield from (blob[:end] for end in range(len(blob)))
    yield blob + b"\0"


def refuses(opening: Callable[[bytes], bytes], changed: Iterator[bytes]) -> None:
    """Fail unless ``opening`` raises ``CannotOpen``, and nothing else, for each of ``changed``."""
    tried = 0
    for blob in changed:
        with pytest.raises(CannotOpen):
            opening(blob)
        tried += 1
    assert tried > 0
