"""What a program noticed about a tip. Every hint is marked as such on the page; none of them does anything."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.policy.grounds import forbidden_grounds_in
from tocsin.tips.content import TipContent
from tocsin.tips.models import Tip
from tocsin.tips.remit import suggests_urgent

GROUNDS: Mapping[str, str | Promise] = {
    "nationality": gettext_lazy("nationality"),
    "ethnicity": gettext_lazy("ethnic origin"),
    "religion": gettext_lazy("religion"),
    "sect": gettext_lazy("a religious group"),
    "political opinion": gettext_lazy("political opinion"),
    "hostile forces": gettext_lazy("“hostile forces”"),
    "extremist views": gettext_lazy("“extremist views”"),
    "petitioning": gettext_lazy("complaints to offices"),
    "protest": gettext_lazy("protest"),
    "strike": gettext_lazy("strike"),
    "journalism": gettext_lazy("journalism"),
    "union": gettext_lazy("trade unions"),
    "migration status": gettext_lazy("migration"),
    "sexuality": gettext_lazy("sexuality"),
}


def urgent_suggestion(tip: Tip, content: TipContent) -> str:
    """Why this tip may be urgent; empty when nothing points at it or somebody marked it already."""
    if tip.urgent:
        return ""
    if "protection" in content.flags:
        return _("The reporter ticked that somebody may be in danger. It may be urgent.")
    if suggests_urgent(tip):
        return _("By the rules of this office, reports of this kind are often urgent. It may be urgent.")
    return ""


def ground_hints(content: TipContent) -> list[str]:
    """Words in the text that may be about what people lawfully are, think or do."""
    language = content.particulars.language or "en"
    text = "\n".join(answer for answer in content.answers.values() if isinstance(answer, str))
    return [
        _("The word “%(word)s” is about %(ground)s. Is the report about what somebody did, or about who they are?")
        % {"word": found, "ground": GROUNDS.get(ground, ground)}
        for ground, found in forbidden_grounds_in(text, language)
    ]
