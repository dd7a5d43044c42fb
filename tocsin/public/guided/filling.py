"""A screen drawn once, with holes where answers stand, and the answers that go into them.

A text has one hole, a date one for each box, and each choice has one inside its tag, for the word ``checked``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from tocsin.public.guided.draft import Draft
from tocsin.public.guided.screens import Screen, as_sent, sent_as
from tocsin.public.stencils import hole
from tocsin.ui.forms import Marks

NO_FILES: MultiValueDict[str, Any] = MultiValueDict()


def with_holes(screen: Screen, draft: Draft) -> forms.Form | None:
    """The form of ``screen`` with a hole in place of every answer; ``None`` for a screen without one."""
    if screen.form is None:
        return None
    return screen.form(draft)(initial={name: _holes(name, field) for name, field in screen.fields(draft).items()})


def _holes(name: str, field: forms.Field) -> object:
    if isinstance(field, forms.ChoiceField):
        return Marks([hole(f"{name}_{place}") for place, _choice in enumerate(_choices(field))])
    boxes = [hole(box) for box in sent_as(name, field.widget)]
    return boxes if len(boxes) > 1 else boxes[0]


@dataclass(frozen=True)
class Answers:
    """What goes into the holes: ``texts`` as they were typed, ``marks`` as they stand in a tag."""

    texts: Mapping[str, str]
    marks: Mapping[str, str]


def answers_on(screen: Screen, draft: Draft) -> Answers:
    """Everything that stands on ``screen``; on one that was not answered yet, what is chosen beforehand."""
    blank, typed = screen.is_blank(draft), as_sent(draft.of(screen.name))
    texts: dict[str, str] = {}
    marks: dict[str, str] = {}
    for name, field in screen.fields(draft).items():
        if isinstance(field, forms.ChoiceField):
            chosen = field.initial if blank else field.widget.value_from_datadict(typed, NO_FILES, name)
            marks |= _checked(name, field, chosen)
        else:
            texts |= {box: "" if blank else typed.get(box, "") for box in sent_as(name, field.widget)}
    return Answers(texts, marks)


def _checked(name: str, field: forms.ChoiceField, chosen: Any) -> dict[str, str]:
    codes = chosen if isinstance(chosen, (list, tuple)) else [chosen]
    return {f"{name}_{place}": "checked" if code in codes else "" for place, (code, _l) in enumerate(_choices(field))}


def _choices(field: forms.ChoiceField) -> list[tuple[str, object]]:
    listed: Any = field.choices  # pairs in all our forms, whatever else Django allows
    return [(str(code), label) for code, label in listed]
