"""Holidays of the library and of the pack itself, with known answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tocsin.policy.calendar_file import public_holidays
from tocsin.policy.lint import lint
from tocsin.policy.model import Pack
from tocsin.policy.tests.conftest import Draft

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
YEAR_2026 = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
# The notice of the General Office of the State Council for 2026: days off, and weekend days that are worked.
OFF_IN_CHINA = {
    *((1, day) for day in (1, 2, 3)),
    *((2, day) for day in range(15, 24)),
    *((4, day) for day in (4, 5, 6)),
    *((5, day) for day in (1, 2, 3, 4, 5)),
    *((6, day) for day in (19, 20, 21)),
    *((9, day) for day in (25, 26, 27)),
    *((10, day) for day in range(1, 8)),
}
WORKED_IN_CHINA = {(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)}
# The ten legal holidays of Belgium; those tied to Easter (5 April 2026) are counted from it.
BELGIUM_2026 = {(1, 1), (4, 6), (5, 1), (5, 14), (5, 25), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)}


def by_country(draft: Draft, country: str, *more: str) -> None:
    """Take the lists out of the draft's calendar and name a country."""
    draft.cut("pack.toml", "holidays = [", "worked_days")
    draft.cut("pack.toml", "worked_days = [", "\n")
    draft.replace("pack.toml", 'time_zone = "Asia/Shanghai"', "\n".join([f'country = "{country}"', *more, ZONE]))


ZONE = 'time_zone = "Asia/Shanghai"'


def test_china_in_2026_has_the_working_days_of_the_official_notice(draft: Draft, seed: Pack) -> None:
    by_country(draft, "CN")
    calendar = draft.load().calendar
    for day in YEAR_2026:
        place = (day.month, day.day)
        works = place in WORKED_IN_CHINA or (day.weekday() < 5 and place not in OFF_IN_CHINA)
        assert calendar.is_working_day(day) is works, day
        assert seed.calendar.is_working_day(day) is works, day  # the list in the seed pack was written by hand


def test_the_eu_sample_has_the_holidays_of_belgium_in_2026(eu: Pack) -> None:
    for day in YEAR_2026:
        works = day.weekday() < 5 and (day.month, day.day) not in BELGIUM_2026
        assert eu.calendar.is_working_day(day) is works, day


def test_a_part_of_a_country_has_holidays_of_its_own(draft: Draft) -> None:
    epiphany = date(2026, 1, 6)
    by_country(draft, "DE")
    assert draft.load().calendar.is_working_day(epiphany)
    draft.replace("pack.toml", 'country = "DE"', 'country = "DE"\nsubdivision = "BY"')
    assert not draft.load().calendar.is_working_day(epiphany)


def test_the_pack_has_the_last_word(draft: Draft) -> None:
    by_country(draft, "CN", "holidays = [2026-03-02]", "worked_days = [2026-02-16]", "not_holidays = [2026-05-01]")
    calendar = draft.load().calendar
    assert not calendar.is_working_day(date(2026, 3, 2))  # a Monday that the library does not know
    assert calendar.is_working_day(date(2026, 2, 16))  # in the middle of the Spring Festival
    assert calendar.is_working_day(date(2026, 5, 1))
    assert not calendar.is_working_day(date(2026, 5, 4))


def test_a_holiday_of_the_pack_is_stronger_than_a_worked_weekend_of_the_library(draft: Draft) -> None:
    by_country(draft, "CN", "holidays = [2026-02-14]")
    assert not draft.load().calendar.is_working_day(date(2026, 2, 14))


def test_nothing_is_taken_from_the_library_after_the_last_known_day(draft: Draft) -> None:
    by_country(draft, "CN")
    draft.replace("pack.toml", "known_until = 2027-12-31", "known_until = 2026-06-30")
    calendar = draft.load().calendar
    assert max(calendar.holidays) == date(2026, 6, 19)
    assert max(calendar.worked) == date(2026, 5, 9)
    assert calendar.is_working_day(date(2026, 10, 1))


def test_holidays_are_known_from_the_first_of_january_on(draft: Draft) -> None:
    by_country(draft, "CN")
    draft.replace("pack.toml", "valid_from = 2026-01-01", "valid_from = 2026-07-01")
    assert min(draft.load().calendar.holidays) == date(2026, 1, 1)


def test_without_a_country_the_lists_are_needed(draft: Draft) -> None:
    draft.cut("pack.toml", "worked_days = [", "\n")
    assert draft.faults() == {("pack.toml", "calendar.worked_days")}


@pytest.mark.parametrize(
    ("country", "more", "key"),
    [
        ("XX", [], "calendar.country"),
        ("CHN", [], "calendar.country"),
        ("cn", [], "calendar.country"),
        ("DE", ['subdivision = "ZZ"'], "calendar.subdivision"),
        ("CN", ['subdivision = "BY"'], "calendar.subdivision"),
        ("CN", ["not_holidays = [2026-05-01, 2026-05-01]"], "calendar.not_holidays[1]"),
        ("CN", ["holidays = [2026-03-02]", "worked_days = [2026-03-02]"], "calendar.worked_days"),
    ],
)
def test_what_the_library_does_not_know_is_a_finding(draft: Draft, country: str, more: list[str], key: str) -> None:
    by_country(draft, country, *more)
    assert draft.faults() == {("pack.toml", key)}


@pytest.mark.parametrize("line", ['subdivision = "BY"', "not_holidays = [2026-05-01]"])
def test_what_belongs_to_a_country_needs_one(draft: Draft, line: str) -> None:
    draft.replace("pack.toml", ZONE, f"{line}\n{ZONE}")
    (finding,) = lint(draft.path, SPRING).findings  # told once, and not as an unknown key too
    assert finding.key == f"calendar.{line.split()[0]}"
    assert finding.remedy == "Name the country, or remove this key."


def test_nobody_knows_the_holidays_of_the_next_century(draft: Draft) -> None:
    by_country(draft, "CN")
    draft.replace("pack.toml", "known_until = 2027-12-31", "known_until = 2126-12-31")
    assert draft.faults() == {("pack.toml", "calendar.known_until")}


def test_only_days_that_were_asked_for_come_back() -> None:
    found = public_holidays("CN", None, date(2026, 2, 1), date(2026, 2, 28))
    assert {day.month for day in found.closed} == {2}
    assert found.worked == {date(2026, 2, 14), date(2026, 2, 28)}
