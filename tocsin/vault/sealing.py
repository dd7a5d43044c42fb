"""Closing: all that the public door can do. Public keys in, blobs out; nothing here opens anything."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.vault.blobs import (
    IDENTITY_LAYERS,
    KEY_BYTES,
    MESSAGE,
    NESTED_BOX,
    Place,
    box,
    encrypt_data,
    key_id,
    nest,
)

__all__ = [
    "MOST_CUSTODIANS",
    "Place",
    "SealedContent",
    "SealedIdentity",
    "seal_content",
    "seal_identity",
    "seal_key",
    "seal_message",
    "seal_small",
    "seal_to",
]

MOST_CUSTODIANS = 20  # far more than anybody needs; an identity then has some 36 KiB of keys


@dataclass(frozen=True)
class SealedContent:
    """``blob``: data under a key of its own. ``wrapped_key``: that key for unit and retention key together."""

    blob: bytes
    wrapped_key: bytes


@dataclass(frozen=True)
class SealedIdentity:
    """``blob``: data under a key of its own. ``wrapped_keys``: that key for every pair of custodians, in any order."""

    blob: bytes
    wrapped_keys: bytes


def seal_content(plaintext: bytes, *, unit: bytes, retention: bytes, place: Place) -> SealedContent:
    """Seal ``plaintext`` under a new data key; the key opens only with the unit's *and* the retention private key.

    ``unit`` and ``retention`` are X25519 public keys (32 bytes). When the month's retention key is destroyed, every
    copy of the tip, in backups too, is dead text.
    """
    key = secrets.token_bytes(KEY_BYTES)
    return SealedContent(encrypt_data(key, plaintext, place), nest(retention, unit, key, place))


def seal_key(key: bytes, *, unit: bytes, retention: bytes, place: Place) -> bytes:
    """A data key (32 bytes) that opens only with the unit's *and* the retention private key: for files."""
    return nest(retention, unit, key, place)


def seal_identity(plaintext: bytes, *, custodians: Mapping[str, bytes], place: Place) -> SealedIdentity:
    """Seal who the reporter is to every pair of ``custodians`` (name → X25519 public key); never to the unit.

    Either of a pair may go first: each custodian's outer box holds the inner boxes of all the others. Raises
    ``ValueError`` for fewer than two custodians, more than ``MOST_CUSTODIANS``, or two with the same key.
    """
    if len(set(custodians.values())) != len(custodians) or not 2 <= len(custodians) <= MOST_CUSTODIANS:
        raise ValueError(f"an identity is sealed to two or more different custodians, at most {MOST_CUSTODIANS}")
    key = secrets.token_bytes(KEY_BYTES)
    publics = [custodians[name] for name in sorted(custodians)]
    inner = {public: box(public, key, place) for public in publics}
    framed = bytes([IDENTITY_LAYERS, len(publics)])
    for first in publics:
        others = [(public, sealed) for public, sealed in inner.items() if public != first]
        half = bytes([len(others)]) + b"".join(_entry(public, sealed) for public, sealed in others)
        framed += _entry(first, box(first, half, place, form=NESTED_BOX))
    return SealedIdentity(encrypt_data(key, plaintext, place), framed)


def _entry(public: bytes, sealed: bytes) -> bytes:
    return key_id(public) + len(sealed).to_bytes(2, "big") + sealed


def seal_message(plaintext: bytes, *, recipients: Sequence[bytes], place: Place) -> bytes:
    """Seal a message to several X25519 public keys; each recipient opens it alone."""
    if not 1 <= len(recipients) <= 255:
        raise ValueError("a message has 1 to 255 recipients")
    key = secrets.token_bytes(KEY_BYTES)
    framed = bytes([MESSAGE, len(recipients)])
    for public in recipients:
        sealed = box(public, key, place)
        framed += len(sealed).to_bytes(2, "big") + sealed
    return framed + encrypt_data(key, plaintext, place)


def seal_to(public: bytes, plaintext: bytes, *, info: Place) -> bytes:
    """Seal a short text to one X25519 public key. Not padded: for texts whose size says nothing, and reasons."""
    return box(public, plaintext, info)


def seal_small(key: bytes, plaintext: bytes, place: Place) -> bytes:
    """A data blob under a symmetric key (32 bytes) that its owner can derive again."""
    return encrypt_data(key, plaintext, place)
