"""A custodian's key file that is brought along: opened in memory, one answer for everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.vault import keyfiles
from tocsin.vault.keyfiles import LARGEST_CARRIED, LockedKey, Stretching, WrongPassphrase, open_carried_key
from tocsin.vault.tests.known import private, public

CHEAP = Stretching(memory_kib=8, passes=1, lanes=1)
PASSPHRASE = "only kim knows this test"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    """Kim's key file."""
    LockedKey.create(tmp_path / "kim.key", private("kim"), PASSPHRASE, slot="kim", cost=CHEAP)
    return (tmp_path / "kim.key").read_bytes()


def opened(content: bytes, passphrase: str = PASSPHRASE, name: str = "kim") -> bytes:
    return open_carried_key(content, passphrase, public=public(name))


def slot(**values: Any) -> Change:
    return lambda told: told["slots"][0].update(values)


def test_the_holder_opens_the_own_file(content: bytes) -> None:
    assert opened(content) == private("kim")


def test_nothing_is_written_to_disk(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(tmp_path.rglob("*"))
    for name in ("write_secret", "read_secret"):
        monkeypatch.setattr(keyfiles, name, lambda *_told: pytest.fail("a file was touched"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    opened(content)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "change",
    [
        slot(memory_kib=64 * 1024 + 1),
        slot(passes=4),
        slot(lanes=5),
        slot(memory_kib=1),
        slot(memory_kib="8"),
        slot(memory_kib=True, lanes=4),
        slot(salt="AAAA"),
        slot(wrapped="?"),
        slot(name="key-file"),
        lambda told: told.update(version=2),
        lambda told: told.update(slots=[]),
        lambda told: told.update(slots=told["slots"] * 4),
        lambda told: told.update(slots={"a": 1}),
        lambda told: told.update(public="AAAA"),
        lambda told: told.pop("public"),
    ],
)
def test_a_file_that_is_no_key_file_of_ours_is_refused_with_the_one_sentence(content: bytes, change: Change) -> None:
    told = json.loads(content)
    change(told)
    with pytest.raises(WrongPassphrase) as refused:
        opened(json.dumps(told).encode())
    assert str(refused.value.sentence) == the_sentence(content)


def the_sentence(content: bytes) -> str:
    with pytest.raises(WrongPassphrase) as refused:
        opened(content, "a wrong passphrase")
    return str(refused.value.sentence)


def test_a_colleagues_file_gets_the_same_answer_with_the_right_and_a_wrong_passphrase(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = the_sentence(content)
    monkeypatch.setattr(keyfiles, "_stretch", lambda *_told: pytest.fail("the passphrase was tried"))
    for passphrase in (PASSPHRASE, "a wrong passphrase"):
        with pytest.raises(WrongPassphrase) as refused:
            opened(content, passphrase, "lou")
        assert str(refused.value.sentence) == told


def test_a_colleagues_file_under_the_own_name_opens_nothing(content: bytes) -> None:
    told = json.loads(content)
    told["public"] = json.loads(content)["public"].replace(told["public"], _text(public("lou")))
    with pytest.raises(WrongPassphrase):
        opened(json.dumps(told).encode(), PASSPHRASE, "lou")


def _text(data: bytes) -> str:
    return keyfiles._text(data)


@pytest.mark.parametrize("passphrase", ["", "\0", "\ud800", "x" * 1_001, "o\u0301" * 600], ids=ascii)
def test_hostile_passphrases_are_wrong_ones(content: bytes, passphrase: str) -> None:
    with pytest.raises(WrongPassphrase):
        opened(content, passphrase)


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"x"',
    b"[" * 8_000,
    b'{"version": 1' + b"0" * 5_000 + b"}",
    b"\xff\xfe",
    b"x" * (LARGEST_CARRIED + 1),
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_are_refused(content: bytes) -> None:
    with pytest.raises(WrongPassphrase):
        opened(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_file_with_one_bit_changed_opens_to_the_same_key_or_not_at_all(content: bytes, at: int, bit: int) -> None:
    changed = bytearray(content)
    changed[at % len(content)] ^= 1 << bit
    try:
        assert opened(bytes(changed)) == private("kim")  # a bit of a name or of white space means nothing
    except WrongPassphrase:
        return
