"""The dates that lists and the mailbox show: copies of the clocks, right in every state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.architecture.source import product
from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import Reported, bring_to, send_report, write_to_staff
from tocsin.access.actors import WORKER
from tocsin.clocks.models import Deadline
from tocsin.tips import services
from tocsin.tips.clocks import show_ended_pauses
from tocsin.tips.deadlines import next_date
from tocsin.tips.tests.conftest import bare_tip
from tocsin.tips.workflow import OPEN, State

ACKNOWLEDGE_BY, FEEDBACK_BY = date(2031, 3, 10), date(2031, 6, 3)
HEARS_NEXT = {
    State.RECEIVED: ACKNOWLEDGE_BY,
    State.ACKNOWLEDGED: FEEDBACK_BY,
    State.IN_TRIAGE: FEEDBACK_BY,
    State.NEED_INFO: FEEDBACK_BY,
    State.LINKED: FEEDBACK_BY,
    State.UNDER_VERIFICATION: FEEDBACK_BY,
    State.REFERRED: FEEDBACK_BY,
    State.OUTCOME_SET: FEEDBACK_BY,
    State.FEEDBACK_GIVEN: None,
    State.CLOSED: None,
    State.WITHDRAWN: None,
}


def test_every_state_says_whether_the_reporter_hears_more() -> None:
    assert set(HEARS_NEXT) == set(State), "a new state needs its line here"
    assert {state for state, on in HEARS_NEXT.items() if on} == OPEN - {State.FEEDBACK_GIVEN}


@pytest.mark.parametrize(("state", "on"), HEARS_NEXT.items(), ids=lambda each: str(each))
def test_the_next_date_is_that_of_the_clock_that_runs(state: State, on: date | None) -> None:
    tip = bare_tip(state=state, acknowledge_by=ACKNOWLEDGE_BY, feedback_by=FEEDBACK_BY)
    assert next_date(tip) == on


def test_nobody_but_the_clocks_writes_the_copies_of_a_date() -> None:
    writers = {
        source.name
        for source in product()
        if not source.name.startswith(("tocsin/public/", "tocsin/desk/"))  # they show dates and store none
        for name in ("acknowledge_by", "feedback_by", "paused_on")
        for line in source.text.splitlines()
        if f".{name} = " in line or "(paused_on=" in line or f'"{name}":' in line
    }
    # ``paused_on`` is a column of the clock itself too.
    assert writers == {"tocsin/tips/clocks.py", "tocsin/clocks/services.py"}


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
    assert asked.feedback_by == date(2031, 7, 3), "thirty days at the longest after 3 June"
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


@pytest.mark.django_db
def test_going_on_from_an_old_page_adds_no_wait_twice(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    time, reported = set_clock(), send_report()
    bring_to(State.IN_TRIAGE, reported=reported, cast=cast)
    due = reported.tip.feedback_by
    assert due is not None
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text="On which day?")
    page_from_before = reported.tip
    time.forward(days=10)
    write_to_staff(reported, "On Monday.")
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text="And where?")
    time.forward(days=20)
    services.resume_triage(actor=cast.tara, tip=page_from_before, reason="No answer came.")
    assert reported.tip.feedback_by == due + timedelta(days=10)


@pytest.mark.django_db
def test_a_question_while_facts_are_checked_stops_no_clock(cast: Cast, unlocked_desk: Installation) -> None:
    reported = send_report()
    bring_to(State.UNDER_VERIFICATION, reported=reported, cast=cast)
    before = reported.tip
    services.ask_reporter(actor=cast.ivo, tip=reported.tip, text="Where exactly?")
    after = reported.tip
    assert (after.paused_on, after.feedback_by) == (None, before.feedback_by)
    assert after.state == State.UNDER_VERIFICATION


@pytest.mark.django_db
def test_after_the_longest_pause_the_worker_takes_its_mark_off_and_the_date_stays(
    tip_in: Callable[[State], Reported], set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock()
    reported, other = tip_in(State.NEED_INFO), tip_in(State.NEED_INFO)
    due = reported.tip.feedback_by
    time.forward(days=29)
    assert show_ended_pauses(actor=WORKER) == 0
    write_to_staff(other, "On Monday.")
    time.forward(days=2)
    assert show_ended_pauses(actor=WORKER) == 1
    assert show_ended_pauses(actor=WORKER) == 0
    assert (reported.tip.paused_on, reported.tip.feedback_by) == (None, due)
    assert reported.tip.state == State.NEED_INFO, "a person decides"
    assert Deadline.objects.get(subject_ref=reported.ref, clock="feedback").due_on == due
