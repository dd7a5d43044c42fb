"""``tocsin init --answers``: one command, and everything is there, closed as it must be, with no secret lying about."""

from __future__ import annotations

import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pytest_django.fixtures import Settings
from rich.prompt import IntPrompt, Prompt

from tocsin.common import clock
from tocsin.config.boot import collect_static
from tocsin.config.cli import initialise
from tocsin.config.instance import PACKS, load_instance
from tocsin.config.safety import faults
from tocsin.config.tests.command import (
    ANSWERS,
    CUSTODIANS,
    PASSPHRASE,
    PASSWORD,
    SECRETS,
    Operator,
    everything_in,
    tocsin,
)
from tocsin.config.tests.conftest import Installed
from tocsin.ledger.note import Signer, Verifier
from tocsin.policy.loader import load_pack
from tocsin.vault.blobs import public_of
from tocsin.vault.keyfiles import LockedKey
from tocsin.vault.keyring import PublicKeyring

CLOSED = ("db", "state", "handover", "keys/door", "keys/desk", "keys/desk/retention", "keys/worker")
SECOND = "abe types another one"
OPEN = ("log", "keys/public", "keys/public/retention")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_with_secrets_are_closed_and_the_public_ones_are_open(installed: Installed) -> None:
    assert {name: mode(installed.home / name) for name in CLOSED} == dict.fromkeys(CLOSED, 0o700)
    assert {name: mode(installed.home / name) & 0o555 for name in OPEN} == dict.fromkeys(OPEN, 0o555)


def test_every_key_file_belongs_to_its_owner_alone(installed: Installed) -> None:
    keys = {str(path.relative_to(installed.home)): mode(path) for path in installed.home.rglob("*.key")}
    assert {"keys/desk/unit.key", "keys/worker/ledger.key", "keys/door/promise.key", "handover/kim.key"} <= set(keys)
    assert set(keys.values()) == {0o600}


def test_the_desk_promises_with_the_key_of_the_door_and_has_a_key_of_lines_of_its_own(installed: Installed) -> None:
    keys = installed.home / "keys"
    assert (keys / "desk" / "promise.key").read_bytes() == (keys / "door" / "promise.key").read_bytes()
    assert len((keys / "desk" / "line.key").read_bytes()) == 32


