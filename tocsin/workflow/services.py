"""``take_step``: the only code that sets a state, and the two halves of a four-eyes step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from django.db import models, transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor, ActorKind
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import queue_entry, record_audit, record_audits
from tocsin.workflow.models import Proposal, ProposalState, StepRecord
from tocsin.workflow.steps import Life, Step

PROPOSAL_LIFETIME = timedelta(days=14)


class Papers(Protocol):
    """What a subject's own app brings to a step: how to seal a reason and how to write the public ledger leaf."""

    def seal(self, text: str) -> bytes:
        """``text`` sealed to the unit; empty bytes for an empty text."""
        ...

    def public_entry(self, subject: Any, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        """The 97-byte leaf of the event and its sealed opening; may count the event on ``subject``."""
        ...


@dataclass(frozen=True)
class Move:
    """One step about to be taken: the words and field values that go with it."""

    step: Step
    reason: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)


def _lock(subject: models.Model) -> models.Model:
    """The subject as it stands now, locked until the transaction ends."""
    manager: models.Manager[models.Model] = type(subject).objects  # type: ignore[attr-defined]  # every subject has one
    return manager.select_for_update().get(pk=subject.pk)


def _check(actor: Actor, life: Life, subject: Any, move: Move) -> None:
    if move.step not in life.steps:
        raise RuleBroken(_("This step does not belong to this life."))
    actor.require(move.step.needs)
    if subject.state not in move.step.sources:
        raise Conflict(
            _("This was changed in the meantime, so the step no longer fits. Nothing was changed. Look at it again.")
        )
    if move.step.barred_by and getattr(subject, move.step.barred_by):
        raise Conflict(_("This was changed in the meantime and now needs two people. Look at it again."))
    if move.step.needs_reason and not move.reason.strip():
        raise RuleBroken(_("Write down the reason. Nothing was changed."))


def take_step(
    *, actor: Actor, life: Life, subject: Any, move: Move, papers: Papers, approval: Proposal | None = None
) -> Any:
    """Take one step: permission, lock, state check, write, history, audit entry, ledger entry – one transaction.

    Returns the subject as stored. Raises ``NotPermitted``, ``Conflict`` (the state is no longer right) or
    ``RuleBroken`` (no reason; a four-eyes step without an approved proposal); then nothing was changed.
    """
    with transaction.atomic():
        fresh: Any = _lock(subject)
        _check(actor, life, fresh, move)
        _check_four_eyes(actor, fresh, life, move.step, approval)
        source = fresh.state
        fresh.state = move.step.target or source
        for name, value in move.changes.items():
            setattr(fresh, name, value)
        record = _write_history(actor, life, fresh, move, papers, source, approval)
        if move.step.public_kind is not None:
            kind = move.step.public_kind.format_map({"outcome": getattr(fresh, "outcome", "")})
            leaf, opening = papers.public_entry(fresh, kind, _digest(record))
            queue_entry(leaf=leaf, opening=opening)
        fresh.save()
        if fresh.state != source:
            overtake_proposals(life=life, subject_ref=fresh.ref)
    return fresh


def _check_four_eyes(actor: Actor, subject: Any, life: Life, step: Step, approval: Proposal | None) -> None:
    if not step.four_eyes:
        return
    fits = (
        approval is not None
        and approval.state == ProposalState.APPROVED
        and (approval.subject_kind, approval.subject_ref, approval.step) == (life.kind, subject.ref, step.name)
        and approval.decider_id == actor.staff_id
        and approval.proposer_id != actor.staff_id
    )
    if not fits:
        raise NotPermitted(_("This step needs two people. Propose it; somebody else decides."))


def _write_history(
    actor: Actor, life: Life, subject: Any, move: Move, papers: Papers, source: str, approval: Proposal | None
) -> StepRecord:
    role = actor.role_for(move.step.needs).value
    exact = actor.kind is not ActorKind.REPORTER  # of what a reporter does only the hour is kept
    record = StepRecord.objects.create(
        subject_kind=life.kind,
        subject_ref=subject.ref,
        step=move.step.name,
        source=source,
        target=subject.state,
        actor=actor.name,
        role=role,
        proposed_by=f"staff:{approval.proposer_id}" if approval else "",
        reason=papers.seal(move.reason),
        rule=move.step.rule,
        at=clock.now() if exact else clock.on_the_hour(clock.now()),
    )
    trace = AuditRow(
        actor=actor.name,
        role=role,
        action=f"{life.kind}.{move.step.name}",
        subject=f"{life.kind}:{subject.ref}",
        detail={"from": source, "to": subject.state, "rule": move.step.rule},
        exact_time=exact,
    )
    record_audits([trace])
    return record


