"""``tocsin.toml``: what it may say, what the environment overrides, and how a slip in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.installation import ORIGIN, UNIT
from tocsin.common.errors import Unsafe
from tocsin.config.instance import home_from_environment, load_instance
from tocsin.config.tests.command import Operator, tocsin

SMALLEST = """\
[site]
unit = "intake"
origin = "tips.example.org/ledger"
mode = "production"
pack = "seed"
languages = ["en"]
[public]
port = 8000
hosts = ["tips.example.org"]
[desk]
port = 8001
hosts = ["desk.example.org"]
"""


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "TOCSIN_BATCH_SECONDS", "TOCSIN_HOME"):
        monkeypatch.delenv(name, raising=False)


def saying(folder: Path, text: str) -> Path:
    (folder / "tocsin.toml").write_text(text)
    return folder


def test_the_smallest_file_gets_the_documented_defaults(tmp_path: Path) -> None:
    told = load_instance(saying(tmp_path, SMALLEST))
    assert (told.public.address, told.public.workers, told.public.threads, told.public.behind_tls) == (
        "127.0.0.1",
        2,
        16,
        True,
    )
    assert (told.desk.workers, told.batch_seconds, told.database_url) == (1, 3600, "")
    assert told.unattended_key is None
    assert told.checkpoint_copy == tmp_path / "state" / "checkpoint"


def test_init_writes_what_is_read_back(bare_home: Path) -> None:
    told = load_instance(bare_home)
    assert (told.unit, told.origin, told.demo) == (UNIT, ORIGIN, False)
    assert told.database == bare_home / "db" / "tocsin.sqlite3"
    assert all(folder.is_dir() for folder in (told.public_keys, told.door_keys, told.desk_keys, told.worker_keys))


def test_a_missing_installation_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match="no installation in") as refused:
        load_instance(tmp_path)
    for word in (str(tmp_path), "tocsin init", "tocsin demo", "TOCSIN_HOME"):
        assert word in str(refused.value)


@pytest.mark.parametrize("data", [b"[site\n", b"[site]\nunit = intake\n", b"[site]\nunit = '\xff'\n"])
def test_a_file_that_is_no_toml_is_named_with_the_place(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "tocsin.toml").write_bytes(data)
    with pytest.raises(Unsafe, match=r"cannot be read: .*Mend that line") as refused:
        load_instance(tmp_path)
    assert str(tmp_path / "tocsin.toml") in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('unit = "intake"\n', "", "unit"),
        ("[desk]", "[dusk]", "desk"),
        ("port = 8001\n", "", "port"),
        ('hosts = ["desk.example.org"]\n', "", "hosts"),
        ('mode = "production"', 'mode = "prod"', "demo or production"),
        ("port = 8000", 'port = "eighty"', "eighty"),
        ('hosts = ["desk.example.org"]', 'hosts = "desk.example.org"', r'write ["desk.example.org"]'),
        ('languages = ["en"]', 'languages = "en"', "are lists"),
        ("[site]", "worker = 3\n[site]", "get"),
        ("[public]", "[worker]\nbatch_seconds = 0\n[public]", "from 1 to 86400"),
        ("[public]", "[worker]\nbatch_seconds = 100000\n[public]", "from 1 to 86400"),
    ],
)
def test_a_missing_or_misspelt_value_is_named(tmp_path: Path, old: str, new: str, word: str) -> None:
    assert old in SMALLEST
    saying(tmp_path, SMALLEST.replace(old, new))
    with pytest.raises(Unsafe, match="lacks or misspells a value") as refused:
        load_instance(tmp_path)
    assert word in str(refused.value)
    assert "docs/operate/install.md" in str(refused.value)


def test_the_environments_database_comes_before_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saying(tmp_path, SMALLEST + '[database]\nurl = "postgresql://file@/tocsin"\n')
    assert load_instance(tmp_path).database_url == "postgresql://file@/tocsin"
    monkeypatch.setenv("DATABASE_URL", "postgresql://environment@/tocsin")
    assert load_instance(tmp_path).database_url == "postgresql://environment@/tocsin"


def test_an_empty_variable_does_not_lead_to_another_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saying(tmp_path, SMALLEST + '[database]\nurl = "postgresql://file@/tocsin"\n')
    monkeypatch.setenv("DATABASE_URL", "")
    assert load_instance(tmp_path).database_url == "postgresql://file@/tocsin"


@pytest.mark.parametrize("wrong", ["abc", "0", "-5", "1.5", "86401"])
def test_the_environments_time_between_batches_is_checked_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    saying(tmp_path, SMALLEST)
    monkeypatch.setenv("TOCSIN_BATCH_SECONDS", "60")
    assert load_instance(tmp_path).batch_seconds == 60
    monkeypatch.setenv("TOCSIN_BATCH_SECONDS", wrong)
    with pytest.raises(Unsafe, match="TOCSIN_BATCH_SECONDS"):
        load_instance(tmp_path)


def test_a_key_on_another_device_keeps_its_path(tmp_path: Path) -> None:
    saying(tmp_path, SMALLEST.replace("[desk]", '[desk]\nunattended_key = "/media/stick/unlock.key"'))
    assert load_instance(tmp_path).unattended_key == Path("/media/stick/unlock.key")


def test_the_home_is_the_folder_named_or_the_one_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_from_environment() == tmp_path / "instance"
    monkeypatch.setenv("TOCSIN_HOME", "elsewhere")
    assert home_from_environment() == tmp_path / "elsewhere"


@pytest.mark.parametrize("command", [["serve", "all"], ["ledger", "verify"], ["keys", "slots"]])
def test_a_command_without_an_installation_ends_with_code_2(
    operator: Operator, tmp_path: Path, command: list[str]
) -> None:
    told = operator.at(tmp_path).runs(*command)
    assert told.code == 2
    assert "There is no installation" in told.words


def test_a_damaged_database_is_a_sentence_and_no_traceback(bare_home: Path) -> None:
    (bare_home / "db" / "tocsin.sqlite3").write_bytes(b"this is no database, it was overwritten" * 100)
    told = tocsin("ledger", "verify", home=bare_home)
    assert told.code == 1
    assert "The database does not answer" in told.words
    assert "Traceback" not in told.words


def test_the_desk_ends_sessions_and_locks_by_documented_defaults(tmp_path: Path) -> None:
    rules = load_instance(saying(tmp_path, SMALLEST)).rules
    assert (rules.session_idle_minutes, rules.session_hours, rules.lock_idle_minutes, rules.lock_at) == (30, 8, 30, "")
    assert rules.passkey_host == "desk.example.org"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("session_idle_minutes = 4", "from 5 to 60"),
        ("session_idle_minutes = 61", "from 5 to 60"),
        ("session_idle_minutes = 30.5", "whole number"),
        ('session_idle_minutes = "30"', "whole number"),
        ("session_idle_minutes = true", "whole number"),
        ("session_hours = 0", "from 1 to 12"),
        ("session_hours = 13", "from 1 to 12"),
        ("lock_idle_minutes = 0", "from 5 to 120"),
        ("lock_idle_minutes = 1440", "from 5 to 120"),
        ('lock_at = "24:00"', "time of day"),
        ('lock_at = "7pm"', "time of day"),
        ('lock_at = "19:00:00"', "time of day"),
        ('passkey_host = "elsewhere.example"', "desk.hosts"),
    ],
)
def test_a_rule_of_the_desk_out_of_bounds_is_refused(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(Unsafe, match=told):
        load_instance(saying(tmp_path, f"{SMALLEST}{line}\n"))


@pytest.mark.parametrize(
    ("hosts", "more", "host"),
    [
        ('["127.0.0.1", "localhost"]', "", "localhost"),
        ('["10.0.0.7", "[::1]"]', "", ""),
        ('["desk.a.example", "desk.b.example"]', "", "desk.a.example"),
        ('["desk.a.example", "desk2.a.example"]', 'passkey_host = "a.example"\n', "a.example"),
    ],
)
def test_passkeys_belong_to_a_name_of_the_desk(tmp_path: Path, hosts: str, more: str, host: str) -> None:
    text = SMALLEST.replace('hosts = ["desk.example.org"]', f"hosts = {hosts}") + more
    assert load_instance(saying(tmp_path, text)).rules.passkey_host == host


def test_the_rules_that_are_set_are_the_rules(tmp_path: Path) -> None:
    more = 'session_idle_minutes = 10\nsession_hours = 4\nlock_idle_minutes = 15\nlock_at = "19:30"\n'
    rules = load_instance(saying(tmp_path, SMALLEST + more)).rules
    assert (rules.session_idle_minutes, rules.session_hours, rules.lock_idle_minutes, rules.lock_at) == (
        10,
        4,
        15,
        "19:30",
    )
