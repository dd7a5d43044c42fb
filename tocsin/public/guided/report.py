"""From the answers of the guided form to a report that intake takes, and back to words for the check page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tocsin.intake.question_fields import answer_of
from tocsin.intake.submission import Submission, clean
from tocsin.public.guided.draft import Draft
from tocsin.public.guided.filling import NO_FILES
from tocsin.public.guided.once import once_per_language
from tocsin.public.guided.screen_forms import WordsField
from tocsin.public.guided.screens import (
    Screen,
    all_screens,
    as_sent,
    chosen_category,
    gives_identity,
    identity_mode,
    question_name,
    screens,
)
from tocsin.public.page import language
from tocsin.tips.content import Particulars
from tocsin.ui.forms import PartialDateField
from tocsin.ui.templatetags.ui import plain_date

_PLAIN = ("what", "heard", "think", "when", "day", "often", "still", "where", "who", "source", "how", "relation")


class Unfinished(Exception):
    """``screen`` is the first one whose answers cannot be sent."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen.name)
        self.screen = screen


def submission_of(draft: Draft) -> Submission:
    """The report without its files. Raises ``Unfinished``, and ``SubmissionInvalid`` like every channel."""
    told = _answers(draft)
    details = _details(draft, told)
    flat = {name: value for values in told.values() for name, value in values.items()}
    answers = {name: str(flat.get(name) or "") for name in _PLAIN}
    for screen in ("when", "where", "who"):
        if draft.is_unknown(screen):
            answers[screen] = "unknown"
    if flat.get("point"):
        answers["point"] = ", ".join(str(part) for part in flat["point"])
    return clean(
        channel="web",
        category=draft.first("category", "category"),
        answers=answers,
        contact=str(flat.get("contact") or "") if gives_identity(draft) else "",
        flags=tuple(_flags(flat)),
        particulars=Particulars(
            details=details,
            mode=identity_mode(draft).value,
            earlier=str(flat.get("earlier") or ""),
            award=str(flat.get("award") or ""),
            language=language(),
        ),
    )


def _answers(draft: Draft) -> dict[str, Mapping[str, Any]]:
    """Screen by screen what its form makes of the answers. Raises ``Unfinished``."""
    told: dict[str, Mapping[str, Any]] = {}
    for screen in screens(draft):
        answers = screen.answers(draft)
        if answers is None:
            raise Unfinished(screen)
        told[screen.name] = answers
    return told


def _flags(told: Mapping[str, Any]) -> Iterator[str]:
    if told.get("risk") == "yes":
        yield "protection"
    if told.get("involved") == "yes":
        yield "self_involved"
    if told.get("source") == "told":
        yield "second_hand"
    if told.get("evidence") in ("now", "later"):
        yield "media_pending"


def _details(draft: Draft, told: dict[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Takes out of ``told`` the answers to the category's questions, by code: their fields all have the same names.

    ``None`` for "I do not know"; unanswered ones are left out.
    """
    found: dict[str, Any] = {}
    category = chosen_category(draft)
    if category is None:
        return found
    for question in category.questions:
        name = question_name(category, question)
        answer = answer_of(question, told.pop(name, {}))
        if draft.is_unknown(name):
            found[question.code] = None
        elif answer not in ("", [], {}):
            found[question.code] = answer
    return found


@dataclass(frozen=True)
class Line:
    """One line of the check page: the question, what was answered in words, the screen that changes it."""

    question: str
    answer: str
    screen: str


def lines(draft: Draft) -> list[Line]:
    """Everything that was asked so far, in the order of the road."""
    category = chosen_category(draft)
    asked = _asked(category.code if category else "")
    seen = [screen.name for screen in screens(draft) if screen.name in draft.seen]
    return [line for name in seen for line in _lines_of(name, asked[name], draft)]


def _lines_of(screen: str, asked: Sequence[_Asked], draft: Draft) -> Iterator[Line]:
    if asked and draft.is_unknown(screen):
        yield Line(asked[0].question, _("I do not know"), screen)
        return
    typed = as_sent(draft.of(screen))
    for place, each in enumerate(asked):
        answer = each.in_words(each.widget.value_from_datadict(typed, NO_FILES, each.field))
        if answer or not place:
            yield Line(each.question, answer, screen)


@dataclass(frozen=True)
class _Asked:
    """A field of a screen as the check page needs it; ``in_words`` says what stands in it as the reporter would."""

    field: str
    question: str
    widget: forms.Widget
    in_words: Callable[[Any], str]


@once_per_language
def _asked(category: str) -> Mapping[str, Sequence[_Asked]]:
    """The fields of every screen of the road with the questions of ``category``."""
    draft = Draft().kept("category", {"category": [category]})
    return {
        screen.name: [
            _Asked(name, str(field.label), field.widget, _speaker(field))
            for name, field in screen.fields(draft).items()
        ]
        for screen in all_screens(draft)
    }


def _speaker(field: forms.Field) -> Callable[[Any], str]:
    if isinstance(field, WordsField):
        hidden = _("Nine words, not shown here")
        return lambda typed: hidden if typed else ""
    if isinstance(field, PartialDateField):
        return partial(_day_in_words, field)
    if isinstance(field, forms.ChoiceField):
        listed: Any = field.choices  # pairs in all our forms, whatever else Django allows
        return partial(_choices_in_words, {str(code): str(label) for code, label in listed})
    return lambda typed: str(typed or "")


def _choices_in_words(labels: Mapping[str, str], chosen: Any) -> str:
    codes = chosen if isinstance(chosen, (list, tuple)) else [chosen]
    return "\n".join(labels[str(code)] for code in codes if str(code) in labels)


def _day_in_words(field: PartialDateField, parts: Any) -> str:
    """The day in the order of the language; a month or a year as it is stored; what is no day as it was typed."""
    try:
        day = str(field.compress([part or "" for part in parts]))
    except forms.ValidationError:
        return " ".join(str(part) for part in parts if part)
    return plain_date(date.fromisoformat(day)) if day.count("-") == 2 else day
