"""``tocsin mail``: what an operator types, and the rounds of the worker."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.config import mail_rounds
from tocsin.config.instance import Instance, load_instance
from tocsin.config.mail_rounds import MailRounds
from tocsin.config.safety import faults
from tocsin.config.tests.command import Told, tocsin
from tocsin.config.tests.test_import_command import stored
from tocsin.intake.channels.email.tests.imap_server import PASSWORD, USER, Account, serve, write_certificate
from tocsin.intake.channels.email.tests.mails import mail, with_file

ALL_TAKEN, SOME_ASIDE, COULD_NOT_RUN = 0, 1, 2


def write_settings(home: Path, lines: str) -> None:
    file = home / "tocsin.toml"
    file.write_text(f"{file.read_text()}\n[mail]\n{lines}\n")


def fetch(home: Path) -> Told:
    return tocsin("mail", "fetch", home=home)


@pytest.fixture
def maildir(own_home: Path, tmp_path: Path) -> Path:
    path = tmp_path / "Maildir"
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir(parents=True)
    write_settings(own_home, f'kind = "maildir"\nmaildir = "{path}"\nlargest_mb = 1')
    return path


def test_mails_of_a_maildir_are_looked_at_fetched_and_gone(own_home: Path, maildir: Path) -> None:
    for number in range(3):
        (maildir / "new" / f"{number}.host").write_bytes(with_file(number=number).as_bytes())
    told = tocsin("mail", "check", home=own_home)
    assert (told.code, f"{maildir}: 3 waiting." in told.out) == (ALL_TAKEN, True), told.words
    assert stored(own_home) == 0
    told = fetch(own_home)
    assert (told.code, stored(own_home)) == (ALL_TAKEN, 3), told.words
    assert "3 taken, 0 were stored already, 0 put aside, 0 left." in told.words
    assert list((maildir / "new").iterdir()) == []
    assert "0 taken" in fetch(own_home).words


def test_what_was_put_aside_shows_in_the_exit_code(own_home: Path, maildir: Path) -> None:
    (maildir / "new" / "1.host").write_bytes(with_file(b"x" * 1_100_000).as_bytes())
    told = fetch(own_home)
    assert (told.code, stored(own_home)) == (SOME_ASIDE, 1)
    assert "1 put aside" in told.words


@pytest.fixture
def account(own_home: Path, tmp_path: Path) -> Iterator[Account]:
    certificate, account = tmp_path / "server.pem", Account()
    write_certificate(certificate)
    password = own_home / "keys" / "door" / "mail.key"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    with serve(account, certificate) as port:
        more = f'port = {port}\nuser = "{USER}"\nca_file = "{certificate}"'
        write_settings(own_home, f'kind = "imap"\nhost = "127.0.0.1"\n{more}')
        yield account


def test_mails_of_a_server_are_fetched_and_gone(own_home: Path, account: Account) -> None:
    for number in range(3):
        account.deliver(with_file(number=number).as_bytes())
    told = fetch(own_home)
    assert (told.code, stored(own_home), account.texts()) == (ALL_TAKEN, 3, []), told.words
    assert PASSWORD not in told.words


def test_a_server_that_refuses_is_told_and_mails_stay(own_home: Path, account: Account) -> None:
    account.deliver(mail().as_bytes())
    account.refuses = "FETCH"
    told = fetch(own_home)
    assert (told.code, stored(own_home), len(account.texts())) == (COULD_NOT_RUN, 0, 1)
    assert "are where they were" in told.words
    assert "Traceback" not in told.words


def test_without_a_mailbox_the_command_says_what_to_write(own_home: Path) -> None:
    told = fetch(own_home)
    assert told.code == COULD_NOT_RUN
    assert "[mail]" in told.words


def test_two_rounds_do_not_run_at_once(own_home: Path, maildir: Path) -> None:
    import fcntl

    with (own_home / "evidence" / "mail.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        told = fetch(own_home)
    assert (told.code, "being fetched already" in told.words) == (COULD_NOT_RUN, True)


def faults_of(home: Path) -> str:
    return " ".join(faults(load_instance(home), "mail"))


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('kind = "pop"', "imap or maildir"),
        ('kind = "imap"\nhost = "x"', "mail.user"),
        ('kind = "imap"\nuser = "x"', "mail.host"),
        ('kind = "maildir"', "mail.maildir"),
        ('kind = "imap"\nhost = "x"\nuser = "y"\npassword = "z"', "mail.key"),
        ('kind = "imap"\nhost = "x"\nuser = "y"\ntls = false', "mail.tls"),
        ('kind = "imap"\nhost = "x"\nuser = "y"\nport = "993"', "mail.port"),
        ('kind = "imap"\nhost = "x"\nuser = "y"\nport = true', "mail.port"),
        ('kind = "imap"\nhost = "x"\nuser = "y"\nevery_seconds = 1', "every_seconds"),
        ('kind = "imap"\nhost = "x"\nuser = "y"\nlargest_mb = 501', "largest_mb"),
        ('kind = "imap"\nhost = "x"\nuser = "y"\naside = "INBOX"', "mail.aside"),
        ('kind = "imap"\nhost = 7\nuser = "y"', "mail.host"),
        ('kind = "maildir"\nmaildir = "m"\naside = "../x"', "mail.aside"),
        ('kind = "maildir"\nmaildir = 7', "misspells"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_start(lines: str, fault: str, own_home: Path) -> None:
    write_settings(own_home, lines)
    told = fetch(own_home)
    assert (told.code, fault in told.words) == (COULD_NOT_RUN, True), told.words
    assert "Traceback" not in told.words


def test_a_password_that_is_missing_empty_or_open_to_others_is_refused(own_home: Path) -> None:
    write_settings(own_home, 'kind = "imap"\nhost = "mail.example.org"\nuser = "tips"')
    password = own_home / "keys" / "door" / "mail.key"
    assert "missing" in faults_of(own_home)
    password.write_text("\n")
    password.chmod(0o600)
    assert "empty" in faults_of(own_home)
    password.write_text("secret")
    assert faults_of(own_home) == ""
    password.chmod(0o640)
    assert "chmod 600" in faults_of(own_home)


def test_a_maildir_or_certificate_that_is_missing_is_refused(own_home: Path) -> None:
    write_settings(own_home, 'kind = "maildir"\nmaildir = "nowhere"\nca_file = "none.pem"')
    told = faults_of(own_home)
    assert "nowhere" in told
    assert "none.pem" in told


def test_an_installation_without_a_mailbox_fetches_none(own_home: Path) -> None:
    instance: Instance = load_instance(own_home)
    assert instance.mail is None


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def look_until(rounds: MailRounds, holds: Callable[[], bool]) -> None:
    """What the worker does, until something holds."""

    def look() -> bool:
        rounds.look()
        return holds()

    until(look)


def test_the_worker_fetches_in_a_process_of_its_own(
    own_home: Path, maildir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (maildir / "new" / "1.host").write_bytes(mail().as_bytes())
    monkeypatch.setenv("TOCSIN_HOME", str(own_home))
    rounds = MailRounds(300)
    look_until(rounds, lambda: not list((maildir / "new").iterdir()))
    rounds.end()
    assert stored(own_home) == 1


class Child:
    """Stands in for the command: a process that does what a test says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._program = folder / "child"
        self._starts = folder / "starts"
        monkeypatch.setattr(sys, "executable", str(self._program))

    def does(self, line: str) -> None:
        self._program.write_text(f"#!/bin/sh\necho x >> {self._starts}\n{line}\n")
        self._program.chmod(0o755)

    @property
    def starts(self) -> int:
        return len(self._starts.read_text().split()) if self._starts.exists() else 0


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Child:
    return Child(tmp_path, monkeypatch)


