"""``take_step``: the only code that sets a state of a subject."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor, ActorKind
from tocsin.clocks.services import Cause, follow_step
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import queue_entry, record_audits
from tocsin.workflow.locks import lock_subject
from tocsin.workflow.models import Proposal, ProposalState, StepRecord
from tocsin.workflow.proposals import overtake_proposals, refuse_involved
from tocsin.workflow.registry import StepTaken, announce
from tocsin.workflow.steps import Life, Step


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
    """One step about to be taken: the words and field values that go with it.

    ``until``: the new date, for a step that puts off a clock.
    """

    step: Step
    reason: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)
    until: date | None = None


def _check(actor: Actor, life: Life, subject: Any, move: Move) -> None:
    if move.step not in life.steps:
        raise RuleBroken(_("This step does not belong to this life."))
    actor.require(move.step.permission_for(actor))
    if subject.state not in move.step.sources:
        raise Conflict(
            _("This was changed in the meantime, so the step no longer fits. Nothing was changed. Look at it again.")
        )
    if move.step.barred_by and getattr(subject, move.step.barred_by):
        raise Conflict(
            _("This was changed in the meantime and now needs another step. Nothing was changed. Look at it again.")
        )
    refuse_involved(actor, life, subject.ref, move.step)
    if move.step.needs_reason and not move.reason.strip():
        raise RuleBroken(_("Write down the reason. Nothing was changed."))


def take_step(
    *, actor: Actor, life: Life, subject: Any, move: Move, papers: Papers, approval: Proposal | None = None
) -> Any:
    """Take one step: permission, lock, state check, write, history, audit entry, ledger entry, clocks – at once.

    Returns the subject as stored. Raises ``NotPermitted``, ``Conflict`` (the state is no longer right) or
    ``RuleBroken`` (no reason; a four-eyes step without an approved proposal); then nothing was changed.
    """
    with transaction.atomic():
        fresh: Any = lock_subject(subject)
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
        cause = Cause(move.step.name, actor, bytes(record.reason), move.until)
        follow_step(cause=cause, kind=life.kind, subject=fresh)
        fresh.save()
        if fresh.state != source:
            overtake_proposals(life=life, subject_ref=fresh.ref)
        announce(StepTaken(life.kind, fresh, move.step.name, source, actor))
    return fresh


def _check_four_eyes(actor: Actor, subject: Any, life: Life, step: Step, approval: Proposal | None) -> None:
    if not step.four_eyes:
        return
    fits = (
        approval is not None
        and approval.state == ProposalState.APPROVED
        and _meant_for(approval, subject, life, step)
        and approval.decider_id == actor.staff_id
        and approval.proposer_id != actor.staff_id
    )
    if not fits:
        raise NotPermitted(_("This step needs two people. Propose it; somebody else decides."))


def _meant_for(approval: Proposal, subject: Any, life: Life, step: Step) -> bool:
    if step.decided_as is not None:  # the caller knows that the subject belongs to the larger one
        return (approval.subject_kind, approval.step) == step.decided_as
    return (approval.subject_kind, approval.subject_ref, approval.step) == (life.kind, subject.ref, step.name)


def _write_history(
    actor: Actor, life: Life, subject: Any, move: Move, papers: Papers, source: str, approval: Proposal | None
) -> StepRecord:
    role = actor.role_for(move.step.permission_for(actor)).value
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
