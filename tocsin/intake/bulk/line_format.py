"""What one line of an import file may say: a JSON object, checked by the rules of every channel.

Every fault is named with its field and a sentence, and all faults of a line are found at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from tocsin.intake.bulk.lines import LONGEST_LINE, RawLine
from tocsin.intake.bulk.moments import DayWrong, moment_of, partial_day
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.intake.readings import Unreadable, read_point
from tocsin.intake.submission import Submission, SubmissionInvalid, clean
from tocsin.policy.active import get_pack
from tocsin.policy.model import Pack
from tocsin.tips.content import Particulars
from tocsin.vault.words import LANGUAGES

FIELDS = (
    "id", "channel", "category", "answers", "contact", "received_on", "received_at", "flags", "language", "award",
)  # fmt: skip
FLAGS = ("protection", "self_involved", "second_hand", "media_pending")
ANSWERS = tuple(name for name in COMMON_QUESTIONS if name not in ("involved", "risk", "award"))
"""``involved`` and ``risk`` are flags, ``award`` is a field of its own, as the guided form keeps them."""
LONGEST_ID = 200
_WHOLE_LINE = "line"


@dataclass(frozen=True)
class Problem:
    """``field``: a name such as ``answers.where``, or ``line`` for the whole."""

    field: str
    reason: str


class LineRefused(Exception):
    """A line that cannot be taken, with everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


@dataclass(frozen=True)
class ToldLine:
    """A line that is an object with an id. ``digest``: SHA-256 of all it says, however it is written."""

    number: int
    id: str
    told: Mapping[str, Any]

    @property
    def digest(self) -> bytes:
        """The same for two lines that say the same in another order or with empty fields."""
        return hashlib.sha256(json.dumps(_without_empty(self.told), sort_keys=True).encode()).digest()

    @property
    def language(self) -> str:
        """The language for the nine words; English when none is told."""
        return str(self.told.get("language") or "en")


def _without_empty(told: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: _without_empty(value) if isinstance(value, dict) else value for name, value in told.items()}
    return {name: value for name, value in said.items() if value not in (None, "", [], {})}


def parse_line(line: RawLine) -> ToldLine:
    """The object of a line, its id checked and nothing else. Raises ``LineRefused``."""
    if line.too_long:
        refuse(_WHOLE_LINE, f"is longer than {LONGEST_LINE:,} bytes. Is this one report a line?")
    told = _object(line.data)
    source_id = told.get("id")
    if not isinstance(source_id, str) or not source_id.strip():
        refuse("id", "is missing. Give every report a text of its own, such as its number in your register.")
    if len(source_id) > LONGEST_ID or not source_id.isprintable():
        refuse("id", f"must be at most {LONGEST_ID} characters that can be seen.")
    return ToldLine(line.number, source_id.strip(), told)


def refuse(field: str, reason: str) -> NoReturn:
    """Raise ``LineRefused`` with one problem."""
    raise LineRefused(Problem(field, reason))


