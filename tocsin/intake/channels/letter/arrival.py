"""From the day on the envelope to the moment at which the clocks of a letter begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from tocsin.common import clock
from tocsin.policy.clocks import local_day
from tocsin.policy.model import Pack

OLDEST_YEARS = 5


class NotADayOfArrival(ValueError):
    """The day lies in the future, or so long ago that the year must be a slip."""


def moment_of_arrival(day: date, rules: Pack) -> datetime:
    """Noon of ``day`` where the authority sits, or now on the day itself. Raises ``NotADayOfArrival``.

    Noon, so that no shift between time zones moves it to another day.
    """
    now = clock.now()
    today = local_day(now, rules)
    if not date(today.year - OLDEST_YEARS, 1, 1) <= day <= today:
        raise NotADayOfArrival
    return min(now, datetime.combine(day, time(12), rules.calendar.zone).astimezone(UTC))
