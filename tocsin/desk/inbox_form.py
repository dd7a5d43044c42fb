"""The filter of the reading list as fields of a form.

The browser writes them into the address and ``Wanted.read`` takes them from there, so there is nothing to validate; and
drawn by plain loops they cost a fifth of what Django's widgets cost on a page that people load all day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.desk.page import language
from tocsin.policy.active import get_pack
from tocsin.tips.wanted import Sort, Wanted

ORDERS = {
    Sort.OLDEST: gettext_lazy("Oldest first"),
    Sort.DUE: gettext_lazy("Due first"),
    Sort.NEWEST: gettext_lazy("Newest first"),
    Sort.CATEGORY: gettext_lazy("By category"),
}
URGENT = {"yes": gettext_lazy("Urgent")}
DUE = {"overdue": gettext_lazy("Overdue"), "soon": gettext_lazy("Due within two days")}
REPLIES = {"unread": gettext_lazy("With an unread reply")}
MARKS = {"waiting": gettext_lazy("Waits for your decision"), "drill": gettext_lazy("Exercise")}


@dataclass(frozen=True)
class Field:
    """One field: ``choices`` as value, label and whether it is chosen; without any, a day."""

    name: str
    label: str | Promise
    value: str
    choices: tuple[tuple[str, str | Promise, bool], ...] = ()


def filter_fields(wanted: Wanted) -> list[Field]:
    """The fields with what ``wanted`` asks for; choices that cannot be asked for beside its state are left out."""
    pack = get_pack()
    categories = sorted((each.label(language()), each.code) for each in pack.categories)
    offered: tuple[tuple[str, str, Iterable[tuple[str, str | Promise]]], ...] = (
        ("urgent", _("Urgency"), URGENT.items()),
        ("due", _("Deadline"), DUE.items()),
        ("replies", _("Replies"), REPLIES.items()),
        ("mark", _("Marks"), MARKS.items()),
        ("category", _("Category"), ((code, label) for label, code in categories)),
        ("channel", _("Came in by"), ((each.code, each.label.text(language())) for each in pack.channels)),
    )
    fields = [_choice(wanted, name, label, [("", _("All")), *choices]) for name, label, choices in offered]
    fields += [Field("since", _("Received from"), wanted.since), Field("until", _("Received until"), wanted.until)]
    fields.append(_choice(wanted, "sort", _("Order"), [(order.value, label) for order, label in ORDERS.items()]))
    return [field for field in fields if len(field.choices) != 1]


def _choice(wanted: Wanted, name: str, label: str, choices: list[tuple[str, str | Promise]]) -> Field:
    chosen = getattr(wanted, name)
    limited = name in ("due", "mark", "sort")
    fit = tuple((value, text, value == chosen) for value, text in choices if not limited or wanted.can_ask(name, value))
    return Field(name, label, chosen, fit)


def words_of(wanted: Wanted) -> dict[str, str]:
    """The parts of the filter that are one of a few choices, in words."""
    labels: Mapping[str, Mapping[str, str | Promise]] = {
        "urgent": URGENT,
        "due": DUE,
        "replies": REPLIES,
        "mark": MARKS,
    }
    return {name: str(labels[name][value]) for name, value in wanted.parts.items() if name in labels}
