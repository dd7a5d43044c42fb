"""The 97-byte leaf of the public ledger, and how its owner or anyone with an opening reads it.

``0x01 ‖ C_id ‖ C_pub ‖ C_priv``, HMAC-SHA-256 each; ``n`` counts the events of one code from 0, as 8 bytes:

* ``C_id = HMAC(k_events, "id" ‖ n)``: whoever has the code finds all own leaves; nobody else can link two;
* ``C_pub = HMAC(r_pub, kind|month|tier|unit)``: opened at year end, so that anyone can count again;
* ``C_priv = HMAC(r_priv, private_digest)``: opened to an auditor only.

``r_pub = HMAC(k_events, "r-pub" ‖ n)`` and ``r_priv = HMAC(k_events, "r-priv" ‖ n)``, so the code alone is
enough to read own leaves. An opened leaf reveals nothing about the next one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LEAF_SIZE: Final = 97
VERSION: Final = b"\x01"
KINDS: Final = (
    "received",
    "transition",
    "answered",
    "closed",
    "award",
    "award-paid",
    "identity-opened",
    "exported",
    "deleted",
    "audit-head",
    "key-change",
    "config-change",
    "pad",
)
"""What a leaf can say. ``closed``, ``award`` and ``deleted`` go on with ``:`` and the outcome, tier or rule.
"""
WITH_DETAIL: Final = frozenset({"closed", "award", "deleted"})
MOST_EVENTS: Final = 1 << 16
"""Events of one code at most: the owner's scan tries this many names."""

_HASH = 32
_DETAIL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_FORBIDDEN = re.compile(r"[|\x00-\x1f\x7f\ud800-\udfff]")  # half characters have no UTF-8
_LONGEST_FIELD = 200


@dataclass(frozen=True, slots=True)
class Event:
    """What is committed to for the public: ``month`` is YYYY-MM; ``tier`` and ``unit`` may be empty.

    Raises ``ValueError`` for an unknown kind or a field that could be read in two ways.
    """

    kind: str
    month: str
    tier: str
    unit: str

    def __post_init__(self) -> None:
        name, colon, detail = self.kind.partition(":")
        if name not in KINDS or bool(colon) != (name in WITH_DETAIL) or (colon and not _DETAIL.fullmatch(detail)):
            raise ValueError(f"{self.kind!r} is not a kind of ledger event")
        if not _MONTH.fullmatch(self.month):
            raise ValueError(f"{self.month!r} is not a month like 2026-01")
        if any(len(part) > _LONGEST_FIELD or _FORBIDDEN.search(part) for part in (self.tier, self.unit)):
            raise ValueError("tier and unit are short and hold no bar and no control characters")

    def canonical(self) -> bytes:
        """``kind|month|tier|unit`` in UTF-8: the bytes under ``C_pub``."""
        return f"{self.kind}|{self.month}|{self.tier}|{self.unit}".encode()

    @classmethod
    def from_canonical(cls, data: bytes) -> Event:
        """The inverse of ``canonical``. Raises ``ValueError``."""
        fields = data.decode("utf-8").split("|")
        if len(fields) != 4:
            raise ValueError("an event has four fields")
        return cls(*fields)


@dataclass(frozen=True, slots=True)
class Opening:
    """All that opens one leaf. Keep it sealed: ``r_priv`` and ``private_digest`` are for an auditor only."""

    r_pub: bytes
    r_priv: bytes
    event: Event
    private_digest: bytes

    def __post_init__(self) -> None:
        if any(len(part) != _HASH for part in (self.r_pub, self.r_priv, self.private_digest)):
            raise ValueError("an opening holds three values of 32 bytes")

    def to_bytes(self) -> bytes:
        """``0x01 ‖ r_pub ‖ r_priv ‖ private_digest ‖ canonical event``."""
        return VERSION + self.r_pub + self.r_priv + self.private_digest + self.event.canonical()

    @classmethod
    def from_bytes(cls, data: bytes) -> Opening:
        """The inverse of ``to_bytes``. Raises ``ValueError``."""
        if data[:1] != VERSION or len(data) < 1 + 3 * _HASH:
            raise ValueError("not an opening of a ledger leaf")
        r_pub, r_priv, digest = (data[at : at + _HASH] for at in (1, 1 + _HASH, 1 + 2 * _HASH))
        return cls(r_pub, r_priv, Event.from_canonical(data[1 + 3 * _HASH :]), digest)


def make_leaf(*, k_events: bytes, n: int, event: Event, private_digest: bytes) -> tuple[bytes, Opening]:
    """Leaf number ``n`` of the code with ``k_events`` (32 bytes), and what opens it.

    ``n`` must be fresh: the same number twice would show that two leaves belong together. Raises
    ``ValueError``.
    """
    if len(k_events) != _HASH:
        raise ValueError("k_events has 32 bytes")
    number = _number(n)
    opening = Opening(
        hmac.digest(k_events, b"r-pub" + number, "sha256"),
        hmac.digest(k_events, b"r-priv" + number, "sha256"),
        event,
        private_digest,
    )
    own = hmac.digest(k_events, b"id" + number, "sha256")
    public = hmac.digest(opening.r_pub, event.canonical(), "sha256")
    private = hmac.digest(opening.r_priv, private_digest, "sha256")
    return VERSION + own + public + private, opening


def make_pad(month: str) -> tuple[bytes, Opening]:
    """A leaf that fills up a batch. Only its opening tells it from another."""
    return make_leaf(
        k_events=secrets.token_bytes(_HASH),
        n=0,
        event=Event("pad", month, "", ""),
        private_digest=hashlib.sha256(b"").digest(),
    )


def is_leaf(entry: bytes) -> bool:
    """True when ``entry`` has the form of a leaf."""
    return len(entry) == LEAF_SIZE and entry[:1] == VERSION


def opens(leaf: bytes, r_pub: bytes, event: Event) -> bool:
    """True when ``leaf`` says ``event`` to the public.

    The key must have 32 bytes: HMAC fills up a shorter key with zeros, so that two spellings would open one
    leaf.
    """
    public = hmac.digest(r_pub, event.canonical(), "sha256")
    return is_leaf(leaf) and len(r_pub) == _HASH and hmac.compare_digest(leaf[33:65], public)


def opens_private(leaf: bytes, r_priv: bytes, private_digest: bytes) -> bool:
    """True when ``leaf`` commits to the private record with this digest."""
    private = hmac.digest(r_priv, private_digest, "sha256")
    return is_leaf(leaf) and len(r_priv) == _HASH and hmac.compare_digest(leaf[65:], private)


def public_key_of_event(k_events: bytes, n: int) -> bytes:
    """``r_pub`` of event ``n``: what the owner of a code needs to read an own leaf."""
    return hmac.digest(k_events, b"r-pub" + _number(n), "sha256")


def find_own(k_events: bytes, entries: Iterable[bytes]) -> list[tuple[int, int]]:
    """Places of all leaves of one code among ``entries`` as (index, n), in the order of the log.

    One pass over ``entries``; nothing but the code is needed, so it can be done offline.
    """
    names = {hmac.digest(k_events, b"id" + _number(n), "sha256"): n for n in range(MOST_EVENTS)}
    own = []
    for index, entry in enumerate(entries):
        n = names.get(entry[1:33])
        if n is not None and is_leaf(entry):
            own.append((index, n))
    return own


def _number(n: int) -> bytes:
    if not 0 <= n < MOST_EVENTS:
        raise ValueError(f"a code has events 0 to {MOST_EVENTS - 1}")
    return n.to_bytes(8, "big")
