"""What forms of the desk send, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken

Typed = Mapping[str, str]


def typed_day(typed: Typed, name: str) -> date:
    """A day as a date field of a browser sends it. Raises ``RuleBroken`` for anything else."""
    try:
        return date.fromisoformat(typed.get(name, ""))
    except ValueError:
        raise RuleBroken(_("Write the day as year, month and day, such as 2031-03-09. Nothing was changed.")) from None
