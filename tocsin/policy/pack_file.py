"""Reading ``pack.toml``: everything of a pack but its categories and its long texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tocsin.policy.award_rules import read_awards
from tocsin.policy.category import Sector
from tocsin.policy.category_file import CODE, read_code, refuse_repeated
from tocsin.policy.languages import Localised
from tocsin.policy.rules import (
    Anonymity,
    Awards,
    Calendar,
    Channel,
    Clocks,
    EmergencyNumber,
    FalseTips,
    IdentityMode,
    Office,
    Period,
    Retention,
    Sharing,
    Statistics,
)
from tocsin.policy.tables import Table

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BIOSECURITY_SECTORS = range(1, 9)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class PackFile:
    """What ``pack.toml`` says; the loader joins it with categories and texts to a ``Pack``."""

    id: str
    version: str
    valid_from: date
    expires_on: date
    title: Localised
    mark: Localised
    languages: tuple[str, ...]
    authority: Office
    oversight_body: Office
    legal_basis: tuple[str, ...]
    sectors: tuple[Sector, ...]
    emergency_numbers: tuple[EmergencyNumber, ...]
    channels: tuple[Channel, ...]
    identity_modes: tuple[IdentityMode, ...]
    clocks: Clocks
    retention: Retention
    false_tips: FalseTips
    sharing: Sharing
    statistics: Statistics
    calendar: Calendar
    awards: Awards | None


def read_pack_file(data: dict[str, object], file: str) -> PackFile:
    """``pack.toml`` as values. Raises ``PackInvalid`` at the first fault."""
    with Table(data, file=file) as table:
        table.languages = _languages(table)
        return PackFile(
            id=read_code(table, "id"),
            version=_version(table),
            valid_from=table.day("valid_from"),
            expires_on=_expiry(table),
            title=table.localised("title"),
            mark=table.localised("mark"),
            languages=table.languages,
            authority=_office(table.table("authority")),
            oversight_body=_office(table.table("oversight_body")),
            legal_basis=_legal_basis(table),
            sectors=_sectors(table),
            emergency_numbers=tuple(_emergency(entry) for entry in table.tables("emergency_numbers")),
            channels=_channels(table),
            identity_modes=_identity_modes(table),
            clocks=_clocks(table.table("clocks")),
            retention=_retention(table.table("retention")),
            false_tips=_false_tips(table.table("false_tips")),
            sharing=_sharing(table.table("sharing")),
            statistics=_statistics(table.table("statistics")),
            calendar=_calendar(table.table("calendar")),
            awards=read_awards(table.table("awards")) if "awards" in table else None,
        )


def _languages(table: Table) -> tuple[str, ...]:
    languages = table.words("languages")
    for language in languages:
        if not LANGUAGE.fullmatch(language):
            table.refuse("languages", f"“{language}” is no language tag.", 'Write tags such as "zh-hans".')
    return languages


def _version(table: Table) -> str:
    version = table.text("version")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", version):
        table.refuse("version", f"“{version}” is no version.", 'Write one such as "seed-2026.1".')
    return version


def _expiry(table: Table) -> date:
    expiry = table.day("expires_on")
    if expiry < table.day("valid_from"):
        table.refuse("expires_on", "lies before valid_from.", "A pack ends after it begins.")
    return expiry


def _legal_basis(table: Table) -> tuple[str, ...]:
    keys = table.words("legal_basis")
    for key in keys:
        if not CODE.fullmatch(key):
            table.refuse("legal_basis", f"“{key}” is no key.", "Name keys of [legal_basis] in texts/*.toml.")
    return keys


def _sectors(table: Table) -> tuple[Sector, ...]:
    sectors = []
    for entry in table.tables("sectors"):
        with entry:
            number = entry.number("biosecurity") if "biosecurity" in entry else None
            if number is not None and number not in BIOSECURITY_SECTORS:
                entry.refuse("biosecurity", "is none of the eight sectors.", "Write 1 to 8.")
            sectors.append(Sector(read_code(entry), entry.localised("label"), number))
    refuse_repeated(table, "sectors", [sector.code for sector in sectors])
    return tuple(sectors)


def _office(table: Table) -> Office:
    with table:
        return Office(
            name=table.localised("name"),
            address=table.localised("address"),
            phone=table.text("phone"),
            website=_https(table, "website"),
        )


def _https(table: Table, name: str) -> str:
    address = table.text(name)
    if not address.startswith("https://"):
        table.refuse(name, "is not an https address.", "Write an address that begins with https://.")
    return address


def _emergency(table: Table) -> EmergencyNumber:
    with table:
        return EmergencyNumber(number=table.text("number"), label=table.localised("label"))


def _channels(table: Table) -> tuple[Channel, ...]:
    channels = []
    for entry in table.tables("channels"):
        with entry:
            channels.append(
                Channel(
                    code=read_code(entry),
                    online=entry.flag("online"),
                    label=entry.localised("label"),
                    where=entry.localised("where"),
                )
            )
    refuse_repeated(table, "channels", [channel.code for channel in channels])
    return tuple(channels)


def _identity_modes(table: Table) -> tuple[IdentityMode, ...]:
    modes = []
    for entry in table.tables("identity_modes"):
        with entry:
            modes.append(
                IdentityMode(
                    code=entry.one_of("code", Anonymity),
                    award_possible=entry.flag("award_possible"),
                    label=entry.localised("label"),
                    effect=entry.localised("effect"),
                )
            )
    refuse_repeated(table, "identity_modes", [mode.code for mode in modes])
    return tuple(modes)


def _clocks(table: Table) -> Clocks:
    with table:
        return Clocks(
            acknowledge_days=table.number("acknowledge_days"),
            triage_working_days=table.number("triage_working_days"),
            urgent_hours=table.number("urgent_hours"),
            feedback_months=table.number("feedback_months"),
            need_info_pause_days=table.number("need_info_pause_days"),
        )


def _retention(table: Table) -> Retention:
    with table:
        return Retention(
            unfounded_days=table.number("unfounded_days"),
            substantiated_review_years=table.number("substantiated_review_years"),
            legal_hold_months=table.number("legal_hold_months"),
        )


def _false_tips(table: Table) -> FalseTips:
    with table:
        return FalseTips(answer_days=table.number("answer_days"), decision_people=table.number("decision_people"))


def _sharing(table: Table) -> Sharing:
    with table:
        return Sharing(expires_days=table.number("expires_days"), reminder_days=table.numbers("reminder_days"))


def _statistics(table: Table) -> Statistics:
    with table:
        return Statistics(smallest_cell=table.number("smallest_cell"), periods=table.some_of("periods", Period))


def _calendar(table: Table) -> Calendar:
    with table:
        return Calendar(
            zone=_zone(table),
            weekend=_weekend(table),
            holidays=table.days("holidays"),
            worked=_worked(table),
            known_until=table.day("known_until"),
        )


def _zone(table: Table) -> ZoneInfo:
    name = table.text("time_zone")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        table.refuse("time_zone", f"“{name}” is not known.", 'Write one such as "Asia/Shanghai".')


def _weekend(table: Table) -> frozenset[int]:
    days = table.words("weekend")
    for day in days:
        if day not in WEEKDAYS:
            table.refuse("weekend", f"“{day}” is no day of the week.", "Write English names, lower case.")
    if len(days) > 3:  # more is a mistake, and seven would make every clock run for ever
        table.refuse("weekend", "leaves fewer than four working days.", "Name at most three days.")
    return frozenset(WEEKDAYS.index(day) for day in days)


def _worked(table: Table) -> frozenset[date]:
    both = table.days("worked_days") & table.days("holidays")
    if both:
        table.refuse("worked_days", f"{min(both)} is a holiday too.", "Keep the date in one list.")
    return table.days("worked_days")
