"""What an actor may see of tips. Reading content needs the desk to be unlocked and is written to the audit log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken, Unsafe
from tocsin.common.refs import is_ref
from tocsin.ledger.services import record_audit
from tocsin.tips.content import TipContent, content_place, message_place
from tocsin.tips.models import Declaration, MessageKind, Tip, TipMessage
from tocsin.tips.papers import reason_place
from tocsin.tips.workflow import OPEN, TIP_LIFE, Outcome, State
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


def inbox(actor: Actor, *, state: str = "", only_open: bool = True) -> QuerySet[Tip]:
    """The reading list: urgent first, then the oldest. ``state`` narrows it to one state."""
    tips = tips_visible_to(actor)
    if state in State.values:
        tips = tips.filter(state=state)
    elif only_open:
        tips = tips.filter(state__in=OPEN)
    return tips.order_by("-urgent", "id")


def counts_by_state(actor: Actor) -> dict[str, int]:
    """How many visible tips stand in each state."""
    rows = tips_visible_to(actor).order_by().values("state").annotate(n=Count("id"))
    return {row["state"]: row["n"] for row in rows}


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

    Raises ``Tip.DoesNotExist`` for a tip that the actor may not see, ``Locked`` while the desk is locked.
    """
    actor.require(Permission.TIP_READ)
    tip = tip_visible_to(actor, ref)
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


@dataclass(frozen=True)
class InboxPage:
    """One page of the reading list; ``next_after`` names the tip behind which the next page begins."""

    tips: Sequence[Tip]
    next_after: str
    is_later: bool


def inbox_page(actor: Actor, *, state: str, after: str, size: int) -> InboxPage:
    """``size`` tips of the reading list behind the tip ``after`` (its handle; empty for the first page).

    Pages by key, not by number: a page costs the same at the end of a long list as at its beginning.
    """
    tips = inbox(actor, state=state)
    last = tips_visible_to(actor).filter(ref=after).first() if is_ref(after) else None
    if last is not None:
        behind = Q(urgent=last.urgent, id__gt=last.pk)
        tips = tips.filter(behind | Q(urgent=False) if last.urgent else behind)
    found = list(tips[: size + 1])
    more = len(found) > size
    return InboxPage(found[:size], found[size - 1].ref if more else "", last is not None)


EXCERPT = 110


def excerpts(actor: Actor, tips: Sequence[Tip]) -> dict[str, str]:
    """The first words of each tip by its handle; empty while the desk is locked. One audit entry for the page.

    A tip that ``actor`` may not see, that was destroyed or that does not open is left out.
    """
    actor.require(Permission.TIP_READ)
    if not unlocked.is_unlocked() or not tips:
        return {}
    visible = set(tips_visible_to(actor).filter(pk__in=[tip.pk for tip in tips]).values_list("pk", flat=True))
    words = {tip.ref: _first_words(tip) for tip in tips if tip.pk in visible and not tip.destroyed_on}
    found = {ref: text for ref, text in words.items() if text is not None}
    with transaction.atomic():
        role = actor.role_for(Permission.TIP_READ).value
        refs = " ".join(sorted(found))
        record_audit(actor=actor.name, role=role, action="inbox.read", detail={"tips": refs})
    return found


def _first_words(tip: Tip) -> str | None:
    try:
        text = " ".join(content_of(tip).answers.get("what", "").split())
    except (CannotOpen, Unsafe):  # one damaged tip must not hide the whole list; its own page says what is wrong
        return None
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"
