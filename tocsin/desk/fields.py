"""Fields of the desk's small forms as data, drawn by ``desk/fields.html``. What was refused comes back as typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken

Text = str | Promise
Option = tuple[str, Text]
Kind = Literal["line", "text", "choice", "list", "several", "day", "yes"]


@dataclass(frozen=True)
class Field:
    """``kind``: a line, a text, a choice (buttons) or a list (drop-down) of ``options``, several of them, a day, or one
    box to tick. ``options`` gets the subject of the form.
    """

    name: str
    label: Text
    kind: Kind = "text"
    hint: Text = ""
    options: Callable[[Any], Sequence[Option]] | None = None
    default: str = ""


@dataclass(frozen=True)
class Drawn:
    """A field as the template needs it: ``id`` is unique on the page; ``options`` with whether each is chosen."""

    field: Field
    id: str
    value: str
    options: Sequence[tuple[str, Text, bool]]


def drawn(fields: Sequence[Field], *, form: str, subject: Any, typed: QueryDict | None) -> list[Drawn]:
    """The ``fields`` of the form called ``form``; ``typed``: what came with it when it was refused."""
    return [_drawn(field, form, subject, typed) for field in fields]


def _drawn(field: Field, form: str, subject: Any, typed: QueryDict | None) -> Drawn:
    values = typed.getlist(field.name) if typed is not None else [field.default]
    options = [(value, label, value in values) for value, label in (field.options(subject) if field.options else ())]
    return Drawn(field, f"{form}-{field.name}", values[0] if values else "", options)


def day(typed: QueryDict, name: str) -> date | None:
    """The day that was typed, ``None`` for none. Raises ``RuleBroken`` for something that is no day."""
    text = typed.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RuleBroken(_("This is not a day. Write it as year, month and day: 2026-03-31.")) from None
