"""What was passed on, in clear, for somebody who may read the case. Every reading is written to the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases.models import Case, Referral, ReferralMessage, ReferralReminder
from tocsin.cases.redaction import Finding, Mark, findings_in, marks_in
from tocsin.cases.referral_papers import Letter, letter_place, message_place
from tocsin.cases.referral_workflow import AWAITING, REFERRAL_LIFE, ReferralState
from tocsin.cases.selectors import cases_visible_to
from tocsin.cases.taking import note
from tocsin.common.refs import is_ref
from tocsin.policy.active import pack_of
from tocsin.tips.selectors import HistoryLine, open_reason
from tocsin.vault import unlocked
from tocsin.vault.sealing import Place
from tocsin.workflow.models import StepRecord

AWAITED = Q(state__in=AWAITING) | Q(state=ReferralState.EXPIRED, disposition="")
"""Referrals whose answer must still come, or of which somebody must record that none came."""


def referrals_visible_to(actor: Actor) -> QuerySet[Referral]:
    """What was passed on of the cases that ``actor`` may see."""
    return Referral.objects.filter(case__in=cases_visible_to(actor))


def referral_visible_to(actor: Actor, ref: str) -> Referral:
    """The referral with this handle. Raises ``Referral.DoesNotExist`` when ``actor`` may see none such."""
    if not is_ref(ref):
        raise Referral.DoesNotExist
    return referrals_visible_to(actor).select_related("case", "drafted_by").get(ref=ref)


def open_json(blob: bytes | memoryview, place: Place) -> dict[str, Any]:
    """What was sealed to the unit; nothing for an empty blob. Raises ``Locked`` while the desk is locked."""
    if not blob:
        return {}
    told: dict[str, Any] = json.loads(unlocked.opener().open_message(bytes(blob), place))
    return told


def letter_of(referral: Referral) -> Letter:
    """The text in clear; empty where it was thrown away. Leaves no trace: for services, and for the pages below."""
    told = open_json(referral.letter, letter_place(referral.ref))
    return Letter(
        recipient=told.get("recipient", ""),
        purpose=told.get("purpose", ""),
        law=told.get("law", ""),
        text=told.get("text", ""),
        looked=told.get("looked", {}),
    )


@dataclass(frozen=True)
class Looked:
    """One finding, and whether somebody looked at it."""

    finding: Finding
    by: int | None


@dataclass(frozen=True)
class Checked:
    """A text with its marks. ``findings`` are those of text and purpose together."""

    marks: Sequence[Mark]
    findings: Sequence[Looked]

    @property
    def open(self) -> list[Looked]:
        """What nobody has looked at yet."""
        return [each for each in self.findings if each.by is None]


def checked(letter: Letter, originals: Sequence[str], files: Sequence[str]) -> Checked:
    """Look for what could identify the reporter, in everything that the recipient would read of our own writing."""
    marks = marks_in(letter.text, originals=originals, files=files)
    found = {each.key: each for each in findings_in(letter.text, marks)}
    for told in (letter.purpose, letter.law, letter.recipient):
        more = findings_in(told, marks_in(told, originals=originals, files=files))
        found |= {each.key: each for each in more if each.key not in found and _counts(told, letter, each)}
    return Checked(marks, [Looked(each, letter.looked.get(each.key)) for each in found.values()])


def _counts(told: str, letter: Letter, finding: Finding) -> bool:
    """The recipient's own name and the name of a law are no finding; anything else in them is."""
    return told == letter.purpose or finding.kind not in ("name", "number", "time", "place", "address")


@dataclass(frozen=True)
class OpenMessage:
    """A message in clear. ``text`` is empty where it was destroyed; ``found``: how often a name stood in the text."""

    row: ReferralMessage
    text: str
    who: str
    found: int


@dataclass(frozen=True)
class OpenReferral:
    """A referral in clear."""

    referral: Referral
    letter: Letter
    tips: frozenset[str]
    messages: Sequence[OpenMessage]
    reminders: Sequence[ReferralReminder]
    history: Sequence[HistoryLine]


def read_referral(actor: Actor, ref: str) -> OpenReferral:
    """Everything about one referral.

    Raises ``Referral.DoesNotExist`` for one that the actor may not see, ``Locked`` while the desk is locked.
    """
    referral = referral_visible_to(actor, ref)
    opened = OpenReferral(
        referral=referral,
        letter=letter_of(referral),
        tips=frozenset(referral.sources.values_list("tip__ref", flat=True)),
        messages=[_message(row) for row in referral.messages.select_related("staff", "told_by").order_by("id")],
        reminders=list(referral.reminders.select_related("seen_to_by").order_by("after_days")),
        history=_history(referral),
    )
    with transaction.atomic():
        note(actor, Permission.CASE_READ, "referral.read", f"referral:{ref}", case=referral.case.ref)
    return opened


