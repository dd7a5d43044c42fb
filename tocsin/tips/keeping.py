"""How long an ended tip is kept, by the rules under which it arrived. Every record has an end date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

from tocsin.policy.active import pack_of
from tocsin.policy.clocks import months_after
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import Tip
from tocsin.tips.workflow import FOUNDED


def ended_now(tip: Tip, outcome: str) -> dict[str, object]:
    """Field changes when a tip ends today with this outcome."""
    today = local_today()
    return {"ended_on": today, "expires_on": kept_until(tip, outcome, today)}


def taken_up_again() -> dict[str, object]:
    """Field changes when an ended tip is opened again."""
    return {"ended_on": None, "expires_on": None}


class UnderRules(Protocol):
    """A tip, or a case: something that came in under the rules of a day."""

    pack_version: str


def kept_until(subject: UnderRules, outcome: str, since: date) -> date:
    """The last day for what ended, or was reviewed, on ``since``: years for what was confirmed, else days."""
    rules = pack_of(subject.pack_version).retention
    if outcome in FOUNDED:
        return months_after(since, 12 * rules.substantiated_review_years)
    return since + timedelta(days=rules.unfounded_days)
