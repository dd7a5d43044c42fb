"""``tocsin verify``: the answer for a reporter who believes nobody, as an exit code and in words."""

from __future__ import annotations

import os
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.installation import Installation, TestClock
from tests.stories import Reported
from tocsin.config.instance import ROOT
from tocsin.config.tests.command import Operator, environment
from tocsin.config.worker import publish_ledger
from tocsin.public.receipts import receipt_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def proof(reported: Reported, installation: Installation, tmp_path: Path) -> Path:
    """The receipt file of a report that is in the published ledger."""
    installation.publish()
    file = tmp_path / "receipt.tlog-proof"
    file.write_bytes(receipt_of(reported.keys)[1])
    return file


@pytest.fixture
def promise(reported: Reported, installation: Installation, tmp_path: Path) -> Path:
    """The receipt file of a report that waits, beside a ledger that was published before."""
    publish_ledger(installation.ledger())
    file = tmp_path / "receipt.promise"
    file.write_bytes(reported.promise)
    return file


def spoil(file: Path, old: bytes, new: bytes) -> None:
    data = file.read_bytes()
    assert old in data
    file.write_bytes(data.replace(old, new, 1))


def test_a_proof_that_holds_is_code_0(operator: Operator, proof: Path, installation: Installation) -> None:
    told = operator.runs("verify", str(proof), "--log", str(installation.log_dir))
    assert told.code == 0
    assert told.out.startswith("OK")
    assert "it is still there" in told.words


def test_a_promise_that_was_kept_is_code_0(operator: Operator, promise: Path, installation: Installation) -> None:
    told = operator.runs("verify", str(promise), "--log", str(installation.log_dir))
    assert told.code == 0
    assert "The promise was kept" in told.words


def test_an_altered_receipt_is_code_1(operator: Operator, proof: Path, installation: Installation) -> None:
    spoil(proof, b"index ", b"index 1")
    told = operator.runs("verify", str(proof), "--log", str(installation.log_dir))
    assert told.code == 1
    assert told.out.startswith("BAD")


def test_an_altered_ledger_is_code_1_and_says_what_is_wrong(
    operator: Operator, proof: Path, installation: Installation
) -> None:
    bundle = next((installation.log_dir / "tile" / "entries").rglob("16"))
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"\x00")
    told = operator.runs("verify", str(proof), "--log", str(installation.log_dir))
    assert told.code == 1
    assert "one was changed" in told.words


@pytest.fixture
def elsewhere(installation: Installation, tmp_path: Path) -> Path:
    """A ledger of this installation that was published before the report came in."""
    publish_ledger(installation.ledger(), force=True)
    return installation.log_dir


def test_a_promise_with_time_left_is_code_3(
    operator: Operator, elsewhere: Path, report: Callable[[], Reported], tmp_path: Path
) -> None:
    file = tmp_path / "receipt.promise"
    file.write_bytes(report().promise)
    told = operator.runs("verify", str(file), "--log", str(elsewhere))
    assert told.code == 3
    assert told.out.startswith("PENDING")
    assert "there is still time" in told.words


def test_a_broken_promise_is_code_4_and_says_to_keep_the_file(
    operator: Operator,
    elsewhere: Path,
    report: Callable[[], Reported],
    tmp_path: Path,
    set_clock: Callable[..., TestClock],
) -> None:
    file = tmp_path / "receipt.promise"
    clock = set_clock()
    file.write_bytes(report().promise)
    clock.moment += timedelta(hours=27)
    told = operator.runs("verify", str(file), "--log", str(elsewhere))
    assert told.code == 4
    assert "THIS PROMISE WAS BROKEN" in told.words
    assert "Keep this file, it is evidence" in told.words


@pytest.mark.parametrize("text", ["", "no receipt at all", "https://tips.example.org/tlog-promise@v1"])
def test_what_is_no_receipt_is_code_1(operator: Operator, elsewhere: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text)
    assert operator.runs("verify", str(tmp_path / "x"), "--log", str(elsewhere)).code == 1


def test_a_receipt_that_is_not_there_is_named(operator: Operator, elsewhere: Path, tmp_path: Path) -> None:
    told = operator.runs("verify", str(tmp_path / "lost.txt"), "--log", str(elsewhere))
    assert told.code == 1
    assert "lost.txt" in told.words
    assert "Traceback" not in told.words


def test_without_receipt_and_words_it_says_what_to_name(operator: Operator, elsewhere: Path) -> None:
    told = operator.runs("verify", "--log", str(elsewhere))
    assert told.code == 2
    assert "--words" in told.words


def test_the_words_find_all_own_events(
    operator: Operator, proof: Path, reported: Reported, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: reported.words.upper())
    told = operator.runs("verify", "--words", "--log", str(installation.log_dir))
    assert told.code == 0
    assert "The log holds 1 event(s) for these words" in told.words
    assert not [word for word in reported.words.split() if word.upper() in told.words.split()]


def test_mistyped_words_are_told_without_repeating_them(
    operator: Operator, elsewhere: Path, reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = f"{reported.words} surplus"
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: typed)
    told = operator.runs("verify", "--words", "--log", str(elsewhere))
    assert told.code == 1
    assert "the code has nine" in told.words
    assert reported.words not in told.words


def test_the_words_are_not_echoed_on_a_terminal(proof: Path, reported: Reported, installation: Installation) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "tocsin", "verify", "--words", "--log", str(installation.log_dir)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(proof.parent),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while termios.tcgetattr(theirs)[3] & termios.ECHO:  # until the question has switched echoing off
        assert time.monotonic() < deadline, "the words would be shown"
        assert process.poll() is None, "the command has ended without a question"
        time.sleep(0.01)
    os.write(ours, reported.words.encode() + b"\n")
    os.close(theirs)
    shown = _all_that_was_shown(ours)
    assert process.wait(60) == 0
    assert "Your nine words" in shown
    assert "The log holds 1 event(s)" in shown
    assert reported.words not in shown
    assert " ".join(reported.words.split()[:2]) not in shown


def _all_that_was_shown(terminal: int) -> str:
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # Linux says so when the other side of a terminal is closed
        pass
    os.close(terminal)
    return shown.decode()
