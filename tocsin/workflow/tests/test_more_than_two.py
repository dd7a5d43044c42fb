"""Steps that need more people than two, people of certain offices, or people who had no part before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from tests.databases import in_threads
from tests.installation import TestClock
from tests.people import hire, staff_of
from tocsin.access.actors import WORKER, Actor
from tocsin.access.models import RoleGrant
from tocsin.access.permissions import Permission, Role
from tocsin.common.errors import Conflict, NotPermitted
from tocsin.ledger.models import AuditRecord
from tocsin.workflow import registry
from tocsin.workflow.models import Proposal, ProposalState, StepRecord, Verdict, Voice
from tocsin.workflow.proposals import decide, expire_due_proposals, propose, step_aside
from tocsin.workflow.registry import Registered, life_of, lives, register_life
from tocsin.workflow.selectors import proposed_by, waiting_for
from tocsin.workflow.services import take_step
from tocsin.workflow.steps import Life, Step
from tocsin.workflow.tests.conftest import Thing
from tocsin.workflow.tests.small_life import LOOK, PlainPapers, reasoned

pytestmark = pytest.mark.django_db
P = Permission
SEEN = frozenset({"seen"})
Rows: Any = apps.get_model("tips", "Tip").objects  # the rows that stand for the things of these tests

TWO_OFFICES = Step(
    "two_offices", "A supervisor and a triage officer", SEEN, "done", P.OUTCOME_DECIDE, "rule",
    four_eyes=True, proposed_with=P.OUTCOME_PROPOSE, also_needs=(P.TIP_TRIAGE,),
)  # fmt: skip
FOUR = Step(
    "four", "Four people", SEEN, "done", P.OUTCOME_DECIDE, "rule",
    four_eyes=True, proposed_with=P.OUTCOME_PROPOSE, people=lambda pack: 2 + pack.false_tips.decision_people,
)  # fmt: skip
BY_STRANGERS = Step(
    "by_strangers", "Somebody who did not look at it first", SEEN, "done", P.OUTCOME_DECIDE, "rule",
    four_eyes=True, proposed_with=P.OUTCOME_PROPOSE, strangers_to=frozenset({"look"}),
)  # fmt: skip
LIFE = Life("crowd", (LOOK, TWO_OFFICES, FOUR, BY_STRANGERS))


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The life of these tests stands in the register; everybody sees all of its subjects."""
    entries = {"crowd": Registered(LIFE, lambda actor: Rows.all())}
    monkeypatch.setattr(registry, "_ENTRIES", entries)


def want(actor: Actor, thing: Thing, step: Step) -> Proposal:
    return propose(actor=actor, life=LIFE, subject=thing.now, step=step, payload=b"sealed")


def say(actor: Actor, proposal: Proposal, *, approve: bool = True) -> Proposal:
    return decide(actor=actor, life=LIFE, proposal=proposal, approve=approve, reason=b"why")


def take(actor: Actor, thing: Thing, approval: Proposal, step: Step) -> Any:
    return take_step(
        actor=actor, life=LIFE, subject=thing.now, move=reasoned(step), papers=PlainPapers(), approval=approval
    )


# Seats


def test_the_pack_says_how_many_must_agree_and_nobody_goes_below_two() -> None:
    strict: Any = SimpleNamespace(false_tips=SimpleNamespace(decision_people=2))
    lax: Any = SimpleNamespace(false_tips=SimpleNamespace(decision_people=-5))
    assert FOUR.seats(strict) == (P.OUTCOME_DECIDE,) * 3
    assert FOUR.seats(lax) == (P.OUTCOME_DECIDE,)
    assert TWO_OFFICES.seats(strict) == (P.OUTCOME_DECIDE, P.TIP_TRIAGE)
    assert LOOK.seats(strict) == ()


def test_the_step_waits_until_both_offices_have_agreed(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, tara: Actor
) -> None:
    thing = things(state="seen")
    proposal = want(ivo, thing, TWO_OFFICES)
    half = say(tara, proposal)
    assert (half.state, half.decider_id) == (ProposalState.OPEN, None)
    for nobody_yet in (tara, sam):
        with pytest.raises(NotPermitted, match="two people"):
            take(nobody_yet, thing, half, TWO_OFFICES)
    whole = say(sam, half)
    assert (whole.state, whole.decider_id) == (ProposalState.APPROVED, sam.staff_id)
    assert take(sam, thing, whole, TWO_OFFICES).state == "done"


