"""What staff do with a tip. Every function is one decision: actor first, one transaction, one trace."""

from __future__ import annotations

import json
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.services import record_audit
from tocsin.policy.active import pack_of
from tocsin.policy.clocks import local_day
from tocsin.tips import workflow as life
from tocsin.tips.content import message_place
from tocsin.tips.lawful import require_extra_fact
from tocsin.tips.models import Declaration, MessageKind, Tip, TipMessage
from tocsin.tips.selectors import open_reason
from tocsin.tips.taking import fitting, papers_of, refuse_interested, required, take
from tocsin.tips.workflow import REMIT_OUTCOMES, TIP_LIFE, VERIFIED_OUTCOMES
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_message
from tocsin.workflow.models import Proposal, ProposalState
from tocsin.workflow.proposals import decide, overtake_proposals, propose, step_aside
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step


def acknowledge(*, actor: Actor, tip: Tip) -> Tip:
    """A person has read the tip; the feedback clock starts, by the rules of the day on which the tip arrived."""
    changes = {"acknowledged_on": local_day(clock.now(), pack_of(tip.pack_version))}
    return take(actor=actor, tip=tip, step=life.ACKNOWLEDGE, changes=changes)


def flag_urgent(*, actor: Actor, tip: Tip, reason: str) -> Tip:
    """Put the tip on top of every list, with the reason."""
    return take(actor=actor, tip=tip, step=life.FLAG_URGENT, reason=reason, changes={"urgent": True})


def begin_triage(*, actor: Actor, tip: Tip, has_interest: bool) -> Tip:
    """Declare whether there is an own interest; without one, take the tip into triage.

    With one the person is shut out of the tip from now on and it stays where it is.
    """
    actor.require(Permission.TIP_TRIAGE)
    with transaction.atomic():
        declare_interest(actor=actor, tip=tip, has_interest=has_interest)
        if has_interest:
            return tip
        return take(actor=actor, tip=tip, step=life.BEGIN_TRIAGE)


@transaction.atomic
def declare_interest(*, actor: Actor, tip: Tip, has_interest: bool) -> None:
    """Record a conflict-of-interest declaration. An interest, once declared, is not taken back by oneself."""
    actor.require(Permission.TIP_READ)
    refuse_interested(actor, tip)
    Declaration.objects.update_or_create(
        tip=tip, staff_id=actor.require_staff(), defaults={"has_interest": has_interest, "declared_at": clock.now()}
    )
    if has_interest:  # what somebody with an interest proposed must not be approved any more
        overtake_proposals(life=TIP_LIFE, subject_ref=tip.ref, proposer_id=actor.require_staff())
    record_audit(
        actor=actor.name,
        role=actor.role_for(Permission.TIP_READ).value,
        action="tip.declare_interest",
        subject=f"tip:{tip.ref}",
        detail={"has_interest": str(has_interest).lower()},
    )


def ask_reporter(*, actor: Actor, tip: Tip, text: str) -> Tip:
    """Put a question into the reporter's mailbox. From triage the tip then waits for the answer."""
    text = required(text, missing=_("Write the question. Nothing was sent."))
    with transaction.atomic():
        if tip.state in life.ASK_WHILE_CHECKING.sources:
            taken = take(actor=actor, tip=tip, step=life.ASK_WHILE_CHECKING)
        else:
            taken = take(actor=actor, tip=tip, step=life.ASK)
        _write(actor=actor, tip=taken, kind=MessageKind.QUESTION, text=text)
    return taken


def resume_triage(*, actor: Actor, tip: Tip, reason: str) -> Tip:
    """Go on without an answer. Silence is not held against the reporter."""
    return take(actor=actor, tip=tip, step=life.RESUME, reason=reason)


def start_verification(*, actor: Actor, tip: Tip, legal_basis: str, extra_fact: str = "") -> Tip:
    """Open the checking of facts; the supervisor names the legal basis, and for acts that are usually lawful the fact
    that would make this one unlawful.
    """
    reason = require_extra_fact(actor=actor, tip=tip, legal_basis=legal_basis, extra_fact=extra_fact)
    return take(actor=actor, tip=tip, step=life.START_VERIFICATION, reason=reason)


def propose_outcome(*, actor: Actor, tip: Tip, outcome: str, reason: str) -> Proposal:
    """The investigator proposes an outcome; somebody else decides it."""
    if outcome not in VERIFIED_OUTCOMES:
        raise RuleBroken(_("Choose one of the outcomes. Nothing was proposed."))
    return _propose(actor=actor, tip=tip, step=life.SET_OUTCOME, outcome=outcome, reason=reason)


def refuse_remit(*, actor: Actor, tip: Tip, outcome: str, reason: str) -> Tip | Proposal:
    """Say that a tip is not for this office, or about lawful activity. An urgent one needs a second person."""
    if outcome not in REMIT_OUTCOMES:
        raise RuleBroken(_("Choose why this is not for this office. Nothing was changed."))
    if tip.urgent:
        return _propose(actor=actor, tip=tip, step=life.REFUSE_REMIT_URGENT, outcome=outcome, reason=reason)
    return take(actor=actor, tip=tip, step=life.REFUSE_REMIT, reason=reason, changes={"outcome": outcome})


