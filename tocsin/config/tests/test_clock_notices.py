"""Notices: whom they reach, what they never tell, and how they are put away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import Reported, case_of, send_report
from tocsin.access.actors import WORKER, Actor
from tocsin.access.models import RoleGrant
from tocsin.access.permissions import Role
from tocsin.clocks import notices
from tocsin.clocks.models import Notice
from tocsin.clocks.notices import KEPT, MANY, Letter
from tocsin.clocks.tests.conftest import told
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.workflow import State
from tocsin.workflow.proposals import PROPOSAL_LIFETIME, PROPOSAL_TOPIC, expire_due_proposals

pytestmark = pytest.mark.django_db
SetClock = Callable[..., TestClock]


def letter(actor: Actor, ref: str, *, role: Role = Role.SUPERVISOR, topic: str = "feedback") -> Letter:
    return Letter(actor.require_staff(), role.value, "tip", ref, topic, "overdue")


def tell(*letters: Letter) -> None:
    with transaction.atomic():
        notices.tell(letters)


def test_a_few_are_told_one_by_one_and_many_together(sam: Actor) -> None:
    tell(*(letter(sam, f"A{n}") for n in range(MANY)))
    assert told(sam) == [("feedback", "overdue", 1)] * MANY
    tell(*(letter(sam, f"B{n}") for n in range(MANY + 1)))
    assert told(sam)[-1] == ("feedback", "overdue", MANY + 1)
    tell(*(letter(sam, f"C{n}") for n in range(MANY + 1)))
    assert told(sam)[MANY:] == [("feedback", "overdue", 2 * MANY + 2)], "the unread one is taken in"
    notices.mark_read(actor=sam, notice_id=None)
    tell(*(letter(sam, f"D{n}") for n in range(MANY + 1)))
    assert [count for _topic, _stage, count in told(sam)[MANY:]] == [2 * MANY + 2, MANY + 1]


def test_the_same_thing_is_told_once(sam: Actor) -> None:
    tell(letter(sam, "A"), letter(sam, "A"))
    assert len(told(sam)) == 1


def test_everybody_sees_their_own_in_the_offices_that_they_hold_today(cast: Cast) -> None:
    tell(letter(cast.sam, "A"), letter(cast.lea, "B"), letter(cast.ines, "C", role=Role.INTAKE))
    assert [row.subject_ref for row in notices.notices_for(cast.sam)] == ["A"]
    assert notices.unread_count(cast.lea) == 1
    RoleGrant.objects.filter(staff_id=cast.lea.require_staff(), role=Role.SUPERVISOR).delete()
    after = Actor(cast.lea.kind, cast.lea.ref, frozenset({Role.LEGAL_OFFICER}))
    assert notices.unread_count(after) == 0


def test_a_rights_officer_is_told_though_they_may_list_no_report(installation: Installation) -> None:
    rita = hire("rita", Role.RIGHTS_OFFICER)
    tell(letter(rita, send_report().ref, role=Role.RIGHTS_OFFICER))
    assert notices.unread_count(rita) == 1


def test_whoever_declares_an_interest_is_told_nothing_more_of_that_report_not_even_that_there_was_a_notice(
    cast: Cast, unlocked_desk: Installation
) -> None:
    own, other = send_report(), send_report()
    tell(letter(cast.sam, own.ref), letter(cast.sam, other.ref))
    services.declare_interest(actor=cast.sam, tip=own.tip, has_interest=True)
    assert [row.subject_ref for row in notices.notices_for(cast.sam)] == [other.ref]
    assert notices.unread_count(cast.sam) == 1
    hidden = Notice.objects.get(subject_ref=own.ref)
    assert notices.mark_read(actor=cast.sam, notice_id=hidden.pk) == 0


def test_a_notice_about_a_kind_without_clocks_reaches_whoever_may_see_it_and_nobody_else(
    tip_in: Callable[[State], Reported], cast: Cast
) -> None:
    reported = tip_in(State.LINKED)
    ref = case_of(reported).ref
    for who, role in ((cast.ivo, Role.INVESTIGATOR), (cast.ada, Role.ADMINISTRATOR)):
        tell(Letter(who.require_staff(), role.value, "case", ref, PROPOSAL_TOPIC, "overdue"))
    assert [row.subject_ref for row in notices.notices_for(cast.ivo)] == [ref]
    assert notices.unread_count(cast.ada) == 0
    services.declare_interest(actor=cast.ivo, tip=reported.tip, has_interest=True)
    assert notices.unread_count(cast.ivo) == 0


def test_nobody_marks_somebody_elses_notice_as_read(cast: Cast) -> None:
    tell(letter(cast.sam, "A"))
    notice = Notice.objects.get()
    assert notices.mark_read(actor=cast.lea, notice_id=notice.pk) == 0
    assert notices.mark_read(actor=cast.lea, notice_id=None) == 0
    assert notices.mark_read(actor=cast.sam, notice_id=notice.pk) == 1
    assert notices.mark_read(actor=cast.sam, notice_id=notice.pk) == 0, "twice changes nothing"
    assert AuditRecord.objects.filter(action="notice.read").count() == 1


def test_a_notice_holds_a_handle_a_clock_and_a_stage_and_no_word_of_a_report(cast: Cast, reported: Reported) -> None:
    tell(letter(cast.sam, reported.ref))
    row = Notice.objects.values().get()
    assert set(row) == {
        "id", "staff_id", "role", "subject_kind", "subject_ref", "topic", "stage", "count", "at", "read_at",
    }  # fmt: skip


def test_read_notices_are_removed_after_ninety_days_and_unread_ones_stay(cast: Cast, set_clock: SetClock) -> None:
    time = set_clock()
    tell(letter(cast.sam, "A"), letter(cast.lea, "B"))
    notices.mark_read(actor=cast.sam, notice_id=None)
    time.forward(days=KEPT.days)
    assert notices.remove_old_notices(actor=WORKER) == 0
    time.forward(seconds=1)
    assert notices.remove_old_notices(actor=WORKER) == 1
    assert [row.subject_ref for row in Notice.objects.all()] == ["B"]
    assert AuditRecord.objects.filter(action="notice.remove").count() == 1


def test_telling_many_people_of_many_things_takes_few_queries(cast: Cast) -> None:
    people = [hire(f"supervisor{n}", Role.SUPERVISOR) for n in range(12)]
    with CaptureQueriesContext(connection) as queries:
        tell(*(letter(each, f"R{n}", topic=topic) for each in people for n in range(9) for topic in ("a", "b", "c")))
    assert len(queries) < 10
    assert Notice.objects.count() == 36


def test_whoever_proposed_is_told_that_the_time_ran_out(
    tip_in: Callable[[State], Reported], cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock()
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    time.forward(seconds=PROPOSAL_LIFETIME / timedelta(seconds=1))
    assert expire_due_proposals(actor=WORKER) == 1
    assert expire_due_proposals(actor=WORKER) == 0
    assert told(cast.ivo) == [("proposal", "overdue", 1)]
    assert [row.subject_ref for row in notices.notices_for(cast.ivo)] == [reported.ref]
    assert AuditRecord.objects.filter(action="tip.set_outcome.expire").count() == 1
