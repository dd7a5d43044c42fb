"""Days and moments as import files write them, held against the calendar."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OLDEST_YEARS = 50
_SLACK = timedelta(minutes=5)  # clocks of two machines differ a little
_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class DayWrong(ValueError):
    """Not a day that a report can have arrived on; the text says why."""


def partial_day(text: str) -> bool:
    """Whether ``text`` is a year, a month or a day of the calendar in ISO form."""
    if not _PARTIAL.fullmatch(text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


def moment_of(told: object, *, whole_day: bool, zone: ZoneInfo, now: datetime) -> datetime:
    """When a report reached the office, in UTC. Raises ``DayWrong``.

    ``whole_day``: ``told`` is a day, meant from its beginning in ``zone``, so that no clock starts too late. Otherwise
    it is a moment; one without an offset is meant in ``zone``.
    """
    moment = _day(told, zone) if whole_day else _moment(told, zone)
    if moment > now + _SLACK:
        raise DayWrong("lies in the future.")
    if moment < now - timedelta(days=365 * OLDEST_YEARS):
        raise DayWrong(f"lies more than {OLDEST_YEARS} years back. Is the year right?")
    return min(moment, now)


def _day(told: object, zone: ZoneInfo) -> datetime:
    wrong = DayWrong("must be a day of the calendar such as 2026-05-03.")
    if not isinstance(told, str) or not _DAY.fullmatch(told):
        raise wrong
    try:
        return datetime.combine(date.fromisoformat(told), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def _moment(told: object, zone: ZoneInfo) -> datetime:
    wrong = DayWrong("must be a moment such as 2026-05-03T14:30+02:00.")
    if not isinstance(told, str) or "T" not in told.replace(" ", "T"):
        raise wrong
    try:
        moment = datetime.fromisoformat(told)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None
