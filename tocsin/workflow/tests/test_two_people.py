"""A step for two: one proposes, another decides, within fourteen days, and nothing else opens it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.installation import TestClock
from tests.people import hire
from tocsin.access.actors import REPORTER, WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.models import AuditRecord
from tocsin.workflow.models import Proposal, ProposalState, StepRecord, Voice
from tocsin.workflow.proposals import PROPOSAL_LIFETIME, decide, propose, waiting_proposal
from tocsin.workflow.services import take_step
from tocsin.workflow.steps import Life, Step
from tocsin.workflow.tests.conftest import Thing
from tocsin.workflow.tests.small_life import (
    AGAIN_TOGETHER,
    END,
    END_TOGETHER,
    LIFE,
    LOOK,
    NOTE,
    OTHER_LIFE,
    PlainPapers,
    reasoned,
)

pytestmark = pytest.mark.django_db
Proposed = tuple[Thing, Proposal]
START = datetime(2031, 3, 3, 9, 30, tzinfo=UTC)  # later than the keys that the tests make today


def want(actor: Actor, thing: Thing, step: Step = END_TOGETHER, life: Life = LIFE) -> Proposal:
    return propose(actor=actor, life=life, subject=thing.now, step=step, payload=b"sealed")


def say(actor: Actor, proposal: Proposal, *, approve: bool = True, life: Life = LIFE) -> Proposal:
    return decide(actor=actor, life=life, proposal=proposal, approve=approve, reason=b"why")


def take(actor: Actor, thing: Thing, approval: Proposal | None, step: Step = END_TOGETHER) -> Any:
    move, papers = reasoned(step), PlainPapers()
    return take_step(actor=actor, life=LIFE, subject=thing.now, move=move, papers=papers, approval=approval)


def raw(thing: Thing, proposer: Actor, **more: Any) -> Proposal:
    """A proposal written past the services."""
    told = {"subject_kind": "thing", "subject_ref": thing.ref, "step": "end_together", "payload": b"x"}
    times = {"proposed_at": clock.now(), "expires_at": clock.now() + timedelta(days=1)}
    return Proposal.objects.create(ref=new_ref(), proposer_id=proposer.require_staff(), **{**told, **times, **more})


# Proposing


def test_a_proposal_waits_for_fourteen_days_and_changes_nothing_yet(
    things: Callable[..., Thing], ivo: Actor, set_clock: Callable[..., TestClock]
) -> None:
    set_clock(START)
    thing = things(state="seen")
    proposal = want(ivo, thing)
    assert timedelta(days=14) == PROPOSAL_LIFETIME
    assert (proposal.proposed_at, proposal.expires_at) == (START, START + timedelta(days=14))
    assert (proposal.state, proposal.proposer_id, proposal.decider_id) == (ProposalState.OPEN, ivo.staff_id, None)
    assert waiting_proposal(life=LIFE, subject_ref=thing.ref) == proposal
    assert thing.now.state == "seen"
    assert not StepRecord.objects.exists()
    line = AuditRecord.objects.get(action="thing.end_together.propose")
    assert (line.actor, line.role, line.subject) == (ivo.name, "investigator", f"thing:{thing.ref}")


def test_only_who_may_propose_does(things: Callable[..., Thing], ines: Actor, sam: Actor, ada: Actor) -> None:
    thing = things(state="seen")
    for actor in (ines, sam, ada, REPORTER, WORKER):
        with pytest.raises(NotPermitted):
            want(actor, thing)
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("step", [LOOK, NOTE, END], ids=lambda step: step.name)
def test_a_step_for_one_person_is_not_proposed(step: Step, things: Callable[..., Thing], ivo: Actor) -> None:
    with pytest.raises(RuleBroken, match="not taken by proposal"):
        want(ivo, things(state="seen"), step)


def test_a_step_of_another_life_is_not_proposed(things: Callable[..., Thing], ivo: Actor) -> None:
    with pytest.raises(RuleBroken, match="does not belong"):
        want(ivo, things(state="seen"), AGAIN_TOGETHER, OTHER_LIFE)
    assert not Proposal.objects.exists(), "nobody could ever decide it, and no other could be made"


@pytest.mark.parametrize("state", ["received", "done", ""])
def test_what_does_not_fit_the_state_is_not_proposed(state: str, things: Callable[..., Thing], ivo: Actor) -> None:
    with pytest.raises(Conflict, match="Nothing was proposed"):
        want(ivo, things(state=state))


def test_a_second_proposal_waits_until_the_first_is_decided(proposed: Proposed, ivo: Actor, sam: Actor) -> None:
    thing, first = proposed
    second = hire("second", Role.INVESTIGATOR)
    for actor, step in ((ivo, END_TOGETHER), (second, END_TOGETHER), (second, AGAIN_TOGETHER)):
        with pytest.raises(Conflict, match="already waiting"):
            want(actor, thing, step)
    say(sam, first, approve=False)
    assert want(second, thing, AGAIN_TOGETHER).state == ProposalState.OPEN


def test_the_database_itself_keeps_one_open_proposal_for_each_subject(proposed: Proposed, ivo: Actor) -> None:
    thing, _first = proposed
    with pytest.raises(IntegrityError), transaction.atomic():
        raw(thing, ivo, step="again_together")
    assert raw(thing, ivo, subject_kind="matter").pk
    for state in set(ProposalState) - {ProposalState.OPEN}:
        assert raw(thing, ivo, state=state).pk


# Deciding


def test_whoever_decides_is_named_with_reason_and_time(
    proposed: Proposed, sam: Actor, set_clock: Callable[..., TestClock]
) -> None:
    thing, proposal = proposed
    moment = set_clock().forward(days=3)
    assert say(sam, proposal, approve=False) == proposal
    stored = Proposal.objects.get()
    assert (stored.state, stored.decider_id, stored.decided_at) == (ProposalState.REFUSED, sam.staff_id, moment)
    voices = [(v.staff_id, v.verdict, bytes(v.reason)) for v in Voice.objects.order_by("id")]
    assert voices == [(proposal.proposer_id, "proposed", b""), (sam.staff_id, "refused", b"why")]
    assert bytes(stored.payload) == b"sealed"
    line = AuditRecord.objects.get(action="thing.end_together.refuse")
    assert (line.actor, line.role, line.subject) == (sam.name, "supervisor", f"thing:{thing.ref}")
    assert thing.now.state == "seen"


@pytest.mark.parametrize("approve", [True, False])
def test_nobody_decides_their_own_proposal(approve: bool, things: Callable[..., Thing], lea: Actor) -> None:
    both = hire("both", Role.INVESTIGATOR, Role.SUPERVISOR)
    proposal = want(both, things(state="seen"))
    with pytest.raises(NotPermitted, match="somebody else"):
        say(both, proposal, approve=approve)
    assert Proposal.objects.get().state == ProposalState.OPEN
    assert say(lea, proposal, approve=approve).decider_id == lea.staff_id


def test_the_database_itself_refuses_a_decision_by_the_proposer(proposed: Proposed, ivo: Actor, sam: Actor) -> None:
    thing, proposal = proposed
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(decider_id=ivo.staff_id, state=ProposalState.APPROVED)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw(thing, ivo, decider_id=ivo.staff_id, state=ProposalState.APPROVED)
    assert raw(thing, ivo, decider_id=sam.staff_id, state=ProposalState.APPROVED).pk


def test_only_who_may_take_the_step_decides(proposed: Proposed, ines: Actor, tara: Actor, ada: Actor) -> None:
    another = hire("another", Role.INVESTIGATOR)
    for actor in (ines, tara, ada, another, REPORTER, WORKER):
        with pytest.raises(NotPermitted):
            say(actor, proposed[1])
    assert Proposal.objects.get().state == ProposalState.OPEN


@pytest.mark.parametrize("second", [True, False])
def test_of_two_who_saw_the_same_proposal_the_second_is_told(
    second: bool, proposed: Proposed, sam: Actor, lea: Actor
) -> None:
    seen_by_sam, seen_by_lea = Proposal.objects.get(), Proposal.objects.get()
    say(sam, seen_by_sam, approve=not second)
    before = Proposal.objects.values().get(), AuditRecord.objects.count()
    with pytest.raises(Conflict, match="no longer waits"):
        say(lea, seen_by_lea, approve=second)
    assert (Proposal.objects.values().get(), AuditRecord.objects.count()) == before


def test_a_proposal_can_be_decided_until_its_fourteen_days_are_over(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(START)
    one, other = things(state="seen"), things(state="seen")
    in_time, too_late = want(ivo, one), want(ivo, other)
    time.forward(days=14, microseconds=-1)
    assert say(sam, in_time).state == ProposalState.APPROVED
    assert waiting_proposal(life=LIFE, subject_ref=other.ref) == too_late
    time.forward(microseconds=1)
    with pytest.raises(Conflict, match="no longer waits"):
        say(sam, too_late)
    assert waiting_proposal(life=LIFE, subject_ref=other.ref) is None
    again = want(ivo, other)
    too_late.refresh_from_db()
    assert (too_late.state, too_late.decider_id) == (ProposalState.EXPIRED, None)
    assert waiting_proposal(life=LIFE, subject_ref=other.ref) == again


# What becomes of it


def test_a_step_that_moves_the_subject_overtakes_what_was_proposed_for_it(
    proposed: Proposed, ivo: Actor, sam: Actor, lea: Actor
) -> None:
    thing, proposal = proposed
    other_kind = raw(thing, ivo, subject_kind="matter")
    thing.put(outcome="already_known")
    take(sam, thing, None, END)
    stored = {each.pk: each.state for each in Proposal.objects.all()}
    assert stored == {proposal.pk: ProposalState.OVERTAKEN, other_kind.pk: ProposalState.OPEN}
    with pytest.raises(Conflict, match="no longer waits"):
        say(lea, proposal)


def test_a_step_that_leaves_the_state_as_it_is_overtakes_nothing(proposed: Proposed, ines: Actor, sam: Actor) -> None:
    thing, proposal = proposed
    take(ines, thing, None, NOTE)
    assert say(sam, proposal).state == ProposalState.APPROVED


def test_an_approved_step_is_taken_by_whoever_approved_it(proposed: Proposed, ivo: Actor, sam: Actor) -> None:
    thing, proposal = proposed
    assert take(sam, thing, say(sam, proposal)).state == "done"
    record = StepRecord.objects.get()
    assert (record.actor, record.proposed_by) == (sam.name, ivo.name)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.APPROVED, "the step itself must not overtake what it follows from"


def closed(actor: Actor, thing: Thing, approval: Proposal | None, step: Step = END_TOGETHER) -> None:
    """The step for two does not open with this approval."""
    with pytest.raises(NotPermitted, match="two people"):
        take(actor, thing, approval, step)
    assert thing.now.state == "seen"
    assert not StepRecord.objects.exists()


def test_no_approval_opens_no_step_for_two(proposed: Proposed, sam: Actor) -> None:
    closed(sam, proposed[0], None)


def test_an_approval_of_another_subject_opens_nothing(
    proposed: Proposed, things: Callable[..., Thing], sam: Actor
) -> None:
    closed(sam, things(state="seen"), say(sam, proposed[1]))


def test_an_approval_of_another_step_opens_nothing(proposed: Proposed, sam: Actor) -> None:
    closed(sam, proposed[0], say(sam, proposed[1]), AGAIN_TOGETHER)


def test_an_approval_of_another_kind_of_thing_opens_nothing(
    things: Callable[..., Thing], ivo: Actor, sam: Actor
) -> None:
    thing = things(state="seen")
    proposal = want(ivo, thing, END_TOGETHER, OTHER_LIFE)
    closed(sam, thing, say(sam, proposal, life=OTHER_LIFE))


def test_an_approval_by_another_person_opens_nothing(proposed: Proposed, sam: Actor, lea: Actor) -> None:
    closed(lea, proposed[0], say(sam, proposed[1]))


def test_whoever_proposed_cannot_use_the_approval(things: Callable[..., Thing], lea: Actor) -> None:
    both = hire("both", Role.INVESTIGATOR, Role.SUPERVISOR)
    thing = things(state="seen")
    closed(both, thing, say(lea, want(both, thing)))


@pytest.mark.parametrize("state", sorted(set(ProposalState) - {ProposalState.APPROVED}))
def test_what_was_not_approved_opens_nothing(state: str, things: Callable[..., Thing], ivo: Actor, sam: Actor) -> None:
    thing = things(state="seen")
    closed(sam, thing, raw(thing, ivo, decider_id=sam.staff_id, state=state))


def test_an_approval_does_not_stand_in_for_the_right_to_take_the_step(proposed: Proposed, sam: Actor) -> None:
    thing, proposal = proposed
    approval = say(sam, proposal)
    demoted = Actor(sam.kind, sam.ref, frozenset({Role.INTAKE}))
    with pytest.raises(NotPermitted):
        take(demoted, thing, approval)
    assert thing.now.state == "seen"