def test_whichever_office_agrees_last_takes_the_step(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, tara: Actor
) -> None:
    thing = things(state="seen")
    proposal = want(ivo, thing, TWO_OFFICES)
    say(sam, proposal)
    assert take(tara, thing, say(tara, proposal), TWO_OFFICES).state == "done"
    assert StepRecord.objects.get().role == "triage"


def test_two_of_one_office_do_not_stand_in_for_the_other(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, lea: Actor, tara: Actor
) -> None:
    proposal = want(ivo, things(state="seen"), TWO_OFFICES)
    say(sam, proposal)
    with pytest.raises(NotPermitted, match="Another office"):
        say(lea, proposal)
    assert say(tara, proposal).state == ProposalState.APPROVED


def test_somebody_of_both_offices_makes_room_for_the_other(
    things: Callable[..., Thing], ivo: Actor, tara: Actor, sam: Actor
) -> None:
    """Whoever could sit in either seat takes the one that is left."""
    for second in (tara, sam):
        both = hire(f"both-{second.ref}", Role.SUPERVISOR, Role.TRIAGE)
        proposal = want(ivo, things(state="seen"), TWO_OFFICES)
        say(both, proposal)
        assert say(second, proposal).state == ProposalState.APPROVED


def test_an_agreement_counts_only_while_its_giver_holds_the_office(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, tara: Actor
) -> None:
    proposal = want(ivo, things(state="seen"), TWO_OFFICES)
    say(tara, proposal)
    RoleGrant.objects.filter(staff=staff_of(tara)).delete()
    with pytest.raises(NotPermitted, match="Another office"):
        say(sam, proposal)
    assert Proposal.objects.get().state == ProposalState.OPEN


def test_one_refusal_ends_it_whoever_agreed_before(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, tara: Actor, lea: Actor
) -> None:
    proposal = want(ivo, things(state="seen"), TWO_OFFICES)
    say(tara, proposal)
    assert say(sam, proposal, approve=False).state == ProposalState.REFUSED
    with pytest.raises(Conflict, match="no longer waits"):
        say(lea, proposal)


def test_nobody_speaks_twice_and_the_database_says_so_too(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, lea: Actor
) -> None:
    proposal = want(ivo, things(state="seen"), FOUR)
    say(sam, proposal)
    for approve in (True, False):
        with pytest.raises(Conflict, match="Nobody decides twice"):
            say(sam, proposal, approve=approve)
    for person in (ivo, sam):
        with pytest.raises(IntegrityError), transaction.atomic():
            Voice.objects.create(
                proposal=proposal, staff_id=person.require_staff(), verdict=Verdict.APPROVED, at=proposal.proposed_at
            )
    assert say(lea, proposal).state == ProposalState.OPEN
    third = hire("third", Role.SUPERVISOR)
    assert say(third, proposal).state == ProposalState.APPROVED


@pytest.mark.usefixtures("shared_database")
def test_of_the_last_two_at_once_one_is_told_that_it_is_decided(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, lea: Actor
) -> None:
    two = Step("two", "Two", SEEN, "done", P.OUTCOME_DECIDE, "rule", four_eyes=True, proposed_with=P.OUTCOME_PROPOSE)
    life = Life("pair", (two,))
    proposal = propose(actor=ivo, life=life, subject=things(state="seen").now, step=two, payload=b"x")
    outcomes = in_threads(
        [
            lambda who=who: decide(actor=who, life=life, proposal=proposal, approve=True, reason=b"")  # type: ignore[misc]  # a default argument binds the person
            for who in (sam, lea)
        ]
    )
    told = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(told) == 1
    assert Voice.objects.filter(verdict=Verdict.APPROVED).count() == 1


# Strangers


def test_whoever_had_a_part_neither_proposes_nor_decides(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, lea: Actor
) -> None:
    looked = hire("looked", Role.INTAKE, Role.SUPERVISOR, Role.INVESTIGATOR)
    thing = things(state="received")
    take_step(actor=looked, life=LIFE, subject=thing.now, move=reasoned(LOOK), papers=PlainPapers())
    with pytest.raises(NotPermitted, match="had a part"):
        want(looked, thing, BY_STRANGERS)
    proposal = want(ivo, thing, BY_STRANGERS)
    with pytest.raises(NotPermitted, match="had a part"):
        say(looked, proposal)
    assert say(sam, proposal).state == ProposalState.APPROVED