def test_the_settings_say_what_was_answered(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "TOCSIN_BATCH_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    told = load_instance(installed.home)
    assert (told.unit, told.origin, told.mode) == ("intake", "tips.example.org/ledger", "production")
    assert told.pack == PACKS / "seed"
    assert told.languages == load_pack(PACKS / "seed").languages
    assert (told.public.hosts, told.desk.hosts) == (("tips.example.org",), ("desk.example.org",))
    assert (told.public.port, told.desk.port, told.public.address) == (8000, 8001, "127.0.0.1")
    assert told.public.behind_tls
    assert (told.batch_seconds, told.database_url, told.unattended_key) == (3600, "", None)


def test_the_keyring_names_unit_month_and_custodians(installed: Installed) -> None:
    keys = installed.home / "keys"
    ring = PublicKeyring.load(keys / "public", clock.month_of(clock.now()))
    assert ring.unit_id == "intake"
    assert set(ring.custodians) == set(CUSTODIANS)
    unit = LockedKey(keys / "desk" / "unit.key")
    assert unit.public == ring.unit_public
    assert public_of(unit.open_with_passphrase(PASSPHRASE)) == ring.unit_public


@pytest.mark.parametrize("name", CUSTODIANS)
def test_each_custodian_opens_the_own_file_with_the_own_passphrase(installed: Installed, name: str) -> None:
    private = LockedKey(installed.home / "handover" / f"{name}.key").open_with_passphrase(CUSTODIANS[name])
    ring = PublicKeyring.load(installed.home / "keys" / "public", clock.month_of(clock.now()))
    assert public_of(private) == ring.custodians[name]


@pytest.mark.parametrize(
    ("process", "name", "origin"),
    [
        ("worker", "ledger", "tips.example.org/ledger"),
        ("worker", "audit", "tips.example.org/ledger/audit"),
        ("door", "promise", "tips.example.org/ledger/promise"),
    ],
)
def test_each_signer_has_its_public_half(installed: Installed, process: str, name: str, origin: str) -> None:
    signer = Signer.from_skey((installed.home / "keys" / process / f"{name}.key").read_text())
    shown = Verifier.from_vkey((installed.home / "keys" / "public" / f"{name}.vkey").read_text().strip())
    assert (signer.name, signer.verifier) == (origin, shown)


def test_two_administrators_are_there_with_the_chosen_passwords(installed: Installed) -> None:
    query = "SELECT s.username, s.password, g.role FROM access_staff s JOIN access_rolegrant g ON g.staff_id = s.id"
    with sqlite3.connect(installed.home / "db" / "tocsin.sqlite3") as store:
        rows = store.execute(query).fetchall()
    store.close()
    assert [(name, role) for name, _password, role in rows] == [("ada", "administrator"), ("abe", "administrator")]
    assert PasswordHasher().verify(rows[0][1].removeprefix("argon2"), PASSWORD)


def test_there_are_tables_for_second_factors_and_none_for_e_mail(installed: Installed) -> None:
    with sqlite3.connect(installed.home / "db" / "tocsin.sqlite3") as store:
        tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        states = list(store.execute("SELECT username, state FROM staffing_member ORDER BY id"))
    store.close()
    assert {"mfa_authenticator", "access_desksession", "staffing_member"} <= tables
    assert not [name for name in tables if "email" in name or name.startswith("account_")]
    assert states == [("ada", "active"), ("abe", "active")]


def test_the_next_steps_are_printed(installed: Installed) -> None:
    said = installed.told.words
    for name in CUSTODIANS:
        assert f"{name}.key" in said
    assert str(installed.home / "handover") in said
    assert "outside witness" in said
    assert f"TOCSIN_HOME={installed.home} tocsin serve all" in installed.told.out


def test_no_passphrase_and_no_password_is_written_or_printed(installed: Installed) -> None:
    for name, data in everything_in(installed.home).items():
        found = [secret for secret in SECRETS if secret.encode() in data]
        assert not found, f"{name} holds what was typed"
    assert not [secret for secret in SECRETS if secret in installed.told.out + installed.told.err]


@pytest.mark.parametrize("part", ["public", "desk", "worker"])
def test_a_fresh_installation_is_safe_to_start(
    installed: Installed, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert list(faults(load_instance(installed.home), part)) == []


def test_a_second_init_changes_nothing_byte_for_byte(installed: Installed, tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS)
    before = everything_in(installed.home)
    told = tocsin("init", "--answers", str(answers), home=installed.home)
    assert told.code == 1
    assert "is not empty" in told.words
    assert "Choose another folder with TOCSIN_HOME" in told.words
    assert everything_in(installed.home) == before


def test_a_folder_that_holds_anything_at_all_is_left_alone(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("not ours")
    assert operator.at(tmp_path).runs("init").code == 1  # it refuses before it asks
    assert everything_in(tmp_path) == {"letter.txt": b"not ours"}


def test_typing_the_answers_asks_again_for_what_is_short_or_unlike(monkeypatch: pytest.MonkeyPatch) -> None:
    passphrases = iter(["short", PASSPHRASE, "something else", *[PASSPHRASE] * 2])
    for name in CUSTODIANS:
        passphrases = iter([*passphrases, *[CUSTODIANS[name]] * 2])
    passphrases = iter([*passphrases, PASSWORD, PASSWORD, SECOND, SECOND])
    names, second = iter(CUSTODIANS), iter(["admin", "", "abe"])

    def ask(question: str, *, password: bool = False, default: str = "", **_more: object) -> str:
        if password:
            return next(passphrases)
        if "second administrator" in question:
            return next(second)
        return next(names) if question.startswith("Name of custodian") else default

    monkeypatch.setattr(Prompt, "ask", ask)
    monkeypatch.setattr(IntPrompt, "ask", lambda *_, **__: 3)
    told = initialise._ask()
    assert (told.unit_passphrase, dict(told.custodians)) == (PASSPHRASE, CUSTODIANS)
    known = [(person.username, person.password) for person in told.people]
    assert known == [("admin", PASSWORD), ("abe", SECOND)]
    assert (PACKS / told.pack / "pack.toml").is_file()
    assert next(passphrases, None) is None


def test_style_sheets_are_gathered_by_one_at_a_time(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All installations beside one checkout share the folder, and gathering deletes before it writes."""
    settings.STATIC_ROOT = tmp_path / "build" / "static"
    inside: list[int] = []
    most = 0

    def gather(*_told: object, **_more: object) -> None:
        nonlocal most
        inside.append(1)
        most = max(most, len(inside))
        time.sleep(0.05)
        inside.pop()

    monkeypatch.setattr("django.core.management.call_command", gather)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(collect_static) for _place in range(4)]:
            done.result()
    assert most == 1
