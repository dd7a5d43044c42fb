"""The short form: its fields, and the blank page, drawn from a stencil.

Checking what was sent is the business of ``intake.submission``; this form only draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.translation import gettext_lazy as _

from tocsin.intake.attempts import TicketOffice
from tocsin.policy.active import get_pack
from tocsin.public.page import language
from tocsin.public.stencils import hole, stencil
from tocsin.ui.forms import UiFormMixin


def _text(rows: int) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "autocomplete": "off", "spellcheck": "false"})


class ReportForm(UiFormMixin, forms.Form):
    """One page, six questions; only the first two words of the story are required."""

    label_sizes = {"what": "m"}

    category = forms.ChoiceField(
        label=_("What is it about?"),
        help_text=_("Choose what fits best. If you are not sure, leave it: we will sort it."),
        required=False,
        widget=forms.Select,
    )
    what = forms.CharField(
        label=_("What did the person do?"),
        help_text=_("Write what you saw, heard or read yourself. Use your own words; any language is fine."),
        widget=_text(7),
    )
    where = forms.CharField(
        label=_("Where was it?"),
        help_text=_("A place, a street, a website – whatever you know."),
        required=False,
        widget=_text(2),
    )
    when = forms.CharField(
        label=_("When was it?"),
        help_text=_("A day, a time, “since summer”. Say if it is still going on."),
        required=False,
        widget=_text(2),
    )
    how = forms.CharField(
        label=_("How do you know?"),
        help_text=_(
            "Did you see it, or did someone tell you? Say too if you work with the person, are family, or had a "
            "quarrel. That does not count against you; it helps us check fairly."
        ),
        required=False,
        widget=_text(3),
    )
    contact = forms.CharField(
        label=_("Do you want to give your name or a way to reach you?"),
        help_text=_(
            "You do not have to. If you do, it is locked apart from your report: only two appointed people together "
            "can open it. With your nine words we can write to each other without it."
        ),
        required=False,
        widget=_text(2),
    )

    def __init__(self, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(data=dict(typed) if typed is not None else None)
        self.fields["category"].choices = _choices()  # type: ignore[attr-defined]  # a ChoiceField, as declared above
        self._errors = forms.utils.ErrorDict()
        for name, sentence in (errors or {}).items():
            self.cleaned_data: dict[str, object] = {}
            self.add_error(name, sentence)


FIELDS = tuple(ReportForm.base_fields)


def _choices() -> list[tuple[str, str]]:
    listed = [(category.code, category.label(language())) for category in get_pack().categories]
    return sorted(listed, key=lambda pair: pair[0] != "other")


@cache
def tickets() -> TicketOffice:
    """Issues and opens the tickets of this door's forms."""
    return TicketOffice(settings.SECRET_KEY)


def blank_form(request: HttpRequest, ticket: str) -> str:
    """The page with an empty form and the visitor's own ticket and form check."""
    page = stencil("public/report.html", language(), request.path, _holes)
    return page.fill({"csrf": get_token(request), "ticket": ticket})


def _holes() -> dict[str, Any]:
    return {"ticket": hole("ticket"), "csrf": hole("csrf"), "form": ReportForm(), "notice": ""}
