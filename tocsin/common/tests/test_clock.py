"""The one clock: aware, in UTC, and cut down to the hour or the month where more would say too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.common import clock

ZONES = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2900, 1, 1), timezones=ZONES)  # noqa: DTZ001  the zones are added


def test_now_is_aware_and_in_utc_and_goes_on() -> None:
    first, second = clock.now(), clock.now()
    assert first.tzinfo is second.tzinfo is UTC
    assert first <= second


@given(moment=MOMENTS)
def test_on_the_hour_keeps_day_and_hour_and_forgets_the_rest(moment: datetime) -> None:
    hour = clock.on_the_hour(moment)
    assert (hour.minute, hour.second, hour.microsecond) == (0, 0, 0)
    assert timedelta() <= moment - hour < timedelta(hours=1)
    assert hour.tzinfo is moment.tzinfo
    assert clock.on_the_hour(hour) == hour


@given(first=MOMENTS, minutes=st.integers(0, 59))
def test_two_moments_of_one_hour_cannot_be_told_apart(first: datetime, minutes: int) -> None:
    hour = clock.on_the_hour(first)
    assert clock.on_the_hour(hour + timedelta(minutes=minutes, seconds=59, microseconds=999_999)) == hour


@given(moment=MOMENTS, zone=ZONES)
def test_a_moment_has_one_month_wherever_its_clock_stands(moment: datetime, zone: timezone) -> None:
    assert clock.month_of(moment) == clock.month_of(moment.astimezone(zone))


@pytest.mark.parametrize(
    ("zone", "local", "month"),
    [
        ("UTC", (2026, 1, 1, 0, 0), "2026-01"),
        ("Asia/Shanghai", (2026, 1, 1, 7, 59), "2025-12"),
        ("Asia/Shanghai", (2026, 1, 1, 8, 0), "2026-01"),
        ("America/New_York", (2026, 6, 30, 20, 0), "2026-07"),
        ("America/New_York", (2026, 6, 30, 19, 59), "2026-06"),
        ("Pacific/Kiritimati", (2026, 3, 1, 13, 59), "2026-02"),
    ],
)
def test_the_month_turns_at_midnight_in_utc(zone: str, local: tuple[int, int, int, int, int], month: str) -> None:
    assert clock.month_of(datetime(*local, tzinfo=ZoneInfo(zone))) == month
