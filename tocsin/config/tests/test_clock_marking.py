"""The worker's round: marks once, tells the right people, catches up without a storm, harms nobody at work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.databases import in_threads
from tests.installation import Installation, TestClock
from tests.people import Cast, hire, staff_of
from tests.stories import Reported, send_report
from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.clocks import marking, notices
from tocsin.clocks.marking import BATCH, mark_due
from tocsin.clocks.models import Deadline, Notice
from tocsin.clocks.tests.conftest import bare_clock, told
from tocsin.common import clock
from tocsin.common.errors import NotPermitted
from tocsin.config.clock_round import clock_round
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.workflow import State

pytestmark = pytest.mark.django_db
SetClock = Callable[..., TestClock]
TipIn = Callable[[State], Reported]
ClocksDue = Callable[..., list[Deadline]]


def lines() -> list[tuple[str, str]]:
    """Action and clock of every mark in the audit log."""
    rows = AuditRecord.objects.filter(action__startswith="clock.").order_by("id")
    return [(row.action, row.detail["clock"]) for row in rows]


def test_a_report_that_nobody_reads_is_reminded_of_marked_and_taken_further_up(
    cast: Cast, installation: Installation, set_clock: SetClock
) -> None:
    rita = hire("rita", Role.RIGHTS_OFFICER)
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))  # due on the 12th, over at 16:00 UTC
    reported = send_report()
    assert mark_due(actor=WORKER) == 0
    for moment, ines, sam, rights in (
        (datetime(2026, 3, 10, 16, tzinfo=UTC), ["reminder"], [], []),
        (datetime(2026, 3, 12, 16, tzinfo=UTC), ["reminder", "overdue"], [], []),
        (datetime(2026, 3, 13, 16, tzinfo=UTC), ["reminder", "overdue"], ["escalation"], []),
        (datetime(2026, 3, 19, 16, tzinfo=UTC), ["reminder", "overdue"], ["escalation"], ["escalation"]),
    ):
        time.moment = moment - timedelta(seconds=1)
        assert mark_due(actor=WORKER) == 0
        time.moment = moment
        assert mark_due(actor=WORKER) == 1
        assert mark_due(actor=WORKER) == 0
        assert [stage for _topic, stage, _n in told(cast.ines)] == ines
        assert [stage for _topic, stage, _n in told(cast.sam)] == sam
        assert [stage for _topic, stage, _n in told(rita)] == rights
        assert told(cast.sam) == told(cast.lea), "every supervisor"
    row = Deadline.objects.get()
    assert (row.reminded_at, row.overdue_since) == (datetime(2026, 3, 10, 16, tzinfo=UTC), row.due_at)
    assert (row.escalated_at, row.next_at) == (datetime(2026, 3, 19, 16, tzinfo=UTC), None)
    assert [action for action, _clock in lines()] == [
        "clock.reminder", "clock.overdue", "clock.escalation", "clock.escalation",
    ]  # fmt: skip
    line = AuditRecord.objects.filter(action="clock.overdue").get()
    assert (line.actor, line.role, line.subject) == ("program:worker", "worker", f"tip:{reported.ref}")
    assert line.detail == {"clock": "acknowledge", "due": "2026-03-12T16:00+00:00"}
    assert not told(cast.tara) + told(cast.ivo) + told(cast.ada)


def test_of_an_urgent_report_all_hear_at_once_and_within_the_hour(
    cast: Cast, unlocked_desk: Installation, set_clock: SetClock
) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, 10, tzinfo=UTC))
    reported = send_report()
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger.")
    mark_due(actor=WORKER)
    for each in (cast.ines, cast.tara, cast.sam, cast.lea):
        assert told(each) == [("urgent", "reminder", 1)]
    time.forward(minutes=60)
    mark_due(actor=WORKER)
    assert told(cast.tara)[-1] == told(cast.sam)[-1] == ("urgent", "escalation", 1)
    assert Deadline.objects.get(clock="urgent").overdue_since == time.moment


def test_those_in_charge_are_told_and_their_office_only_where_nobody_is(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    theo = hire("theo", Role.TRIAGE)
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    tip_in(State.IN_TRIAGE)
    time.forward(days=63)  # thirty days before the answer is due
    mark_due(actor=WORKER)
    assert ("feedback", "reminder", 1) in told(cast.tara)
    assert ("feedback", "reminder", 1) in told(cast.ines), "she confirmed the reading"
    assert told(theo) == [], "he has no part in it"
    assert told(cast.ivo) == []


def test_whoever_left_or_has_an_interest_is_not_in_charge_any_more(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    theo = hire("theo", Role.TRIAGE)
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.IN_TRIAGE)
    services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=True)
    gone = staff_of(cast.ines)
    gone.is_active = False
    gone.save()
    time.forward(days=63)
    mark_due(actor=WORKER)
    assert told(theo) == [("feedback", "reminder", 1)]
    assert notices.unread_count(cast.tara) == notices.unread_count(cast.ines) == 0


def test_the_end_of_a_wait_is_told_to_those_who_decide_and_counts_against_nobody(
    tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = tip_in(State.NEED_INFO)
    time.forward(days=31)
    assert clock_round() is False
    assert ("answer", "overdue", 1) in told(cast.tara)
    assert reported.tip.state == State.NEED_INFO, "a person decides"
    assert reported.tip.outcome == ""


def test_a_worker_that_was_down_tells_of_each_clock_once_at_the_stage_that_it_has_reached(
    cast: Cast, installation: Installation, set_clock: SetClock
) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    send_report()
    time.forward(days=11)
    mark_due(actor=WORKER)
    assert told(cast.ines) == told(cast.sam) == [("acknowledge", "escalation", 1)]
    assert len(lines()) == 1
    row = Deadline.objects.get()
    assert row.reminded_at is not None
    assert row.overdue_since == row.due_at
    assert row.next_at == row.due_at + timedelta(days=7)


def test_thousands_that_became_due_meanwhile_are_one_line_for_each_person(
    cast: Cast, clocks_due: ClocksDue, set_clock: SetClock
) -> None:
    set_clock()
    clocks_due("acknowledge", 2 * BATCH + 40, due=clock.now() - timedelta(hours=3))
    assert clock_round() is False
    assert told(cast.ines) == [("acknowledge", "overdue", 2 * BATCH + 40)]
    assert Notice.objects.count() == 1
    assert len(lines()) == 2 * BATCH + 40, "each mark stands in the audit log"
    assert Deadline.objects.filter(overdue_since__isnull=True).count() == 0


def test_a_round_leaves_the_other_work_its_turn(clocks_due: ClocksDue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.config.clock_round.MOST_BATCHES", 2)
    clocks_due("acknowledge", 2 * BATCH + 1)
    assert clock_round() is True
    assert clock_round() is False


def test_the_number_of_queries_of_a_batch_does_not_grow_with_it(cast: Cast, clocks_due: ClocksDue) -> None:
    counts = []
    for number in (20, 20, 100, BATCH):
        clocks_due("acknowledge", number)
        with CaptureQueriesContext(connection) as queries:
            assert mark_due(actor=WORKER) == number
        counts.append(len(queries))
    assert counts[1] == counts[2], "the first finds no unread notice to take in"
    assert counts[3] < 20, "only the audit log is written in several statements"


def test_clocks_in_every_stage_at_once_are_one_batch_of_few_queries(
    cast: Cast, clocks_due: ClocksDue, set_clock: SetClock
) -> None:
    set_clock()
    for name in ("acknowledge", "triage", "urgent", "answer", "feedback"):
        for days in (0, 2, 8):
            clocks_due(name, 20, due=clock.now() - timedelta(days=days), next_at=clock.now() - timedelta(days=days))
    with CaptureQueriesContext(connection) as queries:
        assert mark_due(actor=WORKER) == 300
    assert len(queries) < 40
    assert mark_due(actor=WORKER) == 0


def test_a_round_without_anything_due_asks_a_few_questions_and_writes_nothing(
    clocks_due: ClocksDue, set_clock: SetClock
) -> None:
    set_clock()
    clocks_due("feedback", 50, due=clock.now() + timedelta(days=9))
    before = AuditRecord.objects.count()
    with CaptureQueriesContext(connection) as queries:
        assert clock_round() is False
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert len(queries) < 16
    assert AuditRecord.objects.count() == before


def test_a_clock_of_a_kind_that_no_app_has_entered_is_left_alone(set_clock: SetClock) -> None:
    set_clock()
    strange = bare_clock("acknowledge", due=clock.now(), subject_kind="ghost")
    strange.save()
    bare_clock("sundial", due=clock.now()).save()
    assert mark_due(actor=WORKER) == 0


def test_what_ended_is_never_marked(cast: Cast, unlocked_desk: Installation, set_clock: SetClock) -> None:
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    reported = send_report()
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    services.begin_triage(actor=cast.tara, tip=reported.tip, has_interest=False)
    time.forward(days=30)
    assert mark_due(actor=WORKER) == 0
    assert lines() == []


def test_nobody_but_the_worker_marks_anything(cast: Cast, clocks_due: ClocksDue) -> None:
    clocks_due("acknowledge", 1)
    for each in (cast.sam, cast.ada, cast.ines):
        with pytest.raises(NotPermitted):
            mark_due(actor=each)
        with pytest.raises(NotPermitted):
            notices.remove_old_notices(actor=each)
    assert Deadline.objects.get().overdue_since is None


def test_a_fault_in_the_middle_leaves_a_batch_as_it_was(
    cast: Cast, clocks_due: ClocksDue, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks_due("acknowledge", 3)

    def full_disk(_letters: object) -> None:
        raise OSError(28, "No space left")

    monkeypatch.setattr(marking, "tell", full_disk)
    with pytest.raises(OSError, match="No space"), transaction.atomic():
        mark_due(actor=WORKER)
    assert (lines(), Notice.objects.count()) == ([], 0)
    assert Deadline.objects.filter(overdue_since__isnull=True).count() == 3


# At the same moment


def test_two_workers_at_once_mark_each_clock_once(shared_database: None, installation: Installation) -> None:
    ines = hire("ines", Role.INTAKE)
    Deadline.objects.bulk_create([bare_clock("acknowledge", due=clock.now()) for _each in range(BATCH + 20)])
    for _time in range(4):
        in_threads([lambda: mark_due(actor=WORKER), lambda: mark_due(actor=WORKER)])
    assert mark_due(actor=WORKER) == 0
    assert len(lines()) == BATCH + 20
    assert sum(count for _topic, _stage, count in told(ines)) == BATCH + 20


def test_whoever_reads_a_report_while_the_worker_marks_it_is_not_disturbed(
    shared_database: None, unlocked_desk: Installation, set_clock: SetClock
) -> None:
    ines: Actor = hire("ines", Role.INTAKE)
    time = set_clock(datetime(2026, 3, 5, 3, tzinfo=UTC))
    told_by = [send_report() for _each in range(6)]
    time.forward(days=8)

    def read_all() -> int:
        for reported in told_by:
            services.acknowledge(actor=ines, tip=reported.tip)
        return len(told_by)

    results = in_threads([read_all, lambda: mark_due(actor=WORKER)])
    assert results[0] == len(told_by)
    assert isinstance(results[1], int), results[1]
    rows = Deadline.objects.filter(clock="acknowledge")
    assert all(row.met and row.overdue_since == row.due_at for row in rows), "late is late, whoever noticed it"
