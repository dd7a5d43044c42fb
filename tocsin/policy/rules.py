"""The rules of a pack as values: who, which roads in, how fast, how long, how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tocsin.policy.languages import Localised


class Anonymity(StrEnum):
    """How much of the reporter an identity mode asks for."""

    NAMED = "named"
    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"
    ANONYMOUS_WITH_TOKEN = "anonymous_with_token"  # noqa: S105  the name of a mode, not a secret


@dataclass(frozen=True, slots=True)
class Office:
    """An authority or oversight body with the ways to reach it."""

    name: Localised
    address: Localised
    phone: str
    website: str


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """A number to call when someone is in danger now. ``number`` is shown as written."""

    number: str
    label: Localised


@dataclass(frozen=True, slots=True)
class Channel:
    """A road by which tips arrive."""

    code: str
    online: bool
    label: Localised
    where: Localised


@dataclass(frozen=True, slots=True)
class Hotline:
    """What an operator says on the telephone, word for word.

    ``safety`` is asked first of all: is anybody in danger now? ``country`` (ISO 3166-1, two letters, may be empty) is
    that of numbers which callers' telephones show without a country code.
    """

    greeting: Localised
    safety: Localised
    closing: Localised
    country: str = ""


@dataclass(frozen=True, slots=True)
class IdentityMode:
    """A way to report; ``effect`` says what it means for contact and award."""

    code: Anonymity
    award_possible: bool
    label: Localised
    effect: Localised


@dataclass(frozen=True, slots=True)
class Clocks:
    """The latest times, from the public's side. Units are in the names.

    ``feedback_extended_months`` is the longest time to an answer where somebody wrote down why, counted from the same
    day as ``feedback_months``; the same number means that no answer may take longer.
    """

    acknowledge_days: int
    triage_working_days: int
    urgent_hours: int
    feedback_months: int
    feedback_extended_months: int
    need_info_pause_days: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How long records are kept after closing. Every record has an end date."""

    unfounded_days: int
    substantiated_review_years: int
    legal_hold_months: int


@dataclass(frozen=True, slots=True)
class FalseTips:
    """The fair road to "knowingly false": days to answer, and how many people must agree."""

    answer_days: int
    decision_people: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the doors of ``not_for`` are divided: the first ``protected_doors`` of them are about lawful activity.

    They are the reasons for which a report is refused and its text destroyed; behind the others another office helps.
    """

    protected_doors: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """Passing on one tip or case: days until it expires, and when the recipient is reminded."""

    expires_days: int
    reminder_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much one report may bring along. ``mb`` is a million bytes; beyond it a file is refused, never the text."""

    most_files: int
    largest_file_mb: int
    largest_total_mb: int


class Period(StrEnum):
    """How often figures are published."""

    YEAR = "year"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Statistics:
    """Published figures: cells smaller than ``smallest_cell`` are merged."""

    smallest_cell: int
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of a jurisdiction. ``weekend`` holds weekday numbers, Monday = 0.

    ``worked`` are weekend days on which offices work; holidays are known until ``known_until``, after it
    only the weekend rule applies.
    """

    zone: ZoneInfo
    weekend: frozenset[int]
    holidays: frozenset[date]
    worked: frozenset[date]
    known_until: date

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on ``day``."""
        if day in self.holidays:
            return False
        return day in self.worked or day.weekday() not in self.weekend

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``. Ends: the loader refuses a week without a working day."""
        day += timedelta(days=1)
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day


Pair = Mapping[str, str]
TextValue = str | tuple[str, ...] | tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The plain texts of a pack in one language: ``texts["statement"]["text"]``, in templates with dots."""

    language: str
    sections: Mapping[str, Mapping[str, TextValue]]

    def __getitem__(self, section: str) -> Mapping[str, TextValue]:
        return self.sections[section]

    def _value(self, key: str) -> TextValue:
        section, _, name = key.partition(".")
        return self.sections[section][name]

    def line(self, key: str) -> str:
        """The text at a dotted key such as ``statement.text``; ``KeyError`` if it is none or a list."""
        value = self._value(key)
        if isinstance(value, str):
            return value
        raise KeyError(key)

    def lines(self, key: str) -> tuple[str, ...]:
        """The list of texts at a dotted key such as ``next_steps.steps``."""
        return tuple(entry for entry in self._entries(key) if isinstance(entry, str))

    def pairs(self, key: str) -> tuple[Pair, ...]:
        """The list of paired texts at a dotted key such as ``purpose.behaviours`` (``act`` and ``rule``)."""
        return tuple(entry for entry in self._entries(key) if not isinstance(entry, str))

    def _entries(self, key: str) -> tuple[str | Pair, ...]:
        value = self._value(key)
        if isinstance(value, str):
            raise KeyError(key)
        return value
