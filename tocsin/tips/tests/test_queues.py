"""Whose work a tip is: every state has one office, and what somebody has is in nobody else's queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection

from tests.people import Cast, hire, staff_of
from tests.stories import Reported, waiting
from tocsin.access.actors import Actor
from tocsin.access.permissions import Role
from tocsin.tips import services
from tocsin.tips.deadlines import local_today
from tocsin.tips.inbox import inbox
from tocsin.tips.models import Tip
from tocsin.tips.queues import DECIDED_BY_SUPERVISORS, STAGES, own_among, stage_of
from tocsin.tips.wanted import Wanted
from tocsin.tips.workflow import OPEN, State
from tocsin.workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db
BareTips = Callable[..., list[Tip]]
FAR = date(2199, 1, 1)
R, S = Role, State
# Written down a second time on purpose: who reads what without a reason, when nobody has it and nothing is overdue.
OWN: dict[Role, set[State]] = {
    R.INTAKE: {S.RECEIVED, S.OUTCOME_SET},
    R.TRIAGE: {S.ACKNOWLEDGED, S.IN_TRIAGE, S.NEED_INFO, S.LINKED},
    R.INVESTIGATOR: set(),
    R.SUPERVISOR: {S.REFERRED, S.FEEDBACK_GIVEN, S.IN_TRIAGE, S.LINKED},
}


@pytest.mark.parametrize("state", State)
def test_every_open_state_is_the_work_of_one_office_and_no_finished_one_of_any(state: State) -> None:
    stages = [stage for stage in STAGES if state in stage.states]
    assert len(stages) == (1 if state in OPEN else 0), f"{state}: give it a stage in tips/queues.py"
    assert stage_of(state) == (stages[0] if stages else None)
    assert DECIDED_BY_SUPERVISORS <= OPEN


@pytest.mark.parametrize("role", OWN)
def test_each_office_has_its_states_in_its_queue(role: Role, bare_tips: BareTips) -> None:
    who = hire("somebody", role)
    tips = bare_tips(*({"state": state, "acknowledge_by": FAR, "feedback_by": FAR} for state in State))
    own = own_among(who, tips)
    assert {tip.state for tip in tips if tip.pk in own} == OWN[role]
    assert {tip.pk for tip in inbox(who, Wanted(whose="queue"))} == own


def held(tip: Tip, by: Actor, stage: str) -> None:
    Tip.objects.filter(pk=tip.pk).update(holder=staff_of(by), held_for=stage)


def test_what_somebody_has_is_in_their_queue_and_in_that_of_nobody_else_of_the_office(
    cast: Cast, bare_tips: BareTips
) -> None:
    other = hire("other", Role.TRIAGE)
    (tip,) = bare_tips({"state": S.IN_TRIAGE, "acknowledge_by": FAR, "feedback_by": FAR})
    held(tip, cast.tara, "triage")
    assert own_among(cast.tara, [tip]) == {tip.pk}
    assert own_among(other, [tip]) == set()
    assert {each.pk for each in inbox(cast.tara, Wanted(whose="list"))} == {tip.pk}
    Tip.objects.filter(pk=tip.pk).update(state=S.OUTCOME_SET)
    assert own_among(cast.tara, [tip]) == set(), "taken for an earlier stage"
    assert own_among(cast.ines, [tip]) == {tip.pk}
    assert not inbox(cast.tara, Wanted(whose="list")).exists()


def test_an_investigator_has_only_what_is_theirs(cast: Cast, bare_tips: BareTips) -> None:
    own, others, free = bare_tips(*({"state": S.UNDER_VERIFICATION, "feedback_by": FAR} for _ in range(3)))
    held(own, cast.ivo, "checking")
    held(others, hire("other", Role.INVESTIGATOR), "checking")
    assert own_among(cast.ivo, [own, others, free]) == {own.pk}


def test_a_supervisor_has_what_is_overdue_and_what_waits_for_a_decision(
    cast: Cast, bare_tips: BareTips, tip_in: Callable[[State], Reported]
) -> None:
    late, due_today = bare_tips(
        {"acknowledge_by": local_today() - timedelta(days=1)}, {"acknowledge_by": local_today()}
    )
    reported = tip_in(S.UNDER_VERIFICATION)
    assert own_among(cast.sam, [late, due_today, reported.tip]) == {late.pk}
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="already_known", reason="Known.")
    assert own_among(cast.sam, [reported.tip]) == {reported.tip.pk}
    services.decide_proposal(
        actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=False, reason="Show me."
    )
    assert own_among(cast.sam, [reported.tip]) == set()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plan as SQLite writes it")
def test_what_waits_is_looked_up_by_handle_and_never_lists_every_report(cast: Cast) -> None:
    for person in (cast.sam, cast.tara):
        plan = waiting_for(person).explain().splitlines()
        assert not [line for line in plan if "SCAN" in line and "tips_tip" in line and "_waiting" not in line]
