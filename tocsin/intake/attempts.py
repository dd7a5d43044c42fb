"""One try at handing in one report, so that a double click or a retried request stores one tip.

A form carries a *ticket*: 32 random bytes and the time, encrypted under a key of the public door. The code of the tip
is derived from the ticket together with the text. The same form sent twice therefore leads to the same nine words
without the server remembering them; whoever holds only the ticket, or only the text, learns nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
import time
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TICKET_LIFETIME = 24 * 3600
_NONCE = 12


class TicketInvalid(Exception):
    """The ticket was not made by this door, or was changed."""


@dataclass(frozen=True)
class Attempt:
    """``seed``: the 12 bytes behind the nine words. ``key``: 32 bytes; a second tip with the same key is not stored."""

    seed: bytes
    key: bytes

    @classmethod
    def fresh(cls) -> Attempt:
        """A try of its own, for channels in which nothing is sent twice by itself."""
        return cls(secrets.token_bytes(12), secrets.token_bytes(32))

    @classmethod
    def of_source(cls, source: str) -> Attempt:
        """A try named by its source (file and line, message id): importing it again stores nothing."""
        return cls(secrets.token_bytes(12), hashlib.sha256(b"tocsin/source\0" + source.encode()).digest())


@dataclass(frozen=True)
class Ticket:
    """An opened ticket. ``raw`` never leaves the process; ``issued_at`` is in seconds since 1970."""

    raw: bytes
    issued_at: int

    @property
    def expired(self) -> bool:
        """Whether the form is older than a day."""
        return time.time() - self.issued_at > TICKET_LIFETIME

    def attempt(self, digest: bytes) -> Attempt:
        """The try of sending content with this ``digest`` (32 bytes) from this form."""
        return Attempt(self._derive(b"seed", digest)[:12], self._derive(b"key", digest))

    def message_ref(self, digest: bytes) -> str:
        """The handle of a mailbox message sent from this form."""
        return base64.b32encode(self._derive(b"message", digest)[:12]).decode().rstrip("=")[:20]

    def mark(self, digest: bytes) -> bytes:
        """32 bytes that are the same for the same content sent from this form; without the form they say nothing."""
        return self._derive(b"mark", digest)

    def _derive(self, purpose: bytes, digest: bytes) -> bytes:
        return hmac.digest(self.raw, b"tocsin/attempt/" + purpose + b"\0" + digest, "sha256")


class TicketOffice:
    """Issues and opens tickets under one secret of the public door, for one purpose each."""

    def __init__(self, secret: str | bytes) -> None:
        raw = secret.encode() if isinstance(secret, str) else secret
        self._seal = AESGCM(hmac.digest(raw, b"tocsin/ticket/seal", "sha256"))
        self._stretch = hmac.digest(raw, b"tocsin/ticket/stretch", "sha256")

    def issue(self, purpose: str) -> str:
        """A new ticket for a form, as URL-safe text of 80 characters."""
        nonce = secrets.token_bytes(_NONCE)
        clear = struct.pack(">Q", int(time.time())) + secrets.token_bytes(24)
        return base64.urlsafe_b64encode(nonce + self._seal.encrypt(nonce, clear, purpose.encode())).decode()

    def open(self, token: str, purpose: str) -> Ticket:
        """The ticket in ``token``. Raises ``TicketInvalid`` when it was not issued here for ``purpose``."""
        try:
            data = base64.urlsafe_b64decode(token.encode("ascii"))
            clear = self._seal.decrypt(data[:_NONCE], data[_NONCE:], purpose.encode())
        except (binascii.Error, ValueError, InvalidTag) as wrong:
            raise TicketInvalid from wrong
        raw = hmac.digest(self._stretch, clear, "sha256")
        return Ticket(raw, int(struct.unpack(">Q", clear[:8])[0]))
