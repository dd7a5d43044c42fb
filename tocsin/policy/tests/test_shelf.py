from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tocsin.common.errors import RuleBroken
from tocsin.policy import active
from tocsin.policy.active import get_pack, pack_of
from tocsin.policy.findings import PackInvalid
from tocsin.policy.shelf import Shelf, UnknownVersion, load_shelf
from tocsin.policy.tests.conftest import SEED, ShelfDraft, two_versions


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return load_shelf(two_versions(tmp_path_factory.mktemp("versions") / "shelf").path)


def faults(path: Path) -> set[tuple[str, str]]:
    with pytest.raises(PackInvalid) as caught:
        load_shelf(path)
    return {(finding.file, finding.key) for finding in caught.value.findings}


@pytest.mark.parametrize(
    ("day", "version", "expired"),
    [
        (date(2023, 12, 31), "seed-2024.1", True),  # nothing has begun: the oldest
        (date(2024, 1, 1), "seed-2024.1", False),
        (date(2025, 6, 30), "seed-2024.1", False),  # the last day counts
        (date(2025, 7, 1), "seed-2024.1", True),  # in the gap the newest that has begun
        (date(2025, 12, 31), "seed-2024.1", True),
        (date(2026, 1, 1), "seed-2026.1", False),
        (date(2027, 12, 31), "seed-2026.1", False),
        (date(2040, 1, 1), "seed-2026.1", True),  # forgotten, and tips are taken all the same
    ],
)
def test_every_day_has_its_version(shelf: Shelf, day: date, version: str, expired: bool) -> None:
    assert shelf.on(day).version == version
    assert shelf.is_expired_on(day) is expired


def test_a_pack_that_is_no_shelf_is_a_shelf_of_one() -> None:
    shelf = load_shelf(SEED)
    assert [pack.version for pack in shelf.versions] == ["seed-2026.1"]
    assert shelf.on(date(1999, 1, 1)) is shelf.on(date(2099, 1, 1)) is shelf.version("seed-2026.1")
    assert shelf.is_expired_on(date(2028, 1, 1))


ONE = load_shelf(SEED)


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_no_day_is_without_a_pack(day: date) -> None:
    assert ONE.on(day).is_valid_on(day) is not ONE.is_expired_on(day)


def test_versions_are_told_apart_by_their_code(shelf: Shelf) -> None:
    assert shelf.version("seed-2024.1").valid_from == date(2024, 1, 1)
    with pytest.raises(UnknownVersion) as caught:
        shelf.version("seed-1999.1")
    assert isinstance(caught.value, RuleBroken)
    assert "1999" not in str(caught.value)


def test_a_version_begins_at_midnight_where_the_authority_sits(shelf: Shelf) -> None:
    midnight_in_shanghai = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    assert shelf.at(midnight_in_shanghai).version == "seed-2026.1"
    assert shelf.at(midnight_in_shanghai - timedelta(seconds=1)).version == "seed-2024.1"


def test_order_in_the_folder_means_nothing(shelf_draft: ShelfDraft) -> None:
    shelf_draft.add("aaa", "seed-2028.1", "2028-01-01", "2028-12-31")
    assert [pack.version for pack in load_shelf(shelf_draft.path).versions] == [
        "seed-2024.1",
        "seed-2026.1",
        "seed-2028.1",
    ]


@pytest.mark.parametrize("first", ["2027-12-31", "2025-12-31"])
def test_two_versions_never_hold_on_one_day(shelf_draft: ShelfDraft, first: str) -> None:
    shelf_draft.add("next", "seed-2028.1", first, "2029-12-31")
    (file, key), *more = faults(shelf_draft.path)
    assert (key, more) == ("valid_from", [])
    assert file in ("next/pack.toml", "new/pack.toml")


def test_the_day_after_is_no_overlap(shelf_draft: ShelfDraft) -> None:
    shelf_draft.add("next", "seed-2028.1", "2028-01-01", "2029-12-31")
    assert len(load_shelf(shelf_draft.path).versions) == 3


def test_a_version_stands_once(shelf_draft: ShelfDraft) -> None:
    shelf_draft.add("again", "seed-2024.1", "2028-01-01", "2029-12-31")
    assert faults(shelf_draft.path) == {("again/pack.toml", "version")}


def test_a_shelf_holds_one_pack_only(shelf_draft: ShelfDraft) -> None:
    draft = shelf_draft.add("stranger", "seed-2028.1", "2028-01-01", "2029-12-31")
    draft.replace("pack.toml", 'id = "seed"', 'id = "weed"')
    assert faults(shelf_draft.path) == {("stranger/pack.toml", "id")}


def test_faults_of_all_versions_are_told_at_once_with_their_folder_and_line(shelf_draft: ShelfDraft) -> None:
    for folder in ("old", "new"):
        path = shelf_draft.path / folder / "pack.toml"
        path.write_text(path.read_text().replace("acknowledge_days = 7", "acknowledge_days = 8"))
    with pytest.raises(PackInvalid) as caught:
        load_shelf(shelf_draft.path)
    assert {finding.file for finding in caught.value.findings} == {"old/pack.toml", "new/pack.toml"}
    for finding in caught.value.findings:
        lines = (shelf_draft.path / finding.file).read_text().splitlines()
        assert lines[finding.line - 1] == "acknowledge_days = 8"


@pytest.mark.parametrize("name", ["notes.txt", "drafts"])
def test_what_is_no_version_does_not_stand_on_the_shelf(shelf_draft: ShelfDraft, name: str) -> None:
    stray = shelf_draft.path / name
    if name == "drafts":
        stray.mkdir()
    else:
        stray.write_text("x")
    assert {file.partition("/")[0] for file, _ in faults(shelf_draft.path)} == {name}


def test_hidden_files_stand_on_no_shelf(shelf_draft: ShelfDraft) -> None:
    (shelf_draft.path / ".git").mkdir()
    assert len(load_shelf(shelf_draft.path).versions) == 2


def test_an_empty_folder_is_no_shelf(tmp_path: Path) -> None:
    assert faults(tmp_path) == {("pack.toml", "")}
    assert faults(tmp_path / "absent") == {("pack.toml", "")}


@pytest.fixture
def installed_shelf(shelf_draft: ShelfDraft) -> Iterator[None]:
    with override_settings(TOCSIN_PACK=shelf_draft.path):
        yield
    active._load_once.cache_clear()


def test_the_installation_works_under_todays_version(installed_shelf: None, set_clock: Callable[..., Any]) -> None:
    clock = set_clock(datetime(2025, 12, 31, 15, 0, tzinfo=UTC))
    assert get_pack().version == "seed-2024.1"
    clock.forward(hours=1)
    assert get_pack().version == "seed-2026.1"  # without a restart
    clock.forward(days=5000)
    assert get_pack().version == "seed-2026.1"


def test_a_tip_keeps_the_version_of_its_arrival(installed_shelf: None, set_clock: Callable[..., Any]) -> None:
    set_clock(datetime(2026, 5, 1, tzinfo=UTC))
    assert pack_of("seed-2024.1").version == "seed-2024.1"
    assert pack_of("seed-2026.1") is get_pack()


def test_todays_pack_stands_in_for_a_version_that_was_taken_off(
    installed_shelf: None, set_clock: Callable[..., Any]
) -> None:
    set_clock(datetime(2026, 5, 1, tzinfo=UTC))
    assert pack_of("seed-2019.4") is get_pack()
