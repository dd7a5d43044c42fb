"""``tocsin import`` as an operator uses it: exit codes, files written, and what is said."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tocsin.config.instance import ROOT
from tocsin.config.tests.command import Told, environment, tocsin

ALL_TAKEN, SOME_REJECTED, COULD_NOT_RUN = 0, 1, 2


def line(number: int, **change: Any) -> dict[str, Any]:
    told = {
        "id": f"register/{number}",
        "channel": "letter",
        "category": "other",
        "answers": {"what": f"Letter {number}"},
    }
    return {**told, **change}


def write(file: Path, *lines: object) -> Path:
    file.write_text("".join(json.dumps(told) + "\n" for told in lines))
    return file


def stored(home: Path) -> int:
    with sqlite3.connect(home / "db" / "tocsin.sqlite3") as store:
        (count,) = store.execute("SELECT count(*) FROM tips_tip").fetchone()
        return int(count)


def imports(home: Path, file: Path, *more: str) -> Told:
    return tocsin("import", str(file), *more, home=home)


def test_a_file_is_taken_twice_stored_once_and_the_words_are_for_the_owner_alone(
    own_home: Path, tmp_path: Path
) -> None:
    file = write(tmp_path / "letters.jsonl", *[line(n) for n in range(20)])
    told = imports(own_home, file)
    assert (told.code, stored(own_home)) == (ALL_TAKEN, 20), told.words
    assert "20 stored, 0 were there already, 0 not taken" in told.words
    words = tmp_path / "words.jsonl"
    told = imports(own_home, file, "--words", str(words))
    assert (told.code, stored(own_home)) == (ALL_TAKEN, 20)
    assert "0 stored, 20 were there already" in told.words
    assert len(words.read_text().splitlines()) == 20
    assert stat.S_IMODE(words.stat().st_mode) == 0o600
    assert json.loads(words.read_text().splitlines()[0])["words"] not in told.words
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "letters.jsonl", "words.jsonl"]


def test_lines_that_are_not_taken_are_explained_beside_the_file(own_home: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "letters.jsonl", line(1), line(2, category="witchcraft"), line(3))
    told = imports(own_home, file)
    assert (told.code, stored(own_home)) == (SOME_REJECTED, 2)
    rejects = tmp_path / "letters.rejected.jsonl"
    assert str(rejects) in told.words
    assert "witchcraft" not in told.words
    (one,) = [json.loads(text) for text in rejects.read_text().splitlines()]
    assert (one["line"], one["problems"][0]["field"]) == (2, "category")


def test_a_large_file_is_sealed_by_processes_of_their_own_in_its_order(own_home: Path, tmp_path: Path) -> None:
    many = [line(n, answers={"what": f"Letter {n} " + "x" * 600}) for n in range(1200)]
    told = imports(own_home, write(tmp_path / "letters.jsonl", *many), "--processes", "2")
    assert (told.code, stored(own_home)) == (ALL_TAKEN, 1200), told.words
    told = imports(own_home, write(tmp_path / "more.jsonl", *many, line(1200)), "--processes", "2")
    assert (told.code, stored(own_home)) == (ALL_TAKEN, 1201), told.words
    assert "1 stored, 1,200 were there already" in told.words


LETTERS = 6000  # so many that nobody stores them before the signal has come


@contextmanager
def under_way(home: Path, file: Path) -> Iterator[subprocess.Popen[str]]:
    """An import of many long letters that has stored some of them."""
    write(file, *[line(n, answers={"what": f"Letter {n} " + "x" * 3000}) for n in range(LETTERS)])
    words = file.with_name("words.jsonl")
    command = [sys.executable, "-m", "tocsin", "import", str(file), "--processes", "2", "--words", str(words)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(home), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, preexec_fn=hears_ctrl_c,
    ) as running:  # fmt: skip
        while running.poll() is None and not (words.exists() and words.stat().st_size):
            time.sleep(0.02)
        yield running


def hears_ctrl_c() -> None:
    """What a program is told when somebody types at a terminal; tests that run in the background ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def children(process: int) -> list[int]:
    """The processes that seal: those of the pool, not its helper."""
    told = subprocess.run(
        ["pgrep", "-f", "-P", str(process), "spawn_main"], capture_output=True, text=True, check=False
    )
    return [int(child) for child in told.stdout.split()]


@pytest.mark.parametrize("how", ["Ctrl-C", "a process that seals is killed"])
def test_an_import_that_is_stopped_says_so_and_goes_on_when_it_is_given_again(
    how: str, own_home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "letters.jsonl"
    with under_way(own_home, file) as running:
        if how == "Ctrl-C":
            os.killpg(running.pid, signal.SIGINT)
        else:
            os.kill(children(running.pid)[0], signal.SIGKILL)
        said, _nothing = running.communicate(timeout=60)
    assert running.returncode == COULD_NOT_RUN, said
    assert "goes on where this ended" in " ".join(said.split())
    assert "Traceback" not in said
    some = stored(own_home)
    assert 0 < some < LETTERS
    told = imports(own_home, file)
    assert (told.code, stored(own_home)) == (ALL_TAKEN, LETTERS)
    assert f"{some:,} were there already" in told.words


@pytest.mark.parametrize(
    "case", ["missing", "folder", "utf-16", "itself", "one for both", "a diary", "full disk", "no installation"]
)
def test_what_cannot_run_says_why_and_stores_nothing(case: str, own_home: Path, tmp_path: Path) -> None:
    file, more, home = write(tmp_path / "letters.jsonl", line(1)), [], own_home
    if case == "missing":
        file.unlink()
    elif case == "folder":
        file = tmp_path
    elif case == "utf-16":
        file.write_text(json.dumps(line(1)), encoding="utf-16")
    elif case == "itself":
        more = ["--rejects", str(tmp_path / "home" / ".." / "letters.jsonl")]
    elif case == "one for both":
        more = ["--words", str(tmp_path / "letters.rejected.jsonl")]
    elif case == "a diary":
        (tmp_path / "diary").write_text("Dear diary")
        more = ["--words", str(tmp_path / "diary")]
    elif case == "full disk":
        write(file, line(1, channel="pigeon"))
        more = ["--rejects", "/dev/full"]
    else:
        home = tmp_path / "nowhere"
    told = imports(home, file, *more)
    assert told.code == COULD_NOT_RUN, told.words
    assert "Not done" in told.words or "Not started" in told.words
    assert "Traceback" not in told.words
    assert stored(own_home) == 0
    assert case != "a diary" or (tmp_path / "diary").read_text() == "Dear diary"


def test_an_empty_file_is_no_fault(own_home: Path, tmp_path: Path) -> None:
    for text in ("", "\n\n"):
        file = tmp_path / "empty.jsonl"
        file.write_text(text)
        told = imports(own_home, file)
        assert (told.code, "no report in it" in told.words) == (ALL_TAKEN, True)


def test_a_database_without_tables_is_told_and_not_shown_as_a_traceback(bare_home: Path, tmp_path: Path) -> None:
    told = imports(bare_home, write(tmp_path / "letters.jsonl", line(1)))
    assert told.code == COULD_NOT_RUN
    assert "Traceback" not in told.words
