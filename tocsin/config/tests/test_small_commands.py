"""``tocsin keys`` and ``tocsin bench``: the ways in which reports are unlocked, and measuring this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.installation import PASSPHRASE, Installation
from tocsin.config.cli import bench, keys
from tocsin.config.tests.command import Operator, everything_in
from tocsin.config.unattended import unlock_unattended
from tocsin.vault import unlocked
from tocsin.vault.keyfiles import LockedKey


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked types the right one."""
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: PASSPHRASE)


def test_slots_lists_the_ways_in(operator: Operator, bare_home: Path) -> None:
    told = operator.at(bare_home).runs("keys", "slots")
    assert (told.code, told.out) == (0, "unit\n")


@pytest.mark.usefixtures("passphrase")
def test_an_unattended_key_unlocks_at_start(
    operator: Operator, bare_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keys, "same_place", lambda *_: False)  # as if it were a stick
    file = tmp_path / "unlock.key"
    told = operator.at(bare_home).runs("keys", "unattended", str(file))
    assert told.code == 0
    assert f'unattended_key = "{file}"' in told.out
    assert str(bare_home / "tocsin.toml") in told.words
    assert PASSPHRASE not in told.words
    assert file.stat().st_mode & 0o777 == 0o600
    assert operator.runs("keys", "slots").out == "unit\nkey-file\n"
    unit = LockedKey(bare_home / "keys" / "desk" / "unit.key")
    assert unit.open_with_key_file(file) == unit.open_with_passphrase(PASSPHRASE)


@pytest.mark.usefixtures("passphrase")
@pytest.mark.parametrize("place", ["home/db/unlock.key", "home/unlock.key", "stick/unlock.key"])
def test_no_unattended_key_is_made_on_the_disk_of_the_database(
    operator: Operator, bare_home: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "stick").mkdir()
    before = everything_in(tmp_path)
    told = operator.at(bare_home).runs("keys", "unattended", str(tmp_path / place))
    assert told.code == 1
    assert "on the same disk as the database" in told.words
    assert "Name a place on another device" in told.words
    assert everything_in(tmp_path) == before


def test_a_wrong_passphrase_makes_no_key_file(
    operator: Operator, bare_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keys, "same_place", lambda *_: False)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: "not the passphrase")
    before = everything_in(tmp_path)
    told = operator.at(bare_home).runs("keys", "unattended", str(tmp_path / "unlock.key"))
    assert told.code == 1
    assert "does not unlock the reports" in told.words
    assert everything_in(tmp_path) == before


@pytest.mark.usefixtures("passphrase")
def test_a_key_file_is_never_overwritten(
    operator: Operator, bare_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keys, "same_place", lambda *_: False)
    file = tmp_path / "unlock.key"
    file.write_bytes(b"the key of another installation")
    before = everything_in(tmp_path)
    assert operator.at(bare_home).runs("keys", "unattended", str(file)).code == 1
    assert everything_in(tmp_path) == before


def test_the_desk_unlocks_at_start_only_where_that_was_chosen(
    installation: Installation, tmp_path: Path, settings: Settings
) -> None:
    unlock_unattended()
    assert not unlocked.is_unlocked()
    own = tmp_path / "unit.key"
    own.write_bytes(settings.TOCSIN_UNIT_KEY.read_bytes())
    own.chmod(0o600)
    LockedKey(own).add_key_file(installation.unit_private, tmp_path / "unlock.key")
    settings.TOCSIN_UNIT_KEY, settings.TOCSIN_UNATTENDED_KEY = own, tmp_path / "unlock.key"
    unlock_unattended()
    assert unlocked.is_unlocked()


@pytest.mark.parametrize("what", ["intake", "ledger"])
def test_bench_says_what_is_missing_where_only_the_package_is_installed(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    told = operator.runs("bench", what)
    assert told.code == 1
    assert f"{tmp_path / 'benchmarks' / what}.py is missing" in told.words
    assert "part of the source tree" in told.words


@pytest.mark.parametrize("code", [0, 3])
def test_bench_hands_on_its_options_and_the_scripts_exit_code(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    (tmp_path / "benchmarks").mkdir()
    script = f"""
import pathlib, sys
pathlib.Path({str(tmp_path / "told")!r}).write_text(" ".join(sys.argv[1:]))
sys.exit({code})
"""
    (tmp_path / "benchmarks" / "ledger.py").write_text(script)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    assert operator.runs("bench", "ledger", "--leaves", "1000", "--runs", "3").code == code
    assert (tmp_path / "told").read_text() == "--leaves 1000 --runs 3"
