"""What is not for this office: the doors of the pack behind which a reporter finds help, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken
from tocsin.policy.active import pack_of
from tocsin.policy.model import UnknownCategory
from tocsin.policy.rules import Texts
from tocsin.tips.content import TipContent
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of, reader_of
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.models import StepRecord

_MARK = "door:"


@dataclass(frozen=True)
class Door:
    """One entry of the pack's ``not_for``: what is meant, and who helps there."""

    number: int
    what: str
    door: str


def doors_of(tip: Tip, language: str, *, protected: bool) -> Sequence[Door]:
    """The doors of the rules under which ``tip`` arrived: those about lawful activity, or those of other offices."""
    pack = pack_of(tip.pack_version)
    pairs = pack.texts(language).pairs("not_for.doors")
    doors = [Door(number, pair["what"], pair["door"]) for number, pair in enumerate(pairs)]
    first = pack.refusal.protected_doors
    return doors[:first] if protected else doors[first:]


def chosen_door(tip: Tip, typed: str, *, protected: bool) -> int:
    """The number of the door that somebody chose. Raises ``RuleBroken`` for anything that is not on the list."""
    known = {str(door.number): door.number for door in doors_of(tip, "", protected=protected)}
    if typed not in known:
        raise RuleBroken(_("Choose one of the entries of the list. Nothing was changed."))
    return known[typed]


def noted_door(number: int, reason: str = "") -> str:
    """A reason as it is kept: the door's number and what was written beside it."""
    return f"{_MARK}{number}\n{reason}".strip()


def read_noted(reason: str) -> tuple[int | None, str]:
    """The inverse of ``noted_door``; no number for a reason that names no door."""
    head, _line, rest = reason.partition("\n")
    number = head.removeprefix(_MARK)
    return (int(number), rest) if head.startswith(_MARK) and number.isdecimal() else (None, reason)


def in_words(tip: Tip, reason: str, language: str) -> str:
    """A noted reason for people: what the door is about, then what was written beside it."""
    number, rest = read_noted(reason)
    if number is None:
        return reason
    pairs = pack_of(tip.pack_version).texts(language).pairs("not_for.doors")
    return "\n".join(part for part in (pairs[number]["what"] if number < len(pairs) else "", rest) if part)


def told_refused(tip: Tip, language: str, number: int) -> str:
    """What the reporter of lawful activity is told: why, where else, and where to complain."""
    texts = pack_of(tip.pack_version).texts(language)
    return "\n\n".join([texts.line("refused.protected"), *_door(texts, number), texts.line("complaint.text")])


def told_elsewhere(tip: Tip) -> str:
    """What is added to the answer for a report that is another office's matter: the door that was chosen for it."""
    texts = pack_of(tip.pack_version).texts(content_of(tip).particulars.language)
    steps = StepRecord.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref=tip.ref, step__startswith="refuse_remit")
    last = steps.order_by("-id").first()
    number = read_noted(reader_of(tip).reason(bytes(last.reason)) or "")[0] if last else None
    if number is None:
        return texts.line("complaint.text")
    return "\n\n".join([texts.line("refused.elsewhere"), *_door(texts, number)])


def _door(texts: Texts, number: int) -> list[str]:
    pairs = texts.pairs("not_for.doors")
    return [f"{pairs[number]['what']}\n{pairs[number]['door']}"] if number < len(pairs) else []


def is_threat_marked(tip: Tip, content: TipContent | None = None) -> bool:
    """Whether a person or the reporter says that somebody is in danger. Such a report is never ended by one person.

    Opens the report unless ``content`` is given.
    """
    if tip.urgent:
        return True
    if content is None and not tip.destroyed_on:
        content = content_of(tip)
    return bool(content and "protection" in content.flags)


def may_be_about_danger(tip: Tip, content: TipContent | None = None) -> bool:
    """Whether anything at all points at danger, the kind of report too: then nobody refuses it alone."""
    return suggests_urgent(tip) or is_threat_marked(tip, content)


def suggests_urgent(tip: Tip) -> bool:
    """Whether reports of this kind may be urgent by the rules of the tip's arrival. Only a person marks one."""
    try:
        return pack_of(tip.pack_version).category(tip.category).suggests_urgent
    except UnknownCategory:
        return False
