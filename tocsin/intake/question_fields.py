"""Form fields for the questions of a category, one maker for each type, and their answers as they are stored.

Stored answers are plain JSON: a text; a list of codes; ``{"from", "to"}`` as dates that may be known in part;
``{"words", "point"}``; ``{"low", "high"}``; true or false. ``None`` means "I do not know".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.intake.readings import Unreadable, read_count, read_point
from tocsin.policy.category import Question, QuestionType
from tocsin.ui.forms import Checkboxes, PartialDateField, Radios

LONGEST_LINE = 1_000
LONGEST_TEXT = 20_000
Answer = str | list[str] | dict[str, Any] | bool | None


def text_area(rows: int) -> forms.Textarea:
    """A text area that neither the browser nor its spelling service keeps or sends anywhere."""
    return forms.Textarea({"rows": rows, "autocomplete": "off", "spellcheck": "false", "dir": "auto"})


class CountField(forms.CharField):
    """A whole number or a range. Cleans to ``{"low", "high"}`` or ``None``."""

    def clean(self, value: Any) -> dict[str, int] | None:
        """Raises ``ValidationError`` with what to write instead."""
        typed = super().clean(value)
        if not typed:
            return None
        try:
            count = read_count(typed)
        except Unreadable as wrong:
            raise forms.ValidationError(str(wrong.sentence)) from wrong
        return {"low": count.low, "high": count.high}


class PointField(forms.CharField):
    """A position in degrees. Cleans to ``[latitude, longitude]`` or ``None``."""

    def clean(self, value: Any) -> list[float] | None:
        """Raises ``ValidationError`` with what to write instead."""
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return list(read_point(typed))
        except Unreadable as wrong:
            raise forms.ValidationError(str(wrong.sentence)) from wrong


def point_field() -> PointField:
    """The optional field beside every place in words."""
    return PointField(
        label=gettext_lazy("Position on a map, if you know it"),
        help_text=gettext_lazy("Two numbers, such as 39.90, 116.40. Words are enough; leave this empty if unsure."),
        required=False,
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off", "dir": "ltr", "class": "govuk-input--width-20"}),
    )


def fields_of(question: Question, language: str) -> dict[str, forms.Field]:
    """The form fields of one question; the first is called ``answer`` and bears the question as its label."""
    label = question.label.text(language)
    hint = question.help.text(language) if question.help else ""
    fields = _MAKERS[question.type](question, language)
    first = fields["answer"]
    first.label, first.required = label, False
    first.help_text = " ".join(part for part in (hint, str(first.help_text)) if part)
    return fields


def _line(_question: Question, _language: str) -> dict[str, forms.Field]:
    return {"answer": forms.CharField(max_length=LONGEST_LINE, widget=text_area(2))}


def _long_text(_question: Question, _language: str) -> dict[str, forms.Field]:
    return {"answer": forms.CharField(max_length=LONGEST_TEXT, widget=text_area(6))}


def _choice(question: Question, language: str) -> dict[str, forms.Field]:
    options = [(option.code, option.label.text(language)) for option in question.options]
    if question.several:
        return {"answer": forms.MultipleChoiceField(choices=options, widget=Checkboxes())}
    return {"answer": forms.ChoiceField(choices=options, widget=Radios())}


def _date_range(_question: Question, _language: str) -> dict[str, forms.Field]:
    start = PartialDateField(help_text=gettext_lazy("From this day. The year alone is fine."))
    end = PartialDateField(
        label=gettext_lazy("Until"), help_text=gettext_lazy("Leave it empty if it was one day only."), required=False
    )
    return {"answer": start, "until": end}


def _place(_question: Question, _language: str) -> dict[str, forms.Field]:
    return {"answer": forms.CharField(max_length=LONGEST_LINE, widget=text_area(3)), "point": point_field()}


def _count(_question: Question, _language: str) -> dict[str, forms.Field]:
    widget = forms.TextInput({"autocomplete": "off", "class": "govuk-input--width-10"})
    hint = gettext_lazy("A number such as 30, or a range such as 20–30.")
    return {"answer": CountField(max_length=60, widget=widget, help_text=hint)}


def _file(_question: Question, _language: str) -> dict[str, forms.Field]:
    options = [("yes", gettext_lazy("Yes, I will send it at the end")), ("no", gettext_lazy("No"))]
    return {"answer": forms.ChoiceField(choices=options, widget=Radios())}


_MAKERS: Mapping[QuestionType, Callable[[Question, str], dict[str, forms.Field]]] = {
    QuestionType.TEXT: _line,
    QuestionType.LONG_TEXT: _long_text,
    QuestionType.CHOICE: _choice,
    QuestionType.DATE_RANGE: _date_range,
    QuestionType.PLACE: _place,
    QuestionType.COUNT: _count,
    QuestionType.PERMIT: _long_text,
    QuestionType.FILE: _file,
}


def answer_of(question: Question, cleaned: Mapping[str, Any]) -> Answer:
    """The cleaned fields as one stored answer; an empty text, list or table when nothing was answered."""
    value = cleaned.get("answer")
    if question.type is QuestionType.DATE_RANGE:
        return {"from": value, "to": cleaned.get("until") or value} if value or cleaned.get("until") else {}
    if question.type is QuestionType.PLACE:
        point = cleaned.get("point")
        return {"words": value, "point": point} if value or point else {}
    if question.type is QuestionType.COUNT:
        return value or {}
    if question.type is QuestionType.CHOICE:
        return [value] if isinstance(value, str) and value else list(value or [])
    if question.type is QuestionType.FILE:
        return value == "yes" if value else ""
    return str(value or "")


def check_order(cleaned: Mapping[str, Any]) -> str:
    """A sentence when a span of days ends before it begins; empty when it is in order."""
    start, end = cleaned.get("answer") or "", cleaned.get("until") or ""
    known = min(len(start), len(end))
    if start and end and start[:known] > end[:known]:
        return _("The second day lies before the first. Write the earlier day first.")
    return ""
