"""Stored answers to the questions of a category, in words for staff.

The forms in which they are stored are told in ``question_fields``: a text, a list of codes, a table, true or
false, or ``None`` for "I do not know".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tocsin.intake.questions import YES_NO
from tocsin.policy.category import Question


def stored_in_words(question: Question, answer: Any, language: str) -> str:
    """A stored answer to a question of a category in words, for staff."""
    if answer is None:
        return _("The reporter does not know.")
    if isinstance(answer, list):
        labels = {option.code: option.label.text(language) for option in question.options}
        return "\n".join(labels.get(str(code), str(code)) for code in answer)
    if isinstance(answer, bool):
        return str(YES_NO["yes" if answer else "no"])
    if isinstance(answer, dict):
        return _table_in_words(answer)
    return str(answer)


def _table_in_words(answer: Mapping[str, Any]) -> str:
    if "low" in answer:
        low, high = answer["low"], answer["high"]
        return str(low) if low == high else f"{low}–{high}"
    if "from" in answer:
        start, end = answer["from"], answer["to"]
        return str(start) if start == end else f"{start} – {end}"
    point = ", ".join(str(part) for part in answer.get("point") or ())
    return "\n".join(part for part in (answer.get("words") or "", point) if part)
