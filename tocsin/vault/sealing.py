"""Closing: all that the public door can do. Public keys in, blobs out; nothing here opens anything."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.vault.blobs import IDENTITY_KEYS, KEY_BYTES, MESSAGE, Place, box, encrypt_data, key_id, nest

__all__ = [
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


@dataclass(frozen=True)
class SealedContent:
    """``blob``: data under a key of its own. ``wrapped_key``: that key for unit and retention key together."""

    blob: bytes
    wrapped_key: bytes


@dataclass(frozen=True)
class SealedIdentity:
    """``blob``: data under a key of its own. ``wrapped_keys``: that key once for every pair of custodians."""

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

    Raises ``ValueError`` for fewer than two custodians, or two with the same key.
    """
    if len(set(custodians.values())) != len(custodians) or len(custodians) < 2:
        raise ValueError("an identity is sealed to two or more different custodians")
    key = secrets.token_bytes(KEY_BYTES)
    pairs = list(itertools.combinations([custodians[name] for name in sorted(custodians)], 2))
    framed = bytes([IDENTITY_KEYS, len(pairs)])
    for first, second in pairs:
        nested = nest(first, second, key, place)
        framed += key_id(first) + key_id(second) + len(nested).to_bytes(2, "big") + nested
    return SealedIdentity(encrypt_data(key, plaintext, place), framed)


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
