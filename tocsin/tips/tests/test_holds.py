"""Legal holds: two offices, a number, an end; while one is in force nothing of the report is destroyed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from tests.databases import in_threads
from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import Reported, bring_to, send_report, waiting
from tocsin.access.actors import RETENTION, WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import mailbox, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.discarding import refuse_protected
from tocsin.tips.expiry import expire_overdue
from tocsin.tips.history import happenings
from tocsin.tips.hold_steps import end_due_holds
from tocsin.tips.hold_workflow import HOLD_LIFE, HoldState
from tocsin.tips.holds import (
    ask_hold,
    ask_to_end_hold,
    decide_hold,
    holds_in_force,
    holds_visible_to,
    leave_hold,
    read_hold,
)
from tocsin.tips.last_days import expire_with_key
from tocsin.tips.models import Identity, LegalHold, Tip
from tocsin.tips.selectors import HistoryLine, read_tip, tips_visible_to
from tocsin.tips.workflow import State
from tocsin.vault.unlocked import Locked, lock_now
from tocsin.workflow.models import Proposal, StepRecord
from tocsin.workflow.proposals import waiting_proposal
from tocsin.workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]
ORDER = "Court of Sample City, 17 Gs 4/31"


@pytest.fixture
def rosa(db: None) -> Actor:
    """Rights officer."""
    return hire("rosa", Role.RIGHTS_OFFICER)


def ask(actor: Actor, reported: Reported, *, days: int = 100) -> LegalHold:
    ends_on = local_today() + timedelta(days=days)
    return ask_hold(actor=actor, handle=reported.ref, order=ORDER, ends_on=ends_on, reason="The court asked for it.")


def wait_on(hold: LegalHold) -> Proposal:
    found = waiting_proposal(life=HOLD_LIFE, subject_ref=hold.ref)
    assert found is not None
    return found


def agree(actor: Actor, hold: LegalHold, *, approve: bool = True, reason: str = "") -> LegalHold:
    return decide_hold(actor=actor, hold=hold, proposal=wait_on(hold), approve=approve, reason=reason)


def held(cast: Cast, rosa: Actor, reported: Reported, *, days: int = 100) -> LegalHold:
    return agree(cast.sam, ask(rosa, reported, days=days))


@pytest.mark.parametrize("first", ["rights officer", "supervisor"])
def test_either_office_begins_and_the_other_decides(first: str, cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    one, other = (rosa, cast.sam) if first == "rights officer" else (cast.sam, rosa)
    hold = ask(one, reported)
    assert (hold.state, reported.tip.legal_hold) == (HoldState.ASKED, False)
    taken = agree(other, hold)
    assert (taken.state, reported.tip.legal_hold) == (HoldState.IN_FORCE, True)
    record = StepRecord.objects.get(subject_kind="hold")
    assert (record.actor, record.proposed_by) == (other.name, one.name)


def test_two_of_one_office_are_not_enough(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported, second = tip_in(State.CLOSED), hire("second", Role.RIGHTS_OFFICER)
    from_desk, by_order = ask(cast.sam, reported), ask(rosa, reported)
    for actor, hold in ((cast.lea, from_desk), (second, by_order), (cast.sam, from_desk), (rosa, by_order)):
        with pytest.raises(NotPermitted):
            agree(actor, hold)
    assert not reported.tip.legal_hold


def test_one_person_with_both_offices_still_needs_another(cast: Cast, tip_in: TipIn) -> None:
    both = hire("both", Role.SUPERVISOR, Role.RIGHTS_OFFICER)
    reported = tip_in(State.CLOSED)
    hold = ask(both, reported)
    with pytest.raises(NotPermitted, match="somebody else"):
        agree(both, hold)
    assert agree(cast.sam, hold).state == HoldState.IN_FORCE


def test_a_rights_officer_reaches_orders_and_nothing_that_was_reported(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    hold = ask(cast.sam, reported)
    assert read_hold(rosa, hold.ref).order == ORDER
    assert [each.pk for each in waiting_for(rosa)] == [wait_on(hold).pk]
    assert not tips_visible_to(rosa).exists()
    assert AuditRecord.objects.get(action="hold.read").role == "rights_officer"


def test_the_order_is_sealed_and_stands_nowhere_in_clear(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    hold = held(cast, rosa, tip_in(State.CLOSED))
    told = [
        str(row) for model in (LegalHold, Proposal, StepRecord, AuditRecord) for row in model._default_manager.values()
    ]
    assert ORDER not in "\n".join(told)
    assert "court asked" not in "\n".join(told)
    lock_now()
    with pytest.raises(Locked):
        read_hold(rosa, hold.ref)


def test_nothing_under_an_order_ends_by_its_date(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    hold = held(cast, rosa, reported)
    Tip.objects.update(expires_on=local_today() - timedelta(days=1))
    assert (expire_with_key(actor=RETENTION), expire_overdue(actor=WORKER)) == (0, 0)
    agree(rosa, _ending(cast, hold))
    assert not reported.tip.legal_hold
    assert expire_with_key(actor=RETENTION) == 1


def _ending(cast: Cast, hold: LegalHold) -> LegalHold:
    ask_to_end_hold(actor=cast.sam, hold=hold, reason="The case is over.")
    return hold


def test_an_order_that_waits_for_a_second_person_is_not_overtaken_by_the_date(
    cast: Cast, rosa: Actor, tip_in: TipIn, set_clock: Callable[..., TestClock]
) -> None:
    stopped, reported = set_clock(), tip_in(State.CLOSED)
    ask(rosa, reported)
    Tip.objects.update(expires_on=local_today())
    assert (expire_with_key(actor=RETENTION), expire_overdue(actor=WORKER)) == (0, 0)
    stopped.forward(days=15)
    assert expire_overdue(actor=WORKER) == 1, "a request that nobody agreed to holds nothing for ever"


def test_a_withdrawal_under_an_order_destroys_nothing(
    cast: Cast, rosa: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    held(cast, rosa, reported)
    assert mailbox.withdraw(keys=reported.keys) is False
    assert (reported.tip.state, bytes(reported.tip.content) != b"") == (State.WITHDRAWN, True)
    assert bytes(Identity.objects.get().blob)


def test_what_is_under_an_order_is_not_discarded(
    cast: Cast, rosa: Actor, tip_in: TipIn, unlocked_desk: Installation
) -> None:
    calm = tip_in(State.IN_TRIAGE)
    held(cast, rosa, calm)
    with pytest.raises(Conflict, match="order forbids"):
        refuse_protected(actor=cast.tara, tip=calm.tip, ground="0")
    danger = send_report(flags=("protection",))
    bring_to(State.IN_TRIAGE, reported=danger, cast=cast)
    refuse_protected(actor=cast.tara, tip=danger.tip, ground="0")
    held(cast, rosa, danger)
    with pytest.raises(Conflict, match="order forbids"):
        services.decide_proposal(actor=cast.sam, tip=danger.tip, proposal=waiting(danger.tip), approve=True, reason="")
    assert bytes(danger.tip.content)
    assert waiting(danger.tip).decider_id is None


def test_an_order_ends_by_its_date_and_the_worker_says_so(
    cast: Cast, rosa: Actor, tip_in: TipIn, set_clock: Callable[..., TestClock]
) -> None:
    stopped, reported = set_clock(), tip_in(State.CLOSED)
    hold = held(cast, rosa, reported, days=10)
    stopped.forward(days=10)
    assert end_due_holds(actor=WORKER) == 0, "the last day counts"
    stopped.forward(days=1)
    lock_now()
    assert end_due_holds(actor=WORKER) == 1
    hold.refresh_from_db()
    assert (hold.state, hold.ended_on, reported.tip.legal_hold) == (HoldState.ENDED, local_today(), False)
    assert AuditRecord.objects.get(action="hold.run_out").actor == WORKER.name
    assert end_due_holds(actor=WORKER) == 0


def test_two_orders_hold_until_both_have_ended(
    cast: Cast, rosa: Actor, tip_in: TipIn, set_clock: Callable[..., TestClock]
) -> None:
    stopped, reported = set_clock(), tip_in(State.CLOSED)
    held(cast, rosa, reported, days=10)
    held(cast, rosa, reported, days=20)
    stopped.forward(days=11)
    end_due_holds(actor=WORKER)
    assert reported.tip.legal_hold
    stopped.forward(days=10)
    end_due_holds(actor=WORKER)
    assert not reported.tip.legal_hold


def test_pressing_twice_asks_for_one_order(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported, attempt, day = tip_in(State.CLOSED), new_ref(), local_today() + timedelta(days=9)
    one, again = (
        ask_hold(actor=rosa, handle=reported.ref, order=ORDER, ends_on=day, reason="The court asked.", attempt=attempt)
        for _press in range(2)
    )
    assert one.pk == again.pk
    assert Proposal.objects.filter(subject_kind="hold").count() == 1


def test_words_of_an_order_are_read_by_its_two_offices_and_its_steps_by_all(
    cast: Cast, rosa: Actor, tip_in: TipIn
) -> None:
    reported = tip_in(State.CLOSED)
    held(cast, rosa, reported)

    def told(actor: Actor) -> list[str | None]:
        lines = happenings(actor, read_tip(actor, reported.ref), [])
        return [each.text for each in lines if isinstance(each.what, HistoryLine) and each.what.step.name == "begin"]

    assert told(cast.sam) == ["The court asked for it."]
    assert told(cast.tara) == [""]


@pytest.mark.parametrize("days", [0, -1, 367])
def test_an_order_has_an_end_within_the_rules(days: int, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    with pytest.raises(RuleBroken, match="An order ends on a day"):
        ask(rosa, reported, days=days)
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize("ref", ["", "x", "B" * 20, "\x00", "' OR 1=1", "B" * 500])
def test_an_order_about_nothing_is_refused(ref: str, rosa: Actor, unlocked_desk: Installation) -> None:
    with pytest.raises(RuleBroken, match="no report or case with this handle"):
        ask_hold(actor=rosa, handle=ref, order=ORDER, ends_on=local_today() + timedelta(days=9), reason="x")


def test_no_order_without_number_and_reason(rosa: Actor, reported: Reported, unlocked_desk: Installation) -> None:
    day = local_today() + timedelta(days=9)
    with pytest.raises(RuleBroken, match="number of the order"):
        ask_hold(actor=rosa, handle=reported.ref, order=" ", ends_on=day, reason="x")
    with pytest.raises(RuleBroken, match="reason"):
        ask_hold(actor=rosa, handle=reported.ref, order=ORDER, ends_on=day, reason="\n")


def test_other_offices_see_no_order_and_ask_for_none(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    hold = held(cast, rosa, reported)
    for actor in (cast.ines, cast.tara, cast.ivo, cast.ada):
        assert not holds_visible_to(actor).exists()
        with pytest.raises(NotPermitted):
            ask(actor, reported)
        with pytest.raises(LegalHold.DoesNotExist):
            read_hold(actor, hold.ref)
        with pytest.raises(NotPermitted):
            ask_to_end_hold(actor=actor, hold=hold, reason="x")


def test_who_declared_an_interest_has_no_part_in_an_order(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    hold = ask(rosa, reported)
    services.declare_interest(actor=cast.sam, tip=reported.tip, has_interest=True)
    assert not holds_in_force(cast.sam).exists()
    with pytest.raises(NotPermitted):
        agree(cast.sam, hold)
    with pytest.raises(RuleBroken, match="no report or case with this handle"):
        ask(cast.sam, reported)
    assert agree(cast.lea, hold).state == HoldState.IN_FORCE


def test_a_refused_request_leaves_the_list_and_needs_a_reason(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    hold = ask(rosa, tip_in(State.CLOSED))
    with pytest.raises(RuleBroken, match="why you refuse"):
        agree(cast.sam, hold, approve=False)
    agree(cast.sam, hold, approve=False, reason="There is no such court.")
    assert not holds_in_force(cast.sam).exists()
    other = ask(rosa, tip_in(State.CLOSED))
    leave_hold(actor=rosa, hold=other, proposal=wait_on(other), reason="A mistake.")
    assert not holds_in_force(rosa).exists()


def test_an_order_does_not_wait_behind_another_proposal(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    held(cast, rosa, reported)
    assert reported.tip.legal_hold
    assert waiting(reported.tip).proposer_id == cast.ivo.staff_id


def test_the_public_ledger_says_nothing_of_orders(cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    before = Pending.objects.count()
    held(cast, rosa, reported)
    assert Pending.objects.count() == before


@pytest.mark.usefixtures("shared_database")
def test_of_order_and_end_at_once_never_both(cast: Cast, unlocked_desk: Installation) -> None:
    rosa = hire("rosa", Role.RIGHTS_OFFICER)
    reported = send_report()
    bring_to(State.CLOSED, reported=reported, cast=cast)
    hold = ask(rosa, reported)
    Tip.objects.update(expires_on=local_today())
    in_threads([lambda: agree(cast.sam, hold), lambda: expire_overdue(actor=WORKER)])
    connection.close()
    tip = reported.tip
    assert (tip.state == State.EXPIRED) != tip.legal_hold
