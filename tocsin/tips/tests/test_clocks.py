"""The clocks of a tip: which of them run in which state, when they are due, what stops and puts off a date."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import Reported, send_report, write_to_staff
from tocsin.access.actors import REPORTER, Actor
from tocsin.clocks.definitions import ARRIVAL, Stage
from tocsin.clocks.models import Deadline, Span, SpanKind
from tocsin.clocks.services import Cause, arrival_rows, follow_step
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord
from tocsin.policy.active import get_pack
from tocsin.policy.model import Pack
from tocsin.tips import mailbox, selectors, services
from tocsin.tips import workflow as life
from tocsin.tips.clocks import HAND_OFF, TIP_CLOCKS, TIPS
from tocsin.tips.workflow import OPEN, TIP_LIFE, State
from tocsin.workflow.steps import Step

TipIn = Callable[[State], Reported]
SetClock = Callable[..., TestClock]
RUNS_IN: dict[State, set[str]] = {
    State.RECEIVED: {"acknowledge"},
    State.ACKNOWLEDGED: {"triage", "feedback"},
    State.IN_TRIAGE: {"feedback"},
    State.NEED_INFO: {"answer", "feedback"},
    State.LINKED: {"feedback"},
    State.UNDER_VERIFICATION: {"feedback"},
    State.REFERRED: {"feedback"},
    State.OUTCOME_SET: {"feedback"},
    State.FEEDBACK_GIVEN: set(),
    State.CLOSED: set(),
    State.WITHDRAWN: set(),
}


def running(reported: Reported) -> dict[str, Deadline]:
    return {row.clock: row for row in Deadline.objects.filter(subject_ref=reported.ref, ended_at__isnull=True)}


def feedback(reported: Reported) -> Deadline:
    return running(reported)["feedback"]


# The table


def test_every_step_that_a_clock_names_exists() -> None:
    steps = {step.name for step in TIP_LIFE.steps} | {ARRIVAL, HAND_OFF}
    for each in TIP_CLOCKS:
        named = each.starts | each.meets | each.drops | each.pauses | each.resumes | each.extends
        assert named <= steps, each.name
        assert each.starts, each.name
        assert each.meets, each.name


def test_every_clock_tells_exactly_once_that_it_ran_out_and_somebody_oversees_it() -> None:
    for each in TIP_CLOCKS:
        calls = each.all_calls(get_pack())
        overdue = [call for call in calls if call.stage is Stage.OVERDUE]
        assert [(call.after, call.anchor.value) for call in overdue] == [(timedelta(), "due")], each.name
        assert any(call.stage is Stage.ESCALATION for call in calls), each.name
        assert all(call.after >= timedelta() for call in calls if call.stage is Stage.ESCALATION), each.name


def test_every_state_has_its_line_in_the_table_of_running_clocks() -> None:
    assert set(RUNS_IN) == set(State)
    assert frozenset(set(State) - OPEN) == TIPS.over_in


@pytest.mark.django_db
@pytest.mark.parametrize("state", State, ids=lambda state: state.value)
def test_in_every_state_exactly_its_clocks_run(tip_in: TipIn, state: State) -> None:
    assert set(running(tip_in(state))) == RUNS_IN[state]


# Due when


@pytest.mark.django_db
def test_days_count_whole_and_hours_do_not(cast: Cast, unlocked_desk: Installation, set_clock: SetClock) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, 30, tzinfo=UTC))  # Thursday, 11:30 in Shanghai
    reported = send_report()
    arrived = running(reported)["acknowledge"]
    assert (arrived.due_on, arrived.due_at) == (date(2026, 3, 12), datetime(2026, 3, 12, 16, tzinfo=UTC))
    assert arrived.started_at == datetime(2026, 3, 5, 3, tzinfo=UTC), "of what a reporter does only the hour is kept"
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger.")
    urgent = running(reported)["urgent"]
    assert (urgent.due_on, urgent.due_at) == (None, time.moment + timedelta(hours=1))
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    assert running(reported)["triage"].due_on == date(2026, 3, 10), "a weekend lies between"
    assert feedback(reported).due_on == date(2026, 6, 5)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("read", "due"),
    [
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 5, 29)),
        (date(2026, 1, 31), date(2026, 4, 30)),
    ],
)
def test_months_end_on_the_last_day_of_a_short_one(
    cast: Cast, unlocked_desk: Installation, set_clock: SetClock, read: date, due: date
) -> None:
    set_clock(datetime(read.year, read.month, read.day, 4, tzinfo=UTC))
    reported = send_report()
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    assert feedback(reported).due_on == due


@pytest.mark.django_db
def test_a_working_day_is_one_of_the_pack(cast: Cast, unlocked_desk: Installation, set_clock: SetClock) -> None:
    set_clock(datetime(2026, 2, 14, 4, tzinfo=UTC))  # a worked Saturday before the spring holiday
    reported = send_report()
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    assert running(reported)["triage"].due_on == date(2026, 2, 26)


def under(zone: str) -> Pack:
    pack = get_pack()
    return dataclasses.replace(pack, calendar=dataclasses.replace(pack.calendar, zone=ZoneInfo(zone)))


ZONES = ("Asia/Shanghai", "Europe/Brussels", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "Asia/Kolkata")


@settings(deadline=None)
@given(
    arrived=st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis wants naive bounds
    zone=st.sampled_from(ZONES),
)
def test_wherever_and_whenever_the_last_day_counts_whole(arrived: datetime, zone: str) -> None:
    (row,) = arrival_rows(kind="tip", ref="X", pack=under(zone), arrived_at=arrived)
    here = ZoneInfo(zone)
    assert row.due_on == arrived.astimezone(here).date() + timedelta(days=7)
    assert (row.due_at - timedelta(microseconds=1)).astimezone(here).date() == row.due_on
    assert row.due_at.astimezone(here).date() == row.due_on + timedelta(days=1)
    assert timedelta(days=7) - timedelta(hours=1) <= row.due_at - arrived <= timedelta(days=8, hours=1)
    assert row.next_at is not None
    assert row.next_at < row.due_at


@pytest.mark.django_db
def test_a_later_version_in_another_time_zone_moves_no_date_that_was_told(
    tip_in: TipIn, cast: Cast, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.NEED_INFO)
    told = feedback(reported)
    today = under("America/Sao_Paulo")  # today's pack; ``pack_of`` still gives the one of the arrival
    monkeypatch.setattr("tocsin.clocks.services.get_pack", lambda: today)
    time.forward(days=40)
    services.resume_triage(actor=cast.tara, tip=reported.tip, reason="No answer came.")
    assert (feedback(reported).due_on, feedback(reported).due_at) == (told.due_on, told.due_at)


# Pauses


@pytest.mark.django_db
def test_a_question_stops_the_clock_and_what_was_waited_is_added(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock()
    reported = tip_in(State.IN_TRIAGE)
    plain = feedback(reported).due_on
    assert plain is not None
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text="On which day?")
    stopped = feedback(reported)
    assert stopped.is_paused(clock.now())
    assert stopped.due_on == plain + timedelta(days=30)
    time.forward(days=4)
    write_to_staff(reported, "On Monday.")
    resumed = feedback(reported)
    assert not resumed.is_paused(clock.now())
    assert resumed.due_on == reported.tip.feedback_by == plain + timedelta(days=4)
    span = Span.objects.get()
    assert (span.kind, span.days, span.actor, span.step) == (SpanKind.PAUSE, 4, cast.tara.name, "ask")
    answer = Deadline.objects.get(clock="answer")
    assert answer.met
    assert answer.ended_at == clock.on_the_hour(clock.now())


@pytest.mark.django_db
def test_nobody_needs_to_act_for_a_pause_to_end(tip_in: TipIn, set_clock: SetClock) -> None:
    time = set_clock()
    reported = tip_in(State.NEED_INFO)
    due = feedback(reported).due_on
    time.forward(days=31)
    row = feedback(reported)
    assert not row.is_paused(clock.now())
    assert row.due_on == due
    assert not row.is_overdue(clock.now())
    assert running(reported)["answer"].is_overdue(clock.now())
    assert reported.tip.state == State.NEED_INFO


@pytest.mark.django_db
def test_going_on_without_an_answer_ends_the_waiting_and_nobody_missed_anything(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock()
    reported = tip_in(State.NEED_INFO)
    time.forward(days=10)
    services.resume_triage(actor=cast.tara, tip=reported.tip, reason="No answer came.")
    answer = Deadline.objects.get(clock="answer")
    assert (answer.met, answer.overdue_since) == (False, None)
    assert answer.ended_at is not None


@pytest.mark.django_db
def test_a_question_does_not_hide_that_the_answer_is_overdue(tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    time = set_clock()
    reported = tip_in(State.IN_TRIAGE)
    due = feedback(reported).due_on
    time.forward(days=100)
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text="On which day?")
    row = feedback(reported)
    assert (row.due_on, row.is_overdue(clock.now()), row.is_paused(clock.now())) == (due, True, False)
    assert reported.tip.paused_on is None
    assert "answer" in running(reported)


class Walk:
    """A subject that is no row: its clocks alone, moved by steps at any moment."""

    def __init__(self, time: TestClock, actor: Actor) -> None:
        self.time, self.actor = time, actor
        self.subject: Any = SimpleNamespace(
            ref="WALK", state=State.RECEIVED, pack_version="", acknowledge_by=None, feedback_by=None, paused_on=None
        )
        Deadline.objects.bulk_create(arrival_rows(kind="tip", ref="WALK", pack=get_pack(), arrived_at=clock.now()))

    def take(self, step: Step, *, until: date | None = None) -> None:
        self.subject.state = step.target or self.subject.state
        actor = REPORTER if step in (life.ANSWER, life.WITHDRAW) else self.actor
        follow_step(cause=Cause(step.name, actor, b"", until), kind="tip", subject=self.subject)

    @property
    def feedback(self) -> Deadline:
        return Deadline.objects.get(subject_ref="WALK", clock="feedback", ended_at__isnull=True)


hours = st.integers(0, 24 * 120)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    begun=st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  as above
    waits=st.lists(st.tuples(st.integers(0, 24 * 25), hours, st.booleans()), min_size=1, max_size=3),
)
@pytest.mark.django_db
def test_however_often_is_asked_the_date_moves_by_the_first_wait_alone(
    begun: datetime, waits: list[tuple[int, int, bool]], ines: Actor, set_clock: SetClock
) -> None:
    with transaction.atomic():
        walk = Walk(set_clock(begun), ines)
        walk.take(life.ACKNOWLEDGE)
        walk.take(life.BEGIN_TRIAGE)
        plain = walk.feedback.due_on
        assert plain is not None
        first: int | None = None
        for before, waiting, answered in waits:
            walk.time.forward(hours=before)
            late = walk.feedback.is_overdue(clock.now())
            walk.take(life.ASK)
            asked_on = clock.now().astimezone(get_pack().calendar.zone).date()
            walk.time.forward(hours=waiting)
            ended_on = clock.now().astimezone(get_pack().calendar.zone).date()
            walk.take(life.ANSWER if answered else life.RESUME)
            if first is None and not late:
                first = min((ended_on - asked_on).days, 30)
        assert walk.feedback.due_on == plain + timedelta(days=first or 0)
        assert walk.subject.feedback_by == walk.feedback.due_on
        assert Span.objects.count() == (0 if first is None else 1)
        transaction.set_rollback(True)


# Taken back, closed, opened again


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.RECEIVED, State.NEED_INFO, State.OUTCOME_SET])
def test_nothing_is_owed_for_a_report_that_was_taken_back(tip_in: TipIn, state: State) -> None:
    reported = tip_in(state)
    mailbox.withdraw(keys=reported.keys)
    assert running(reported) == {}
    ended = Deadline.objects.filter(subject_ref=reported.ref, clock__in=RUNS_IN[state])
    assert [row.met for row in ended] == [False] * len(RUNS_IN[state])
    assert reported.tip.paused_on is None


@pytest.mark.django_db
def test_a_report_that_is_opened_again_has_a_new_clock_and_the_old_one_stays_as_it_was(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.CLOSED)
    old = Deadline.objects.get(subject_ref=reported.ref, clock="feedback")
    time.forward(days=200)
    services.reopen(actor=cast.sam, tip=reported.tip, reason="A new fact.")
    new = feedback(reported)
    assert new.pk != old.pk
    assert new.due_on == reported.tip.feedback_by == date(2026, 12, 21)
    assert not new.is_overdue(clock.now())
    old.refresh_from_db()
    assert (old.met, old.overdue_since, old.due_on) == (True, None, date(2026, 6, 5))


@pytest.mark.django_db
def test_a_pause_is_used_up_for_the_whole_life_of_a_report(tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    time = set_clock()
    reported = tip_in(State.NEED_INFO)
    time.forward(days=3)
    write_to_staff(reported, "On Monday.")
    services.refuse_remit(actor=cast.tara, tip=reported.tip, outcome="not_within_remit", reason="r")
    services.give_feedback(actor=cast.ines, tip=reported.tip, text="Another office deals with it.")
    services.close(actor=cast.sam, tip=reported.tip, reason="Done.")
    services.reopen(actor=cast.sam, tip=reported.tip, reason="A new fact.")
    due = feedback(reported).due_on
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text="And where?")
    assert (feedback(reported).due_on, feedback(reported).paused_on) == (due, None)
    assert Span.objects.count() == 1


@pytest.mark.django_db
def test_what_was_done_late_stays_late_even_if_no_worker_marked_it(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock()
    reported = tip_in(State.RECEIVED)
    due_at = running(reported)["acknowledge"].due_at
    time.forward(days=9)
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    row = Deadline.objects.get(subject_ref=reported.ref, clock="acknowledge")
    assert (row.met, row.overdue_since, row.next_at) == (True, due_at, None)


@pytest.mark.django_db
def test_the_urgent_clock_ends_when_a_body_took_over_and_starts_once(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock()
    reported = tip_in(State.IN_TRIAGE)
    services.flag_urgent(actor=cast.tara, tip=reported.tip, reason="Danger.")
    due = running(reported)["urgent"].due_at
    time.forward(minutes=20)
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger, said twice.")
    assert running(reported)["urgent"].due_at == due, "a second mark gives no second hour"
    with transaction.atomic():
        follow_step(cause=Cause(HAND_OFF, cast.ines), kind="tip", subject=reported.tip)
    assert "urgent" not in running(reported)
    assert Deadline.objects.get(clock="urgent").met


# Put off


def extend(reported: Reported, actor: Actor, until: date | str) -> object:
    return services.extend_feedback(
        actor=actor,
        tip=reported.tip,
        until=until if isinstance(until, str) else until.isoformat(),
        reason="The laboratory needs until March.",
        text="We wait for a laboratory. It takes until then.",
    )


@pytest.mark.django_db
def test_a_supervisor_puts_the_answer_off_once_and_the_reporter_is_told_why(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.UNDER_VERIFICATION)
    extend(reported, cast.sam, date(2026, 7, 5))
    assert feedback(reported).due_on == reported.tip.feedback_by == date(2026, 7, 5)
    box = mailbox.read_mailbox(reported.keys)
    assert box.messages[-1].text == "We wait for a laboratory. It takes until then."
    assert box.messages[-1].kind == "extension"
    span = Span.objects.get()
    assert (span.kind, span.from_on, span.until_on) == (SpanKind.EXTENSION, date(2026, 6, 5), date(2026, 7, 5))
    assert span.days == 30
    assert span.actor == cast.sam.name
    assert selectors.open_reason(reported.ref, bytes(span.reason)) == "The laboratory needs until March."
    line = AuditRecord.objects.get(action="clock.extend")
    assert line.detail == {"clock": "feedback", "from": "2026-06-05", "to": "2026-07-05"}
    assert "laboratory" not in f"{line.detail}{line.subject}"
    with pytest.raises(Conflict, match="only once"):
        extend(reported, cast.lea, date(2026, 7, 4))


@pytest.mark.django_db
@pytest.mark.parametrize("until", ["2026-06-05", "2026-06-04", "2026-07-06", "2099-01-01", "", "soon", "2026-02-30"])
def test_no_day_out_of_the_bounds_of_the_pack_is_taken(
    tip_in: TipIn, cast: Cast, set_clock: SetClock, until: str
) -> None:
    set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.IN_TRIAGE)
    before = AuditRecord.objects.count(), feedback(reported).due_on
    with pytest.raises(RuleBroken):
        extend(reported, cast.sam, until)
    assert (AuditRecord.objects.count(), feedback(reported).due_on) == before
    assert Span.objects.count() == 0
    assert reported.tip.messages.count() == 0


@pytest.mark.django_db
def test_a_date_that_has_passed_is_not_moved(tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.IN_TRIAGE)
    time.moment = datetime(2026, 6, 5, 15, 59, tzinfo=UTC)  # still the last day
    assert not feedback(reported).is_overdue(clock.now())
    time.forward(minutes=1)
    with pytest.raises(Conflict, match="has passed"):
        extend(reported, cast.sam, date(2026, 7, 5))


@pytest.mark.django_db
def test_a_clock_that_was_put_off_is_not_stopped_too_and_one_that_stands_still_is_not_put_off(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    longer, stopped = tip_in(State.IN_TRIAGE), tip_in(State.NEED_INFO)
    extend(longer, cast.sam, date(2026, 7, 5))
    services.ask_reporter(actor=cast.tara, tip=longer.tip, text="On which day?")
    assert feedback(longer).due_on == date(2026, 7, 5), "four months are the longest, whatever is asked"
    with pytest.raises(Conflict):
        extend(stopped, cast.sam, date(2026, 7, 5))


@pytest.mark.django_db
def test_a_pack_that_allows_no_longer_time_is_obeyed(
    tip_in: TipIn, cast: Cast, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.IN_TRIAGE)
    pack = get_pack()
    strict = dataclasses.replace(pack, clocks=dataclasses.replace(pack.clocks, feedback_extended_months=3))
    monkeypatch.setattr("tocsin.clocks.services.pack_of", lambda _version: strict)
    with pytest.raises(RuleBroken, match="allow no later date"):
        extend(reported, cast.sam, date(2026, 6, 20))


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["ines", "tara", "ivo", "ada"])
def test_nobody_but_a_supervisor_puts_an_answer_off(tip_in: TipIn, cast: Cast, who: str) -> None:
    reported = tip_in(State.IN_TRIAGE)
    due = feedback(reported).due_on
    assert due is not None
    with pytest.raises(NotPermitted):
        extend(reported, getattr(cast, who), due + timedelta(days=5))
    assert feedback(reported).due_on == due


@pytest.mark.django_db
def test_a_supervisor_with_an_interest_puts_nothing_off(tip_in: TipIn, cast: Cast) -> None:
    reported = tip_in(State.IN_TRIAGE)
    due = feedback(reported).due_on
    assert due is not None
    services.declare_interest(actor=cast.sam, tip=reported.tip, has_interest=True)
    with pytest.raises(NotPermitted):
        extend(reported, cast.sam, due + timedelta(days=5))


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["reason", "text"])
def test_without_a_reason_and_without_telling_the_reporter_nothing_is_put_off(
    tip_in: TipIn, cast: Cast, missing: str
) -> None:
    reported = tip_in(State.IN_TRIAGE)
    due = feedback(reported).due_on
    assert due is not None
    told = {"reason": "r", "text": "t", missing: " \n "}
    with pytest.raises(RuleBroken):
        services.extend_feedback(actor=cast.sam, tip=reported.tip, until=(due + timedelta(days=5)).isoformat(), **told)
    assert feedback(reported).due_on == due


@pytest.mark.django_db
def test_a_reopened_report_may_be_put_off_once_more(tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    """A new clock for a new fact. The pause is the reporter's time and used up once; a reason is the office's."""
    set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.OUTCOME_SET)
    extend(reported, cast.sam, date(2026, 7, 5))
    services.give_feedback(actor=cast.ines, tip=reported.tip, text="x")
    services.close(actor=cast.sam, tip=reported.tip, reason="x")
    services.reopen(actor=cast.sam, tip=reported.tip, reason="A new fact.")
    extend(reported, cast.sam, date(2026, 7, 5))
    assert feedback(reported).due_on == date(2026, 7, 5)
