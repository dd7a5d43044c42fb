"""Sessions of the public door: one encrypted cookie in the reporter's browser, nothing on the server.

While a mailbox is open the cookie carries the seed of the nine words, encrypted and authenticated (AES-256-GCM) under
a key of the public door. The server keeps no session and so has nothing to hand over. It ends after 30 minutes
without use, on leaving, and when the browser is closed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import time
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

_PURPOSE = b"tocsin/session/v1"


@cache
def _key() -> AESGCM:
    return AESGCM(hmac.digest(settings.SECRET_KEY.encode(), _PURPOSE, "sha256"))


def seal(data: dict[str, Any]) -> str:
    """``data`` and the present time as cookie text, padded so that its length does not tell what it holds."""
    clear = json.dumps([int(time.time()), data], separators=(",", ":")).encode()
    nonce = secrets.token_bytes(12)
    sealed = nonce + _key().encrypt(nonce, clear + b" " * (-len(clear) % 256), _PURPOSE)
    return base64.urlsafe_b64encode(sealed).decode()


def unseal(text: str) -> dict[str, Any]:
    """The inverse of ``seal``; empty for a cookie that is foreign, changed or older than the session may be."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii"))
        told_at, data = json.loads(_key().decrypt(raw[:12], raw[12:], _PURPOSE))
    except (binascii.Error, ValueError, InvalidTag):
        return {}
    fresh = time.time() - told_at <= settings.SESSION_COOKIE_AGE
    return dict(data) if fresh else {}


class SessionStore(SessionBase):
    """Django's session interface over the encrypted cookie: the "session key" is the session itself."""

    def load(self) -> dict[str, Any]:
        """The data in the cookie."""
        return unseal(self.session_key or "")

    def create(self) -> None:
        """Start empty; the cookie is written with the answer."""
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Put the present data into the cookie text."""
        self._session_key = seal({} if must_create else dict(self.items()))
        self.modified = True

    def exists(self, session_key: str) -> bool:
        """Nothing is kept on the server, so no key is ever taken."""
        return False

    def delete(self, session_key: str | None = None) -> None:
        """Forget the data; the answer deletes the cookie."""
        self._session_key = ""
        self._session_cache: dict[str, Any] = {}
        self.modified = True

    def cycle_key(self) -> None:
        """A new ciphertext for the same data."""
        self.save()

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing is stored, so nothing expires here."""
