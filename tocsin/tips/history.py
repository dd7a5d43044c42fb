"""Everything that happened to a tip, as one list: steps, messages, notes, readings, declarations and proposals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Max
from django.db.models.functions import TruncDate

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.ledger.selectors import lines_about
from tocsin.tips.hold_workflow import HOLD_LIFE
from tocsin.tips.holdable import orders_over
from tocsin.tips.holds import open_order
from tocsin.tips.models import Tip
from tocsin.tips.notes import OpenNote
from tocsin.tips.reader import TipReader
from tocsin.tips.selectors import HistoryLine, OpenMessage, OpenTip
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.models import Proposal, StepRecord, Verdict, Voice
from tocsin.workflow.steps import Step

MOST_READINGS = 200
READ_ACTIONS = ("tip.read", "evidence.read")


class Sort(StrEnum):
    """By what the list can be narrowed down."""

    STEP = "steps"
    MESSAGE = "messages"
    NOTE = "notes"
    DECISION = "decisions"
    READING = "readings"


@dataclass(frozen=True)
class Happening:
    """One thing that happened. ``what`` is the row behind it; ``actor`` as the audit log names people.

    ``text`` is ``None`` when it was destroyed with the report. ``exact``: whether the time may be shown, or the day.
    """

    sort: Sort
    at: datetime
    actor: str
    what: Any
    text: str | None = ""
    exact: bool = True


@dataclass(frozen=True)
class Reading:
    """How often somebody read the report or its files on one day."""

    times: int


@dataclass(frozen=True)
class Declared:
    """What somebody declared about an own interest."""

    has_interest: bool


@dataclass(frozen=True)
class Said:
    """What somebody said about a proposal; ``payload`` is what was proposed, in clear."""

    step: Step
    verdict: Verdict
    proposal: Proposal
    payload: dict[str, Any] = field(default_factory=dict)


def happenings(actor: Actor, opened: OpenTip, notes: Sequence[OpenNote]) -> list[Happening]:
    """The newest first, from what was opened and what stands in the logs. A constant number of queries."""
    actor.require(Permission.TIP_READ)
    tip = opened.tip
    found = [
        *(_of_step(line) for line in opened.history),
        *(_of_message(message) for message in opened.messages),
        *(_of_note(version) for note in notes for version in (*note.earlier, note)),
        *_readings(tip),
        *_declarations(tip),
        *_proposals(tip, opened.reader),
        *_orders(actor, tip),
    ]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _of_step(line: HistoryLine) -> Happening:
    # Of what a reporter does only the hour is kept, so only the day is shown.
    return Happening(Sort.STEP, line.at, line.actor, line, line.reason, exact=line.actor != "reporter")


def _of_message(message: OpenMessage) -> Happening:
    actor = f"staff:{message.staff_id}" if message.from_staff else "reporter"
    return Happening(Sort.MESSAGE, message.written_hour, actor, message, message.text, exact=False)


def _of_note(note: OpenNote) -> Happening:
    return Happening(Sort.NOTE, note.written_at, f"staff:{note.author_id}", note, note.text)


def _readings(tip: Tip) -> list[Happening]:
    subjects = [f"tip:{tip.ref}", *(f"evidence:{ref}" for ref in tip.evidence.values_list("ref", flat=True))]
    days = lines_about(subjects, READ_ACTIONS).order_by().annotate(day=TruncDate("at")).values("actor", "day")
    counted = days.annotate(times=Count("id"), last=Max("at")).order_by("-last")[:MOST_READINGS]
    return [Happening(Sort.READING, row["last"], row["actor"], Reading(row["times"])) for row in counted]


def _declarations(tip: Tip) -> list[Happening]:
    lines = lines_about([f"tip:{tip.ref}"], ("tip.declare_interest",))
    return [
        Happening(Sort.DECISION, line.at, line.actor, Declared(line.detail.get("has_interest") == "true"))
        for line in lines
    ]


def _proposals(tip: Tip, reader: TipReader) -> list[Happening]:
    voices = Voice.objects.filter(proposal__subject_kind=TIP_LIFE.kind, proposal__subject_ref=tip.ref)
    found = []
    for voice in voices.select_related("proposal").order_by("id"):
        proposal, verdict = voice.proposal, Verdict(voice.verdict)
        payload = json.loads(reader.reason(bytes(proposal.payload)) or "{}")
        said = Said(TIP_LIFE.step(proposal.step), verdict, proposal, payload)
        text = payload.get("reason") if verdict is Verdict.PROPOSED else reader.reason(bytes(voice.reason))
        found.append(Happening(Sort.DECISION, voice.at, f"staff:{voice.staff_id}", said, text))
    return found


def _orders(actor: Actor, tip: Tip) -> list[Happening]:
    """What was done about the orders that hold this tip, or the case in which it is; the words for their offices."""
    holds, reads = orders_over(tip).values("ref"), actor.may(Permission.HOLD_READ)
    records = StepRecord.objects.filter(subject_kind=HOLD_LIFE.kind, subject_ref__in=holds).order_by("id")
    return [
        _of_step(_order_line(record, open_order(record.subject_ref, bytes(record.reason)) if reads else ""))
        for record in records
    ]


def _order_line(record: StepRecord, reason: str) -> HistoryLine:
    return HistoryLine(
        step=HOLD_LIFE.step(record.step),
        source=record.source,
        target=record.target,
        actor=record.actor,
        proposed_by=record.proposed_by,
        role=record.role,
        reason=reason,
        at=record.at,
    )
