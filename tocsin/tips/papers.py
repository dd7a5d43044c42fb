"""How a tip's steps are written down: reasons sealed to the tip's own key, ledger leaves under its pseudonyms."""

from __future__ import annotations

import secrets
from datetime import datetime

from tocsin.common import clock
from tocsin.ledger.leaf import Event, make_leaf
from tocsin.tips.models import Tip
from tocsin.vault.keyring import PublicKeyring
from tocsin.vault.sealing import Place, seal_to


def reason_place(ref: str) -> Place:
    """The associated data of a reason or payload written about a tip."""
    return Place("reason", ref, 1)


def opening_place() -> Place:
    """The associated data of a ledger opening. It names no row, because entries must not point at tips."""
    return Place("opening", "", 1)


def public_event(kind: str, moment: datetime, unit: str) -> Event:
    """What the public ledger says of a tip's event: its kind, month and unit, nothing finer."""
    return Event(kind=kind, month=clock.month_of(moment), tier="", unit=unit)


def ledger_entry(
    *, k_events: bytes, n: int, event: Event, private_digest: bytes, keyring: PublicKeyring
) -> tuple[bytes, bytes]:
    """The 97-byte leaf of event number ``n`` of a tip and its opening, sealed to the unit."""
    leaf, opening = make_leaf(k_events=k_events, n=n, event=event, private_digest=private_digest)
    return leaf, seal_to(keyring.unit_public, opening.to_bytes(), info=opening_place())


def staff_key(tip: Tip, keyring: PublicKeyring) -> bytes:
    """The public key to which staff's papers of ``tip`` are sealed: its own, which dies with its text.

    The unit's for tips from before they had one, and for those whose text is gone.
    """
    return bytes(tip.papers_public) or keyring.unit_public


class TipPapers:
    """The papers of one tip, for whoever holds its event key: staff while unlocked, or the reporter with the words.

    ``key``: to which reasons are sealed (see ``staff_key``); the unit's where none is given.
    """

    def __init__(self, *, ref: str, k_events: bytes, keyring: PublicKeyring, key: bytes = b"") -> None:
        self._ref, self._k_events, self._keyring = ref, k_events, keyring
        self._key = key or keyring.unit_public

    @classmethod
    def of(cls, tip: Tip, k_events: bytes, keyring: PublicKeyring) -> TipPapers:
        """The papers of ``tip`` as it stands."""
        return cls(ref=tip.ref, k_events=k_events, keyring=keyring, key=staff_key(tip, keyring))

    def seal(self, text: str) -> bytes:
        """``text`` sealed to the tip's key; empty for an empty text."""
        if not text.strip():
            return b""
        return seal_to(self._key, text.encode(), info=reason_place(self._ref))

    def public_entry(self, subject: Tip, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        """The next leaf of this tip; counts it on ``subject``, which the caller has locked and will save."""
        n = subject.event_count
        subject.event_count = n + 1
        event = public_event(kind, clock.now(), self._keyring.unit_id)
        return ledger_entry(
            k_events=self._k_events, n=n, event=event, private_digest=private_digest, keyring=self._keyring
        )


class UnlinkedPapers:
    """Papers for a program that cannot open the tip: its leaf is counted, but no scan of the reporter's finds it."""

    def __init__(self, keyring: PublicKeyring) -> None:
        self._keyring = keyring

    def seal(self, text: str) -> bytes:
        """Programs write no reasons. Raises ``ValueError`` for one."""
        if text.strip():
            raise ValueError("a program gives no reason of its own")
        return b""

    def public_entry(self, _subject: Tip, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        """A leaf under a key that nobody keeps; its opening is sealed to the unit."""
        event = public_event(kind, clock.now(), self._keyring.unit_id)
        return ledger_entry(
            k_events=secrets.token_bytes(32), n=0, event=event, private_digest=private_digest, keyring=self._keyring
        )
