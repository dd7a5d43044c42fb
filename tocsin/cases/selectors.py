"""What an actor may see of cases. Reading content needs the desk to be unlocked and is written to the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import ALLOWED, Permission
from tocsin.cases.models import Case, CaseDeclaration, CaseTip, Finding, Person, Task
from tocsin.cases.papers import open_text
from tocsin.cases.workflow import CaseState
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import is_ref
from tocsin.ledger.services import record_audit
from tocsin.tips.models import Declaration, Tip
from tocsin.vault import unlocked

Part = TypeVar("Part")


def cases_visible_to(actor: Actor) -> QuerySet[Case]:
    """The cases that ``actor`` may see: none without the permission, none with an own interest in it or its tips."""
    if not actor.may(Permission.CASE_READ):
        return Case.objects.none()
    staff = actor.require_staff()
    own_tips = Declaration.objects.filter(staff_id=staff, has_interest=True).values("tip_id")
    shut_out = CaseTip.objects.filter(tip_id__in=own_tips).values("case_id")
    declared = CaseDeclaration.objects.filter(staff_id=staff).values("case_id")
    return Case.objects.exclude(pk__in=shut_out).exclude(pk__in=declared)


def persons_visible_to(actor: Actor) -> QuerySet[Person]:
    """The people in the cases that ``actor`` may see: for decisions about one of them, never for a list."""
    return Person.objects.filter(case__in=cases_visible_to(actor))


def case_visible_to(actor: Actor, ref: str) -> Case:
    """The case with this handle. Raises ``Case.DoesNotExist`` when there is none, or none that ``actor`` may see."""
    if not is_ref(ref):
        raise Case.DoesNotExist
    return cases_visible_to(actor).get(ref=ref)


def case_of(actor: Actor, tip: Tip) -> Case | None:
    """The case in which a tip is, if it is in one and ``actor`` may see it."""
    return cases_visible_to(actor).filter(members__tip=tip).first()


@dataclass(frozen=True)
class CasePage:
    """One page of the list of cases; ``next_after`` names the case behind which the next page begins."""

    cases: Sequence[Case]
    next_after: str
    is_later: bool


def case_page(actor: Actor, *, state: str, mine: bool, after: str, size: int) -> CasePage:
    """``size`` cases, urgent ones first, then the oldest; those that are not closed unless ``state`` names one.

    Pages by key, so that the last page costs what the first one does.
    """
    cases = cases_visible_to(actor)
    cases = cases.filter(state=state) if state in CaseState.values else cases.exclude(state=CaseState.CLOSED)
    if mine:
        cases = cases.filter(assignments__staff_id=actor.require_staff())
    last = cases_visible_to(actor).filter(ref=after).first() if is_ref(after) else None
    if last is not None:
        behind = cases.filter(urgent=last.urgent, id__gt=last.pk)
        cases = behind | cases.filter(urgent=False) if last.urgent else behind
    found = list(cases.annotate(tip_count=Count("members", distinct=True)).order_by("-urgent", "id")[: size + 1])
    return CasePage(found[:size], found[size - 1].ref if len(found) > size else "", last is not None)


def counts_by_state(actor: Actor) -> dict[str, int]:
    """How many visible cases stand in each state."""
    rows = cases_visible_to(actor).order_by().values("state").annotate(n=Count("id"))
    return {row["state"]: row["n"] for row in rows}


def titles(actor: Actor, cases: Sequence[Case]) -> dict[str, str]:
    """The titles of cases by handle, in clear; empty while the desk is locked. One audit entry for the list."""
    actor.require(Permission.CASE_READ)
    if not unlocked.is_unlocked() or not cases:
        return {}
    found = {case.ref: str(open_text("about", case.ref, case.about).get("title", "")) for case in cases}
    with transaction.atomic():
        role = actor.role_for(Permission.CASE_READ).value
        record_audit(actor=actor.name, role=role, action="case.list", detail={"cases": " ".join(sorted(found))})
    return found


def case_title(actor: Actor, case: Case) -> str:
    """The title of one case; empty for whoever may not see it."""
    if not cases_visible_to(actor).filter(pk=case.pk).exists():
        return ""
    return str(open_text("about", case.ref, case.about)["title"])


def open_cases_for_linking(actor: Actor, *, category: str, size: int = 20) -> list[Case]:
    """Cases into which a tip may still be put, those of its category first, then the newest."""
    cases = cases_visible_to(actor).filter(state__in=[CaseState.OPEN, CaseState.UNDER_VERIFICATION, CaseState.REFERRED])
    same = list(cases.filter(category=category).order_by("-id")[:size])
    others = cases.exclude(category=category).order_by("-id")[: size - len(same)]
    return [*same, *others]


def person_visible_to(actor: Actor, ref: str) -> Person:
    """The person with this handle. Raises ``Person.DoesNotExist`` when ``actor`` can see none."""
    if not is_ref(ref):
        raise Person.DoesNotExist
    return persons_visible_to(actor).select_related("case").get(ref=ref)


def task_of(case: Case, ref: str) -> Task:
    """The task of this case. Raises ``Conflict`` when there is none (a page from before)."""
    return _in(case.tasks.filter(ref=ref).select_related("case").first())


def finding_of(case: Case, ref: str) -> Finding:
    """The finding of this case. Raises ``Conflict`` when there is none."""
    return _in(case.findings.filter(ref=ref).first())


def tip_of(case: Case, ref: str) -> Tip:
    """The tip of this case. Raises ``Conflict`` when it is in it no more."""
    return _in(Tip.objects.filter(membership__case=case, ref=ref).first())


def _in(found: Part | None) -> Part:
    if found is None:
        raise Conflict(_("This is not in the case any more. Nothing was changed. Look at it again."))
    return found


def readers() -> list[Staff]:
    """Everybody whose office reads cases, by name: those to whom a part can be given."""
    roles = [role for role, allowed in ALLOWED.items() if Permission.CASE_READ in allowed]
    return list(Staff.objects.filter(is_active=True, grants__role__in=roles).distinct().order_by("display_name", "id"))


def reader(key: str) -> Staff:
    """One of ``readers`` by primary key, as a form sends it. Raises ``RuleBroken`` when nobody was chosen."""
    for person in readers():
        if str(person.pk) == key:
            return person
    raise RuleBroken(_("Choose a person. Nothing was changed."))
