"""The worker dies in the one moment that matters, or wakes up over an old database: it heals, or stands still."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.conftest import python, until_published
from tests.crash.reporter import Receipt, Reporter
from tocsin.config.instance import Instance
from tocsin.config.servers import Processes, wait_until_ready

pytestmark = pytest.mark.crash
REPORTS = 3


@pytest.fixture
def processes(instance: Instance) -> Iterator[Processes]:
    """Ended after the test."""
    started = Processes(instance.home)
    yield started
    started.stop()


def file_reports(instance: Instance) -> None:
    done = python(instance.home, "-m", "tocsin.config.tests.filing", str(REPORTS))
    assert done.returncode == 0, done.stderr


def inspect(instance: Instance, receipts: Path) -> dict[str, Any]:
    receipts.write_text("[]")
    told = python(instance.home, "-m", "tests.crash.inspection", str(receipts))
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def heads(instance: Instance) -> list[bytes]:
    """Every checkpoint that was ever signed and stored."""
    store = sqlite3.connect(f"file:{instance.database}?mode=ro", uri=True)
    try:
        rows = store.execute("SELECT note FROM ledger_treehead WHERE log = 'public' ORDER BY size").fetchall()
    finally:
        store.close()
    return [bytes(note) for (note,) in rows]


def publish(instance: Instance) -> None:
    """Let the real worker run until nothing is left to do."""
    processes = Processes(instance.home)
    processes.start("worker")
    try:
        until_published(instance, processes)
    finally:
        processes.stop()


@pytest.mark.parametrize(
    ("module", "name", "calls", "signed"),
    [
        ("tocsin.ledger.sequencer", "append_public", 0, False),  # before the tree grows
        ("tocsin.ledger.sequencer", "sign_checkpoint", 1, False),  # the first signs the audit log
        ("tocsin.ledger.sequencer", "keep_copy", 0, True),  # committed; the copy outside is not written
        ("tocsin.config.worker", "publish", 0, True),  # the copy is written; nothing is published
        ("tocsin.ledger.publishing", "write_durably", 0, True),  # not one file
        ("tocsin.ledger.publishing", "write_durably", 2, True),  # tiles without keys and checkpoint
        ("tocsin.ledger.publishing", "write_durably", 3, True),  # everything but the checkpoint
        ("tocsin.ledger.publishing", "_remove_superseded", 0, True),  # published; old parts are not cleared away
    ],
)
def test_the_next_start_heals_and_nothing_is_signed_twice(
    instance: Instance, tmp_path: Path, module: str, name: str, calls: int, signed: bool
) -> None:
    file_reports(instance)
    died = python(instance.home, "-m", "tests.crash.dying_worker", module, name, str(calls))
    assert died.returncode == -signal.SIGKILL, died.stderr
    before = heads(instance)
    assert len(before) == int(signed)
    publish(instance)
    after = heads(instance)
    assert after[: len(before)] == before
    assert len(after) == 1, "the same reports were signed in two trees"
    assert (instance.log / "checkpoint").read_bytes() == instance.checkpoint_copy.read_bytes() == after[0]
    found = inspect(instance, tmp_path / "receipts.json")
    assert found["wrong"] == []
    assert (found["tips"], found["received"], found["pending"]) == (REPORTS, REPORTS, 0)
    verified = python(instance.home, "-m", "tocsin", "ledger", "verify")
    assert verified.returncode == 0, verified.stdout


def in_folder(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def restore(instance: Instance, backup: Path) -> None:
    for file in instance.database.parent.iterdir():
        file.unlink()
    shutil.copy(backup, instance.database)


def until_it_says(capture: pytest.CaptureFixture[str], sentence: str, processes: Processes) -> str:
    """All that the processes have written, once ``sentence`` is in it."""
    said, deadline = "", time.monotonic() + 30
    while sentence not in said:
        processes.require_running()
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
        said += capture.readouterr().err
    return said


@pytest.fixture
def over_an_old_database(instance: Instance, tmp_path: Path) -> Instance:
    """Two batches were published, then a backup from between them was put in place."""
    file_reports(instance)
    publish(instance)
    shutil.copy(instance.database, tmp_path / "backup.sqlite3")
    file_reports(instance)
    publish(instance)
    assert len(heads(instance)) == 2
    restore(instance, tmp_path / "backup.sqlite3")
    return instance


def send(instance: Instance) -> list[Receipt]:
    reporter = Reporter(instance.public.port)
    receipts = [reporter.send(reporter.open_form(), f"After the restore, number {n}.") for n in range(REPORTS)]
    reporter.close()
    return receipts


def test_over_a_restored_database_the_ledger_stands_still_and_reports_are_taken(
    over_an_old_database: Instance, processes: Processes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    instance = over_an_old_database
    published, copy = in_folder(instance.log), instance.checkpoint_copy.read_bytes()
    for part in ("worker", "desk", "public"):
        processes.start(part)
    wait_until_ready(instance, processes)
    receipts = send(instance)
    said = until_it_says(capfd, "tocsin.ledger.startup.LedgerReadOnly: The database is older", processes)
    assert "The ledger is read-only. Run `tocsin ledger verify` to see why and what to do." in said
    told = python(instance.home, "-m", "tocsin", "ledger", "verify")
    assert told.returncode == 1
    for words in ("restored from a backup", "tips are still taken and wait", "open a new origin"):
        assert words in told.stdout
    processes.require_running()
    processes.stop()
    assert len(heads(instance)) == 1
    assert (in_folder(instance.log), instance.checkpoint_copy.read_bytes()) == (published, copy)

    recovered = python(instance.home, "-m", "tocsin", "ledger", "recover", "--reason", "the disk failed", "--yes")
    assert recovered.returncode == 0, recovered.stderr
    publish(instance)
    for receipt in receipts:
        (tmp_path / "promise.txt").write_text(receipt.promise)
        kept = python(
            instance.home, "-m", "tocsin", "verify", str(tmp_path / "promise.txt"), "--log", str(instance.log)
        )
        assert kept.returncode == 0, kept.stdout
        assert "The promise was kept" in kept.stdout
