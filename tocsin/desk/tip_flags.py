"""The marks beside the state of a tip, each a colour and a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.tips.content import TipContent
from tocsin.tips.handoff import is_hand_off_overdue
from tocsin.tips.models import Tip


@dataclass(frozen=True)
class Flag:
    """One mark."""

    tone: str
    word: str | Promise


SEALED = {
    "protection": Flag("red", _("Danger")),
    "self_involved": Flag("purple", _("Reporter took part")),
    "second_hand": Flag("grey", _("Second hand")),
    "media_pending": Flag("blue", _("Files to come")),
}
"""Marks that the reporter set; known only while the desk is unlocked."""


def flags_of(tip: Tip, content: TipContent | None, *, conflict: bool) -> list[Flag]:
    """Every mark of ``tip``. ``conflict``: whether somebody declared an interest."""
    sealed = content.flags if content else ()
    return [*_stored(tip, conflict), *(flag for name, flag in SEALED.items() if name in sealed)]


def _stored(tip: Tip, conflict: bool) -> Iterator[Flag]:
    if tip.urgent:
        yield Flag("red", _("Urgent"))
    if tip.handed_off_at:
        yield Flag("green", _("Handed over"))
    elif is_hand_off_overdue(tip):
        yield Flag("red", _("Hand-over overdue"))
    if tip.legal_hold:
        yield Flag("purple", _("Legal hold"))
    if conflict:
        yield Flag("yellow", _("Interest declared"))
    if tip.drill:
        yield Flag("grey", _("Drill"))
