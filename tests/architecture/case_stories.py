"""The shortest story in which each service of a case does its work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.people import Cast, staff_of
from tests.stories import Reported
from tocsin.cases import opening, outcome, persons, work
from tocsin.cases.models import Case, Person, Task
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import Tip
from tocsin.tips.workflow import State
from tocsin.workflow.models import Proposal

TipIn = Callable[[State], Reported]
Story = Callable[[Cast, TipIn], object]
FOUND = work.Found(
    checked="x", result="x", source="x", reliability="A", credibility="1", bearing="supports", official=True
)


def _case(tip_in: TipIn) -> Case:
    return Case.objects.get(members__tip__ref=tip_in(State.LINKED).ref)


def _verified(cast: Cast, tip_in: TipIn) -> Case:
    return outcome.begin_verification(actor=cast.sam, case=_case(tip_in), legal_basis="x")


def _proposed_outcome(cast: Cast, tip_in: TipIn) -> Proposal:
    case = _verified(cast, tip_in)
    return outcome.propose_case_outcome(actor=cast.ivo, case=case, outcome="unsubstantiated_good_faith", reason="x")


def _decided_case(cast: Cast, tip_in: TipIn) -> Case:
    proposal = _proposed_outcome(cast, tip_in)
    case = Case.objects.get(ref=proposal.subject_ref)
    return outcome.decide_case_proposal(actor=cast.sam, case=case, proposal=proposal, approve=True, reason="")


def _told(cast: Cast, tip_in: TipIn) -> Case:
    case = _decided_case(cast, tip_in)
    outcome.tell_reporters(actor=cast.ines, case=case, text="x")
    return case


def _closed(cast: Cast, tip_in: TipIn) -> Case:
    case = outcome.close_case(actor=cast.sam, case=_told(cast, tip_in), reason="x")
    assert isinstance(case, Case)
    return case


def _left_case(cast: Cast, tip_in: TipIn) -> object:
    proposal = _proposed_outcome(cast, tip_in)
    case = Case.objects.get(ref=proposal.subject_ref)
    return outcome.leave_case_decision(actor=cast.sam, case=case, proposal=proposal, reason="x")


def _linking(cast: Cast, tip_in: TipIn) -> Proposal:
    return opening.propose_link(actor=cast.tara, case=_case(tip_in), tip=tip_in(State.IN_TRIAGE).tip, reason="x")


def _linked(cast: Cast, tip_in: TipIn) -> object:
    proposal = _linking(cast, tip_in)
    tip = Tip.objects.get(ref=proposal.subject_ref)
    return opening.decide_link(actor=cast.sam, tip=tip, proposal=proposal, approve=True, reason="")


def _named(cast: Cast, tip_in: TipIn) -> Person:
    return persons.note_person(actor=cast.ivo, case=_verified(cast, tip_in), who="x", role="")


def _suspected(cast: Cast, tip_in: TipIn) -> tuple[Person, Proposal]:
    person = _named(cast, tip_in)
    work.write_finding(actor=cast.ivo, case=person.case, found=FOUND)
    return person, persons.propose_concerned(actor=cast.ivo, person=person, reason="x")


def _concerned(cast: Cast, tip_in: TipIn) -> Person:
    person, proposal = _suspected(cast, tip_in)
    return persons.decide_concerned(actor=cast.sam, person=person, proposal=proposal, approve=True, reason="")


def _left_person(cast: Cast, tip_in: TipIn) -> object:
    person, proposal = _suspected(cast, tip_in)
    return persons.leave_person_decision(actor=cast.sam, person=person, proposal=proposal, reason="x")


def _out(cast: Cast, tip_in: TipIn) -> object:
    case = _case(tip_in)
    return opening.take_out_tip(actor=cast.sam, case=case, tip=case.members.get().tip, reason="x")


def _assigned(cast: Cast, tip_in: TipIn) -> Case:
    case = _case(tip_in)
    work.assign(actor=cast.sam, case=case, person=staff_of(cast.ivo), role="lead")
    return case


def _task(cast: Cast, tip_in: TipIn) -> Task:
    return work.set_task(
        actor=cast.sam, case=_assigned(cast, tip_in), what="x", assignee=staff_of(cast.ivo), due_on=None
    )


TOMORROW = timedelta(days=1)
CASE_STORIES: dict[str, Story] = {
    "opening.open_case": lambda c, at: opening.open_case(
        actor=c.tara, tip=at(State.IN_TRIAGE).tip, title="x", reason="x"
    ),
    "opening.rename_case": lambda c, at: opening.rename_case(actor=c.sam, case=_case(at), title="y", summary=""),
    "opening.propose_link": _linking,
    "opening.decide_link": _linked,
    "opening.take_out_tip": _out,
    "opening.declare_interest_in_case": lambda c, at: opening.declare_interest_in_case(actor=c.lea, case=_case(at)),
    "outcome.begin_verification": _verified,
    "outcome.refer_case": lambda c, at: outcome.refer_case(actor=c.sam, case=_case(at), reason="x"),
    "outcome.take_back_case": lambda c, at: outcome.take_back_case(
        actor=c.sam, case=outcome.refer_case(actor=c.sam, case=_case(at), reason="x"), reason="x"
    ),
    "outcome.propose_case_outcome": _proposed_outcome,
    "outcome.decide_case_proposal": _decided_case,
    "outcome.leave_case_decision": _left_case,
    "outcome.tell_reporters": _told,
    "outcome.close_case": _closed,
    "outcome.reopen_case": lambda c, at: outcome.reopen_case(actor=c.sam, case=_closed(c, at), reason="x"),
    "work.assign": _assigned,
    "work.unassign": lambda c, at: work.unassign(actor=c.sam, case=_assigned(c, at), person=staff_of(c.ivo)),
    "work.set_task": _task,
    "work.finish_task": lambda c, at: work.finish_task(actor=c.ivo, task=_task(c, at), result="x"),
    "work.write_finding": lambda c, at: work.write_finding(actor=c.ivo, case=_verified(c, at), found=FOUND),
    "persons.note_person": _named,
    "persons.propose_concerned": lambda c, at: _suspected(c, at)[1],
    "persons.decide_concerned": _concerned,
    "persons.leave_person_decision": _left_person,
    "persons.hear": lambda c, at: persons.hear(
        actor=c.ivo, person=_concerned(c, at), kind="spoken", held_on=local_today(), said="x"
    ),
    "persons.defer_hearing": lambda c, at: persons.defer_hearing(
        actor=c.sam, person=_concerned(c, at), until=local_today() + TOMORROW, reason="x"
    ),
    "persons.clear_person": lambda c, at: persons.clear_person(actor=c.sam, person=_named(c, at), reason="x"),
    "persons.expunge_person": lambda c, at: persons.expunge_person(actor=c.sam, person=_named(c, at), reason="x"),
}
