"""The cases of the demonstration: one in the middle of the work, one about to be passed on, one that is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.cases import opening, outcome, persons, work
from tocsin.cases.models import Case
from tocsin.cases.models.work import CaseRole
from tocsin.cases.referring import Draft, draft_referral
from tocsin.cases.workflow import CASE_LIFE
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import Tip
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal
from tocsin.workflow.steps import Life

Cast = dict[str, Actor]


def waiting(life: Life, ref: str) -> Proposal:
    """The proposal that waits on one tip or case."""
    proposal = waiting_proposal(life=life, subject_ref=ref)
    if proposal is None:
        raise AssertionError("the proposal was made one line above")
    return proposal


def _together(cast: Cast, tips: Sequence[Tip], *, title: str, summary: str, reason: str) -> Case:
    """A case of all ``tips``, which stand in triage: each further one proposed by one person, confirmed by another."""
    first, *others = tips
    case = opening.open_case(actor=cast["tara"], tip=first, title=title, summary=summary, reason=reason)
    for tip in others:
        opening.propose_link(actor=cast["tara"], case=case, tip=tip, reason=reason)
        opening.decide_link(
            actor=cast["sam"], tip=tip, proposal=waiting(TIP_LIFE, tip.ref), approve=True, reason="The same facts."
        )
    return case


def _verify(cast: Cast, case: Case, legal_basis: str) -> Case:
    case = outcome.begin_verification(actor=cast["sam"], case=case, legal_basis=legal_basis)
    work.assign(actor=cast["sam"], case=case, person=Staff.objects.get(username="ivo"), role=CaseRole.LEAD)
    return case


def in_the_middle(cast: Cast, tips: Sequence[Tip]) -> Case:
    """Two reports together, a third proposed; a task, a finding, somebody named, and a decision of two that waits."""
    *sure, last = tips
    case = _together(
        cast,
        sure,
        title="Offers of money for alloy tables",
        summary="A stranger befriends staff of a foundry, pays, and asks for restricted tables.",
        reason="The same man, the same tea house, the same tables.",
    )
    opening.propose_link(actor=cast["tara"], case=case, tip=last, reason="The reporter says it goes on.")
    case = _verify(cast, case, "Sample law on the protection of secrets, section 12")
    work.set_task(
        actor=cast["ivo"],
        case=case,
        what="Ask the foundry, without naming anybody, who may open the cupboard with the tables.",
        assignee=Staff.objects.get(username="ivo"),
        due_on=local_today() + timedelta(days=5),
    )
    work.write_finding(
        actor=cast["ivo"],
        case=case,
        found=work.Found(
            checked="Bookings of the tea house on the evenings that two reports name.",
            result="A table for two was booked under the same name on both evenings.",
            source="Booking list of the tea house",
            reliability="B",
            credibility="2",
            bearing="supports",
            official=True,
        ),
    )
    person = persons.note_person(
        actor=cast["ivo"], case=case, who="The man in the camel coat, called Halden", role="Makes the offers"
    )
    persons.propose_concerned(
        actor=cast["ivo"], person=person, reason="Two people saw him independently, and the booking list fits."
    )
    return case


def to_be_passed_on(cast: Cast, tips: Sequence[Tip]) -> Case:
    """A case whose text for another body is being written: the marks show what could give a reporter away."""
    case = _together(
        cast,
        tips,
        title="Unasked parcels of seeds",
        summary="Seeds that nobody ordered arrive by post.",
        reason="The same parcels in the same weeks.",
    )
    case = _verify(cast, case, "Sample law on plant health, section 7")
    draft = Draft(
        recipient="Sample plant health service",
        purpose="Examine the seeds and say what they are.",
        law="Sample law on plant health, section 9",
        text="Several people received parcels of seeds by post that they had not ordered. "
        "Please examine the parcels that were handed in and tell us which species they are.",
        expires_on=None,
        tips=[tip.ref for tip in tips],
    )
    draft_referral(actor=cast["ivo"], case=case, draft=draft)
    return case


def brought_to_an_end(cast: Cast, tips: Sequence[Tip]) -> Case:
    """A case with an outcome by two people, an answer to every reporter, and its end."""
    case = _together(
        cast,
        tips,
        title="湖边死鸟",
        summary="多人报告同一湖边出现死鸟。",
        reason="同一湖，同一天。",
    )
    case = _verify(cast, case, "Sample law on animal diseases, section 4")
    work.write_finding(
        actor=cast["ivo"],
        case=case,
        found=work.Found(
            checked="The shore was searched and the birds were examined.",
            result="The birds died of an infectious disease of birds.",
            source="Sample veterinary office",
            reliability="A",
            credibility="1",
            bearing="supports",
            official=True,
            independent=True,
        ),
    )
    outcome.propose_case_outcome(
        actor=cast["ivo"], case=case, outcome="substantiated", reason="The veterinary office confirmed it."
    )
    case = outcome.decide_case_proposal(
        actor=cast["sam"], case=case, proposal=waiting(CASE_LIFE, case.ref), approve=True, reason=""
    )
    outcome.tell_reporters(actor=cast["ines"], case=case, text="谢谢您。已找到并检验了死鸟，湖岸暂时关闭。")
    outcome.close_case(actor=cast["sam"], case=case, reason="Dealt with by the veterinary office.")
    return case
