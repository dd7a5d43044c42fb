"""How every step of a case or a person in it is taken: by somebody who may see the case, with fitting texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases.models import Case, CaseTip, Person
from tocsin.cases.papers import CasePapers
from tocsin.cases.selectors import cases_visible_to
from tocsin.cases.workflow import CASE_LIFE, PERSON_LIFE, WORKING, CaseState
from tocsin.common.errors import Conflict, NotPermitted
from tocsin.ledger.services import record_audit
from tocsin.tips.models import Tip
from tocsin.tips.taking import fitting
from tocsin.workflow.locks import lock_subject
from tocsin.workflow.models import Proposal
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step

Changes = Mapping[str, object]


def require_case(actor: Actor, case: Case) -> None:
    """Raise ``NotPermitted`` when ``actor`` may not see the case or has an interest in it."""
    if not cases_visible_to(actor).filter(pk=case.pk).exists():
        raise NotPermitted(_("You have no access to this case."))


def locked_working(actor: Actor, case: Case) -> Case:
    """The case as it stands, locked. Raises ``Conflict`` when it is decided, ``NotPermitted`` without access."""
    require_case(actor, case)
    fresh = lock_subject(case)
    if not isinstance(fresh, Case) or CaseState(fresh.state) not in WORKING:
        raise Conflict(_("The outcome of this case is decided already. Nothing was changed. Open it again first."))
    return fresh


def take_case(
    *,
    actor: Actor,
    case: Case,
    step: Step,
    reason: str,
    changes: Changes | None = None,
    approval: Proposal | None = None,
) -> Case:
    """Take one step of a case; the case as stored. Raises as ``take_step`` does."""
    require_case(actor, case)
    move = Move(step, reason=fitting(reason), changes=changes or {})
    taken: Case = take_step(
        actor=actor, life=CASE_LIFE, subject=case, move=move, papers=CasePapers(case.ref), approval=approval
    )
    return taken


def take_person(
    *,
    actor: Actor,
    person: Person,
    step: Step,
    reason: str,
    changes: Changes | None = None,
    approval: Proposal | None = None,
) -> Person:
    """Take one step of somebody named in a case; the person as stored. Raises as ``take_step`` does."""
    locked_working(actor, person.case)
    move = Move(step, reason=fitting(reason), changes=changes or {})
    taken: Person = take_step(
        actor=actor, life=PERSON_LIFE, subject=person, move=move, papers=CasePapers(person.ref), approval=approval
    )
    return taken


def tips_of(case: Case) -> list[Tip]:
    """The tips of a case in the order of their arrival."""
    return [each.tip for each in CaseTip.objects.filter(case=case).select_related("tip").order_by("tip_id")]


def note(actor: Actor, permission: Permission, action: str, subject: str, **detail: Any) -> None:
    """One line in the audit log about work that sets no state."""
    role = actor.role_for(permission).value
    record_audit(actor=actor.name, role=role, action=action, subject=subject, detail=detail)
