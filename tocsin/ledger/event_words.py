"""What an event means in plain words, and reading a leaf by trying everything that it could say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product

from tocsin.ledger.leaf import Event, opens
from tocsin.ledger.trust import Trust

FIRST_YEAR = 2020
OUTCOMES = (
    "substantiated",
    "partly_substantiated",
    "unsubstantiated_good_faith",
    "insufficient_information",
    "not_within_remit",
    "already_known",
    "duplicate_of",
    "refused_protected_activity",
    "withdrawn",
)
RULES = ("withdrawn", "retention", "expired", "erased")
TIERS = ("certain", "important", "major", "special")

_WORDS = {
    "received": "your report was received",
    "transition": "somebody worked on your report: it moved to another stage",
    "answered": "you were given the result",
    "closed": "your report was closed",
    "award": "an award was decided",
    "award-paid": "an award was paid out",
    "identity-opened": "YOUR NAME WAS OPENED by two people",
    "exported": "your report was given out or exported",
    "deleted": "your report was deleted",
    "audit-head": "the state of the private audit log was written down",
    "key-change": "a key was changed",
    "config-change": "the settings of the log were changed",
    "pad": "filler without meaning",
}


def plain_words(event: Event) -> str:
    """One sentence part for ``event``, with its month."""
    name, _, detail = event.kind.partition(":")
    said = _WORDS[name] + (f" ({detail.replace('_', ' ')})" if detail else "")
    grade = f", tier {event.tier}" if event.tier else ""
    return f"{event.month}: {said}{grade}"


def read_event(leaf: bytes, r_pub: bytes, trust: Trust, today: date) -> Event | None:
    """The event under the public part of ``leaf``, found by trying; ``None`` when no known word fits.

    The newest month is tried first. Some 30,000 tries, well below a second, when nothing fits.
    """
    units = tuple(dict.fromkeys((*trust.units, "")))
    tiers = tuple(dict.fromkeys(("", *trust.tiers, *TIERS)))
    for tier, month, unit, kind in product(tiers, list(_months(today)), units, list(_kinds(trust))):
        try:
            event = Event(kind, month, tier, unit)
        except ValueError:  # a word in the keys file that no event can hold
            continue
        if opens(leaf, r_pub, event):
            return event
    return None


def _kinds(trust: Trust) -> Iterator[str]:
    details = {
        "closed": dict.fromkeys((*OUTCOMES, *trust.outcomes)),
        "award": dict.fromkeys((*TIERS, *trust.tiers)),
        "deleted": dict.fromkeys((*RULES, *trust.rules)),
    }
    for name in _WORDS:
        if name in details:
            yield from (f"{name}:{detail}" for detail in details[name])
        else:
            yield name


def _months(today: date) -> Iterator[str]:
    for year in range(today.year, FIRST_YEAR - 1, -1):
        for month in range(today.month if year == today.year else 12, 0, -1):
            yield f"{year:04d}-{month:02d}"
