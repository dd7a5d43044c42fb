"""The day on the envelope is when the clocks of a letter begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.installation import Installation, TestClock
from tocsin.intake.channels.letter.arrival import NotADayOfArrival, moment_of_arrival
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import due_acknowledge, local_day

EVENING = datetime(2026, 6, 1, 17, 30, tzinfo=UTC)  # half past one of the next day in Shanghai


@pytest.fixture(autouse=True)
def in_the_evening(set_clock: Callable[..., TestClock]) -> TestClock:
    return set_clock(EVENING)


@pytest.mark.parametrize("days", [0, 1, 6, 7, 30, 400])
def test_the_week_counts_from_the_day_on_the_envelope(days: int, installation: Installation) -> None:
    rules = get_pack()
    day = date(2026, 6, 2) - timedelta(days=days)
    moment = moment_of_arrival(day, rules)
    assert moment <= EVENING
    assert local_day(moment, rules) == day
    assert local_day(due_acknowledge(moment, rules), rules) == day + timedelta(days=7)


def test_today_is_that_of_the_office_and_not_of_utc(installation: Installation) -> None:
    assert moment_of_arrival(date(2026, 6, 2), get_pack()) == EVENING
    with pytest.raises(NotADayOfArrival):
        moment_of_arrival(date(2026, 6, 3), get_pack())


@pytest.mark.parametrize("day", [date(2020, 12, 31), date(1926, 6, 1), date.min, date.max])
def test_a_year_that_must_be_a_slip_is_refused(day: date, installation: Installation) -> None:
    with pytest.raises(NotADayOfArrival):
        moment_of_arrival(day, get_pack())
