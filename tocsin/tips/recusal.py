"""Who shut themselves out of a tip by a declared interest; a mistaken declaration is lifted by two others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import ALLOWED, Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted
from tocsin.tips import workflow as life
from tocsin.tips.models import Declaration, Tip
from tocsin.tips.taking import papers_of, refuse_interested, required, take
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import propose
from tocsin.workflow.steps import Step


def propose_lifting(*, actor: Actor, tip: Tip, staff: str, reason: str) -> Proposal:
    """Propose to lift an interest that somebody declared by mistake; a second supervisor decides.

    ``staff``: the number of whoever declared it. Raises ``Conflict`` when that person declared none.
    """
    reason = required(reason, missing=_("Write down the reason. Nothing was proposed."))
    refuse_interested(actor, tip)
    declared = _declared(tip, staff)
    sealed = papers_of(tip).seal(json.dumps({"staff": declared.staff_id, "reason": reason}, ensure_ascii=False))
    return propose(actor=actor, life=TIP_LIFE, subject=tip, step=life.LIFT_INTEREST, payload=sealed)


def carry_out_lifting(actor: Actor, tip: Tip, payload: Mapping[str, Any], approval: Proposal) -> Tip:
    """The second person agreed: the declared interest counts no more. Nobody decides about their own."""
    declared = _declared(tip, str(payload["staff"]))
    if declared.staff_id in (actor.staff_id, approval.proposer_id):
        raise NotPermitted(_("Nobody decides about an interest of their own."))
    taken = take(actor=actor, tip=tip, step=life.LIFT_INTEREST, reason=payload["reason"], approval=approval)
    Declaration.objects.filter(pk=declared.pk).update(has_interest=False, declared_at=clock.now())
    return taken


def _declared(tip: Tip, staff: str) -> Declaration:
    found = tip.declarations.filter(has_interest=True, staff_id=int(staff) if staff.isdecimal() else 0).first()
    if found is None:
        raise Conflict(_("This person has no interest declared any more. Nothing was changed."))
    return found


def has_recusals(tip: Tip) -> bool:
    """Whether somebody declared an interest of their own in ``tip``."""
    return tip.declarations.filter(has_interest=True).exists()


@dataclass(frozen=True)
class Recusals:
    """Who shut themselves out of a tip, and who else could take the step that it waits for."""

    declared: Sequence[Declaration]
    others: Sequence[Staff]


def recusals_of(actor: Actor, tip: Tip) -> Recusals | None:
    """For those who may lift one: the declared interests and who is left; ``None`` when nobody declared any."""
    if not actor.may(Permission.INTEREST_LIFT):
        return None
    declared = list(tip.declarations.filter(has_interest=True).select_related("staff").order_by("id"))
    if not declared:
        return None
    shut_out = {each.staff_id for each in declared}
    return Recusals(declared, [person for person in _able(tip) if person.pk not in shut_out])


def _able(tip: Tip) -> list[Staff]:
    """Everybody whose office takes, or proposes, one of the steps that lead the tip on from where it stands."""
    wanted = {_taken_with(step) for step in TIP_LIFE.open_from(tip.state) if step.target is not None}
    roles = [role.value for role, allowed in ALLOWED.items() if allowed & wanted]
    people = Staff.objects.filter(is_active=True, grants__role__in=roles)
    return list(people.distinct().order_by("display_name"))


def _taken_with(step: Step) -> Permission:
    return step.proposed_with if step.four_eyes and step.proposed_with else step.needs
