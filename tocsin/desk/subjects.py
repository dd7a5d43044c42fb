"""Where on the desk each kind of subject lies, for lists that hold several kinds. A new life needs a line here."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from tocsin.desk.names import short_ref


@dataclass(frozen=True)
class Place:
    """``page``: the name of the address that shows one of them; ``noun``: what one of them is called."""

    page: str
    noun: str | Promise


PLACES: dict[str, Place] = {
    "tip": Place("tip", gettext_lazy("Report")),
    "identity": Place("identity", gettext_lazy("Request for an identity")),
    "custodian": Place("custodian", gettext_lazy("Custodian’s key")),
    "case": Place("case", gettext_lazy("Case")),
    "referral": Place("referral", gettext_lazy("Text to another body")),
    "member": Place("staff-member", gettext_lazy("Colleague")),
    "person": Place("case-person", gettext_lazy("Person in a case")),
}


def address_of(kind: str, ref: str) -> str:
    """The page of a subject. Raises ``KeyError`` for a kind that has none."""
    return reverse(PLACES[kind].page, args=[ref])


def title_of(kind: str, ref: str) -> str:
    """What a subject is called in a list: its noun and its short handle."""
    return f"{PLACES[kind].noun} {short_ref(ref)}"
