"""The daily work on a case: who does what, what is to do, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.cases.models import Assignment, Case, CaseRole, Finding, Task
from tocsin.cases.models.work import Bearing, Credibility, Reliability
from tocsin.cases.papers import seal_text
from tocsin.cases.selectors import cases_visible_to
from tocsin.cases.taking import locked_working, note, require_case
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.tips.deadlines import local_today
from tocsin.tips.taking import fitting, required


@transaction.atomic
def assign(*, actor: Actor, case: Case, person: Staff, role: str) -> Assignment:
    """Give ``person`` a part in the case. There is one lead: a new one makes the old one an investigator.

    Raises ``RuleBroken`` for somebody who may not read cases, ``NotPermitted`` for somebody with an own interest.
    """
    actor.require(Permission.CASE_STAFF)
    locked_working(actor, case)
    if role not in CaseRole.values:
        raise RuleBroken(_("Choose what this person does in the case. Nothing was changed."))
    theirs = person.as_actor()
    if not theirs.may(Permission.CASE_READ):
        raise RuleBroken(_("This person’s office does not read cases. Nothing was changed."))
    if not cases_visible_to(theirs).filter(pk=case.pk).exists():
        raise NotPermitted(_("This person has an own interest in the case and takes no part in it."))
    if role == CaseRole.LEAD:
        case.assignments.filter(role=CaseRole.LEAD).exclude(staff=person).update(role=CaseRole.INVESTIGATOR)
    given, _made = Assignment.objects.update_or_create(
        case=case, staff=person, defaults={"role": role, "since": clock.now()}
    )
    note(actor, Permission.CASE_STAFF, "case.assign", f"case:{case.ref}", staff=str(person.pk), part=role)
    return given


@transaction.atomic
def unassign(*, actor: Actor, case: Case, person: Staff) -> None:
    """Take a person's part in the case away. What they wrote stays."""
    actor.require(Permission.CASE_STAFF)
    require_case(actor, case)
    if not case.assignments.filter(staff=person).delete()[0]:
        raise Conflict(_("This person has no part in the case any more. Nothing was changed."))
    note(actor, Permission.CASE_STAFF, "case.unassign", f"case:{case.ref}", staff=str(person.pk))


@transaction.atomic
def set_task(*, actor: Actor, case: Case, what: str, assignee: Staff, due_on: date | None) -> Task:
    """Write down something to do, for somebody who has a part in the case."""
    actor.require(Permission.CASE_WORK)
    locked_working(actor, case)
    if not case.assignments.filter(staff=assignee).exists():
        raise RuleBroken(_("Give this person a part in the case first, then the task."))
    if due_on is not None and due_on < local_today():
        raise RuleBroken(_("This day is over. Choose a later one."))
    ref = new_ref()
    told = {"what": required(what, missing=_("Write what is to do. Nothing was saved."))}
    task = Task.objects.create(
        case=case,
        ref=ref,
        what=seal_text("task", ref, told),
        assignee=assignee,
        set_by_id=actor.require_staff(),
        due_on=due_on,
        set_at=clock.now(),
    )
    note(actor, Permission.CASE_WORK, "case.task_set", f"case:{case.ref}", task=ref)
    return task


@transaction.atomic
def finish_task(*, actor: Actor, task: Task, result: str) -> Task:
    """Say that a task is done, and how it ended."""
    actor.require(Permission.CASE_WORK)
    require_case(actor, task.case)
    fresh = Task.objects.select_for_update().get(pk=task.pk)
    if fresh.done_at is not None:
        raise Conflict(_("This task is done already. Nothing was changed."))
    told = {"result": required(result, missing=_("Write in a few words how it ended. Nothing was changed."))}
    fresh.done_at, fresh.done_by_id = clock.now(), actor.require_staff()
    fresh.result = seal_text("result", fresh.ref, told)
    fresh.save(update_fields=["done_at", "done_by", "result"])
    note(actor, Permission.CASE_WORK, "case.task_done", f"case:{task.case.ref}", task=task.ref)
    return fresh


@dataclass(frozen=True)
class Found:
    """What a step of verification brought. ``checked``: what was looked at and how; ``result``: what it showed;
    ``source``: where it comes from; ``evidence``: handles of files of the case's tips, and other pieces in words.
    """

    checked: str
    result: str
    source: str
    reliability: str
    credibility: str
    bearing: str
    official: bool = False
    independent: bool = False
    evidence: tuple[str, ...] = ()
    pieces: str = ""


@transaction.atomic
def write_finding(*, actor: Actor, case: Case, found: Found, corrects: Finding | None = None) -> Finding:
    """Put one step of verification into the list of evidence. A finding is never changed; a later one corrects it.

    Raises ``RuleBroken`` for a missing text or grade, ``Conflict`` when what it corrects was corrected before.
    """
    actor.require(Permission.CASE_WORK)
    fresh = locked_working(actor, case)
    _check_grades(found)
    if corrects is not None and (corrects.case_id != fresh.pk or hasattr(corrects, "corrected_by")):
        raise Conflict(_("This finding was corrected already, or belongs to another case. Nothing was saved."))
    ref = new_ref()
    finding = Finding.objects.create(
        case=fresh,
        ref=ref,
        text=seal_text("finding", ref, _texts(fresh, found)),
        reliability=found.reliability,
        credibility=found.credibility,
        bearing=found.bearing,
        official=found.official,
        independent=found.independent,
        corrects=corrects,
        written_at=clock.now(),
        written_by_id=actor.require_staff(),
    )
    detail = {"finding": ref} | ({"corrects": corrects.ref} if corrects else {})
    note(actor, Permission.CASE_WORK, "case.finding", f"case:{case.ref}", **detail)
    return finding


def _check_grades(found: Found) -> None:
    graded = (
        found.reliability in Reliability.values
        and found.credibility in Credibility.values
        and found.bearing in Bearing.values
    )
    if not graded:
        raise RuleBroken(_("Grade the source and the information, and say what it means for the report."))


def _texts(case: Case, found: Found) -> dict[str, object]:
    from tocsin.tips.models import Evidence

    known = set(Evidence.objects.filter(tip__membership__case=case).values_list("ref", flat=True))
    if set(found.evidence) - known:
        raise RuleBroken(_("A file was chosen that is not among the files of this case. Nothing was saved."))
    return {
        "checked": required(found.checked, missing=_("Write what was checked, and how. Nothing was saved.")),
        "result": required(found.result, missing=_("Write what it showed. Nothing was saved.")),
        "source": required(found.source, missing=_("Name the source. Nothing was saved.")),
        "evidence": list(found.evidence),
        "pieces": fitting(found.pieces),
    }
