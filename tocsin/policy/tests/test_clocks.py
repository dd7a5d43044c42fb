from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.policy.clocks import (
    due_acknowledge,
    due_answer_to_question,
    due_feedback,
    due_triage,
    local_day,
    months_after,
    working_days_after,
)
from tocsin.policy.loader import load_pack
from tocsin.policy.rules import Calendar
from tocsin.policy.tests.conftest import SEED

PACK = load_pack(SEED)
ABROAD = replace(PACK, calendar=replace(PACK.calendar, zone=ZoneInfo("Europe/Berlin")))
SHANGHAI = ZoneInfo("Asia/Shanghai")

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants naive bounds
calendars = st.builds(
    Calendar,
    zone=st.just(SHANGHAI),
    weekend=st.frozensets(st.integers(0, 6), max_size=3),
    holidays=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=60),
    worked=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20),
    known_until=st.just(date(2026, 12, 31)),
)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),  # Monday
        (date(2026, 3, 5), 3, date(2026, 3, 10)),  # over a weekend
        (date(2026, 3, 7), 1, date(2026, 3, 9)),  # from a Saturday
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # the Saturday before the holiday is worked
        (date(2026, 2, 14), 1, date(2026, 2, 24)),  # over the spring holiday
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # and a worked Saturday after the October one
        (date(2027, 12, 31), 1, date(2028, 1, 3)),  # after the known years only weekends count
        (date(2026, 3, 7), 0, date(2026, 3, 7)),
    ],
)
def test_working_days_skip_weekends_and_holidays(start: date, count: int, end: date) -> None:
    assert working_days_after(start, count, PACK.calendar) == end


@given(st.dates(date(2026, 1, 1), date(2026, 12, 1)), st.integers(1, 40), calendars)
def test_exactly_that_many_working_days_lie_between(start: date, count: int, calendar: Calendar) -> None:
    end = working_days_after(start, count, calendar)
    passed = [start + timedelta(n) for n in range(1, (end - start).days + 1)]
    assert sum(calendar.is_working_day(day) for day in passed) == count
    assert calendar.is_working_day(end)


@given(days, st.integers(0, 15), st.integers(0, 15))
def test_working_days_add_up(start: date, first: int, second: int) -> None:
    middle = working_days_after(start, first, PACK.calendar)
    assert working_days_after(middle, second, PACK.calendar) == working_days_after(start, first + second, PACK.calendar)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 10, 15), 3, date(2027, 1, 15)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
        (date(2026, 9, 30), 3, date(2026, 12, 30)),
    ],
)
def test_calendar_months_end_on_the_last_day_of_a_short_month(start: date, months: int, end: date) -> None:
    assert months_after(start, months) == end


@given(days, st.integers(0, 400))
def test_a_month_later_is_the_same_day_or_the_last_one(start: date, months: int) -> None:
    end = months_after(start, months)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(1)).day == 1)


@given(days, days, st.integers(0, 36))
def test_who_started_later_is_never_due_earlier(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert months_after(first, months) <= months_after(second, months)


@pytest.mark.parametrize("count", [-1, -100])
def test_nothing_is_counted_backward(count: int) -> None:
    with pytest.raises(ValueError, match="forward"):
        working_days_after(date(2026, 1, 1), count, PACK.calendar)
    with pytest.raises(ValueError, match="forward"):
        months_after(date(2026, 1, 1), count)


@given(moments)
def test_acknowledgement_is_due_within_seven_days(received: datetime) -> None:
    assert due_acknowledge(received, PACK) - received == timedelta(days=7)
    assert due_acknowledge(received, PACK).tzinfo is UTC


def test_the_hour_on_the_wall_stays_when_the_clocks_change() -> None:
    received = datetime(2026, 10, 22, 8, 0, tzinfo=UTC)  # 10:00 in Berlin, summer time
    assert due_acknowledge(received, ABROAD) == datetime(2026, 10, 29, 9, 0, tzinfo=UTC)


def test_days_are_those_of_the_place_of_the_authority() -> None:
    received = datetime(2026, 3, 5, 20, 0, tzinfo=UTC)  # already Friday the 6th in Shanghai
    assert local_day(received, PACK) == date(2026, 3, 6)
    assert due_triage(received, PACK) == datetime(2026, 3, 11, 4, 0, tzinfo=SHANGHAI)
    assert due_triage(received, ABROAD) == datetime(2026, 3, 10, 21, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def test_an_urgent_tip_has_one_hour_day_and_night() -> None:
    received = datetime(2026, 2, 17, 18, 30, tzinfo=UTC)
    assert due_triage(received, PACK, urgent=True) == received + timedelta(hours=1)


def test_feedback_is_due_three_calendar_months_after_acknowledgement() -> None:
    acknowledged = datetime(2026, 11, 30, 9, 0, tzinfo=SHANGHAI)
    assert due_feedback(acknowledged, PACK) == datetime(2027, 2, 28, 9, 0, tzinfo=SHANGHAI)


@given(moments, st.timedeltas(timedelta(), timedelta(days=300)))
def test_a_question_holds_the_clock_for_thirty_days_at_most(asked: datetime, paused: timedelta) -> None:
    plain = due_feedback(asked, PACK)
    held = due_feedback(asked, PACK, paused=paused) - plain
    assert held == min(paused, timedelta(days=30))
    assert due_answer_to_question(asked, PACK) - asked == timedelta(days=30)


def test_a_pause_never_shortens_a_clock() -> None:
    with pytest.raises(ValueError, match="negative"):
        due_feedback(datetime(2026, 1, 1, tzinfo=UTC), PACK, paused=timedelta(days=-1))


def test_a_moment_without_a_zone_starts_no_clock() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  the mistake under test
    for due in (due_acknowledge, due_triage, due_feedback):
        with pytest.raises(ValueError, match="time zone"):
            due(naive, PACK)
