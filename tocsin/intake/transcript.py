"""A report as it was written down, in words for its reporter to check."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import override

from tocsin.intake.answers import stored_in_words
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.intake.submission import Submission
from tocsin.policy.model import Pack


def transcript_of(submission: Submission, rules: Pack, language: str) -> str:
    """Questions and answers in ``language``. Never a name or a contact: those are sealed to the custodians alone."""
    with override(language):
        return "\n\n".join(f"{question}\n{answer}" for question, answer in _lines(submission, rules, language))


def _lines(submission: Submission, rules: Pack, language: str) -> Iterator[tuple[str, str]]:
    category = rules.category(submission.category)
    yield _("What is it about?"), category.label(language)
    for name, question in COMMON_QUESTIONS.items():
        if answer := submission.answers.get(name):
            yield str(question.label), question.in_words(answer)
    for code, stored in submission.particulars.details.items():
        question_of_category = category.question(code)
        yield question_of_category.label.text(language), stored_in_words(question_of_category, stored, language)
