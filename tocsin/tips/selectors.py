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
from tocsin.tips.content import TipContent, content_place, events_key_place
from tocsin.tips.models import Declaration, MessageKind, Tip, TipMessage
from tocsin.tips.papers import reason_place
from tocsin.tips.reader import TipReader
from tocsin.tips.reading import require_reading
from tocsin.tips.workflow import TIP_LIFE, Outcome
from tocsin.vault import unlocked
from tocsin.vault.opening import CannotOpen
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
    """A message in clear for staff; ``text`` is ``None`` when it was destroyed with the report."""

    kind: str
    kind_label: str
    from_staff: bool
    text: str | None
    written_hour: datetime
    staff_id: int | None = None


@dataclass(frozen=True)
class HistoryLine:
    """One step of a tip's history in clear for staff; ``reason`` is ``None`` when it was destroyed with the report."""

    step: Step
    source: str
    target: str
    actor: str
    proposed_by: str
    role: str
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class OpenProposal:
    """A waiting proposal in clear for staff. ``staff``: whose declared interest it would lift."""

    proposal: Proposal
    step: Step
    outcome: str
    reason: str
    staff: int | None = None

    @property
    def outcome_label(self) -> str:
        """The proposed outcome in words; empty for steps that set none."""
        return str(Outcome(self.outcome).label) if self.outcome else ""


@dataclass(frozen=True)
class OpenTip:
    """A tip in clear for staff; ``content`` is ``None`` when it was destroyed. ``reader`` opens what else there is."""

    tip: Tip
    content: TipContent | None
    messages: Sequence[OpenMessage]
    history: Sequence[HistoryLine]
    waiting: OpenProposal | None
    reader: TipReader


def content_of(tip: Tip) -> TipContent:
    """The content in clear. Raises ``Locked`` while the desk is locked, ``RuleBroken`` when it was destroyed."""
    if tip.destroyed_on:
        raise RuleBroken(_("The text of this report was destroyed. Only the dates and the outcome remain."))
    clear = unlocked.opener().open_content(
        bytes(tip.content), bytes(tip.wrapped_key), tip.retention_id, content_place(tip.ref)
    )
    return TipContent.from_bytes(clear)


def event_key_of(tip: Tip) -> bytes:
    """The key of the tip's ledger pseudonyms (32 bytes), kept apart when its text was discarded.

    Raises ``Locked``, or ``RuleBroken`` when it was destroyed with the text.
    """
    if not tip.events_key:
        return content_of(tip).k_events
    return unlocked.opener().open_sealed(bytes(tip.events_key), events_key_place(tip.ref))


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
    reader = TipReader(tip, content)
    opened = OpenTip(tip, content, _messages(tip, reader), _history(tip, reader), _waiting(tip, reader), reader)
    with transaction.atomic():
        record_audit(
            actor=actor.name, role=actor.role_for(Permission.TIP_READ).value, action="tip.read", subject=f"tip:{ref}"
        )
    return opened


def reader_of(tip: Tip) -> TipReader:
    """What opens the papers of ``tip``. Raises ``Locked`` while the desk is locked."""
    return TipReader(tip, None if tip.destroyed_on else content_of(tip))


def open_reason(ref: str, blob: bytes) -> str:
    """A sealed reason or payload about a tip in clear, or about something else that seals to the unit (a case).

    Empty stays empty, and so is what was destroyed with the report.
    """
    if not blob:
        return ""
    try:
        return unlocked.opener().open_sealed(blob, reason_place(ref)).decode()
    except CannotOpen:
        tip = Tip.objects.filter(ref=ref).first()
        if tip is None:
            raise
        return reader_of(tip).reason(blob) or ""


def _messages(tip: Tip, reader: TipReader) -> list[OpenMessage]:
    return [
        OpenMessage(
            kind=message.kind,
            kind_label=str(message.get_kind_display()),
            from_staff=message.from_staff,
            text=str(IN_THE_MAILBOX)
            if message.kind == MessageKind.TRANSCRIPT
            else reader.message(bytes(message.blob), message.ref),
            written_hour=message.written_hour,
            staff_id=message.staff_id,
        )
        for message in TipMessage.objects.filter(tip=tip).order_by("id")
    ]


def _history(tip: Tip, reader: TipReader) -> list[HistoryLine]:
    records = StepRecord.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref=tip.ref).order_by("id")
    return [
        HistoryLine(
            step=TIP_LIFE.step(record.step),
            source=record.source,
            target=record.target,
            actor=record.actor,
            proposed_by=record.proposed_by,
            role=record.role,
            reason=reader.reason(bytes(record.reason)),
            at=record.at,
        )
        for record in records
    ]


def _waiting(tip: Tip, reader: TipReader) -> OpenProposal | None:
    proposal = waiting_proposal(life=TIP_LIFE, subject_ref=tip.ref)
    if proposal is None:
        return None
    payload = json.loads(reader.reason(bytes(proposal.payload)) or "{}")
    return OpenProposal(
        proposal=proposal,
        step=TIP_LIFE.step(proposal.step),
        outcome=payload.get("outcome", ""),
        reason=payload.get("reason", ""),
        staff=payload.get("staff"),
    )
