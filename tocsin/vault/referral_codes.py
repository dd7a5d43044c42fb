"""Keys from the nine words of a recipient to whom a case was passed on. The words are made as a reporter's are.

The salt is another one, so the same twelve bytes lead to other keys: a reporter's words never open what was sent to a
recipient, and a recipient's words never open a mailbox.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.vault.blobs import public_of
from tocsin.vault.codes import SEED_BYTES

_SALT = b"tocsin/referral/v1"


@dataclass(frozen=True)
class RecipientKeys:
    """What follows from a seed by HKDF-SHA-256 (RFC 5869) with salt ``tocsin/referral/v1``; 32 bytes each.

    ``login_hash``: SHA-256 of the login key, which finds the row. ``private``, ``public``: the X25519 pair to which the
    text and our messages are sealed.
    """

    login_hash: bytes
    private: bytes
    public: bytes

    @classmethod
    def derive(cls, seed: bytes) -> RecipientKeys:
        """The keys of ``seed`` (12 bytes)."""
        if len(seed) != SEED_BYTES:
            raise ValueError("a seed has 12 bytes")
        private = _hkdf(seed, b"open")
        return cls(hashlib.sha256(_hkdf(seed, b"login")).digest(), private, public_of(private))

    def __repr__(self) -> str:
        """Says nothing, so that no log or traceback can show a key."""
        return "RecipientKeys(…)"


def _hkdf(seed: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=_SALT, info=info).derive(seed)