# Stepping aside


def test_whoever_steps_aside_leaves_it_to_the_others(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, lea: Actor, entered: None
) -> None:
    proposal = want(ivo, things(state="seen"), FOUR)
    step_aside(actor=sam, life=LIFE, proposal=proposal, reason=b"my neighbour")
    assert list(waiting_for(sam)) == []
    assert list(waiting_for(lea)) == [proposal]
    with pytest.raises(Conflict, match="decided on this already"):
        say(sam, proposal)
    line = AuditRecord.objects.get(action="crowd.four.step_aside")
    assert (line.actor, line.role) == (sam.name, "supervisor")


def test_a_proposer_takes_it_back_and_another_proposal_may_be_made(
    things: Callable[..., Thing], ivo: Actor, sam: Actor
) -> None:
    thing = things(state="seen")
    proposal = want(ivo, thing, FOUR)
    assert step_aside(actor=ivo, life=LIFE, proposal=proposal, reason=b"").state == ProposalState.WITHDRAWN
    with pytest.raises(Conflict, match="no longer waits"):
        say(sam, proposal)
    assert want(ivo, thing, FOUR).state == ProposalState.OPEN


def test_only_those_who_could_decide_step_aside(things: Callable[..., Thing], ivo: Actor, ines: Actor) -> None:
    proposal = want(ivo, things(state="seen"), FOUR)
    with pytest.raises(NotPermitted):
        step_aside(actor=ines, life=LIFE, proposal=proposal, reason=b"")
    assert Voice.objects.count() == 1


# The queue


def test_the_queue_holds_what_a_person_may_decide_and_nothing_else(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, tara: Actor, ines: Actor, ada: Actor, entered: None
) -> None:
    both = hire("both", Role.INVESTIGATOR, Role.SUPERVISOR)
    by_ivo, by_both = want(ivo, things(state="seen"), TWO_OFFICES), want(both, things(state="seen"), FOUR)
    assert list(waiting_for(sam)) == [by_ivo, by_both]
    assert list(waiting_for(tara)) == [by_ivo]
    assert list(waiting_for(both)) == [by_ivo]
    assert list(waiting_for(ines)) == list(waiting_for(ada)) == list(waiting_for(ivo)) == []
    say(sam, by_ivo)
    assert list(waiting_for(sam)) == [by_both]
    assert list(proposed_by(ivo)) == [by_ivo]


def test_the_queue_leaves_out_what_one_may_not_see_or_had_a_part_in(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = hire("looked", Role.INTAKE, Role.SUPERVISOR)
    thing, hidden = things(state="received"), things(state="seen")
    take_step(actor=looked, life=LIFE, subject=thing.now, move=reasoned(LOOK), papers=PlainPapers())
    proposal, _unseen = want(ivo, thing, BY_STRANGERS), want(ivo, hidden, FOUR)
    seen = Registered(LIFE, lambda actor: Rows.exclude(pk=hidden.pk))
    monkeypatch.setattr(registry, "_ENTRIES", {"crowd": seen})
    assert list(waiting_for(sam)) == [proposal]
    assert list(waiting_for(looked)) == []


def test_what_ran_out_leaves_the_queue_and_the_worker_marks_it(
    things: Callable[..., Thing], ivo: Actor, sam: Actor, entered: None, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2031, 3, 3, 9, 30, tzinfo=UTC))
    proposal = want(ivo, things(state="seen"), FOUR)
    assert expire_due_proposals(actor=WORKER) == 0
    time.forward(days=14)
    assert list(waiting_for(sam)) == []
    assert [expire_due_proposals(actor=WORKER), expire_due_proposals(actor=WORKER)] == [1, 0]
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.EXPIRED
    line = AuditRecord.objects.get(action="crowd.four.expire")
    assert (line.actor, line.subject) == ("program:worker", f"crowd:{proposal.subject_ref}")
    with pytest.raises(NotPermitted):
        expire_due_proposals(actor=sam)


# The register


def test_the_life_of_a_tip_is_in_the_register_and_no_other_takes_its_name() -> None:
    assert "tip" in [entry.life.kind for entry in lives()]
    assert life_of("tip").kind == "tip"
    with pytest.raises(ValueError, match="two lives"):
        register_life(Life("tip", ()), visible_to=lambda actor: Rows.all())
