"""The form on which staff write a report down: one page, by keyboard, in the language of whoever tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from tocsin.desk.writing.fields import SEPARATOR, category_fields, first_fields, last_fields, story_fields
from tocsin.desk.writing.roads import Road
from tocsin.intake.question_fields import check_order
from tocsin.policy.active import get_pack
from tocsin.policy.category import Category
from tocsin.ui.forms import UiFormMixin, missing_answer

Typed = MultiValueDict[str, str]


class NoSuchCategory(ValueError):
    """What was typed names no kind of report, or several."""


def find_category(typed: str) -> Category | None:
    """The category that is meant by a label, a part of one in any language of the pack, or a code.

    ``None`` for nothing typed. Raises ``NoSuchCategory``.
    """
    wanted = " ".join(typed.casefold().split())
    if not wanted:
        return None
    known = {
        category: [category.code, *(label.casefold() for label in category.labels.all_texts())]
        for category in get_pack().categories
    }
    whole = [category for category, names in known.items() if wanted in names]
    parts = [category for category, names in known.items() if any(wanted in name for name in names)]
    found = whole or parts
    if len(found) != 1:
        raise NoSuchCategory
    return found[0]


class WritingForm(UiFormMixin, forms.Form):
    """``quiet`` shows what was typed without judging it: the report is not being sent yet."""

    says_optional = False
    label_sizes: Mapping[str, str] = {"what": "m", "risk": "m"}

    def __init__(self, typed: Typed | None, *, road: Road, language: str, quiet: bool = False) -> None:
        self.road, self.language = road, language
        self.category, self.is_known = _category(typed)
        super().__init__(typed, auto_id="%s", initial={"language": language})
        self.first, self.story = first_fields(road, language), story_fields(language)
        self.probing, self.last = category_fields(self.category, language), last_fields(road)
        self.fields.update({**self.first, **self.story, **self.probing, **self.last})
        for field in self.fields.values():
            _worded(field)
        if quiet:
            self.cleaned_data: dict[str, Any] = {}
            self._errors = ErrorDict()
            self._check_category()

    def clean(self) -> dict[str, Any]:
        """Answers that make no sense together."""
        told: dict[str, Any] = self.cleaned_data
        self._check_category()
        for question in self.category.questions if self.category else ():
            parts = {part: told.get(f"{question.code}{SEPARATOR}{part}") for part in ("answer", "until")}
            if wrong := check_order({name: value for name, value in parts.items() if isinstance(value, str)}):
                self.add_error(f"{question.code}{SEPARATOR}until", wrong)
        return told

    def _check_category(self) -> None:
        if not self.is_known:
            self.add_error(
                "category", _("There is no such kind of report, or more than one. Choose one from the list.")
            )

    def group(self, name: str) -> list[forms.BoundField]:
        """The fields of ``first``, ``story``, ``probing`` or ``last``, ready to be drawn."""
        return [self[field] for field in getattr(self, name)]

    @property
    def category_label(self) -> str:
        """The kind of report, above its questions."""
        return self.category.label(self.language) if self.category else ""

    @property
    def groups(self) -> dict[str, list[forms.BoundField]]:
        """Every group by name, for the template."""
        return {name: self.group(name) for name in ("first", "story", "probing", "last")}


def _category(typed: Typed | None) -> tuple[Category | None, bool]:
    try:
        return find_category(str(typed.get("category") or "") if typed else ""), True
    except NoSuchCategory:
        return None, False


def _worded(field: forms.Field) -> None:
    """Fields that came after the mixin looked at them: a missing answer is said as everywhere."""
    if field.required:
        field.error_messages["required"] = str(missing_answer(field.widget))