def _object(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        refuse(_WHOLE_LINE, f"is not UTF-8 (byte {wrong.start + 1}). Save the file as UTF-8.")
    try:
        told = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except json.JSONDecodeError as wrong:
        refuse(_WHOLE_LINE, f"is not JSON: {wrong.msg} (character {wrong.colno}).")
    except ValueError:
        refuse(_WHOLE_LINE, "holds a number that is none, or one that is too long.")
    except RecursionError:
        refuse(_WHOLE_LINE, "is nested too deeply. A report is one object with an object “answers” in it.")
    if not isinstance(told, dict):
        refuse(_WHOLE_LINE, "is not an object. Write one { … } a line.")
    return told


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        names = [name for name, _value in pairs]
        refuse(next(name for name in names if names.count(name) > 1), "is there twice. Which one is meant?")
    return told


def _no_number(_name: str) -> NoReturn:
    raise ValueError


@dataclass(frozen=True)
class ImportedReport:
    """What the services store. ``arrived_at`` is ``None`` for "now"."""

    submission: Submission
    arrived_at: datetime | None


def read_report(line: ToldLine, now: datetime) -> ImportedReport:
    """The report that a line tells. Raises ``LineRefused`` with every problem."""
    pack, told, problems = get_pack(), line.told, _Problems()
    for name in told:
        if name not in FIELDS:
            problems.add(name, f"is not a field of a report. These are: {', '.join(FIELDS)}.")
    channel = problems.one_of("channel", told.get("channel"), [each.code for each in pack.channels])
    category = problems.one_of("category", told.get("category"), [each.code for each in pack.categories])
    answers = _answers(told.get("answers"), problems)
    contact = problems.text("contact", told.get("contact"))
    flags = _flags(told.get("flags"), problems)
    award = problems.one_of("award", told.get("award") or "", ["", "yes", "no"])
    problems.one_of("language", told.get("language") or "en", sorted({*LANGUAGES, *pack.languages}))
    arrived_at = _arrived_at(told, now, pack, problems)
    problems.stop()
    try:
        submission = clean(
            channel=channel, category=category, answers=answers, contact=contact, flags=flags,
            particulars=Particulars(award=award),
        )  # fmt: skip
    except SubmissionInvalid as invalid:
        raise LineRefused(*(Problem(_name(field), str(told)) for field, told in invalid.errors.items())) from invalid
    return ImportedReport(submission, arrived_at)


def _name(field: str) -> str:
    return field if field in FIELDS else f"answers.{field}"


class _Problems:
    """Collects what is wrong; every check gives a value of the right kind, wrong or not."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, field: str, reason: str) -> None:
        self._found.append(Problem(field, reason))

    def stop(self) -> None:
        if self._found:
            raise LineRefused(*self._found)

    def text(self, field: str, value: object) -> str:
        if value is not None and not isinstance(value, str):
            self.add(field, "must be a text.")
        return value if isinstance(value, str) else ""

    def one_of(self, field: str, value: object, known: list[str]) -> str:
        if isinstance(value, str) and value in known:
            return value
        what = "is missing" if value in (None, "") else "is not known"
        self.add(field, f"{what}. Write one of: {', '.join(filter(None, known))}.")
        return ""


def _answers(told: object, problems: _Problems) -> dict[str, str]:
    if not isinstance(told, dict):
        problems.add("answers", "must be an object with at least the answer “what”.")
        return {}
    answers = {}
    for name, value in told.items():
        if name not in ANSWERS:
            problems.add(f"answers.{name}", f"is not a question. These are: {', '.join(ANSWERS)}.")
            continue
        answers[name] = _CHECKS.get(name, _chosen)(name, problems.text(f"answers.{name}", value), problems)
    return answers


def _chosen(name: str, text: str, problems: _Problems) -> str:
    options = COMMON_QUESTIONS[name].options
    if len(options) > 1 and text and text not in options:
        problems.add(f"answers.{name}", f"must be one of: {', '.join(options)}.")
    return text


def _day(name: str, text: str, problems: _Problems) -> str:
    if text and not partial_day(text):
        problems.add(f"answers.{name}", "must be a day such as 2026-05-03, or 2026-05, or 2026. Use “when” for words.")
    return text


def _point(name: str, text: str, problems: _Problems) -> str:
    try:
        return ", ".join(str(part) for part in read_point(text)) if text else ""
    except Unreadable:
        problems.add(f"answers.{name}", "must be two numbers, such as 39.90, 116.40.")
        return ""


_CHECKS: Mapping[str, Callable[[str, str, _Problems], str]] = {"day": _day, "point": _point}


def _flags(told: object, problems: _Problems) -> tuple[str, ...]:
    if told is None:
        return ()
    if not isinstance(told, list) or not all(isinstance(flag, str) for flag in told):
        problems.add("flags", "must be a list of texts.")
        return ()
    if unknown := [flag for flag in told if flag not in FLAGS]:
        urgent = " Whether a report is urgent, a person decides at the desk." if "urgent" in unknown else ""
        problems.add("flags", f"holds one that is not known. These are: {', '.join(FLAGS)}.{urgent}")
    return tuple(flag for flag in FLAGS if flag in told)


def _arrived_at(told: Mapping[str, Any], now: datetime, pack: Pack, problems: _Problems) -> datetime | None:
    given = [name for name in ("received_on", "received_at") if told.get(name) not in (None, "")]
    if not given:
        return None
    if len(given) > 1:
        problems.add("received_at", "and received_on cannot both be there. Keep the one that you are sure of.")
        return None
    (name,) = given
    try:
        return moment_of(told[name], whole_day=name == "received_on", zone=pack.calendar.zone, now=now)
    except DayWrong as wrong:
        problems.add(name, str(wrong))
        return None
