"""The clocks of a tip, by the rules of the pack and on the calendar of the place where the authority sits."""

from __future__ import annotations

from datetime import date, timedelta

from tocsin.common import clock
from tocsin.policy.active import get_pack, pack_of
from tocsin.policy.clocks import local_day
from tocsin.tips.models import Tip
from tocsin.tips.workflow import OPEN, State

LONGEST_PAUSE = timedelta(days=30)


def local_today() -> date:
    """Today where the authority sits: a date that counts is never that of UTC."""
    return local_day(clock.now(), get_pack())


def pause(tip: Tip, today: date) -> dict[str, object]:
    """Field changes when a question is asked: the feedback clock stops, once in the life of a tip."""
    return {} if tip.pause_used else {"paused_on": today, "pause_used": True}


def resume(tip: Tip, today: date) -> dict[str, object]:
    """Field changes when the question is answered or given up: the pause is added, at most the pack's and 30 days."""
    if tip.paused_on is None:
        return {}
    longest = min(timedelta(days=pack_of(tip.pack_version).clocks.need_info_pause_days), LONGEST_PAUSE)
    waited = min(today - tip.paused_on, longest)
    return {"paused_on": None, "feedback_by": tip.feedback_by + waited if tip.feedback_by else None}


def urgent(tip: Tip) -> dict[str, object]:
    """Field changes when a tip is marked as urgent: until when it must be handed to an emergency body."""
    if tip.urgent_by is not None:
        return {"urgent": True}
    hours = pack_of(tip.pack_version).clocks.urgent_hours
    return {"urgent": True, "urgent_by": clock.now() + timedelta(hours=hours)}


def is_hand_off_overdue(tip: Tip) -> bool:
    """Whether an urgent tip should have been handed to an emergency body by now, and was not."""
    waits = tip.urgent_by is not None and tip.handed_off_at is None and tip.state in OPEN
    return waits and tip.urgent_by is not None and tip.urgent_by < clock.now()


def next_date(tip: Tip) -> date | None:
    """The latest date on which the reporter hears something next; ``None`` when nothing is due."""
    if tip.state == State.RECEIVED:
        return tip.acknowledge_by
    if tip.state in OPEN and tip.state != State.FEEDBACK_GIVEN:
        return tip.feedback_by
    return None