def test_a_worker_without_a_mailbox_starts_nothing(child: Child) -> None:
    child.does("exit 0")
    rounds = MailRounds(0)
    rounds.look()
    rounds.end()
    assert child.starts == 0


@pytest.mark.parametrize(("line", "noted"), [("exit 0", 0), ("exit 1", 0), ("exit 2", 1), ("kill -9 $$", 1)])
def test_a_round_that_could_not_run_is_noted_and_the_next_one_is_tried(
    line: str, noted: int, child: Child, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    child.does(line)
    rounds = MailRounds(1)
    look_until(rounds, lambda: child.starts >= 2)
    rounds.end()
    assert ("could not be fetched" in caplog.text) == bool(noted)


def test_a_round_that_hangs_is_ended_with_all_its_processes(
    child: Child, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_rounds, "LONGEST_ROUND", 0.5)
    child.does(f"echo $$ > {tmp_path}/pid; trap '' TERM; sleep 100 & wait")
    rounds = MailRounds(300)
    look_until(rounds, lambda: "was ended" in caplog.text)
    group = int((tmp_path / "pid").read_text())
    until(lambda: not _lives(group))


def test_the_round_ends_with_the_worker(child: Child, tmp_path: Path) -> None:
    child.does(f"echo $$ > {tmp_path}/pid; exec sleep 100")
    rounds = MailRounds(300)
    rounds.look()
    until(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
    rounds.end()
    assert not _lives(int((tmp_path / "pid").read_text()))


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_that_cannot_be_started_is_noted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    MailRounds(300).look()
    assert "cannot be fetched now" in caplog.text
