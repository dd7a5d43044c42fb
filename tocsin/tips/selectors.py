"""What an actor may see of tips. Reading content needs the desk to be unlocked and is written to the audit log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.common.refs import is_ref
from tocsin.ledger.services import record_audit
from tocsin.tips.content import TipContent, content_place, message_place
from tocsin.tips.models import Declaration, MessageKind, Tip, TipMessage
from tocsin.tips.papers import reason_place
from tocsin.tips.reading import require_reading
from tocsin.tips.workflow import TIP_LIFE, Outcome
from tocsin.vault import unlocked
from tocsin.workflow.models import Proposal, StepRecord
from tocsin.workflow.proposals import waiting_proposal
from tocsin.workflow.steps import Step

IN_THE_MAILBOX = gettext_lazy(
    "What was written down at the beginning is in the reporter’s mailbox, to be checked and corrected."
)


def tips_visible_to(actor: Actor) -> QuerySet[Tip]:
    """The tips that ``actor`` may list: none without the permission, never one with an own interest declared."""
    if not actor.may(Permission.TIP_LIST):
        return Tip.objects.none()
    # A subquery, because two conditions in one exclude() over a relation may be met by two people's declarations.
    shut_out = Declaration.objects.filter(staff_id=actor.require_staff(), has_interest=True).values("tip_id")
    return Tip.objects.exclude(pk__in=shut_out)


def tip_visible_to(actor: Actor, ref: str) -> Tip:
    """The tip with this handle. Raises ``Tip.DoesNotExist`` when there is none, or none that ``actor`` may see."""
    if not is_ref(ref):
        raise Tip.DoesNotExist
    return tips_visible_to(actor).get(ref=ref)


@dataclass(frozen=True)
class OpenMessage:
    """A message in clear for staff."""

    kind: str
    kind_label: str
    from_staff: bool
    text: str
    written_hour: datetime


@dataclass(frozen=True)
class HistoryLine:
    """One step of a tip's history in clear for staff."""

    step: Step
    source: str
    target: str
    actor: str
    proposed_by: str
    role: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class OpenProposal:
    """A waiting proposal in clear for staff."""

    proposal: Proposal
    step: Step
    outcome: str
    reason: str

    @property
    def outcome_label(self) -> str:
        """The proposed outcome in words; empty for steps that set none."""
        return str(Outcome(self.outcome).label) if self.outcome else ""


@dataclass(frozen=True)
class OpenTip:
    """A tip in clear for staff; ``content`` is ``None`` when it was destroyed."""

    tip: Tip
    content: TipContent | None
    messages: Sequence[OpenMessage]
    history: Sequence[HistoryLine]
    waiting: OpenProposal | None


def content_of(tip: Tip) -> TipContent:
    """The content in clear. Raises ``Locked`` while the desk is locked, ``RuleBroken`` when it was destroyed."""
    if tip.destroyed_on:
        raise RuleBroken(_("The text of this report was destroyed. Only the dates and the outcome remain."))
    clear = unlocked.opener().open_content(
        bytes(tip.content), bytes(tip.wrapped_key), tip.retention_id, content_place(tip.ref)
    )
    return TipContent.from_bytes(clear)


def read_tip(actor: Actor, ref: str) -> OpenTip:
    """Everything about one tip in clear; the reading itself goes to the audit log.

    Raises ``Tip.DoesNotExist`` for a tip that the actor may not see, ``ReasonNeeded`` for one outside their queue
    before they gave a reason, ``Locked`` while the desk is locked.
    """
    actor.require(Permission.TIP_READ)
    tip = tip_visible_to(actor, ref)
    unlocked.opener()
    require_reading(actor, tip)
    content = None if tip.destroyed_on else content_of(tip)
    opened = OpenTip(tip, content, _messages(tip), _history(tip), _waiting(tip))
    with transaction.atomic():
        record_audit(
            actor=actor.name, role=actor.role_for(Permission.TIP_READ).value, action="tip.read", subject=f"tip:{ref}"
        )
    return opened


def open_reason(tip_ref: str, blob: bytes) -> str:
    """A sealed reason or payload in clear; empty stays empty."""
    return unlocked.opener().open_sealed(blob, reason_place(tip_ref)).decode() if blob else ""


def _messages(tip: Tip) -> list[OpenMessage]:
    opener = unlocked.opener()
    return [
        OpenMessage(
            kind=message.kind,
            kind_label=str(message.get_kind_display()),
            from_staff=message.from_staff,
            text=str(IN_THE_MAILBOX)
            if message.kind == MessageKind.TRANSCRIPT
            else opener.open_message(bytes(message.blob), message_place(message.ref)).decode(),
            written_hour=message.written_hour,
        )
        for message in TipMessage.objects.filter(tip=tip).order_by("id")
    ]


def _history(tip: Tip) -> list[HistoryLine]:
    records = StepRecord.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref=tip.ref).order_by("id")
    return [
        HistoryLine(
            step=TIP_LIFE.step(record.step),
            source=record.source,
            target=record.target,
            actor=record.actor,
            proposed_by=record.proposed_by,
            role=record.role,
            reason=open_reason(tip.ref, bytes(record.reason)),
            at=record.at,
        )
        for record in records
    ]


def _waiting(tip: Tip) -> OpenProposal | None:
    proposal = waiting_proposal(life=TIP_LIFE, subject_ref=tip.ref)
    if proposal is None:
        return None
    payload = json.loads(open_reason(tip.ref, bytes(proposal.payload)))
    return OpenProposal(proposal, TIP_LIFE.step(proposal.step), payload.get("outcome", ""), payload["reason"])
