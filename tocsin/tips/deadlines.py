"""The clocks of a tip, from the pack that was in force when it arrived."""

from __future__ import annotations

from datetime import date, timedelta

from tocsin.tips.models import Tip
from tocsin.tips.workflow import OPEN, State

LONGEST_PAUSE = timedelta(days=30)


def pause(tip: Tip, today: date) -> dict[str, object]:
    """Field changes when a question is asked: the feedback clock stops, once in the life of a tip."""
    return {} if tip.pause_used else {"paused_on": today, "pause_used": True}


def resume(tip: Tip, today: date) -> dict[str, object]:
    """Field changes when the question is answered or given up: the pause, at most 30 days, is added."""
    if tip.paused_on is None:
        return {}
    waited = min(today - tip.paused_on, LONGEST_PAUSE)
    return {"paused_on": None, "feedback_by": tip.feedback_by + waited if tip.feedback_by else None}


def next_date(tip: Tip) -> date | None:
    """The latest date on which the reporter hears something next; ``None`` when nothing is due."""
    if tip.state == State.RECEIVED:
        return tip.acknowledge_by
    if tip.state in OPEN and tip.state != State.FEEDBACK_GIVEN:
        return tip.feedback_by
    return None
