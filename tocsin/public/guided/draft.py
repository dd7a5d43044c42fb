"""The answers so far, as they travel between browser and door: encrypted, authenticated, never on the server's disk.

A draft opens only at this door and only together with the ticket of its form. It outlives the ticket's day, so that
nobody loses what they wrote; sending then takes a new ticket. Its size is padded, so that a length on the wire tells
little about what was written.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from tocsin.vault.blobs import CannotOpen, pad, unpad

_PURPOSE = b"tocsin/draft/v1"
_NONCE = 12
UNKNOWN = "unknown"
"""The field that says "I do not know" for a whole screen."""

Typed = Mapping[str, Sequence[str]]


class DraftInvalid(Exception):
    """The draft was not made by this door for this form, or was changed on its way."""


@dataclass(frozen=True)
class Draft:
    """What was typed, by screen and field, exactly as it was sent; ``seen`` are the screens that were answered."""

    typed: Mapping[str, Typed] = field(default_factory=dict)
    seen: tuple[str, ...] = ()

    def of(self, screen: str) -> Typed:
        """The fields of one screen."""
        return self.typed.get(screen, {})

    def first(self, screen: str, name: str) -> str:
        """One value, empty when there is none."""
        values = self.of(screen).get(name) or [""]
        return values[0]

    def is_unknown(self, screen: str) -> bool:
        """Whether the reporter said "I do not know" here."""
        return bool(self.first(screen, UNKNOWN))

    def kept(self, screen: str, typed: Typed) -> Draft:
        """The draft with what stands on a screen that was left without an answer: by "Back", or for a language.

        "I do not know" stays until something is typed.
        """
        told = {name: [*values] for name, values in typed.items() if any(values)}
        if not told and self.is_unknown(screen):
            return self
        return replace(self, typed={**self.typed, screen: told})

    def answered(self, screen: str, typed: Typed) -> Draft:
        """The draft with one more screen; an answer given before is replaced."""
        seen = self.seen if screen in self.seen else (*self.seen, screen)
        return replace(self.kept(screen, typed), seen=seen)

    def seen_all(self, screens: Set[str]) -> bool:
        """Whether every one of these screens was answered."""
        return screens <= set(self.seen)

    def unseen(self, screen: str) -> Draft:
        """The draft as if that screen had not been answered; what was typed on it stays."""
        return replace(self, seen=tuple(name for name in self.seen if name != screen))


class DraftBox:
    """Seals and opens drafts under one secret of the public door."""

    def __init__(self, secret: str) -> None:
        self._key = AESGCM(hmac.digest(secret.encode(), _PURPOSE, "sha256"))

    def seal(self, draft: Draft, ticket: str) -> str:
        """URL-safe text for a hidden field; ``ticket`` is the ticket in the same form."""
        clear = pad(json.dumps([draft.typed, draft.seen], ensure_ascii=False, separators=(",", ":")).encode())
        nonce = secrets.token_bytes(_NONCE)
        return base64.urlsafe_b64encode(nonce + self._key.encrypt(nonce, clear, _bound_to(ticket))).decode()

    def open(self, text: str, ticket: str) -> Draft:
        """The inverse of ``seal``. Raises ``DraftInvalid``."""
        try:
            data = base64.urlsafe_b64decode(text.encode("ascii"))
            clear = unpad(self._key.decrypt(data[:_NONCE], data[_NONCE:], _bound_to(ticket)))
            typed, seen = json.loads(clear)
        except (binascii.Error, ValueError, InvalidTag, CannotOpen) as wrong:
            raise DraftInvalid from wrong
        return Draft(typed, tuple(seen))


def _bound_to(ticket: str) -> bytes:
    return _PURPOSE + b"\0" + ticket.encode()


@cache
def drafts() -> DraftBox:
    """Seals and opens the drafts of this door."""
    return DraftBox(settings.SECRET_KEY)
