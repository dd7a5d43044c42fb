"""Reading ``[calendar]``: the pack's own dates, and with ``country`` those of the library ``holidays``.

What the pack says wins over the library: ``holidays`` are added, ``worked_days`` and ``not_holidays`` are taken
off. The library is a good first draft that many people check, not the law of the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import holidays as library

from tocsin.policy.rules import Calendar
from tocsin.policy.tables import Table

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_YEARS = 10  # beyond, the library guesses: new moons, exchanged days, kings' birthdays
NO_DAYS: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Days of a country: closed offices, and weekend days on which offices work instead."""

    closed: frozenset[date]
    worked: frozenset[date]


def public_holidays(country: str, subdivision: str | None, first: date, last: date) -> PublicHolidays:
    """The public holidays of ``country`` (ISO 3166-1, two letters) from ``first`` to ``last``.

    ``subdivision`` is the part after the hyphen of an ISO 3166-2 code. Raises ``NotImplementedError`` for what the
    library does not have.
    """
    found = library.country_holidays(country, subdiv=subdivision, years=range(first.year, last.year + 1))
    return PublicHolidays(
        closed=frozenset(day for day in found if first <= day <= last),
        worked=frozenset(day for day in found.weekend_workdays if first <= day <= last),
    )


def read_calendar(table: Table, begins: date) -> Calendar:
    """The calendar of a pack that is valid from ``begins``. Faults go into the table's list."""
    with table:
        until = table.day("known_until")
        given = _given(table, begins, until)
        holidays, worked = _own(table)
        return Calendar(
            zone=_zone(table),
            weekend=_weekend(table),
            holidays=(given.closed | holidays) - worked,
            worked=given.worked | worked,  # a holiday is stronger, as the calendar reads it
            known_until=until,
        )


def _given(table: Table, begins: date, until: date) -> PublicHolidays:
    """What the library has, without ``not_holidays``; from 1 January on, as a report may be older than the pack."""
    if "country" not in table:
        for name in ("subdivision", "not_holidays"):
            if name in table:
                table.note(name, "says nothing without a country.", "Name the country, or remove this key.")
        return PublicHolidays(NO_DAYS, NO_DAYS)
    country = _country(table)
    subdivision = _subdivision(table, country)
    taken_off = table.days("not_holidays") if "not_holidays" in table else NO_DAYS
    if not table.sound or begins == date.min:
        return PublicHolidays(NO_DAYS, NO_DAYS)
    if until.year - begins.year > MOST_YEARS:
        table.note("known_until", f"is more than {MOST_YEARS} years away.", "Nobody knows these holidays yet.")
        return PublicHolidays(NO_DAYS, NO_DAYS)
    found = public_holidays(country, subdivision or None, date(begins.year, 1, 1), until)
    return PublicHolidays(found.closed - taken_off, found.worked)


def _country(table: Table) -> str:
    country = table.text("country")
    if country and country not in library.list_supported_countries(include_aliases=False):
        remedy = 'Write two letters of ISO 3166-1, such as "CN", or list the holidays without it.'
        table.note("country", f"“{country}” is no country whose holidays are known.", remedy)
        return ""
    return country


def _subdivision(table: Table, country: str) -> str:
    if "subdivision" not in table:
        return ""
    part = table.text("subdivision")
    known = library.list_supported_countries(include_aliases=False).get(country, [])
    if part and country and part not in known:
        remedy = f"Use one of: {', '.join(known)}." if known else "Leave it out."
        table.note("subdivision", f"“{part}” is no part of {country} whose holidays are known.", remedy)
    return part


def _own(table: Table) -> tuple[frozenset[date], frozenset[date]]:
    """The pack's own ``holidays`` and ``worked_days``; with a country both may be left out."""
    optional = "country" in table
    holidays, worked = (
        NO_DAYS if optional and name not in table else table.days(name) for name in ("holidays", "worked_days")
    )
    if both := holidays & worked:
        table.note("worked_days", f"{min(both)} is a holiday too.", "Keep the date in one list.")
    return holidays, worked


def _zone(table: Table) -> ZoneInfo:
    name = table.text("time_zone")
    try:
        return ZoneInfo(name) if name else ZoneInfo("UTC")
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        table.note("time_zone", f"“{name}” is not known.", 'Write one such as "Asia/Shanghai".')
        return ZoneInfo("UTC")


def _weekend(table: Table) -> frozenset[int]:
    days = table.words("weekend")
    for n, day in enumerate(days):
        if day not in WEEKDAYS:
            table.note(f"weekend[{n}]", f"“{day}” is no day of the week.", "Write English names, lower case.")
    if len(days) > 3:  # more is a mistake, and seven would make every clock run for ever
        table.note("weekend", "leaves fewer than four working days.", "Name at most three days.")
    return frozenset(WEEKDAYS.index(day) for day in days if day in WEEKDAYS)
