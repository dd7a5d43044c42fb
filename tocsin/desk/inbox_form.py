"""The filter of the reading list as a form."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.desk.page import language
from tocsin.policy.active import get_pack
from tocsin.tips.wanted import Sort, Wanted
from tocsin.ui.forms import UiFormMixin

ORDERS = {
    Sort.OLDEST: gettext_lazy("Oldest first"),
    Sort.DUE: gettext_lazy("Due first"),
    Sort.NEWEST: gettext_lazy("Newest first"),
    Sort.CATEGORY: gettext_lazy("By category"),
}
DUE = {"overdue": gettext_lazy("Overdue"), "soon": gettext_lazy("Due within two days")}
MARKS = {
    "waiting": gettext_lazy("Waits for your decision"),
    "drill": gettext_lazy("Exercise"),
}
URGENT = {"yes": gettext_lazy("Urgent")}
REPLIES = {"unread": gettext_lazy("With an unread reply")}
_DAY = {"type": "date", "class": "govuk-input govuk-input--width-10"}


class FilterForm(UiFormMixin, forms.Form):
    """Read by the browser into the address; ``Wanted.read`` takes it from there, so nothing is validated here."""

    says_optional = False

    urgent = forms.ChoiceField(label=gettext_lazy("Urgency"), required=False)
    due = forms.ChoiceField(label=gettext_lazy("Deadline"), required=False)
    replies = forms.ChoiceField(label=gettext_lazy("Replies"), required=False)
    mark = forms.ChoiceField(label=gettext_lazy("Marks"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Came in by"), required=False)
    since = forms.CharField(label=gettext_lazy("Received from"), required=False, widget=forms.TextInput(_DAY))
    until = forms.CharField(label=gettext_lazy("Received until"), required=False, widget=forms.TextInput(_DAY))
    sort = forms.ChoiceField(label=gettext_lazy("Order"), required=False)

    def __init__(self, wanted: Wanted, **options: Any) -> None:
        super().__init__(initial=asdict(wanted), auto_id="filter-%s", **options)
        pack, everything = get_pack(), [("", _("All"))]
        categories = sorted((str(each.label(language())), each.code) for each in pack.categories)
        offered: dict[str, list[tuple[str, Any]]] = {
            "urgent": [*everything, *URGENT.items()],
            "due": [*everything, *DUE.items()],
            "replies": [*everything, *REPLIES.items()],
            "mark": [*everything, *MARKS.items()],
            "category": [*everything, *((code, label) for label, code in categories)],
            "channel": [*everything, *((each.code, each.label.text(language())) for each in pack.channels)],
            "sort": [(order.value, label) for order, label in ORDERS.items()],
        }
        for name, choices in offered.items():
            field: Any = self.fields[name]
            field.choices = [(value, label) for value, label in choices if wanted.can_ask(name, value)]
        if wanted.is_finished:
            del self.fields["due"]
