"""The dates of a tip as people are told them, on the calendar of the place where the authority sits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tocsin.clocks.models import RUNNING, Deadline, SpanKind
from tocsin.common import clock
from tocsin.policy.active import get_pack, pack_of
from tocsin.policy.clocks import local_day
from tocsin.tips.clocks import ACKNOWLEDGE, FEEDBACK
from tocsin.tips.models import Tip
from tocsin.tips.workflow import OPEN, TIP_LIFE, State


@dataclass(frozen=True)
class Owed:
    """What a reporter is told of the clock that runs for them.

    ``on``: the last day on which they hear something; ``None`` when nothing is due. ``is_late``: that day has passed.
    ``paused_until``: the last day for which a question stops the clock. ``is_put_off``: it was put off, with a reason.
    """

    on: date | None = None
    is_late: bool = False
    paused_until: date | None = None
    is_put_off: bool = False


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


def owed_to_reporter(tip: Tip) -> Owed:
    """The next date with everything that is to be said of it. At most two questions to the store."""
    name = ACKNOWLEDGE if tip.state == State.RECEIVED else FEEDBACK
    runs = Deadline.objects.filter(RUNNING, subject_kind=TIP_LIFE.kind, subject_ref=tip.ref, clock=name)
    row = runs.first() if next_date(tip) else None
    if row is None:
        return Owed()
    paused = row.paused_until if row.is_paused(clock.now()) else None
    last = local_day(paused - timedelta(microseconds=1), pack_of(tip.pack_version)) if paused else None
    put_off = row.spans.filter(kind=SpanKind.EXTENSION).exists()
    return Owed(row.due_on, row.is_overdue(clock.now()), last, put_off)
