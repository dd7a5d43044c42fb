"""Whose list a tip is on: people take tips to themselves, a supervisor gives them. It moves no state and no clock.

Being on somebody's list counts for the stage at which the tip stands (``tips/queues.py``): when the work goes on to
another office, the tip leaves the list by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import ALLOWED, Permission, Role
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.common.refs import is_ref
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import record_audits
from tocsin.tips.models import Declaration, Tip
from tocsin.tips.queues import holds, is_held, stage_of
from tocsin.tips.selectors import tips_visible_to

MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Moved:
    """What came of it: how many tips went where they should, and how many stayed where they were."""

    done: int
    left: int


def take_tips(*, actor: Actor, refs: Sequence[str]) -> Moved:
    """Put tips on one's own list. Only those of one's own stage, and none that somebody else has taken.

    So nobody can take a tip in order to read it without a reason: what may be taken is the work of one's office.
    """
    actor.require(Permission.TIP_TAKE)
    with transaction.atomic():
        tips = _locked(actor, refs)
        free = [tip for tip in tips if may_take(actor, tip)]
        return _put(actor, free, len(tips), holder=actor.require_staff(), action="tip.take")


def leave_tips(*, actor: Actor, refs: Sequence[str]) -> Moved:
    """Take tips off one's own list, so that others of the office find them in their queue again."""
    actor.require(Permission.TIP_TAKE)
    with transaction.atomic():
        tips = _locked(actor, refs)
        own = [tip for tip in tips if holds(actor, tip)]
        return _put(actor, own, len(tips), holder=None, action="tip.leave")


def give_tips(*, actor: Actor, refs: Sequence[str], to: Staff) -> Moved:
    """A supervisor puts tips on somebody's list, also from the list of somebody else; that person may then read them.

    Not on one's own: that would open any tip without a reason. Left where they are: finished tips, and those in which
    the person declared an interest. Raises ``RuleBroken`` for somebody who cannot read reports.
    """
    actor.require(Permission.TIP_GIVE)
    if to.pk == actor.staff_id:
        raise RuleBroken(_("Give it to somebody else. What is in your own queue you can put on your list."))
    if not to.as_actor().may(Permission.TIP_READ):
        raise RuleBroken(_("This person may not read reports. Choose somebody else. Nothing was changed."))
    with transaction.atomic():
        tips = _locked(actor, refs)
        shut = Declaration.objects.filter(staff=to, has_interest=True, tip__in=tips).values_list("tip_id", flat=True)
        barred = set(shut)
        fit = [tip for tip in tips if tip.pk not in barred and stage_of(tip.state)]
        return _put(actor, fit, len(tips), holder=to.pk, action="tip.give")


def may_take(actor: Actor, tip: Tip) -> bool:
    """Whether ``actor`` can put ``tip`` on their own list now: the work of their office, and on nobody's list."""
    stage = stage_of(tip.state)
    mine = stage is not None and stage.office in actor.roles
    return mine and actor.may(Permission.TIP_TAKE) and not is_held(tip)


def people_to_give_to(actor: Actor) -> Sequence[Staff]:
    """Who can be given a tip: everybody who may read reports, but the giver."""
    actor.require(Permission.TIP_GIVE)
    everybody = Staff.objects.filter(is_active=True).exclude(pk=actor.require_staff()).prefetch_related("grants")
    return [who for who in everybody.order_by("display_name", "pk") if _reads(who)]


def _reads(who: Staff) -> bool:
    return any(Permission.TIP_READ in ALLOWED[Role(grant.role)] for grant in who.grants.all())


def _locked(actor: Actor, refs: Sequence[str]) -> list[Tip]:
    """The tips that the actor may see, locked in one order, so that two people at once cannot wait for each other."""
    wanted = sorted({ref for ref in refs if is_ref(ref)})
    if not wanted:
        raise RuleBroken(_("Choose at least one report. Nothing was changed."))
    if len(wanted) > MOST_AT_ONCE:
        raise RuleBroken(_("Choose at most 100 reports at a time. Nothing was changed."))
    visible = tips_visible_to(actor).filter(ref__in=wanted)
    tips = list(Tip.objects.select_for_update().filter(pk__in=visible.values("pk")).order_by("pk"))
    if not tips:
        raise NotPermitted(_("You have no access to these reports. Nothing was changed."))
    return tips


def _put(actor: Actor, tips: Sequence[Tip], chosen: int, *, holder: int | None, action: str) -> Moved:
    for tip in tips:
        stage = stage_of(tip.state)
        tip.holder_id = holder
        tip.held_for = stage.name if stage and holder is not None else ""
    Tip.objects.bulk_update(tips, ["holder", "held_for"])
    permission = Permission.TIP_GIVE if action == "tip.give" else Permission.TIP_TAKE
    role = actor.role_for(permission).value
    detail = {"to": f"staff:{holder}"} if action == "tip.give" else {}
    record_audits(
        [AuditRow(actor=actor.name, role=role, action=action, subject=f"tip:{tip.ref}", detail=detail) for tip in tips]
    )
    return Moved(done=len(tips), left=chosen - len(tips))
