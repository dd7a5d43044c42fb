"""A case in clear, for somebody who may read it. The reading is written to the audit log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases.models import Assignment, Case, CaseTip, Finding, Hearing, Person, Task
from tocsin.cases.papers import open_text
from tocsin.cases.selectors import case_visible_to, person_visible_to
from tocsin.cases.workflow import CASE_LIFE, PERSON_LIFE
from tocsin.ledger.services import record_audit
from tocsin.tips.models import Tip
from tocsin.tips.safe_copies import names_of_files
from tocsin.tips.selectors import HistoryLine, content_of, open_reason
from tocsin.workflow.models import Proposal, ProposalState, StepRecord
from tocsin.workflow.proposals import waiting_proposal


@dataclass(frozen=True)
class OpenTask:
    """A task in clear."""

    task: Task
    what: str
    result: str


@dataclass(frozen=True)
class OpenFinding:
    """A finding in clear; ``texts`` as ``work.Found`` has them."""

    finding: Finding
    texts: dict[str, Any]

    @property
    def is_corrected(self) -> bool:
        """Whether a later finding stands in its place."""
        return hasattr(self.finding, "corrected_by")


@dataclass(frozen=True)
class OpenHearing:
    """A hearing in clear."""

    hearing: Hearing
    said: str


@dataclass(frozen=True)
class OpenPerson:
    """Somebody named in the case, in clear; ``who`` is empty once they were taken out."""

    person: Person
    who: str
    role: str
    hearings: Sequence[OpenHearing]
    waiting: Proposal | None
    reason: str


@dataclass(frozen=True)
class Member:
    """A tip of the case with its first words; empty where it was destroyed."""

    tip: Tip
    what: str


@dataclass(frozen=True)
class OpenCase:
    """A case in clear."""

    case: Case
    title: str
    summary: str
    members: Sequence[Member]
    assignments: Sequence[Assignment]
    tasks: Sequence[OpenTask]
    findings: Sequence[OpenFinding]
    persons: Sequence[OpenPerson]
    history: Sequence[HistoryLine]
    waiting: Proposal | None
    files: Sequence[tuple[str, str]]


def read_case(actor: Actor, ref: str) -> OpenCase:
    """Everything about one case in clear.

    Raises ``Case.DoesNotExist`` for a case that the actor may not see, ``Locked`` while the desk is locked.
    """
    case = case_visible_to(actor, ref)
    members = _members(case)
    about = open_text("about", case.ref, case.about)
    opened = OpenCase(
        case=case,
        title=about["title"],
        summary=about["summary"],
        members=members,
        assignments=list(case.assignments.select_related("staff").order_by("role", "id")),
        tasks=_tasks(case),
        findings=_findings(case),
        persons=_persons(case),
        history=_history(case),
        waiting=waiting_proposal(life=CASE_LIFE, subject_ref=case.ref),
        files=names_of_files([member.tip for member in members]),
    )
    with transaction.atomic():
        role = actor.role_for(Permission.CASE_READ).value
        tips = " ".join(member.tip.ref for member in opened.members)
        record_audit(actor=actor.name, role=role, action="case.read", subject=f"case:{ref}", detail={"tips": tips})
    return opened


def read_person(actor: Actor, ref: str) -> tuple[OpenPerson, Sequence[HistoryLine]]:
    """Somebody named in a case, in clear, with the history; written to the audit log.

    Raises ``Person.DoesNotExist`` for somebody whom the actor may not see, ``Locked`` while the desk is locked.
    """
    (opened,) = _opened([person_visible_to(actor, ref)])
    history = _lines(StepRecord.objects.filter(subject_kind=PERSON_LIFE.kind, subject_ref=ref))
    with transaction.atomic():
        role = actor.role_for(Permission.CASE_READ).value
        record_audit(actor=actor.name, role=role, action="person.read", subject=f"person:{ref}")
    return opened, history


def _members(case: Case) -> list[Member]:
    rows = CaseTip.objects.filter(case=case).select_related("tip").order_by("tip_id")
    return [
        Member(row.tip, "" if row.tip.destroyed_on else content_of(row.tip).answers.get("what", "")) for row in rows
    ]


def _tasks(case: Case) -> list[OpenTask]:
    rows = case.tasks.select_related("assignee", "done_by").order_by("done_at", "due_on", "id")
    opened = [
        OpenTask(
            row,
            open_text("task", row.ref, row.what).get("what", ""),
            open_text("result", row.ref, row.result).get("result", ""),
        )
        for row in rows
    ]
    return sorted(opened, key=lambda each: each.task.done_at is not None)


def _findings(case: Case) -> list[OpenFinding]:
    rows = case.findings.select_related("written_by", "corrected_by", "corrects").order_by("id")
    return [OpenFinding(row, open_text("finding", row.ref, row.text)) for row in rows]


def _persons(case: Case) -> list[OpenPerson]:
    return _opened(list(case.persons.prefetch_related("hearings__written_by").order_by("id")))


def _opened(rows: Sequence[Person]) -> list[OpenPerson]:
    waiting = {
        proposal.subject_ref: proposal
        for proposal in Proposal.objects.filter(
            subject_kind=PERSON_LIFE.kind, subject_ref__in=[row.ref for row in rows], state=ProposalState.OPEN
        ).select_related("proposer")
    }
    return [_person(row, waiting.get(row.ref)) for row in rows]


def _person(row: Person, proposal: Proposal | None) -> OpenPerson:
    who = open_text("person", row.ref, row.who)
    hearings = [
        OpenHearing(each, open_text("hearing", each.ref, each.said).get("said", "")) for each in row.hearings.all()
    ]
    reason = json.loads(open_reason(row.ref, bytes(proposal.payload)))["reason"] if proposal else ""
    return OpenPerson(row, who.get("who", ""), who.get("role", ""), hearings, proposal, reason)


def _history(case: Case) -> list[HistoryLine]:
    people = case.persons.values_list("ref", flat=True)
    records = StepRecord.objects.filter(
        subject_kind__in=[CASE_LIFE.kind, PERSON_LIFE.kind], subject_ref__in=[case.ref, *people]
    )
    return _lines(records)


def _lines(records: QuerySet[StepRecord]) -> list[HistoryLine]:
    lives = {CASE_LIFE.kind: CASE_LIFE, PERSON_LIFE.kind: PERSON_LIFE}
    return [
        HistoryLine(
            step=lives[record.subject_kind].step(record.step),
            source=record.source,
            target=record.target,
            actor=record.actor,
            proposed_by=record.proposed_by,
            role=record.role,
            reason=open_reason(record.subject_ref, bytes(record.reason)),
            at=record.at,
        )
        for record in records.order_by("id")
    ]
