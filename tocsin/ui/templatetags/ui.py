"""The few template filters that pages share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.utils.formats import date_format
from django.utils.translation import pgettext

register = template.Library()


@register.filter
def language_tag(code: str) -> str:
    """``zh-hans`` → ``zh-Hans``: Django's language code as BCP 47 writes it in ``lang`` attributes."""
    language, *rest = code.split("-")
    return "-".join([language, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[int | str]:
    """The numbers around the page, both ends, and the paginator's ellipsis between them."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.filter(expects_localtime=True)
def plain_date(moment: date | None) -> str:
    """``24 November 2026``, in the order of the language. Empty for nothing."""
    return date_format(moment, pgettext("date format", "j F Y"), use_l10n=False) if moment else ""


@register.filter(expects_localtime=True)
def plain_datetime(moment: datetime | None) -> str:
    """``24 November 2026, 09:30``, in the order of the language. Empty for nothing."""
    return date_format(moment, pgettext("date format", "j F Y, H:i"), use_l10n=False) if moment else ""
