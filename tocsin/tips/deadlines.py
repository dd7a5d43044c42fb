"""The clocks of a tip, by the rules of the pack and on the calendar of the place where the authority sits."""

from __future__ import annotations

from datetime import date

from tocsin.common import clock
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.tips.models import Tip
from tocsin.tips.workflow import OPEN, State


def local_today() -> date:
    """Today where the authority sits: a date that counts is never that of UTC."""
    return local_day(clock.now(), get_pack())


def next_date(tip: Tip) -> date | None:
    """The latest date on which the reporter hears something next; ``None`` when nothing is due."""
    if tip.state == State.RECEIVED:
        return tip.acknowledge_by
    if tip.state in OPEN and tip.state != State.FEEDBACK_GIVEN:
        return tip.feedback_by
    return None
