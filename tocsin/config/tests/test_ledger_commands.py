"""``tocsin ledger publish|verify|recover`` on a real installation, each in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.config.instance import ROOT
from tocsin.config.tests.command import Told, environment, everything_in, tocsin
from tocsin.config.tests.conftest import Installed

ORIGIN = "tips.example.org/ledger"


@pytest.fixture(scope="module")
def published(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with three reports in its published ledger. Nobody changes it."""
    home = tmp_path_factory.mktemp("published") / "home"
    shutil.copytree(installed.home, home)
    file_reports(home, 3)
    ledger(home, "publish")
    return home


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(published, tmp_path / "home")
    return tmp_path / "home"


def file_reports(home: Path, number: int) -> None:
    command = [sys.executable, "-m", "tocsin.config.tests.filing", str(number)]
    subprocess.run(command, cwd=ROOT, env=environment(home), check=True, timeout=60)


def ledger(home: Path, *arguments: str, code: int = 0, typed: str = "") -> Told:
    told = tocsin("ledger", *arguments, home=home, typed=typed)
    assert told.code == code, told.words
    assert "Traceback" not in told.words
    return told


def database(home: Path) -> Path:
    return home / "db" / "tocsin.sqlite3"


def restore(home: Path, backup: Path) -> None:
    """Put an old copy of the database in the place of the present one."""
    for file in database(home).parent.iterdir():
        file.unlink()
    shutil.copy(backup, database(home))


def spoil(folder: Path) -> None:
    """Change one byte of an entry in a published ledger."""
    bundle = next(path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)


def test_publish_says_what_was_published_and_verify_agrees(own_home: Path) -> None:
    assert "The ledger is new and empty" in ledger(own_home, "verify").words
    file_reports(own_home, 3)
    said = ledger(own_home, "publish").out
    assert said == f"Published: {ORIGIN} with 16 entries in {own_home / 'log'}\n"
    told = ledger(own_home, "verify")
    assert "Database: The ledger is whole." in told.words
    assert "Audit log: All" in told.words
    assert "16 entries fit their hashes and the signed root" in told.words
    assert "OK" in told.words


def test_publish_signs_nothing_new_unless_it_is_forced(home: Path) -> None:
    before = everything_in(home / "log")
    assert "with 16 entries" in ledger(home, "publish").words
    assert everything_in(home / "log") == before
    assert "with 32 entries" in ledger(home, "publish", "--force").words


def test_a_changed_byte_in_the_published_ledger_is_found_and_named(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(home / "log", copy)
    assert "The log is whole." in ledger(home, "verify", "--log", str(copy)).words
    spoil(copy)
    assert "one was changed" in ledger(home, "verify", "--log", str(copy), code=1).words
    spoil(home / "log")
    assert "one was changed" in ledger(home, "verify", code=1).words


def test_a_folder_without_a_ledger_does_not_pass(own_home: Path, tmp_path: Path) -> None:
    assert "BAD" in ledger(own_home, "verify", "--log", str(tmp_path), code=1).words


def test_a_restored_database_is_not_published_and_recovery_goes_on_openly(home: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(database(home), backup)
    file_reports(home, 1)
    ledger(home, "publish")
    before = everything_in(home / "log")
    restore(home, backup)
    for command in ("publish", "verify"):
        said = ledger(home, command, code=1).words
        assert "it holds 16 entries, the newest checkpoint 32" in said
        assert "restored from a backup" in said
        assert "open a new origin" in said
    assert everything_in(home / "log") == before

    assert "Begin a new origin now?" in ledger(home, "recover", "--reason", "disk failed", code=1, typed="n\n").words
    assert everything_in(home / "log") == before
    file_reports(home, 1)  # reports are still taken, and wait

    said = ledger(home, "recover", "--reason", "disk failed", "--yes").words
    assert "restored from a backup" in said
    assert f"The new origin is {ORIGIN}/2 with 16 entries. Tell the public why" in said
    told = ledger(home, "verify").words
    assert f"The log {ORIGIN}/2 was checked whole" in told
    assert "Its first entry names the last state of the log before it." in told
    assert "with 32 entries" in ledger(home, "publish").words  # what waited
    ledger(home, "verify")


def test_after_a_recovery_everything_old_is_kept(home: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(database(home), backup)
    ledger(home, "publish", "--force")
    old, key = everything_in(home / "log"), (home / "keys" / "worker" / "ledger.key").read_bytes()
    restore(home, backup)
    ledger(home, "recover", "--reason", "disk failed", "--yes")
    kept = everything_in(home / "log" / "previous" / "1")
    assert old.items() <= kept.items()
    assert set(kept) - set(old) == {"handover"}
    keys = {path.name: path for path in (home / "keys" / "worker").iterdir()}
    (old_key,) = [path for name, path in keys.items() if name.endswith(".old.key")]
    assert old_key.read_bytes() == key
    assert not [name for name in keys if name.endswith(".new.key")]
    assert f"{ORIGIN}/2+" in (home / "keys" / "public" / "ledger.vkey").read_text()
    ledger(home, "verify", "--log", str(home / "log" / "previous" / "1"))


def test_a_whole_ledger_gets_no_new_origin(home: Path) -> None:
    before = everything_in(home)
    told = ledger(home, "recover", "--reason", "just so", "--yes", code=1)
    assert "The ledger is whole. A new origin would only make people doubt it." in told.words
    after = everything_in(home)
    assert {name for name in before if before[name] != after.get(name)} <= {"db/tocsin.sqlite3"}
    assert not [name for name in after if name.endswith((".new.key", ".old.key"))]


def test_a_damaged_signing_key_is_named_with_the_remedy(own_home: Path) -> None:
    (own_home / "keys" / "worker" / "ledger.key").write_text("PRIVATE+KEY+half of it")
    said = ledger(own_home, "publish", code=2).words
    assert "keys/worker/ledger.key is damaged. Restore it from your backup" in said
