"""A case from its first tip to its end: what the tips in it do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.people import Cast, hire, staff_of
from tests.stories import Reported, case_of, waiting
from tocsin.access.actors import Actor
from tocsin.access.permissions import Role
from tocsin.cases import opening, outcome, persons, work
from tocsin.cases.models import Assignment, Case, CaseRole, CaseTip, Person
from tocsin.cases.reading import read_case
from tocsin.cases.selectors import cases_visible_to
from tocsin.cases.workflow import CASE_LIFE, PERSON_LIFE, CaseState, PersonState
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import mailbox, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.workflow import State
from tocsin.workflow.models import Proposal, StepRecord
from tocsin.workflow.proposals import waiting_proposal

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]
FOUND = work.Found(
    checked="The register of companies", result="The dairy was let in March.", source="Register of companies",
    reliability="A", credibility="1", bearing="supports", official=True, independent=True,
)  # fmt: skip


def link(cast: Cast, case: Case, reported: Reported) -> None:
    """tara proposes, sam confirms."""
    opening.propose_link(actor=cast.tara, case=case, tip=reported.tip, reason="The same lorry.")
    opening.decide_link(actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=True, reason="")


def proposal_on(case: Case) -> Proposal:
    found = waiting_proposal(life=CASE_LIFE, subject_ref=case.ref)
    assert found is not None
    return found


def case_waits(person: Person) -> Proposal:
    found = waiting_proposal(life=PERSON_LIFE, subject_ref=person.ref)
    assert found is not None
    return found


@pytest.fixture
def two(tip_in: TipIn, cast: Cast) -> tuple[Case, Reported, Reported]:
    """A case with two tips, the second put in by two people."""
    first, second = tip_in(State.LINKED), tip_in(State.IN_TRIAGE)
    case = case_of(first)
    link(cast, case, second)
    return case, first, second


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def test_a_case_is_opened_from_a_tip_and_says_so_everywhere(tip_in: TipIn, cast: Cast) -> None:
    reported = tip_in(State.IN_TRIAGE)
    leaves = Pending.objects.count()
    case = opening.open_case(actor=cast.tara, tip=reported.tip, title="The old dairy", reason="More will come.")
    assert (reported.tip.state, reported.tip.in_case) == (State.LINKED, True)
    assert (case.state, case.category, case.unit) == (CaseState.OPEN, reported.tip.category, reported.tip.unit)
    assert b"dairy" not in bytes(case.about)
    assert read_case(cast.sam, case.ref).title == "The old dairy"
    assert Pending.objects.count() == leaves + 1, "the tip's step is in the public ledger, the case is not"
    assert AuditRecord.objects.get(action="case.open").subject == f"case:{case.ref}"


def test_two_tips_in_one_case_keep_the_order_of_their_arrival(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, first, second = two
    assert [member.tip.ref for member in read_case(cast.sam, case.ref).members] == [first.ref, second.ref]
    assert second.tip.state == State.LINKED
    record = StepRecord.objects.get(subject_kind="tip", subject_ref=second.ref, step="link")
    assert (record.actor, record.proposed_by) == (cast.sam.name, cast.tara.name)


def test_nobody_puts_a_tip_into_a_case_alone(tip_in: TipIn, cast: Cast) -> None:
    case, second = case_of(tip_in(State.LINKED)), tip_in(State.IN_TRIAGE)
    opening.propose_link(actor=cast.tara, case=case, tip=second.tip, reason="The same lorry.")
    with pytest.raises(NotPermitted, match="somebody else"):
        opening.decide_link(actor=cast.tara, tip=second.tip, proposal=waiting(second.tip), approve=True, reason="")
    with pytest.raises(Conflict, match="decided with the case"):
        services.decide_proposal(actor=cast.sam, tip=second.tip, proposal=waiting(second.tip), approve=True, reason="")
    assert (second.tip.state, second.tip.in_case) == (State.IN_TRIAGE, False)
    assert CaseTip.objects.count() == 1


def test_a_tip_is_in_one_case_at_most(tip_in: TipIn, cast: Cast) -> None:
    one, other = tip_in(State.LINKED), tip_in(State.LINKED)
    with pytest.raises(Conflict):
        opening.propose_link(actor=cast.tara, case=case_of(other), tip=one.tip, reason="Again.")
    with pytest.raises(Conflict):
        opening.open_case(actor=cast.tara, tip=one.tip, title="Again", reason="Again.")


def test_a_tip_is_taken_out_again_and_back_in_triage(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, _first, second = two
    with pytest.raises(NotPermitted):
        opening.take_out_tip(actor=cast.tara, case=case, tip=second.tip, reason="Another lorry.")
    opening.take_out_tip(actor=cast.sam, case=case, tip=second.tip, reason="Another lorry.")
    assert (second.tip.state, second.tip.in_case) == (State.IN_TRIAGE, False)
    with pytest.raises(Conflict, match="not in the case"):
        opening.take_out_tip(actor=cast.sam, case=case, tip=second.tip, reason="Again.")


def test_the_whole_road_takes_the_tips_along(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, first, second = two
    outcome.begin_verification(actor=cast.sam, case=case, legal_basis="Sample law, section 4")
    assert {first.tip.state, second.tip.state} == {State.UNDER_VERIFICATION}
    outcome.refer_case(actor=cast.sam, case=now(case), reason="Customs is competent.")
    assert {first.tip.state, second.tip.state} == {State.REFERRED}
    outcome.take_back_case(actor=cast.sam, case=now(case), reason="Their answer came.")
    work.write_finding(actor=cast.ivo, case=now(case), found=FOUND)
    outcome.propose_case_outcome(
        actor=cast.ivo, case=now(case), outcome="substantiated", reason="Found.", differing={second.ref: "duplicate_of"}
    )
    outcome.decide_case_proposal(actor=cast.sam, case=now(case), proposal=proposal_on(case), approve=True, reason="")
    assert (first.tip.outcome, second.tip.outcome) == ("substantiated", "duplicate_of")
    with pytest.raises(RuleBroken, match="Tell the reporters first"):
        outcome.close_case(actor=cast.sam, case=now(case), reason="Done.")
    assert outcome.tell_reporters(actor=cast.ines, case=now(case), text="What you saw was right.") == 2
    outcome.close_case(actor=cast.sam, case=now(case), reason="Done.")
    assert (now(case).state, first.tip.state, second.tip.state) == (CaseState.CLOSED, State.CLOSED, State.CLOSED)
    assert mailbox.read_mailbox(keys=first.keys).messages[-1].text == "What you saw was right."
    outcome.reopen_case(actor=cast.sam, case=now(case), reason="A new witness.")
    assert (now(case).state, first.tip.state, first.tip.outcome) == (CaseState.OPEN, State.LINKED, "")


def test_the_outcome_of_a_case_takes_two_people(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, first, _second = two
    both = hire("both", Role.INVESTIGATOR, Role.SUPERVISOR)
    outcome.begin_verification(actor=cast.sam, case=case, legal_basis="Law")
    outcome.propose_case_outcome(
        actor=both, case=now(case), outcome="unsubstantiated_good_faith", reason="Nothing was found."
    )
    with pytest.raises(NotPermitted, match="somebody else"):
        outcome.decide_case_proposal(actor=both, case=case, proposal=proposal_on(case), approve=True, reason="")
    with pytest.raises(Conflict):
        services.propose_outcome(actor=cast.ivo, tip=first.tip, outcome="substantiated", reason="Past the case.")
    assert first.tip.outcome == ""


def test_nothing_is_found_without_evidence(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, _first, _second = two
    outcome.begin_verification(actor=cast.sam, case=case, legal_basis="Law")
    told: dict[str, Any] = {"actor": cast.ivo, "case": now(case), "outcome": "substantiated", "reason": "I think so."}
    with pytest.raises(RuleBroken, match="list of evidence"):
        outcome.propose_case_outcome(**told)
    finding = work.write_finding(actor=cast.ivo, case=now(case), found=FOUND)
    against = work.Found(**{**FOUND.__dict__, "bearing": "contradicts"})
    work.write_finding(actor=cast.ivo, case=now(case), found=against, corrects=finding)
    with pytest.raises(RuleBroken, match="list of evidence"):
        outcome.propose_case_outcome(**told)
    with pytest.raises(Conflict, match="corrected already"):
        work.write_finding(actor=cast.ivo, case=now(case), found=FOUND, corrects=finding)


@pytest.fixture
def concerned(two: tuple[Case, Reported, Reported], cast: Cast) -> Person:
    """Somebody who became a person concerned by a decision of two."""
    case, _first, _second = two
    outcome.begin_verification(actor=cast.sam, case=case, legal_basis="Law")
    person = persons.note_person(actor=cast.ivo, case=now(case), who="The tenant of the dairy", role="Owner")
    with pytest.raises(RuleBroken, match="One report is not enough"):
        persons.propose_concerned(actor=cast.ivo, person=person, reason="He has the key.")
    work.write_finding(actor=cast.ivo, case=now(case), found=FOUND)
    persons.propose_concerned(actor=cast.ivo, person=person, reason="The register names him.")
    persons.decide_concerned(actor=cast.sam, person=person, proposal=case_waits(person), approve=True, reason="")
    return Person.objects.get(pk=person.pk)


def test_a_person_concerned_is_heard_before_anything_is_found(concerned: Person, cast: Cast) -> None:
    case = Case.objects.get(pk=concerned.case_id)
    assert concerned.state == PersonState.CONCERNED
    told: dict[str, Any] = {"actor": cast.ivo, "case": case, "outcome": "substantiated", "reason": "Found."}
    with pytest.raises(RuleBroken, match="were not heard"):
        outcome.propose_case_outcome(**told)
    persons.hear(actor=cast.ivo, person=concerned, kind="spoken", held_on=local_today(), said="He denies it.")
    assert outcome.propose_case_outcome(**told).step == "set_outcome"
    assert read_case(cast.sam, case.ref).persons[0].hearings[0].said == "He denies it."


def test_a_hearing_is_put_off_with_a_reason_and_a_day_by_a_supervisor(concerned: Person, cast: Cast) -> None:
    case, today = Case.objects.get(pk=concerned.case_id), local_today()
    for until in (None, today, today - timedelta(days=1), today + timedelta(days=181)):
        with pytest.raises(RuleBroken, match="within 180 days"):
            persons.defer_hearing(actor=cast.sam, person=concerned, until=until, reason="He would run.")
    with pytest.raises(RuleBroken, match="reason"):
        persons.defer_hearing(actor=cast.sam, person=concerned, until=today + timedelta(days=30), reason=" ")
    with pytest.raises(NotPermitted):
        persons.defer_hearing(actor=cast.ivo, person=concerned, until=today + timedelta(days=30), reason="He runs.")
    persons.defer_hearing(actor=cast.sam, person=concerned, until=today + timedelta(days=30), reason="He would run.")
    assert outcome.propose_case_outcome(actor=cast.ivo, case=case, outcome="substantiated", reason="Found.")


def test_a_deferral_that_ran_out_between_proposal_and_decision_counts_no_more(concerned: Person, cast: Cast) -> None:
    case = Case.objects.get(pk=concerned.case_id)
    persons.defer_hearing(
        actor=cast.sam, person=concerned, until=local_today() + timedelta(days=1), reason="He would run."
    )
    outcome.propose_case_outcome(actor=cast.ivo, case=case, outcome="substantiated", reason="Found.")
    Person.objects.update(hearing_off_until=local_today() - timedelta(days=1))
    with pytest.raises(RuleBroken, match="were not heard"):
        outcome.decide_case_proposal(actor=cast.lea, case=case, proposal=proposal_on(case), approve=True, reason="")
    assert now(case).state == CaseState.UNDER_VERIFICATION
    assert proposal_on(case).decider_id is None, "the voice went with the step"


def test_somebody_who_is_taken_out_is_gone(concerned: Person, cast: Cast) -> None:
    persons.hear(actor=cast.ivo, person=concerned, kind="written", held_on=local_today(), said="A mistake.")
    with pytest.raises(Conflict):
        persons.expunge_person(actor=cast.sam, person=concerned, reason="Mixed up.")
    persons.clear_person(actor=cast.sam, person=concerned, reason="Mixed up with a namesake.")
    person = persons.expunge_person(actor=cast.sam, person=Person.objects.get(), reason="Mixed up with a namesake.")
    assert bytes(Person.objects.get().who) == b""
    assert [bytes(hearing.said) for hearing in person.hearings.all()] == [b""]


def test_an_interest_closes_the_case_and_takes_back_what_was_proposed(
    two: tuple[Case, Reported, Reported], cast: Cast
) -> None:
    case, _first, _second = two
    outcome.begin_verification(actor=cast.sam, case=case, legal_basis="Law")
    outcome.propose_case_outcome(
        actor=cast.ivo, case=now(case), outcome="unsubstantiated_good_faith", reason="Nothing."
    )
    opening.declare_interest_in_case(actor=cast.ivo, case=case)
    assert not cases_visible_to(cast.ivo).exists()
    assert waiting_proposal(life=CASE_LIFE, subject_ref=case.ref) is None
    with pytest.raises(NotPermitted, match="no access"):
        work.write_finding(actor=cast.ivo, case=now(case), found=FOUND)
    with pytest.raises(Case.DoesNotExist):
        read_case(cast.ivo, case.ref)


def test_an_interest_in_one_tip_closes_its_case(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, _first, second = two
    services.declare_interest(actor=cast.lea, tip=second.tip, has_interest=True)
    assert not cases_visible_to(cast.lea).exists()
    with pytest.raises(NotPermitted):
        outcome.begin_verification(actor=cast.lea, case=case, legal_basis="Law")


def test_an_urgent_tip_makes_its_case_urgent_and_two_close_it(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, first, second = two
    services.flag_urgent(actor=cast.ines, tip=second.tip, reason="Somebody is in danger.")
    assert now(case).urgent
    outcome.begin_verification(actor=cast.sam, case=now(case), legal_basis="Law")
    outcome.propose_case_outcome(
        actor=cast.ivo, case=now(case), outcome="unsubstantiated_good_faith", reason="Nothing."
    )
    outcome.decide_case_proposal(actor=cast.sam, case=now(case), proposal=proposal_on(case), approve=True, reason="")
    outcome.tell_reporters(actor=cast.ines, case=now(case), text="We looked.")
    outcome.close_case(actor=cast.sam, case=now(case), reason="Done.")
    assert now(case).state == CaseState.OUTCOME_SET
    with pytest.raises(NotPermitted):
        outcome.decide_case_proposal(
            actor=cast.sam, case=now(case), proposal=proposal_on(case), approve=True, reason=""
        )
    outcome.decide_case_proposal(actor=cast.lea, case=now(case), proposal=proposal_on(case), approve=True, reason="")
    assert {now(case).state, first.tip.state, second.tip.state} == {"closed"}


def test_parts_in_a_case_go_to_people_who_may_read_it_and_one_of_them_leads(
    two: tuple[Case, Reported, Reported], cast: Cast
) -> None:
    case, _first, second = two
    services.declare_interest(actor=cast.lea, tip=second.tip, has_interest=True)
    for person, refusal in ((cast.ada, RuleBroken), (cast.lea, NotPermitted)):
        with pytest.raises(refusal):
            work.assign(actor=cast.sam, case=case, person=staff_of(person), role="lead")
    with pytest.raises(NotPermitted):
        work.assign(actor=cast.ivo, case=case, person=staff_of(cast.ivo), role="lead")
    work.assign(actor=cast.sam, case=case, person=staff_of(cast.ivo), role="lead")
    work.assign(actor=cast.sam, case=case, person=staff_of(cast.tara), role="lead")
    parts = dict(Assignment.objects.values_list("staff__username", "role"))
    assert parts == {"ivo": CaseRole.INVESTIGATOR, "tara": CaseRole.LEAD}


def test_a_task_is_done_once(two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    case, _first, _second = two
    with pytest.raises(RuleBroken, match="part in the case first"):
        work.set_task(actor=cast.sam, case=case, what="Ask the register.", assignee=staff_of(cast.ivo), due_on=None)
    work.assign(actor=cast.sam, case=case, person=staff_of(cast.ivo), role="investigator")
    task = work.set_task(
        actor=cast.sam, case=case, what="Ask the register.", assignee=staff_of(cast.ivo), due_on=local_today()
    )
    work.finish_task(actor=cast.ivo, task=task, result="They answered.")
    with pytest.raises(Conflict, match="done already"):
        work.finish_task(actor=cast.ivo, task=task, result="Again.")
    (opened,) = read_case(cast.ivo, case.ref).tasks
    assert (opened.what, opened.result) == ("Ask the register.", "They answered.")


def test_what_is_usually_lawful_needs_its_fact_and_a_second_reader(
    report: Callable[..., Reported], cast: Cast, unlocked_desk: object
) -> None:
    reported = report("They count birds with a phone.", category="data_without_permit")
    both = hire("both", Role.TRIAGE, Role.SUPERVISOR)
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    services.begin_triage(actor=both, tip=reported.tip, has_interest=False)
    with pytest.raises(RuleBroken, match="Which permit seems to be missing"):
        services.start_verification(actor=cast.sam, tip=reported.tip, legal_basis="Law")
    case = opening.open_case(actor=both, tip=reported.tip, title="Birds", reason="A case.")
    with pytest.raises(RuleBroken, match="Which permit seems to be missing"):
        outcome.begin_verification(actor=cast.sam, case=case, legal_basis="Law")
    told: dict[str, Any] = {"legal_basis": "Law", "extra_fact": "The collecting permit for the reserve."}
    with pytest.raises(NotPermitted, match="second person"):
        outcome.begin_verification(actor=both, case=case, **told)
    outcome.begin_verification(actor=cast.sam, case=case, **told)
    assert reported.tip.state == State.UNDER_VERIFICATION


@pytest.mark.parametrize("who", ["ada", "ines", "ivo", "tara"])
def test_only_supervisors_move_a_case(who: str, two: tuple[Case, Reported, Reported], cast: Cast) -> None:
    actor: Actor = getattr(cast, who)
    case = two[0]
    attempts: list[Callable[[], object]] = [
        lambda: outcome.begin_verification(actor=actor, case=case, legal_basis="Law"),
        lambda: outcome.refer_case(actor=actor, case=case, reason="Away with it."),
        lambda: outcome.close_case(actor=actor, case=case, reason="Away with it."),
    ]
    for attempt in attempts:
        with pytest.raises(RuleBroken):
            attempt()
    assert now(case).state == CaseState.OPEN
