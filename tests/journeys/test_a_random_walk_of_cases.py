"""Whatever people try with a case, in whatever order: only permitted steps, each with its traces, and never a finding
without evidence, hearing and two people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, bring_to, send_report
from tocsin.access.actors import Actor
from tocsin.cases import opening, outcome, persons, work
from tocsin.cases.models import Case, CaseTip, Finding, Person
from tocsin.cases.workflow import CASE_LIFE, FINDINGS, PERSON_LIFE, CaseState, PersonState
from tocsin.common.errors import RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import mailbox, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import Tip
from tocsin.tips.workflow import TIP_LIFE, State
from tocsin.workflow.models import Proposal, ProposalState, StepRecord, Voice
from tocsin.workflow.steps import Life

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
LIVES: dict[str, Life] = {life.kind: life for life in (TIP_LIFE, CASE_LIFE, PERSON_LIFE)}
ROWS: dict[str, Any] = {"tip": Tip, "case": Case, "person": Person}
FOUND = work.Found(
    checked="The register", result="Let in March.", source="Register", reliability="A", credibility="1",
    bearing="supports", official=True,
)  # fmt: skip


@dataclass(frozen=True)
class Matter:
    """Two reports; a case of the first once somebody opens one."""

    first: Reported
    second: Reported

    @property
    def case(self) -> Case:
        found = Case.objects.order_by("id").last()
        if found is None:
            raise RuleBroken("there is no case yet")
        return found

    @property
    def person(self) -> Person:
        found = Person.objects.order_by("id").last()
        if found is None:
            raise RuleBroken("nobody is named yet")
        return found


Act = Callable[[Actor, Matter], object]


def _proposal(kind: str) -> Proposal:
    found = Proposal.objects.filter(subject_kind=kind).order_by("-id").first()
    if found is None:
        raise RuleBroken("nothing was proposed")
    return found


def _decide_link(who: Actor, it: Matter) -> object:
    return opening.decide_link(actor=who, tip=it.second.tip, proposal=_proposal("tip"), approve=True, reason="")


def _decide_case(approve: bool) -> Act:
    return lambda who, it: outcome.decide_case_proposal(
        actor=who, case=it.case, proposal=_proposal("case"), approve=approve, reason="so"
    )


ACTS: dict[str, Act] = {
    "open": lambda who, it: opening.open_case(actor=who, tip=it.first.tip, title="The dairy", reason="r"),
    "link": lambda who, it: opening.propose_link(actor=who, case=it.case, tip=it.second.tip, reason="r"),
    "confirm": _decide_link,
    "take out": lambda who, it: opening.take_out_tip(actor=who, case=it.case, tip=it.second.tip, reason="r"),
    "verify": lambda who, it: outcome.begin_verification(actor=who, case=it.case, legal_basis="law"),
    "refer": lambda who, it: outcome.refer_case(actor=who, case=it.case, reason="r"),
    "take back": lambda who, it: outcome.take_back_case(actor=who, case=it.case, reason="r"),
    "find": lambda who, it: work.write_finding(actor=who, case=it.case, found=FOUND),
    "name": lambda who, it: persons.note_person(actor=who, case=it.case, who="the tenant", role=""),
    "concern": lambda who, it: persons.propose_concerned(actor=who, person=it.person, reason="r"),
    "concerned": lambda who, it: persons.decide_concerned(
        actor=who, person=it.person, proposal=_proposal("person"), approve=True, reason=""
    ),
    "hear": lambda who, it: persons.hear(actor=who, person=it.person, kind="spoken", held_on=local_today(), said="no"),
    "propose": lambda who, it: outcome.propose_case_outcome(
        actor=who, case=it.case, outcome="substantiated", reason="r"
    ),
    "propose nothing": lambda who, it: outcome.propose_case_outcome(
        actor=who, case=it.case, outcome="unsubstantiated_good_faith", reason="r"
    ),
    "approve": _decide_case(True),
    "refuse": _decide_case(False),
    "tell": lambda who, it: outcome.tell_reporters(actor=who, case=it.case, text="thank you"),
    "close": lambda who, it: outcome.close_case(actor=who, case=it.case, reason="r"),
    "reopen": lambda who, it: outcome.reopen_case(actor=who, case=it.case, reason="r"),
    "urgent": lambda who, it: services.flag_urgent(actor=who, tip=it.first.tip, reason="danger"),
    "past the case": lambda who, it: services.propose_outcome(
        actor=who, tip=it.first.tip, outcome="substantiated", reason="r"
    ),
    "close past the case": lambda who, it: services.close(actor=who, tip=it.first.tip, reason="r"),
    "withdraw": lambda _who, it: mailbox.withdraw(keys=it.second.keys),
    "interest": lambda who, it: opening.declare_interest_in_case(actor=who, case=it.case),
}
PEOPLE = ("ines", "tara", "ivo", "sam", "lea", "ada")
USUAL = [
    ("tara", "open"), ("tara", "link"), ("sam", "confirm"), ("sam", "verify"), ("ivo", "find"), ("ivo", "name"),
    ("ivo", "concern"), ("sam", "concerned"), ("ivo", "hear"), ("ivo", "propose"), ("sam", "approve"),
    ("ines", "tell"), ("sam", "close"),
]  # fmt: skip
ANY = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(sorted(ACTS)))
WALKS = st.lists(st.one_of(st.sampled_from(USUAL), ANY), min_size=8, max_size=26)


def states() -> dict[tuple[str, str], str]:
    return {(kind, row.ref): row.state for kind, rows in ROWS.items() for row in rows.objects.all()}


def check_new_steps(before: dict[tuple[str, str], str], begun: int, leaves: int) -> None:
    """Every state that changed did so by a permitted step that left who, why and a line in the audit log."""
    taken = list(StepRecord.objects.order_by("id")[begun:])
    now = dict(before)
    for record in taken:
        step = LIVES[record.subject_kind].step(record.step)
        key = (record.subject_kind, record.subject_ref)
        source = now.get(key, record.source)
        assert record.source == source
        assert source in step.sources
        assert record.target == (step.target or source)
        assert record.actor
        assert record.role
        assert record.rule
        assert AuditRecord.objects.filter(
            action=f"{record.subject_kind}.{record.step}", subject=f"{record.subject_kind}:{record.subject_ref}"
        ).exists()
        if step.four_eyes:
            assert record.proposed_by not in ("", record.actor)
        now[key] = record.target
    after = states()
    assert {key: after[key] for key in now} == now
    public = [r for r in taken if LIVES[r.subject_kind].step(r.step).public_kind is not None]
    assert Pending.objects.count() - leaves == len(public)


def check_matter() -> None:
    """What must hold after every story."""
    for case in Case.objects.all():
        tips = [member.tip for member in case.members.select_related("tip")]
        assert all(tip.in_case for tip in tips)
        if case.outcome in FINDINGS:
            assert Finding.objects.filter(case=case, bearing="supports").exists()
            unheard = Person.objects.filter(case=case, state=PersonState.CONCERNED, heard_on__isnull=True)
            assert not unheard
        if case.state == CaseState.CLOSED:
            assert {tip.state for tip in tips} <= {State.CLOSED, State.WITHDRAWN}
        if case.outcome:
            said = Voice.objects.filter(
                proposal__subject_ref=case.ref,
                proposal__step="set_outcome",
                proposal__state=ProposalState.APPROVED,
            )
            assert len(set(said.values_list("staff", flat=True))) >= 2
    assert Tip.objects.filter(in_case=True).count() == CaseTip.objects.count()
    for person in Person.objects.filter(state=PersonState.CONCERNED):
        assert Finding.objects.filter(case=person.case, official=True).exists()


def walk_through(walk: list[tuple[str, str]], cast: Cast) -> Matter:
    matter = Matter(send_report(), send_report("The same lorry again."))
    for reported in (matter.first, matter.second):
        bring_to(State.IN_TRIAGE, reported=reported, cast=cast)
    for person, act in walk:
        before, begun, leaves = states(), StepRecord.objects.count(), Pending.objects.count()
        try:
            with transaction.atomic():
                ACTS[act](getattr(cast, person), matter)
        except RuleBroken:
            assert states() == before, f"{person} {act} was refused and changed something"
            assert (StepRecord.objects.count(), Pending.objects.count()) == (begun, leaves)
            continue
        check_new_steps(before, begun, leaves)
    check_matter()
    return matter


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=WALKS)
def test_no_order_of_acts_breaks_the_life_of_a_case(
    walk: list[tuple[str, str]], cast: Cast, unlocked_desk: Installation
) -> None:
    with transaction.atomic():
        walk_through(walk, cast)
        transaction.set_rollback(True)


def test_the_usual_order_closes_the_case_and_both_reports(cast: Cast, unlocked_desk: Installation) -> None:
    matter = walk_through(USUAL, cast)
    assert (matter.case.state, matter.case.outcome) == (CaseState.CLOSED, "substantiated")
    assert {matter.first.tip.state, matter.second.tip.state} == {State.CLOSED}