def _message(row: ReferralMessage) -> OpenMessage:
    told = open_json(row.blob, message_place(row.ref))
    return OpenMessage(row, told.get("text", ""), told.get("who", ""), told.get("found", 0))


def _history(referral: Referral) -> list[HistoryLine]:
    records = StepRecord.objects.filter(subject_kind=REFERRAL_LIFE.kind, subject_ref=referral.ref).order_by("id")
    return [
        HistoryLine(
            step=REFERRAL_LIFE.step(record.step),
            source=record.source,
            target=record.target,
            actor=record.actor,
            proposed_by=record.proposed_by,
            role=record.role,
            reason=open_reason(referral.ref, bytes(record.reason)),
            at=record.at,
        )
        for record in records
    ]


@dataclass(frozen=True)
class Line:
    """One referral in a list. ``recipient`` is empty while the desk is locked; ``by_hand``: tellings that wait."""

    referral: Referral
    recipient: str
    due: Sequence[ReferralReminder]
    overdue: bool
    by_hand: int

    @property
    def needs_somebody(self) -> bool:
        """Whether a supervisor should look at it."""
        return bool(self.due or self.overdue or self.by_hand or self.referral.unread)


def referral_log(actor: Actor, case: Case, today: date) -> list[Line]:
    """Everything that was passed on of one case, the newest first; drafts that were thrown away left out."""
    rows = referrals_visible_to(actor).filter(case=case).exclude(state=ReferralState.DISCARDED)
    return _lines(actor, rows.order_by("-id"), today)


def referrals_to_watch(actor: Actor, today: date, *, most: int = 200) -> list[Line]:
    """What was passed on and needs somebody now or later, over all visible cases; the earliest last day on top."""
    by_hand = ReferralMessage.objects.filter(by_hand=True, told_on=None).values("referral_id")
    wanted = AWAITED | Q(unread__gt=0) | Q(pk__in=by_hand) | Q(state=ReferralState.DRAFTED)
    rows = referrals_visible_to(actor).filter(wanted).order_by("expires_on", "id")
    lines = _lines(actor, rows[:most], today)
    return sorted(lines, key=lambda line: not line.needs_somebody)


def _lines(actor: Actor, rows: QuerySet[Referral], today: date) -> list[Line]:
    listed = list(rows.select_related("case", "drafted_by").prefetch_related("reminders"))
    waiting = ReferralMessage.objects.filter(referral__in=listed, by_hand=True, told_on=None)
    by_hand: dict[int, int] = {}
    for pk in waiting.values_list("referral_id", flat=True):
        by_hand[pk] = by_hand.get(pk, 0) + 1
    shown = unlocked.is_unlocked()
    if shown and listed:
        refs = " ".join(sorted(row.ref for row in listed))
        with transaction.atomic():
            note(actor, Permission.CASE_READ, "referral.list", "", referrals=refs)
    return [
        Line(
            row,
            letter_of(row).recipient if shown else "",
            [each for each in row.reminders.all() if row.awaits_answer and each.seen_to_on is None],
            is_overdue(row, today),
            by_hand.get(row.pk, 0),
        )
        for row in listed
    ]


def last_reminder_on(referral: Referral) -> date | None:
    """The day of the last reminder, by the rules under which it was sent; ``None`` before it is sent."""
    if referral.sent_on is None:
        return None
    return referral.sent_on + timedelta(days=max(pack_of(referral.pack_version).sharing.reminder_days, default=0))


def no_answer_from(referral: Referral) -> date | None:
    """The first day on which "no answer" may be recorded: that of the last reminder, or the day after the last one."""
    last = last_reminder_on(referral)
    return min(last, referral.expires_on + timedelta(days=1)) if last else None


def is_overdue(referral: Referral, today: date) -> bool:
    """Whether the answer should have come by now."""
    start = no_answer_from(referral)
    return referral.awaits_answer and start is not None and today >= start


def notices(actor: Actor, today: date) -> int:
    """How many referrals need a supervisor now: an answer to read, a reminder, an overdue one, somebody to be told."""
    if not actor.may(Permission.CASE_REFER):
        return 0
    reminded = ReferralReminder.objects.filter(seen_to_on=None).values("referral_id")
    by_hand = ReferralMessage.objects.filter(by_hand=True, told_on=None).values("referral_id")
    over = Q(state=ReferralState.EXPIRED, disposition="") | Q(state__in=AWAITING, expires_on__lt=today)
    wanted = Q(unread__gt=0) | (AWAITED & Q(pk__in=reminded)) | Q(pk__in=by_hand) | over
    return referrals_visible_to(actor).filter(wanted).count()


def looked_names(findings: Iterable[Looked]) -> Mapping[int, str]:
    """The names of those who looked, by primary key."""
    from tocsin.access.models import Staff

    wanted = {each.by for each in findings if each.by is not None}
    return dict(Staff.objects.filter(pk__in=wanted).values_list("pk", "display_name")) if wanted else {}
