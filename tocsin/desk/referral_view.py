"""How a text that goes out, its marks and what comes back are laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases import referral_workflow as life
from tocsin.cases.models import Case, Referral
from tocsin.cases.originals import Original
from tocsin.cases.redaction import Mark, findings_in, pieces_of
from tocsin.cases.redaction_reasons import WHY
from tocsin.cases.redaction_words import Kind
from tocsin.cases.referral_reading import Checked, Looked, OpenMessage, OpenReferral, looked_names, no_answer_from
from tocsin.cases.workflow import CaseState
from tocsin.desk.names import actor_names, category_label, role_label, short_ref
from tocsin.desk.tip_view import HEADINGS
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.tips.selectors import HistoryLine
from tocsin.ui.templatetags.ui import plain_date

LONGEST_SHOWN = 90
MOST_FINDINGS = 300
"""Shown at a time, so that a form stays below what the desk takes; the others follow with the next check."""


@dataclass(frozen=True)
class Finding:
    """One row beside the text."""

    number: int
    key: str
    label: str | Promise
    reason: str | Promise
    words: str
    places: int
    looked_by: str


@dataclass(frozen=True)
class Piece:
    """A stretch of the text. ``numbers``: the findings whose marks end here; ``tone``: empty, ``open``, ``words``
    or ``seen``."""

    text: str
    tone: str
    numbers: Sequence[int]
    label: str


@dataclass(frozen=True)
class Marked:
    """A text with its marks and the rows beside it. ``more``: findings that are not shown yet."""

    pieces: Sequence[Piece]
    findings: Sequence[Finding]
    open: int
    more: int


def marked(text: str, told: Checked) -> Marked:
    """The text cut into pieces, each finding with a number."""
    ordered = sorted(told.findings, key=lambda each: each.by is not None)
    names = looked_names(told.findings)
    rows = [_finding(number, each, names) for number, each in enumerate(ordered[:MOST_FINDINGS], start=1)]
    return Marked(_pieces(text, told.marks, rows), rows, len(told.open), len(ordered) - len(rows))


def _finding(number: int, looked: Looked, names: Mapping[int, str]) -> Finding:
    told = looked.finding
    words = told.words if len(told.words) <= LONGEST_SHOWN else told.words[:LONGEST_SHOWN].rstrip() + "…"
    by = names.get(looked.by, "?") if looked.by is not None else ""
    return Finding(number, told.key, WHY[told.kind].label, WHY[told.kind].reason, words, told.places, by)


def _pieces(text: str, marks: Sequence[Mark], rows: Sequence[Finding]) -> list[Piece]:
    by_key = {row.key: row for row in rows}
    known: dict[Mark, Finding | None] = {}
    for mark in marks:
        (found,) = findings_in(text, [mark])
        known[mark] = by_key.get(found.key)
    end, pieces = 0, list[Piece]()
    for stretch, over in pieces_of(text, marks):
        end += len(stretch)
        shown = [row for mark in over if (row := known[mark]) is not None]
        tone = _tone(over, shown)
        numbers = sorted({row.number for mark in over if mark.end == end and (row := known[mark]) is not None})
        label = ", ".join(str(row.label) for row in shown)
        pieces.append(Piece(stretch, tone, numbers, label))
    return pieces


def _tone(over: Sequence[Mark], shown: Sequence[Finding]) -> str:
    """``words`` is for the reporter's own words with nothing else in them, which would drown the rest."""
    if not over:
        return ""
    if shown and all(row.looked_by for row in shown):
        return "seen"
    return "words" if all(mark.kind is Kind.OVERLAP for mark in over) else "open"


@dataclass(frozen=True)
class Report:
    """One report of the case beside the text."""

    ref: str
    short_ref: str
    category: str
    parts: Sequence[tuple[str, str]]
    others: Sequence[tuple[str, str]]
    messages: Sequence[str]
    files: Sequence[str]
    used: bool


def reports(originals: Sequence[Original], used: frozenset[str] | None) -> list[Report]:
    """The reports; ``used``: those from which something stands in the text, all of them at first."""
    return [
        Report(
            ref=each.tip.ref,
            short_ref=short_ref(each.tip.ref),
            category=category_label(each.tip),
            parts=[
                (str(HEADINGS[name]), text)
                for name, text in (("what", each.seen), ("heard", each.heard), ("think", each.thought))
                if text
            ],
            others=[(_label(name), _in_words(name, text)) for name, text in each.others if text],
            messages=each.messages,
            files=each.files,
            used=used is None or each.tip.ref in used,
        )
        for each in originals
    ]


