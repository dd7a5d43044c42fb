"""What every report may be asked, whatever its category: names, labels and the answers to choose from.

The names are stored with the tip, so they never change; the labels are for screens. Questions of a category come from
its file in the policy pack. Facts seen, told by others and inferred are apart on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class CommonQuestion:
    """``options``: code → label, for a question that is answered by choosing."""

    label: StrOrPromise
    options: Mapping[str, StrOrPromise] = field(default_factory=dict)

    def in_words(self, answer: str) -> str:
        """A stored answer as people read it."""
        return str(self.options.get(answer, answer))


UNKNOWN = {"unknown": _("I do not know")}
"""What is stored for the button "I do not know" on a question that is answered in words."""
YES_NO = {"yes": _("Yes"), "no": _("No"), **UNKNOWN}

COMMON_QUESTIONS: Mapping[str, CommonQuestion] = {
    "what": CommonQuestion(_("What did the person do?")),
    "heard": CommonQuestion(_("What did others tell you?")),
    "think": CommonQuestion(_("What do you think it means?")),
    "when": CommonQuestion(_("When was it?"), UNKNOWN),
    "day": CommonQuestion(_("On which day, if you know it?")),
    "often": CommonQuestion(
        _("How often?"),
        {
            "once": _("Once"),
            "several": _("Several times"),
            "regularly": _("Again and again"),
            **UNKNOWN,
        },
    ),
    "still": CommonQuestion(_("Is it still going on?"), YES_NO),
    "where": CommonQuestion(_("Where was it?"), UNKNOWN),
    "point": CommonQuestion(_("Position on a map, if you know it")),
    "who": CommonQuestion(_("Who was it?"), UNKNOWN),
    "how": CommonQuestion(_("How do you know?")),
    "source": CommonQuestion(
        _("Where does your knowledge come from?"),
        {
            "own": _("I saw, heard or read it myself"),
            "told": _("Somebody told me"),
            "papers": _("From papers, messages or the internet"),
            "other": _("In another way"),
        },
    ),
    "relation": CommonQuestion(
        _("How do you know the person it is about?"),
        {
            "stranger": _("I do not know them"),
            "work": _("We work together, or did"),
            "family": _("We are family, or were a couple"),
            "neighbour": _("We are neighbours or acquaintances"),
            "dispute": _("We have a dispute, about money or something else"),
            "competitor": _("We are in the same business"),
            "other": _("In another way"),
        },
    ),
    "involved": CommonQuestion(
        _("Were you part of it yourself?"), {"no": _("No"), "yes": _("Yes"), "skip": _("I would rather not say")}
    ),
    "risk": CommonQuestion(_("Are you, or is somebody else, in danger?"), YES_NO),
    "award": CommonQuestion(
        _("If your report helps, may we consider you for an award?"), {"yes": _("Yes"), "no": _("No")}
    ),
}
ORDER = tuple(COMMON_QUESTIONS)
