"""How what goes to a recipient, and what comes back, is sealed. Closing only, for public door and worker too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.tips.papers import reason_place
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import Place, seal_message, seal_to

LONGEST_TEXT = 20_000
"""Characters of a text that goes out, and of every message about it."""


def letter_place(ref: str) -> Place:
    """The associated data of a referral's text, in our own hands."""
    return Place("referral", ref, 1)


def copy_place(ref: str) -> Place:
    """The associated data of the recipient's copy."""
    return Place("referral-copy", ref, 1)


def message_place(ref: str) -> Place:
    """The associated data of a message about a referral, in our own hands."""
    return Place("referral-message", ref, 1)


def message_copy_place(ref: str) -> Place:
    """The associated data of the recipient's copy of a message."""
    return Place("referral-message-copy", ref, 1)


@dataclass(frozen=True)
class Letter:
    """What goes to a recipient. ``looked``: key of a finding → primary key of whoever looked at it; it stays here."""

    recipient: str
    purpose: str
    law: str
    text: str
    looked: Mapping[str, int] = field(default_factory=dict)

    def for_us(self) -> dict[str, Any]:
        """Everything."""
        return {**self.for_them(), "looked": dict(self.looked)}

    def for_them(self) -> dict[str, str]:
        """What the recipient gets."""
        return {"recipient": self.recipient, "purpose": self.purpose, "law": self.law, "text": self.text}


def seal_json(public: bytes, told: Mapping[str, Any], place: Place) -> bytes:
    """``told`` sealed to one public key, padded so that its length says little."""
    clear = json.dumps(dict(told), ensure_ascii=False, sort_keys=True).encode()
    return seal_message(clear, recipients=[public], place=place)


def seal_for_us(told: Mapping[str, Any], place: Place) -> bytes:
    """``told`` sealed to the unit."""
    return seal_json(keyring().unit_public, told, place)


class ReferralPapers:
    """The papers of a referral's steps."""

    def __init__(self, ref: str) -> None:
        self._ref = ref

    def seal(self, text: str) -> bytes:
        """``text`` sealed to the unit; empty for an empty text."""
        if not text.strip():
            return b""
        return seal_to(keyring().unit_public, text.encode(), info=reason_place(self._ref))

    def public_entry(self, subject: Any, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        """Never asked for: the public ledger counts the tips of which something was told. ``NotImplementedError``."""
        raise NotImplementedError("the public ledger counts tips, not referrals")
