"""The forms of sealed bytes: an algorithm byte before every blob, sizes in steps, associated data.

========  =============================================================================================
byte      form
========  =============================================================================================
``0x01``  data: nonce (12) ‖ AES-256-GCM(padded plaintext); the byte and the place are associated data
``0x02``  key box: HPKE (RFC 9180, base mode, X25519, HKDF-SHA-256, AES-256-GCM): enc (32) ‖ ciphertext
``0x03``  nested key box: a key box to A around a key box to B
``0x04``  message: count (1) ‖ for each recipient: length (2) ‖ key box ‖ then a data blob
``0x05``  identity keys, read only: count (1) ‖ for each pair: two key ids (8 + 8) ‖ length (2) ‖ nested key box
``0x06``  file: STREAM of frames (:mod:`tocsin.vault.frames`)
``0x07``  identity layers: count (1) ‖ for each custodian: key id (8) ‖ length (2) ‖ outer key box (``0x03``), in it:
          count (1) ‖ for each other custodian: key id (8) ‖ length (2) ‖ key box. Any two open it, in any order.
========  =============================================================================================
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

DATA: Final = 0x01
KEY_BOX: Final = 0x02
NESTED_BOX: Final = 0x03
MESSAGE: Final = 0x04
IDENTITY_KEYS: Final = 0x05
IDENTITY_LAYERS: Final = 0x07

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
BUCKETS: Final = (1024, 4096, 16384, 65536)
_STEP = 16  # above the last bucket: padded up to a sixteenth of the largest power of two below, at most 6.25 % more

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class CannotOpen(Exception):
    """A blob does not open. One error for every reason: wrong key, wrong place, changed, cut off."""


@dataclass(frozen=True)
class Place:
    """Where a blob belongs; sealed in one place, it does not open in another."""

    table: str
    row: str
    version: int

    def to_bytes(self) -> bytes:
        """Unambiguous bytes for associated data."""
        return f"tocsin\0{self.table}\0{self.row}\0{self.version}".encode()


def bucket(size: int) -> int:
    """The padded size for ``size`` bytes: 1, 4, 16 or 64 KiB, then steps that add at most 6.25 %."""
    for limit in BUCKETS:
        if size <= limit:
            return limit
    step = (1 << (size.bit_length() - 1)) // _STEP
    return -(-size // step) * step


def pad(plaintext: bytes) -> bytes:
    """Length (4 bytes, big endian), the text, zero bytes up to the bucket."""
    size = 4 + len(plaintext)
    return len(plaintext).to_bytes(4, "big") + plaintext + bytes(bucket(size) - size)


def unpad(padded: bytes) -> bytes:
    """The inverse of ``pad``. Raises ``CannotOpen``."""
    length = int.from_bytes(padded[:4], "big")
    if len(padded) < 4 or length > len(padded) - 4:
        raise CannotOpen
    return padded[4 : 4 + length]


def encrypt_data(key: bytes, plaintext: bytes, place: Place) -> bytes:
    """A data blob under ``key`` (32 bytes)."""
    return _encrypt_data(key, plaintext, place, secrets.token_bytes(NONCE_BYTES))


def _encrypt_data(key: bytes, plaintext: bytes, place: Place, nonce: bytes) -> bytes:
    """As ``encrypt_data`` with a given nonce: for known-answer tests only."""
    head = bytes([DATA])
    return head + nonce + AESGCM(key).encrypt(nonce, pad(plaintext), head + place.to_bytes())


def decrypt_data(key: bytes, blob: bytes, place: Place) -> bytes:
    """The plaintext of a data blob. Raises ``CannotOpen``."""
    if blob[:1] != bytes([DATA]) or len(blob) < 1 + NONCE_BYTES + 16:
        raise CannotOpen
    nonce = blob[1 : 1 + NONCE_BYTES]
    try:
        return unpad(AESGCM(key).decrypt(nonce, blob[1 + NONCE_BYTES :], blob[:1] + place.to_bytes()))
    except (InvalidTag, ValueError) as wrong:
        raise CannotOpen from wrong


def box(public: bytes, plaintext: bytes, place: Place, *, form: int = KEY_BOX) -> bytes:
    """A key box: ``plaintext`` for the holder of the private half of ``public`` (32 bytes, X25519)."""
    head = bytes([form])
    return head + _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info=head + place.to_bytes())


def unbox(private: bytes, blob: bytes, place: Place, *, form: int = KEY_BOX) -> bytes:
    """The plaintext of a key box. Raises ``CannotOpen``."""
    if blob[:1] != bytes([form]) or len(blob) < 1 + 32 + 16:
        raise CannotOpen
    try:
        key = X25519PrivateKey.from_private_bytes(private)
        return _SUITE.decrypt(blob[1:], key, info=blob[:1] + place.to_bytes())
    except (InvalidTag, ValueError) as wrong:
        raise CannotOpen from wrong


def nest(outer: bytes, inner: bytes, plaintext: bytes, place: Place) -> bytes:
    """``seal_outer(seal_inner(plaintext))``: opens only with both private keys."""
    return box(outer, box(inner, plaintext, place), place, form=NESTED_BOX)


def unnest(outer: bytes, inner: bytes, blob: bytes, place: Place) -> bytes:
    """The inverse of ``nest`` with the two private keys. Raises ``CannotOpen``."""
    return unbox(inner, unbox(outer, blob, place, form=NESTED_BOX), place)


def key_id(public: bytes) -> bytes:
    """Eight bytes that name a public key inside a blob."""
    return hashlib.sha256(b"tocsin/key-id\0" + public).digest()[:8]


def public_of(private: bytes) -> bytes:
    """The public half (32 bytes) of an X25519 private key (32 bytes)."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def new_private_key() -> bytes:
    """A new X25519 private key, 32 bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()
