"""The clocks of a tip: when the reporter hears next, and what a question does to that date."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import bring_to, send_report, write_to_staff
from tocsin.policy.active import get_pack
from tocsin.tips import deadlines, services
from tocsin.tips.deadlines import LONGEST_PAUSE, next_date, pause, resume
from tocsin.tips.tests.conftest import bare_tip
from tocsin.tips.workflow import OPEN, State

ACKNOWLEDGE_BY, FEEDBACK_BY, TODAY = date(2031, 3, 10), date(2031, 6, 3), date(2031, 3, 20)
HEARS_NEXT = {
    State.RECEIVED: ACKNOWLEDGE_BY,
    State.ACKNOWLEDGED: FEEDBACK_BY,
    State.IN_TRIAGE: FEEDBACK_BY,
    State.NEED_INFO: FEEDBACK_BY,
    State.LINKED: FEEDBACK_BY,
    State.REFERRED: FEEDBACK_BY,
    State.UNDER_VERIFICATION: FEEDBACK_BY,
    State.OUTCOME_SET: FEEDBACK_BY,
    State.FEEDBACK_GIVEN: None,
    State.CLOSED: None,
    State.WITHDRAWN: None,
    State.EXPIRED: None,
}


def test_every_state_says_whether_the_reporter_hears_more() -> None:
    assert set(HEARS_NEXT) == set(State), "a new state needs its line here"
    assert {state for state, on in HEARS_NEXT.items() if on} == OPEN - {State.FEEDBACK_GIVEN}


@pytest.mark.parametrize(("state", "on"), HEARS_NEXT.items(), ids=lambda each: str(each))
def test_the_next_date_is_that_of_the_clock_that_runs(state: State, on: date | None) -> None:
    tip = bare_tip(state=state, acknowledge_by=ACKNOWLEDGE_BY, feedback_by=FEEDBACK_BY)
    assert next_date(tip) == on


def test_a_question_stops_the_clock_once_in_the_life_of_a_tip() -> None:
    assert pause(bare_tip(), TODAY) == {"paused_on": TODAY, "pause_used": True}
    assert pause(bare_tip(pause_used=True), TODAY) == {}


def test_a_clock_that_never_stood_still_is_not_moved() -> None:
    assert resume(bare_tip(feedback_by=FEEDBACK_BY), TODAY) == {}
    assert resume(bare_tip(feedback_by=FEEDBACK_BY, pause_used=True), TODAY) == {}


def test_a_clock_without_an_end_gets_none_from_a_pause() -> None:
    assert resume(bare_tip(paused_on=TODAY, pause_used=True), TODAY) == {"paused_on": None, "feedback_by": None}


@given(waited=st.integers(0, 400))
def test_the_time_that_was_waited_is_added_up_to_thirty_days(waited: int) -> None:
    tip = bare_tip(feedback_by=FEEDBACK_BY, paused_on=TODAY, pause_used=True)
    changes = resume(tip, TODAY + timedelta(days=waited))
    assert changes == {"paused_on": None, "feedback_by": FEEDBACK_BY + timedelta(days=min(waited, 30))}


def test_a_pack_that_allows_a_shorter_pause_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = get_pack()
    for days in (1, 14, 30):
        shorter = dataclasses.replace(pack, clocks=dataclasses.replace(pack.clocks, need_info_pause_days=days))
        monkeypatch.setattr(deadlines, "pack_of", lambda _version, shorter=shorter: shorter)
        tip = bare_tip(feedback_by=FEEDBACK_BY, paused_on=TODAY, pause_used=True)
        assert resume(tip, TODAY + timedelta(days=90))["feedback_by"] == FEEDBACK_BY + timedelta(days=days)


def test_no_pack_can_make_a_pause_longer_than_the_design_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = get_pack()
    longer = dataclasses.replace(pack, clocks=dataclasses.replace(pack.clocks, need_info_pause_days=365))
    monkeypatch.setattr(deadlines, "get_pack", lambda: longer)
    tip = bare_tip(feedback_by=FEEDBACK_BY, paused_on=TODAY, pause_used=True)
    assert resume(tip, TODAY + timedelta(days=90))["feedback_by"] == FEEDBACK_BY + LONGEST_PAUSE
    assert timedelta(days=30) == LONGEST_PAUSE


# In the services. The sample pack counts its days in Shanghai, eight hours ahead of UTC.


@pytest.mark.django_db
def test_dates_are_those_of_the_place_where_the_authority_sits(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2031, 3, 2, 20, tzinfo=UTC))  # 3 March, 04:00
    reported = send_report()
    assert reported.tip.acknowledge_by == date(2031, 3, 10)
    bring_to(State.NEED_INFO, reported=reported, cast=cast)
    asked = reported.tip
    assert (asked.acknowledged_on, asked.paused_on) == (date(2031, 3, 3), date(2031, 3, 3))
    assert asked.feedback_by == date(2031, 6, 3)
    time.moment = datetime(2031, 3, 7, 15, 59, tzinfo=UTC)  # still 7 March
    write_to_staff(reported, "On Monday.")
    assert (reported.tip.paused_on, reported.tip.feedback_by) == (None, date(2031, 6, 7))


@pytest.mark.django_db
def test_the_wait_is_counted_in_days_of_that_place(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2031, 3, 3, 1, tzinfo=UTC))  # 3 March, 09:00
    answered, silent = send_report(), send_report()
    for reported in (answered, silent):
        bring_to(State.NEED_INFO, reported=reported, cast=cast)
        assert reported.tip.feedback_by == date(2031, 6, 3)
    time.moment = datetime(2031, 3, 5, 20, tzinfo=UTC)  # 6 March, 04:00
    write_to_staff(answered, "On Monday.")
    services.resume_triage(actor=cast.tara, tip=silent.tip, reason="No answer came.")
    assert answered.tip.feedback_by == silent.tip.feedback_by == date(2031, 6, 6)


@pytest.mark.django_db
def test_a_second_question_does_not_stop_the_clock_again(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time, reported = set_clock(), send_report()
    bring_to(State.IN_TRIAGE, reported=reported, cast=cast)
    page_from_before = reported.tip
    for wait in (10, 20):
        services.ask_reporter(actor=cast.tara, tip=page_from_before, text="On which day?")
        time.forward(days=wait)
        write_to_staff(reported, "On Monday.")
    due = page_from_before.feedback_by
    assert due is not None
    assert reported.tip.feedback_by == due + timedelta(days=10)
    assert reported.tip.pause_used


@pytest.mark.django_db
def test_going_on_from_an_old_page_adds_no_wait_twice(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time, reported = set_clock(), send_report()
    bring_to(State.NEED_INFO, reported=reported, cast=cast)
    page_from_before = reported.tip
    time.forward(days=10)
    write_to_staff(reported, "On Monday.")
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text="And where?")
    time.forward(days=20)
    services.resume_triage(actor=cast.tara, tip=page_from_before, reason="No answer came.")
    due = page_from_before.feedback_by
    assert due is not None
    assert reported.tip.feedback_by == due + timedelta(days=10)


@pytest.mark.django_db
def test_a_question_while_facts_are_checked_stops_no_clock(cast: Cast, unlocked_desk: Installation) -> None:
    reported = send_report()
    bring_to(State.UNDER_VERIFICATION, reported=reported, cast=cast)
    before = reported.tip
    services.ask_reporter(actor=cast.ivo, tip=reported.tip, text="Where exactly?")
    after = reported.tip
    assert (after.paused_on, after.pause_used, after.feedback_by) == (None, False, before.feedback_by)
    assert after.state == State.UNDER_VERIFICATION
