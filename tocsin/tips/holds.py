"""Legal holds: named orders that forbid to destroy a tip or a case, each with an end date. Two offices begin it and
end it.

A rights officer sees what an order is about and the order, and never what was reported. Orders are sealed to the unit,
not to the tip, so that they can be read apart from it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import fresh_ref, is_ref
from tocsin.ledger.services import record_audit
from tocsin.policy.active import pack_of
from tocsin.policy.clocks import months_after
from tocsin.tips import hold_workflow as life
from tocsin.tips.content import hold_place
from tocsin.tips.deadlines import local_today
from tocsin.tips.hold_steps import HoldPapers, take_hold_step
from tocsin.tips.hold_workflow import HOLD_LIFE, HoldState
from tocsin.tips.holdable import holdables
from tocsin.tips.models import LegalHold
from tocsin.tips.taking import fitting, required
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_to
from tocsin.workflow.locks import lock_subject
from tocsin.workflow.models import Proposal, ProposalState, StepRecord
from tocsin.workflow.proposals import decide, propose, step_aside, waiting_proposal
from tocsin.workflow.steps import Step

BEGINNINGS = (life.BEGIN.name, life.BEGIN_FROM_DESK.name)


@dataclass(frozen=True)
class OpenHold:
    """An order in clear: its number, and the reasons written about it so far as (label of the step, reason)."""

    hold: LegalHold
    order: str
    history: Sequence[tuple[StepRecord, Step, str]]
    waiting: Proposal | None
    reason: str


@dataclass(frozen=True)
class OrderLine:
    """An order on the page of what it is about: its number, and why it was asked for."""

    hold: LegalHold
    order: str
    reason: str


def holds_visible_to(actor: Actor) -> QuerySet[LegalHold]:
    """The orders that ``actor`` may see: none without a part in them, none about something with an own interest."""
    if not actor.may(Permission.HOLD_READ):
        return LegalHold.objects.none()
    found = LegalHold.objects.all()
    for each in holdables():
        found = found.exclude(subject_kind=each.kind, subject_ref__in=each.closed_to(actor.require_staff()))
    return found


def holds_in_force(actor: Actor) -> QuerySet[LegalHold]:
    """The orders that hold something today or wait for a second person, the one that ends first on top."""
    asked = Proposal.objects.filter(
        subject_kind=HOLD_LIFE.kind, state=ProposalState.OPEN, expires_at__gt=clock.now()
    ).values("subject_ref")
    found = holds_visible_to(actor).filter(Q(state=HoldState.IN_FORCE) | Q(state=HoldState.ASKED, ref__in=asked))
    return found.order_by("ends_on", "id")


def orders_in_clear(actor: Actor, kind: str, ref: str) -> list[OrderLine]:
    """The orders in force or waiting about one subject, in clear; nothing for those who may see none.

    Leaves one line in the audit log. Raises ``Locked`` while the desk is locked.
    """
    found = list(holds_in_force(actor).filter(subject_kind=kind, subject_ref=ref))
    if not found:
        return []
    refs = [each.ref for each in found]
    begun = StepRecord.objects.filter(subject_kind=HOLD_LIFE.kind, subject_ref__in=refs, step__in=BEGINNINGS)
    asked = Proposal.objects.filter(subject_kind=HOLD_LIFE.kind, subject_ref__in=refs, step__in=BEGINNINGS)
    reasons = {each.subject_ref: ("", bytes(each.reason)) for each in begun}
    reasons = {each.subject_ref: ("reason", bytes(each.payload)) for each in asked} | reasons
    with transaction.atomic():
        role, detail = actor.role_for(Permission.HOLD_READ).value, {"holds": " ".join(refs)}
        record_audit(actor=actor.name, role=role, action="hold.read", subject=f"{kind}:{ref}", detail=detail)
    return [OrderLine(each, open_order(each.ref, bytes(each.order)), _why(each, *reasons[each.ref])) for each in found]


def _why(hold: LegalHold, name: str, blob: bytes) -> str:
    clear = open_order(hold.ref, blob)
    return str(json.loads(clear)[name]) if name else clear


def ask_hold(*, actor: Actor, handle: str, order: str, ends_on: date, reason: str, attempt: str = "") -> LegalHold:
    """Propose to put a tip or a case under an order; the other office decides. ``handle``: its whole handle.

    ``attempt``: a new handle that names the try, so that pressing twice asks once. Raises ``RuleBroken`` for an end
    that is past or further away than the rules allow, and for a handle of nothing.
    """
    step = _step_for(actor, life.BEGIN, life.BEGIN_FROM_DESK)
    order = required(order, missing=_("Write the number of the order. Nothing was proposed."))
    reason = required(reason, missing=_("Write down the reason. Nothing was proposed."))
    kind, subject = _subject(actor, handle)
    _check_end(subject, ends_on)
    with transaction.atomic():
        lock_subject(subject)
        ref = fresh_ref(attempt)
        if (known := holds_visible_to(actor).filter(ref=ref).first()) is not None:
            return known
        sealed = seal_to(keyring().unit_public, order.encode(), info=hold_place(ref))
        hold = LegalHold.objects.create(
            subject_kind=kind,
            subject_ref=subject.ref,
            ref=ref,
            order=sealed,
            ends_on=ends_on,
            asked_on=local_today(),
        )
        _propose(actor, hold, step, reason)
        record_audit(
            actor=actor.name,
            role=actor.role_for(step.proposed_with or step.needs).value,
            action=f"{kind}.hold.ask",
            subject=f"{kind}:{subject.ref}",
            detail={"hold": ref},
        )
    return hold


def ask_to_end_hold(*, actor: Actor, hold: LegalHold, reason: str) -> Proposal:
    """Propose to end an order before its date; the other office decides."""
    step = _step_for(actor, life.END, life.END_FROM_DESK)
    _refuse_interested(actor, hold)
    return _propose(actor, hold, step, required(reason, missing=_("Write down the reason. Nothing was proposed.")))


def decide_hold(*, actor: Actor, hold: LegalHold, proposal: Proposal, approve: bool, reason: str) -> LegalHold:
    """Approve or refuse what the other office proposed about an order; an agreed step is taken at once."""
    _belongs(hold, proposal)
    missing = _("Write down why you refuse. Nothing was changed.")
    reason = fitting(reason) if approve else required(reason, missing=missing)
    _refuse_interested(actor, hold)
    told = json.loads(open_order(hold.ref, bytes(proposal.payload)))
    papers, step = HoldPapers(hold.ref), HOLD_LIFE.step(proposal.step)
    with transaction.atomic():
        decided = decide(actor=actor, life=HOLD_LIFE, proposal=proposal, approve=approve, reason=papers.seal(reason))
        if decided.state != ProposalState.APPROVED:
            return hold
        return take_hold_step(actor=actor, hold=hold, step=step, reason=told["reason"], approval=decided)


def leave_hold(*, actor: Actor, hold: LegalHold, proposal: Proposal, reason: str) -> Proposal:
    """Leave a decision about an order to others; whoever proposed it takes the proposal back."""
    _belongs(hold, proposal)
    reason = required(reason, missing=_("Write down why. Nothing was changed."))
    _refuse_interested(actor, hold)
    return step_aside(actor=actor, life=HOLD_LIFE, proposal=proposal, reason=HoldPapers(hold.ref).seal(reason))


def read_hold(actor: Actor, ref: str) -> OpenHold:
    """An order in clear; the reading goes to the audit log.

    Raises ``LegalHold.DoesNotExist`` for one that the actor may not see, ``Locked`` while the desk is locked.
    """
    hold = hold_visible_to(actor, ref)
    waiting = waiting_proposal(life=HOLD_LIFE, subject_ref=hold.ref)
    records = StepRecord.objects.filter(subject_kind=HOLD_LIFE.kind, subject_ref=ref).order_by("id")
    opened = OpenHold(
        hold=hold,
        order=open_order(hold.ref, bytes(hold.order)),
        history=[(line, HOLD_LIFE.step(line.step), open_order(hold.ref, bytes(line.reason))) for line in records],
        waiting=waiting,
        reason=json.loads(open_order(hold.ref, bytes(waiting.payload)))["reason"] if waiting else "",
    )
    with transaction.atomic():
        role = actor.role_for(Permission.HOLD_READ).value
        record_audit(actor=actor.name, role=role, action="hold.read", subject=f"hold:{ref}")
    return opened


def hold_visible_to(actor: Actor, ref: str) -> LegalHold:
    """The order with this handle. Raises ``LegalHold.DoesNotExist``."""
    if not is_ref(ref):
        raise LegalHold.DoesNotExist
    return holds_visible_to(actor).get(ref=ref)


def _subject(actor: Actor, handle: str) -> tuple[str, Any]:
    """What has this handle, with its kind. Raises ``RuleBroken`` for nothing, and for what is closed to ``actor``."""
    ref = handle.strip().upper()
    for each in holdables() if is_ref(ref) else ():
        found = each.find(ref)
        if found is not None and ref not in each.closed_to(actor.require_staff()):
            return each.kind, found
    raise RuleBroken(_("There is no report or case with this handle, or it was destroyed. Nothing was proposed."))


def _check_end(subject: Any, ends_on: date) -> None:
    today = local_today()
    last = months_after(today, pack_of(subject.pack_version).retention.legal_hold_months)
    if not today < ends_on <= last:
        raise RuleBroken(
            _("An order ends on a day after today and by %(day)s at the latest. Nothing was proposed.")
            % {"day": last.isoformat()}
        )


def _step_for(actor: Actor, by_order: Step, from_desk: Step) -> Step:
    """The step that fits the office of whoever proposes. Raises ``NotPermitted`` without one."""
    step = by_order if actor.may(Permission.HOLD_ORDER) else from_desk
    actor.require(step.proposed_with or step.needs)
    return step


def _propose(actor: Actor, hold: LegalHold, step: Step, reason: str) -> Proposal:
    payload = HoldPapers(hold.ref).seal(json.dumps({"reason": reason}, ensure_ascii=False))
    return propose(actor=actor, life=HOLD_LIFE, subject=hold, step=step, payload=payload)


def _belongs(hold: LegalHold, proposal: Proposal) -> None:
    if (proposal.subject_kind, proposal.subject_ref) != (HOLD_LIFE.kind, hold.ref):
        raise Conflict(_("This proposal belongs to something else. Nothing was changed."))


def _refuse_interested(actor: Actor, hold: LegalHold) -> None:
    if not holds_visible_to(actor).filter(pk=hold.pk).exists():
        raise NotPermitted(_("You have no access to what this order is about."))


def open_order(ref: str, blob: bytes) -> str:
    """The number of the order ``ref``, or a reason about it, in clear. Raises ``Locked``.

    The caller has seen to permission.
    """
    return unlocked.opener().open_sealed(blob, hold_place(ref)).decode() if blob else ""
