"""Reading ``pack.toml``: everything of a pack but its categories and its long texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from tocsin.policy.award_rules import read_awards
from tocsin.policy.awards import Awards
from tocsin.policy.calendar_file import read_calendar
from tocsin.policy.category import Sector
from tocsin.policy.category_file import CODE, note_repeated, read_code
from tocsin.policy.hotline_file import read_hotline
from tocsin.policy.languages import Localised
from tocsin.policy.rules import (
    Anonymity,
    Calendar,
    Channel,
    Clocks,
    EmergencyNumber,
    Evidence,
    FalseTips,
    Hotline,
    IdentityMode,
    Office,
    Period,
    Refusal,
    Retention,
    Sharing,
    Statistics,
)
from tocsin.policy.tables import Table

BIOSECURITY_SECTORS = range(1, 9)
VERSION = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
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
    refusal: Refusal
    sharing: Sharing
    statistics: Statistics
    evidence: Evidence
    calendar: Calendar
    awards: Awards | None
    hotline: Hotline | None


def read_pack_file(table: Table) -> PackFile:
    """``pack.toml`` as values, with stand-ins where faults were noted in the table's list."""
    with table:
        table.languages = _languages(table)
        begins = table.day("valid_from")
        return PackFile(
            id=read_code(table, "id"),
            version=_version(table),
            valid_from=begins,
            expires_on=_expiry(table, begins),
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
            refusal=_refusal(table.table("refusal")),
            sharing=_sharing(table.table("sharing")),
            statistics=_statistics(table.table("statistics")),
            evidence=_evidence(table.table("evidence")),
            calendar=read_calendar(table.table("calendar"), begins),
            awards=read_awards(table.table("awards")) if "awards" in table else None,
            hotline=read_hotline(table.table("hotline")) if "hotline" in table else None,
        )


def _languages(table: Table) -> tuple[str, ...]:
    languages = table.words("languages")
    for n, language in enumerate(languages):
        if not LANGUAGE.fullmatch(language):
            table.note(f"languages[{n}]", f"“{language}” is no language tag.", 'Write tags such as "zh-hans".')
    return languages


def _version(table: Table) -> str:
    version = table.text("version")
    if version and not VERSION.fullmatch(version):
        table.note("version", f"“{version}” is no version.", 'Write one such as "seed-2026.1".')
    return version


def _expiry(table: Table, begins: date) -> date:
    expiry = table.day("expires_on")
    if expiry < begins and expiry != date.min:
        table.note("expires_on", "lies before valid_from.", "A pack ends after it begins.")
    return expiry


def _legal_basis(table: Table) -> tuple[str, ...]:
    keys = table.words("legal_basis")
    for n, key in enumerate(keys):
        if not CODE.fullmatch(key):
            table.note(f"legal_basis[{n}]", f"“{key}” is no key.", "Name keys of [legal_basis] in texts/*.toml.")
    return keys


def _sectors(table: Table) -> tuple[Sector, ...]:
    entries = table.tables("sectors")
    sectors = tuple(_sector(entry) for entry in entries)
    note_repeated(entries, [sector.code for sector in sectors])
    return sectors


def _sector(table: Table) -> Sector:
    with table:
        number = table.number("biosecurity") if "biosecurity" in table else None
        if number is not None and number not in BIOSECURITY_SECTORS and table.sound:
            table.note("biosecurity", "is none of the eight sectors.", "Write 1 to 8.")
        return Sector(read_code(table), table.localised("label"), number)


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
    if address and not address.startswith("https://"):
        table.note(name, "is not an https address.", "Write an address that begins with https://.")
    return address


def _emergency(table: Table) -> EmergencyNumber:
    with table:
        return EmergencyNumber(number=table.text("number"), label=table.localised("label"))


def _channels(table: Table) -> tuple[Channel, ...]:
    entries = table.tables("channels")
    channels = tuple(_channel(entry) for entry in entries)
    note_repeated(entries, [channel.code for channel in channels])
    return channels


def _channel(table: Table) -> Channel:
    with table:
        return Channel(
            code=read_code(table),
            online=table.flag("online"),
            label=table.localised("label"),
            where=table.localised("where"),
        )


def _identity_modes(table: Table) -> tuple[IdentityMode, ...]:
    entries = table.tables("identity_modes")
    modes = tuple(_identity_mode(entry) for entry in entries)
    known = [mode.code if entry.sound else "" for entry, mode in zip(entries, modes, strict=True)]
    note_repeated(entries, known)
    return modes


def _identity_mode(table: Table) -> IdentityMode:
    with table:
        return IdentityMode(
            code=table.one_of("code", Anonymity),
            award_possible=table.flag("award_possible"),
            label=table.localised("label"),
            effect=table.localised("effect"),
        )


def _clocks(table: Table) -> Clocks:
    with table:
        return Clocks(
            acknowledge_days=table.number("acknowledge_days"),
            triage_working_days=table.number("triage_working_days"),
            urgent_hours=table.number("urgent_hours"),
            feedback_months=table.number("feedback_months"),
            feedback_extended_months=table.number("feedback_extended_months"),
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


def _refusal(table: Table) -> Refusal:
    with table:
        return Refusal(protected_doors=table.number("protected_doors"))


def _sharing(table: Table) -> Sharing:
    with table:
        return Sharing(expires_days=table.number("expires_days"), reminder_days=table.numbers("reminder_days"))


def _statistics(table: Table) -> Statistics:
    with table:
        return Statistics(smallest_cell=table.number("smallest_cell"), periods=table.some_of("periods", Period))


def _evidence(table: Table) -> Evidence:
    with table:
        return Evidence(
            most_files=table.number("most_files"),
            largest_file_mb=table.number("largest_file_mb"),
            largest_total_mb=table.number("largest_total_mb"),
        )
