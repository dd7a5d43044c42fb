"""Interests of one's own: who is shut out, who is left, and how two others lift a mistaken declaration."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.people import Cast, hire
from tests.stories import Reported, waiting
from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Role
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.tips import services
from tocsin.tips.models import Declaration
from tocsin.tips.recusal import has_recusals, propose_lifting, recusals_of
from tocsin.tips.selectors import tips_visible_to
from tocsin.tips.workflow import State
from tocsin.workflow.models import StepRecord

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]


def sees(actor: Actor, reported: Reported) -> bool:
    return tips_visible_to(actor).filter(ref=reported.ref).exists()


def recused(actor: Actor, reported: Reported) -> None:
    services.declare_interest(actor=actor, tip=reported.tip, has_interest=True)


def lift(actor: Actor, reported: Reported, staff: Actor) -> None:
    propose_lifting(actor=actor, tip=reported.tip, staff=staff.ref, reason="Another person of the same name.")


def decide(actor: Actor, reported: Reported, *, approve: bool = True) -> None:
    services.decide_proposal(
        actor=actor, tip=reported.tip, proposal=waiting(reported.tip), approve=approve, reason="I asked them."
    )


def test_the_supervisor_sees_who_stepped_out_and_who_is_left(cast: Cast, tip_in: TipIn) -> None:
    reported, tom = tip_in(State.ACKNOWLEDGED), hire("tom", Role.TRIAGE)
    assert recusals_of(cast.sam, reported.tip) is None
    recused(cast.tara, reported)
    found = recusals_of(cast.sam, reported.tip)
    assert found is not None
    assert [each.staff.display_name for each in found.declared] == ["Tara"]
    assert [person.display_name for person in found.others] == ["Tom"]
    assert has_recusals(reported.tip)
    Staff.objects.filter(username="tom").update(is_active=False)
    found = recusals_of(cast.sam, reported.tip)
    assert found is not None
    assert found.others == []
    recused(cast.sam, reported)
    assert not sees(cast.sam, reported)
    assert tom


def test_nobody_else_is_told_who_stepped_out(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    recused(cast.tara, reported)
    for actor in (cast.ines, cast.ivo, cast.ada):
        assert recusals_of(actor, reported.tip) is None


def test_a_mistaken_declaration_is_lifted_by_two_others(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    recused(cast.tara, reported)
    lift(cast.sam, reported, cast.tara)
    assert not sees(cast.tara, reported)
    with pytest.raises(NotPermitted, match="somebody else"):
        decide(cast.sam, reported)
    decide(cast.lea, reported)
    assert sees(cast.tara, reported)
    record = StepRecord.objects.get(step="lift_interest")
    assert (record.actor, record.proposed_by) == (cast.lea.name, cast.sam.name)
    assert services.begin_triage(actor=cast.tara, tip=reported.tip, has_interest=False).state == State.IN_TRIAGE


def test_a_refused_lifting_leaves_the_person_out(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    recused(cast.tara, reported)
    lift(cast.sam, reported, cast.tara)
    decide(cast.lea, reported, approve=False)
    assert not sees(cast.tara, reported)


def test_nobody_lifts_their_own_and_no_other_office_lifts_any(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    recused(cast.tara, reported)
    recused(cast.lea, reported)
    for actor in (cast.tara, cast.lea, cast.ines, cast.ivo, cast.ada):
        with pytest.raises(NotPermitted):
            lift(actor, reported, cast.tara)
    lift(cast.sam, reported, cast.lea)
    with pytest.raises(NotPermitted):
        decide(cast.lea, reported)
    third = hire("third", Role.SUPERVISOR)
    decide(third, reported)
    assert sees(cast.lea, reported)
    assert not sees(cast.tara, reported), "one proposal lifts one declaration"


@pytest.mark.parametrize("staff", ["", "0", "-1", "x", "\x00", "9" * 12])
def test_there_must_be_a_declaration_to_lift(staff: str, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    recused(cast.tara, reported)
    with pytest.raises(Conflict, match="no interest declared"):
        propose_lifting(actor=cast.sam, tip=reported.tip, staff=staff, reason="x")
    with pytest.raises(RuleBroken, match="reason"):
        propose_lifting(actor=cast.sam, tip=reported.tip, staff=cast.tara.ref, reason="")


def test_a_declaration_that_is_gone_by_then_is_not_lifted(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    recused(cast.tara, reported)
    lift(cast.sam, reported, cast.tara)
    Declaration.objects.update(has_interest=False)
    with pytest.raises(Conflict, match="no interest declared"):
        decide(cast.lea, reported)
    assert waiting(reported.tip).decider_id is None


def test_declaring_overtakes_what_the_person_proposed(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    recused(cast.tara, reported)
    lift(cast.sam, reported, cast.tara)
    recused(cast.sam, reported)
    lift(cast.lea, reported, cast.tara)
    assert waiting(reported.tip).proposer_id == cast.lea.staff_id
