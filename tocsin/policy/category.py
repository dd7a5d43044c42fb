"""A category of tip: what somebody did or what happened, the rule it touches, and what we ask about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.policy.languages import Localised


@dataclass(frozen=True, slots=True)
class Sector:
    """A field that categories belong to. ``biosecurity`` is 1 to 8 for the eight sectors of biosecurity."""

    code: str
    label: Localised
    biosecurity: int | None = None


class About(StrEnum):
    """Whether a category is about what somebody did or about something that happened by itself."""

    ACT = "act"
    EVENT = "event"
    UNSURE = "unsure"


class QuestionType(StrEnum):
    """How a question is answered. Every answer may be left out or be "I do not know".

    ``FILE`` asks for a file that shows it; files are handed over at the end of the form, with their own notices.
    """

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    DATE_RANGE = "date_range"
    PLACE = "place"
    COUNT = "count"
    PERMIT = "permit"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose; ``code`` is what is stored."""

    code: str
    label: Localised


@dataclass(frozen=True, slots=True)
class Question:
    """A question of one category. ``several``: more than one option may be ticked (choice only).

    ``blurred``: the answer names a sensitive place (rare species, homes); every map blurs it.
    """

    code: str
    type: QuestionType
    label: Localised
    help: Localised | None = None
    options: tuple[Option, ...] = ()
    several: bool = False
    blurred: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of tip. Raises nothing by itself: ``facts`` must be observed by somebody.

    ``lawful_unless_more``: the act is usually lawful; verification needs the answer to ``extra_fact``
    (the code of one of ``questions``) and a second reader. ``lawful_note`` says so to the reporter.
    ``sector`` is the code of one of the pack's sectors.
    ``suggests_urgent``: the product may suggest the flag "urgent"; only a person sets it.
    """

    code: str
    order: int
    sector: str
    about: About
    behaviour: Localised
    rule: Localised
    facts: tuple[Localised, ...]
    labels: Localised
    hints: Localised
    examples: tuple[Localised, ...]
    urgent_hints: Localised
    suggests_urgent: bool
    questions: tuple[Question, ...]
    lawful_unless_more: bool = False
    extra_fact: str | None = None
    lawful_note: Localised | None = None

    def label(self, language: str) -> str:
        """The name of the category as the public reads it."""
        return self.labels.text(language)

    def hint(self, language: str) -> str:
        """One or two sentences that help to choose it."""
        return self.hints.text(language)

    def urgent_hint(self, language: str) -> str:
        """When not to wait for this form, and what to do instead."""
        return self.urgent_hints.text(language)

    def question(self, code: str) -> Question:
        """The question with this code; ``KeyError`` if the category does not ask it."""
        for question in self.questions:
            if question.code == code:
                return question
        raise KeyError(code)

    @property
    def extra_question(self) -> Question | None:
        """The question whose answer a "lawful unless more" tip needs, ``None`` for other categories."""
        return None if self.extra_fact is None else self.question(self.extra_fact)

    @property
    def needs_second_reader(self) -> bool:
        """Whether two people must read a tip of this category before anything is checked."""
        return self.lawful_unless_more
