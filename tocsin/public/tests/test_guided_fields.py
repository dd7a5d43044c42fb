"""Questions of a category as fields: what each type takes and gives, and how its answers read back."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from tocsin.intake.question_fields import answer_of
from tocsin.policy.active import get_pack
from tocsin.policy.category import Question, QuestionType
from tocsin.public.guided.draft import Draft
from tocsin.public.guided.report import lines
from tocsin.public.guided.screen_forms import question_form
from tocsin.public.guided.screens import as_sent

ASKED = [question for category in get_pack().categories for question in category.questions]


def of_type(kind: QuestionType, *, several: bool = False) -> Question:
    return next(question for question in ASKED if question.type is kind and question.several == several)


def told(question: Question, **typed: str | list[str]) -> tuple[Any, dict[str, list[str]]]:
    """The stored answer, and the complaints by field."""
    sent = as_sent({name: [value] if isinstance(value, str) else value for name, value in typed.items()})
    with override("en"):
        form = question_form(question)(sent)
        form.is_valid()
        return answer_of(question, form.cleaned_data), {
            name: list(map(str, said)) for name, said in form.errors.items()
        }


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.code)
def test_a_question_without_an_answer_gives_nothing_and_no_complaint(question: Question) -> None:
    answer, wrong = told(question)
    assert answer in ("", [], {})
    assert answer is not False
    assert wrong == {}


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.code)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_question_is_the_heading_of_its_screen_and_has_its_hint(question: Question, language: str) -> None:
    with override(language):
        form = question_form(question)()
        assert form["answer"].label == question.label.text(language)
        assert not question.help or question.help.text(language) in str(form["answer"].help_text)
        assert all(option.label.text(language) in str(form["answer"]) for option in question.options)


def days(**parts: str) -> dict[str, str]:
    return {
        f"{name}_{part}": value
        for name, date in parts.items()
        for part, value in zip(("year", "month", "day"), date.split("-"), strict=False)
    }


@pytest.mark.parametrize(
    ("start", "end", "stored"),
    [
        ("2026-5-3", "2026-5-9", {"from": "2026-05-03", "to": "2026-05-09"}),
        ("2026-5-3", "", {"from": "2026-05-03", "to": "2026-05-03"}),
        ("2026", "2026-5", {"from": "2026", "to": "2026-05"}),
        ("2026-5-3", "2026", {"from": "2026-05-03", "to": "2026"}),
        ("2026-5-3", "2026-5", {"from": "2026-05-03", "to": "2026-05"}),
        ("2026-5-3", "2026-5-3", {"from": "2026-05-03", "to": "2026-05-03"}),
        ("", "2026-5", {"from": "", "to": "2026-05"}),
    ],
)
def test_a_span_of_days_may_be_known_in_part(start: str, end: str, stored: dict[str, str]) -> None:
    assert told(of_type(QuestionType.DATE_RANGE), **days(answer=start, until=end)) == (stored, {})


@pytest.mark.parametrize(
    ("start", "end"), [("2026-5-3", "2026-5-2"), ("2026-5", "2026-4-30"), ("2026", "2025"), ("2026-5-3", "2025")]
)
def test_a_span_that_ends_before_it_begins_is_pointed_out(start: str, end: str) -> None:
    _answer, wrong = told(of_type(QuestionType.DATE_RANGE), **days(answer=start, until=end))
    assert list(wrong) == ["until"]
    assert "earlier day first" in wrong["until"][0]


@pytest.mark.parametrize(
    ("kind", "typed", "field", "remedy"),
    [
        (QuestionType.COUNT, {"answer": "many"}, "answer", "Write a number such as 30"),
        (QuestionType.COUNT, {"answer": "3万"}, "answer", "Write whole numbers"),
        (QuestionType.PLACE, {"point": "here"}, "point", "Write two numbers"),
        (QuestionType.DATE_RANGE, {"answer_month": "5"}, "answer", "Write the year"),
        (QuestionType.DATE_RANGE, {"until_year": "2026", "until_month": "13"}, "until", "number from 1 to 12"),
        (QuestionType.FILE, {"answer": "perhaps"}, "answer", "Select a valid choice"),
        (QuestionType.CHOICE, {"answer": "perhaps"}, "answer", "Select a valid choice"),
    ],
)
def test_what_cannot_be_read_is_pointed_out_with_the_remedy(
    kind: QuestionType, typed: dict[str, str], field: str, remedy: str
) -> None:
    _answer, wrong = told(of_type(kind), **typed)
    assert list(wrong) == [field]
    assert remedy in wrong[field][0]


def test_several_options_are_kept_in_the_order_of_the_page_and_others_are_refused() -> None:
    question = of_type(QuestionType.CHOICE, several=True)
    codes = [option.code for option in question.options]
    assert told(question, answer=codes) == (codes, {})
    assert told(question, answer=[*codes, "more"])[1]


@pytest.mark.parametrize(
    ("language", "day", "words"),
    [
        ("en", "2026-5-3", "3 May 2026"),
        ("en", "2026-5", "2026-05"),
        ("en", "2026", "2026"),
        ("zh-hans", "2026-5-3", "2026年5月3日"),
        ("en", "2026-13", "13 2026"),
    ],
)
def test_a_day_reads_back_as_people_write_it(language: str, day: str, words: str) -> None:
    draft = Draft().answered("when", {name: [value] for name, value in days(day=day).items()})
    with override(language):
        assert [line.answer for line in lines(draft)] == ["", words]
