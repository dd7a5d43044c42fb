"""A deadline in words, so that nobody has to read it from a colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin.common import clock
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.tips.deadlines import next_date
from tocsin.tips.models import Tip

SOON = 2


@dataclass(frozen=True)
class DeadlineWords:
    """``tone`` is empty, ``yellow`` (soon) or ``red`` (overdue)."""

    words: str
    tone: str
    on: date | None


def deadline_words(tip: Tip) -> DeadlineWords:
    """What is due next for ``tip``, seen from today."""
    on = next_date(tip)
    if tip.paused_on is not None:
        return DeadlineWords(_("Clock stopped: question asked"), "", None)
    if on is None:
        return DeadlineWords("", "", None)
    days = (on - local_day(clock.now(), get_pack())).days
    if days < 0:
        told = ngettext("%(n)s day overdue", "%(n)s days overdue", -days) % {"n": -days}
        return DeadlineWords(told, "red", on)
    if days == 0:
        return DeadlineWords(_("Due today"), "yellow", on)
    told = ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return DeadlineWords(told, "yellow" if days <= SOON else "", on)
