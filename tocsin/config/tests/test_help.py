"""Every command explains itself: what it does, what it needs, what it never does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tocsin.config.cli import app

# What a reader must find on the help page of each command.
WORDS: dict[str, tuple[str, ...]] = {
    "": ("demo", "init", "serve", "verify", "TOCSIN_HOME", "./instance"),
    "demo": ("sample data", "Passwords are printed", "never use", "--prepare-only", "--public-port"),
    "init": ("--answers", "never overwrites", "custodians", "TOCSIN_HOME", "Delete it afterwards"),
    "serve": ("public", "desk", "worker", "all", "public keys only", "internal network"),
    "serve public": ("TLS proxy", "onion"),
    "serve desk": ("staff", "off the internet"),
    "serve worker": ("Signs the ledger", "retention keys"),
    "serve all": ("own process", "ends them together"),
    "import": ("Every line once", "--rejects", "--words", "--source", "goes on where it ended", "Exit code 0"),
    "verify": ("no network", "no key", "Exit codes", "3 not yet", "4 a broken promise", "--words", "--log"),
    "ledger": ("Merkle tree", "publish", "verify", "recover"),
    "ledger publish": ("--force", "every hour"),
    "ledger verify": ("Exit code 0", "--log", "audit log"),
    "ledger recover": ("restored backup", "--reason", "previous/", "nothing is dropped", "--yes"),
    "keys": ("passphrase", "unattended", "slots"),
    "keys slots": ("unlock the reports",),
    "staff": ("emergencies", "two people", "reset-factor"),
    "staff reset-factor": ("second pair of eyes", "audit log"),
    "keys unattended": ("another device", "refuses to start", "reads every report"),
    "pack": ("jurisdiction", "lint"),
    "pack lint": ("every language", "Exit code 0", "--strict"),
    "mail": ("maildir", "fetch", "check", "docs/operate/mail.md"),
    "mail fetch": ("without their senders", "No answer is ever sent", "Exit code 0"),
    "mail check": ("how many mails wait", "Nothing is read, taken or changed", "Exit code 0"),
    "bench": ("medians", "baseline", "docs/performance.md"),
    "bench intake": ("--runs", "--seconds", "durable"),
    "bench ledger": ("--leaves", "--runs"),
}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The words that lead to each command and group."""
    yield " ".join(path)
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


def test_every_command_is_in_the_table_above() -> None:
    assert set(commands(typer.main.get_command(app))) == set(WORDS)


@pytest.mark.parametrize("command", WORDS, ids=lambda command: command or "tocsin")
def test_help_teaches(command: str) -> None:
    told = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})
    assert told.exit_code == 0
    said = " ".join(told.output.replace("│", " ").split())
    missing = [word for word in WORDS[command] if word not in said]
    assert not missing, f"tocsin {command} --help does not say {missing}: {said}"


@pytest.mark.parametrize("group", ["", "serve", "ledger", "keys", "pack", "mail", "staff", "bench"])
def test_a_group_without_a_command_shows_its_help(group: str) -> None:
    told = CliRunner().invoke(app, group.split(), env={"COLUMNS": "200"})
    assert told.exit_code == 2
    assert "Usage:" in told.output
    assert "Commands" in told.output