def _propose(*, actor: Actor, tip: Tip, step: Step, outcome: str, reason: str) -> Proposal:
    reason = required(reason, missing=_("Write down the reason. Nothing was proposed."))
    refuse_interested(actor, tip)
    payload = papers_of(tip).seal(json.dumps({"outcome": outcome, "reason": reason}, ensure_ascii=False))
    return propose(actor=actor, life=TIP_LIFE, subject=tip, step=step, payload=payload)


def decide_proposal(*, actor: Actor, tip: Tip, proposal: Proposal, approve: bool, reason: str) -> Tip:
    """Approve or refuse what somebody else proposed for this tip; the step is taken once all have agreed."""
    if (proposal.subject_kind, proposal.subject_ref) != (TIP_LIFE.kind, tip.ref):
        raise Conflict(_("This proposal belongs to another report. Nothing was changed."))
    reason = (
        fitting(reason) if approve else required(reason, missing=_("Write down why you refuse. Nothing was changed."))
    )
    if proposal.step == life.LINK.name:
        raise Conflict(_("Whether a report belongs to a case is decided with the case. Nothing was changed."))
    refuse_interested(actor, tip)
    payload = json.loads(open_reason(tip.ref, bytes(proposal.payload)))
    step = TIP_LIFE.step(proposal.step)
    with transaction.atomic():
        decided = decide(
            actor=actor, life=TIP_LIFE, proposal=proposal, approve=approve, reason=papers_of(tip).seal(reason)
        )
        if decided.state != ProposalState.APPROVED:
            return tip
        changes = {"outcome": payload["outcome"]} if payload.get("outcome") else {}
        return take(actor=actor, tip=tip, step=step, reason=payload["reason"], changes=changes, approval=decided)


def leave_decision(*, actor: Actor, tip: Tip, proposal: Proposal, reason: str) -> Proposal:
    """Leave a decision on this tip to others; whoever proposed it takes the proposal back."""
    if (proposal.subject_kind, proposal.subject_ref) != (TIP_LIFE.kind, tip.ref):
        raise Conflict(_("This proposal belongs to another report. Nothing was changed."))
    reason = required(reason, missing=_("Write down why. Nothing was changed."))
    refuse_interested(actor, tip)
    return step_aside(actor=actor, life=TIP_LIFE, proposal=proposal, reason=papers_of(tip).seal(reason))


def extend_feedback(*, actor: Actor, tip: Tip, until: str, reason: str, text: str) -> Tip:
    """Put off the answer, once, to the day ``until`` (``2026-03-31``), and tell the reporter why in plain words.

    ``reason`` is for the file, ``text`` for the reporter. Raises ``RuleBroken`` for a day out of the pack's bounds,
    ``Conflict`` when the date has passed, or the clock stands still or was put off before; then nothing was sent.
    """
    text = required(text, missing=_("Write in plain words why it takes longer. The reporter must be told."))
    reason = required(reason, missing=_("Write down the reason. Nothing was changed."))
    try:
        day = date.fromisoformat(until.strip())
    except ValueError:
        raise RuleBroken(_("Choose the new day. Nothing was changed.")) from None
    refuse_interested(actor, tip)
    move = Move(life.EXTEND_FEEDBACK, reason=reason, until=day)
    with transaction.atomic():
        taken: Tip = take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers_of(tip))
        _write(actor=actor, tip=taken, kind=MessageKind.EXTENSION, text=text)
    return taken


def give_feedback(*, actor: Actor, tip: Tip, text: str) -> Tip:
    """Tell the reporter the result. A short text is enough; silence is not."""
    text = required(text, missing=_("Write at least one sentence. The reporter must always get an answer."))
    with transaction.atomic():
        taken = take(actor=actor, tip=tip, step=life.GIVE_FEEDBACK)
        _write(actor=actor, tip=taken, kind=MessageKind.FEEDBACK, text=text)
    return taken


def close(*, actor: Actor, tip: Tip, reason: str) -> Tip | Proposal:
    """Close a tip whose reporter was told the result. An urgent one needs a second person."""
    if tip.urgent:
        return _propose(actor=actor, tip=tip, step=life.CLOSE_URGENT, outcome="", reason=reason)
    return take(actor=actor, tip=tip, step=life.CLOSE, reason=reason)


def reopen(*, actor: Actor, tip: Tip, reason: str) -> Tip:
    """Open a closed tip again for a new fact. The earlier outcome is taken off; the history keeps it."""
    return take(actor=actor, tip=tip, step=life.REOPEN, reason=reason, changes={"outcome": ""})


@transaction.atomic
def mark_replies_read(*, actor: Actor, tip: Tip) -> None:
    """The replies that came in were seen by somebody."""
    actor.require(Permission.TIP_READ)
    refuse_interested(actor, tip)
    if Tip.objects.filter(pk=tip.pk, unread_replies__gt=0).update(unread_replies=0):
        record_audit(
            actor=actor.name,
            role=actor.role_for(Permission.TIP_READ).value,
            action="tip.replies_read",
            subject=f"tip:{tip.ref}",
        )


def _write(*, actor: Actor, tip: Tip, kind: MessageKind, text: str) -> None:
    ref = new_ref()
    recipients = [bytes(tip.mail_public), keyring().unit_public]
    TipMessage.objects.create(
        tip=tip,
        ref=ref,
        kind=kind,
        blob=seal_message(text.encode(), recipients=recipients, place=message_place(ref)),
        written_hour=clock.on_the_hour(clock.now()),
        staff_id=actor.staff_id,
    )