def _label(name: str) -> str:
    return str(COMMON_QUESTIONS[name].label) if name in COMMON_QUESTIONS else name


def _in_words(name: str, text: str) -> str:
    return COMMON_QUESTIONS[name].in_words(text) if name in COMMON_QUESTIONS else text


def facts(referral: Referral, opened: OpenReferral | None) -> list[dict[str, Any]]:
    """What is known of a referral, as rows; without its words while the desk is locked."""
    letter = opened.letter if opened else None
    rows = [
        (_("Recipient"), letter.recipient if letter else ""),
        (_("Purpose"), letter.purpose if letter else ""),
        (_("Legal basis"), letter.law if letter else ""),
        (_("Written by"), referral.drafted_by.display_name),
        (_("Sent on"), plain_date(referral.sent_on)),
        (_("Open until"), plain_date(referral.expires_on)),
        (_("First opened on"), plain_date(referral.opened_on)),
        (_("Answer"), referral.get_disposition_display() if referral.disposition else ""),
        (_("Answered on"), plain_date(referral.answered_on)),
        (_("Ended on"), plain_date(referral.ended_on)),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def conversation(messages: Sequence[OpenMessage], recipient: str) -> list[dict[str, Any]]:
    """What was written about it, ours on one side."""
    office = _("The office")
    return [
        {
            "author": f"{recipient if row.from_recipient else office} · {row.get_kind_display()}",
            "is_own": not row.from_recipient,
            "text": _words(each),
            "on": row.written_hour,
        }
        for each in messages
        for row in [each.row]
    ]


def _words(message: OpenMessage) -> str:
    if message.row.kind != "taken_out":
        return message.text or _("(no words)")
    if message.found:
        return _("The name stood in the text %(n)s times and was taken out.") % {"n": message.found}
    return _(
        "The name did not stand in the text as we had it. Look whether the text speaks of the person all the same."
    )


def by_hand(messages: Sequence[OpenMessage]) -> list[dict[str, Any]]:
    """What the recipient must be told by other means, because its copy was closed already."""
    return [
        {
            "ref": each.row.ref,
            "kind": each.row.get_kind_display(),
            "text": each.who or each.text,
            "written": each.row.written_hour,
        }
        for each in messages
        if each.row.by_hand and each.row.told_on is None
    ]


def timeline(history: Sequence[HistoryLine], recipient: str) -> list[dict[str, Any]]:
    """The steps, newest first."""
    names = actor_names({line.actor for line in history})
    return [
        {
            "title": line.step.label,
            "who": recipient or _("the recipient")
            if line.actor.startswith("recipient:")
            else f"{names[line.actor]} ({role_label(line.role)})",
            "at": line.at,
            "text": line.reason if line.step is not life.SEND else "",
        }
        for line in reversed(history)
    ]


@dataclass(frozen=True)
class Can:
    """What this person can do with a referral now; the services decide again."""

    change: bool
    send: bool
    write: bool
    new_code: bool
    recall: bool
    no_answer: bool
    take_back: bool
    remind: bool
    tell: bool
    no_answer_from: date | None


def abilities(actor: Actor, referral: Referral, case: Case, today: date) -> Can:
    """Which buttons there are."""
    supervises, state = actor.may(Permission.CASE_REFER), referral.state
    start = no_answer_from(referral) if referral.awaits_answer else None
    drafted = state == life.ReferralState.DRAFTED
    is_open = referral.is_open_on(today)
    unseen = any(each.seen_to_on is None for each in referral.reminders.all())
    return Can(
        change=drafted and actor.may(Permission.CASE_WORK),
        send=drafted and supervises,
        write=supervises and is_open,
        new_code=supervises and is_open,
        recall=supervises and state in life.WITH_RECIPIENT,
        no_answer=supervises and start is not None and today >= start,
        take_back=supervises
        and case.state == CaseState.REFERRED
        and referral.sent_on is not None
        and not referral.awaits_answer,
        remind=supervises and referral.awaits_answer and unseen,
        tell=supervises,
        no_answer_from=start,
    )


def recipient_path(language: str) -> str:
    """Where recipients read on the public door, whose host the desk does not know."""
    return f"/{language}/referral"