def _digest(record: StepRecord) -> bytes:
    """SHA-256 over the private record of a step: what ``C_priv`` in the ledger commits to."""
    told = {
        "subject": f"{record.subject_kind}:{record.subject_ref}",
        "step": record.step,
        "from": record.source,
        "to": record.target,
        "actor": record.actor,
        "role": record.role,
        "proposed_by": record.proposed_by,
        "reason": hashlib.sha256(bytes(record.reason)).hexdigest(),
        "rule": record.rule,
        "at": record.at.isoformat(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).digest()


def propose(*, actor: Actor, life: Life, subject: Any, step: Step, payload: bytes) -> Proposal:
    """Ask a second person for a four-eyes step. One proposal at a time may wait for a subject.

    Raises ``NotPermitted`` without the right to propose, ``Conflict`` when the state is not right or another
    proposal is waiting.
    """
    if step not in life.steps:
        raise RuleBroken(_("This step does not belong to this life."))
    if step.proposed_with is None or not step.four_eyes:
        raise RuleBroken(_("This step is not taken by proposal."))
    role = actor.role_for(step.proposed_with)
    with transaction.atomic():
        fresh: Any = _lock(subject)
        if fresh.state not in step.sources:
            raise Conflict(_("This was changed in the meantime. Nothing was proposed. Look at it again."))
        expire_proposals(life=life, subject_ref=fresh.ref)
        if waiting_proposal(life=life, subject_ref=fresh.ref) is not None:
            raise Conflict(_("A proposal is already waiting for a second person. Decide that one first."))
        moment = clock.now()
        proposal = Proposal.objects.create(
            ref=new_ref(),
            subject_kind=life.kind,
            subject_ref=fresh.ref,
            step=step.name,
            payload=payload,
            proposer_id=actor.require_staff(),
            proposed_at=moment,
            expires_at=moment + PROPOSAL_LIFETIME,
        )
        record_audit(
            actor=actor.name,
            role=role.value,
            action=f"{life.kind}.{step.name}.propose",
            subject=f"{life.kind}:{fresh.ref}",
        )
    return proposal


def decide(*, actor: Actor, life: Life, proposal: Proposal, approve: bool, reason: bytes) -> Proposal:
    """Approve or refuse a proposal. The caller takes the approved step in the same transaction.

    Raises ``NotPermitted`` for the proposer and for people without the right, ``Conflict`` when it no longer waits.
    """
    step = life.step(proposal.step)
    role = actor.role_for(step.needs)
    with transaction.atomic():
        fresh = Proposal.objects.select_for_update().get(pk=proposal.pk)
        if fresh.state != ProposalState.OPEN or fresh.expires_at <= clock.now():
            raise Conflict(_("This proposal no longer waits for a decision. Nothing was changed."))
        if fresh.proposer_id == actor.require_staff():
            raise NotPermitted(_("You proposed this, so somebody else must decide it."))
        fresh.state = ProposalState.APPROVED if approve else ProposalState.REFUSED
        fresh.decider_id, fresh.decided_at, fresh.decision_reason = actor.require_staff(), clock.now(), reason
        fresh.save()
        record_audit(
            actor=actor.name,
            role=role.value,
            action=f"{life.kind}.{step.name}.{'approve' if approve else 'refuse'}",
            subject=f"{life.kind}:{fresh.subject_ref}",
        )
    return fresh


def waiting_proposal(*, life: Life, subject_ref: str) -> Proposal | None:
    """The proposal that waits for a second person on this subject, if there is one that has not run out."""
    return Proposal.objects.filter(
        subject_kind=life.kind, subject_ref=subject_ref, state=ProposalState.OPEN, expires_at__gt=clock.now()
    ).first()


def expire_proposals(*, life: Life, subject_ref: str) -> None:
    """Mark the proposals on this subject whose time has run out."""
    Proposal.objects.filter(
        subject_kind=life.kind, subject_ref=subject_ref, state=ProposalState.OPEN, expires_at__lte=clock.now()
    ).update(state=ProposalState.EXPIRED)


def overtake_proposals(*, life: Life, subject_ref: str, proposer_id: int | None = None) -> None:
    """Close what waits on this subject, of one proposer or of all, so that another proposal may be made.

    For a subject that left the state which the step needs, and for somebody who turns out to have an interest.
    """
    waiting = Proposal.objects.filter(subject_kind=life.kind, subject_ref=subject_ref, state=ProposalState.OPEN)
    if proposer_id is not None:
        waiting = waiting.filter(proposer_id=proposer_id)
    waiting.update(state=ProposalState.OVERTAKEN)
