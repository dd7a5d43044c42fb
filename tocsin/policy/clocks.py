"""When something is due, in the pack's time zone: plain days, working days and calendar months.

A due moment keeps the local time of day at which the clock started, so "7 days" is never more than seven
days and the date shown to the reporter is the date that counts. All moments are aware; results are in UTC.
"""

from __future__ import annotations

import calendar as civil
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from tocsin.policy.model import Pack
from tocsin.policy.rules import Calendar


def working_days_after(start: date, days: int, calendar: Calendar) -> date:
    """The ``days``-th working day after ``start``; ``start`` itself never counts, whatever day it is.

    0 days is ``start``. Raises ``ValueError`` for a negative number.
    """
    if days < 0:
        message = "working days are counted forward only"
        raise ValueError(message)
    day = start
    for _ in range(days):
        day = calendar.next_working_day(day)
    return day


def months_after(start: date, months: int) -> date:
    """The same day of the month, ``months`` calendar months later; the last day of a month that is too short.

    31 January + 1 month is 28 or 29 February. Raises ``ValueError`` for a negative number.
    """
    if months < 0:
        message = "months are counted forward only"
        raise ValueError(message)
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = civil.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(start.day, last))


def due_acknowledge(received: datetime, pack: Pack) -> datetime:
    """When a person must have read a tip and said so."""
    days = timedelta(days=pack.clocks.acknowledge_days)
    return _moved(received, pack, lambda day: day + days)


def due_triage(received: datetime, pack: Pack, *, urgent: bool = False) -> datetime:
    """When a tip must be in triage: working days after arrival, or hours if it is urgent."""
    if urgent:
        return _aware(received) + timedelta(hours=pack.clocks.urgent_hours)
    days = pack.clocks.triage_working_days
    return _moved(received, pack, lambda day: working_days_after(day, days, pack.calendar))


def due_feedback(acknowledged: datetime, pack: Pack, *, paused: timedelta = timedelta()) -> datetime:
    """When the reporter must have an answer: calendar months after acknowledgement.

    ``paused`` is the time the authority waited for the reporter's answer; only the pack's pause counts,
    and the clock pauses once. Raises ``ValueError`` for a negative pause.
    """
    if paused < timedelta():
        message = "a pause cannot be negative"
        raise ValueError(message)
    counted = min(paused, timedelta(days=pack.clocks.need_info_pause_days))
    return _moved(acknowledged, pack, lambda day: months_after(day, pack.clocks.feedback_months)) + counted


def due_answer_to_question(asked: datetime, pack: Pack) -> datetime:
    """Until when a question to the reporter holds the feedback clock; silence is not held against them."""
    days = timedelta(days=pack.clocks.need_info_pause_days)
    return _moved(asked, pack, lambda day: day + days)


def local_day(moment: datetime, pack: Pack) -> date:
    """The calendar day of ``moment`` where the authority sits."""
    return _aware(moment).astimezone(pack.calendar.zone).date()


def end_of_day(day: date, pack: Pack) -> datetime:
    """The moment at which ``day`` is over where the authority sits, also where no clock shows that midnight."""
    return datetime.combine(day + timedelta(days=1), time.min, pack.calendar.zone).astimezone(UTC)


def latest_feedback(acknowledged_on: date, pack: Pack) -> date:
    """The last day to which somebody with a reason may put off an answer; no later than usual where a pack says so."""
    return months_after(acknowledged_on, pack.clocks.feedback_extended_months)


def _moved(moment: datetime, pack: Pack, by: Callable[[date], date]) -> datetime:
    """``moment`` on another local day, at its local time of day."""
    local = _aware(moment).astimezone(pack.calendar.zone)
    return datetime.combine(by(local.date()), local.timetz()).astimezone(UTC)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        message = "a moment without a time zone cannot start a clock"
        raise ValueError(message)
    return moment.astimezone(UTC)
