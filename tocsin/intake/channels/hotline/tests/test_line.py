"""A caller's line: one for every way of writing a number, none for a withheld one, and never the number itself."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.databases import in_threads
from tests.installation import Installation
from tocsin.common.errors import Unsafe
from tocsin.intake.channels.hotline.line import LINE_BYTES, NumberUnreadable, line_key, line_of, one_writing
from tocsin.vault.fresh_keys import read_or_make_secret

CANARY = "13911112222"


@pytest.mark.parametrize(
    "typed",
    [
        "13911112222",
        " 139 1111 2222 ",
        "139-1111-2222",
        "(139) 1111.2222",
        "+8613911112222",
        "+86 139 1111 2222",
        "0086 139 1111 2222",
        "１３９１１１１２２２２",
        "＋８６ 139–1111–2222",
        "١٣٩١١١١٢٢٢٢",
        "\u200e+86\u00a0139\u00a01111\u00a02222\u200f",
    ],
    ids=ascii,
)
def test_a_number_is_one_line_however_it_is_written(typed: str) -> None:
    assert one_writing(typed, country="CN") == "+8613911112222"


@pytest.mark.parametrize(
    ("one", "other", "country"),
    [
        ("02 512 34 56", "+32 2 512 34 56", "BE"),
        ("0470 12 34 56", "0032470123456", "BE"),
        ("00 32 470 12 34 56", "+32470123456", ""),
        ("000-0010", "0000010", "CN"),
        ("4711", "47 11", "CN"),
        ("4711", "47-11", ""),
    ],
)
def test_two_writings_of_one_number_are_one_line(one: str, other: str, country: str) -> None:
    assert one_writing(one, country=country) == one_writing(other, country=country)


@pytest.mark.parametrize(
    ("one", "other"), [("13911112222", "13911112223"), ("4711", "4712"), ("+3225123456", "+4925123456")]
)
def test_two_numbers_are_two_lines(installation: Installation, one: str, other: str) -> None:
    assert line_of(one, country="CN") != line_of(other, country="CN")


@pytest.mark.parametrize("typed", ["", " ", "\t", "-", "()", "\u200e"])
def test_a_withheld_number_is_no_line(installation: Installation, typed: str) -> None:
    assert line_of(typed, country="CN") == b""


@pytest.mark.parametrize(
    "typed",
    [
        "withheld", "anonym", "unknown", "1-800-FLOWERS", "139 1111 2222 ext. 5", "+", "12", "++86139", "139+1111",
        "1" * 18, "1" * 200_000, "139;DROP TABLE", "139\x0011112222", "三九", "½½½", "隐藏",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_number_is_refused_and_not_guessed(installation: Installation, typed: str) -> None:
    with pytest.raises(NumberUnreadable) as refused:
        line_of(typed, country="CN")
    assert not str(refused.value), "the number must not travel in an error"


def test_a_line_tells_nothing_without_the_key(installation: Installation, settings: Settings, tmp_path: Path) -> None:
    here = line_of(CANARY, country="CN")
    assert len(here) == LINE_BYTES
    assert here == line_of(CANARY, country="CN")
    settings.TOCSIN_LINE_KEY = tmp_path / "line.key"
    line_key.cache_clear()
    assert line_of(CANARY, country="CN") != here


def test_an_installation_has_its_key_beside_the_secrets_of_the_desk(installation: Installation) -> None:
    path = installation.home / "keys" / "desk" / "line.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == line_key()
    assert len(line_key()) == LINE_BYTES


def test_the_first_start_of_an_older_installation_makes_the_key_once(tmp_path: Path) -> None:
    path = tmp_path / "line.key"
    made = in_threads([lambda: read_or_make_secret(path)] * 8)
    assert len(set(made)) == 1
    assert isinstance(made[0], bytes)
    assert path.read_bytes() == made[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["line.key"]
    assert read_or_make_secret(path) == made[0]


def test_a_key_that_others_can_read_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.key"
    read_or_make_secret(path)
    path.chmod(0o640)
    with pytest.raises(Unsafe, match="chmod 600"):
        read_or_make_secret(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(Unsafe, match="damaged"):
        read_or_make_secret(path)


def test_a_key_that_cannot_be_made_says_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tocsin.vault.fresh_keys.write_secret", read_only)
    with pytest.raises(Unsafe, match=r"Read-only file system.*head -c 32 /dev/urandom > .*line\.key"):
        read_or_make_secret(tmp_path / "line.key")
