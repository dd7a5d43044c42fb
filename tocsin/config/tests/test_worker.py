"""The worker: one bad round stops nothing, keys are there before their month begins, a restored store is left alone."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.installation import Installation, TestClock
from tests.stories import Reported
from tocsin.common.errors import Unsafe
from tocsin.config import worker
from tocsin.config.logs import QuietFormatter
from tocsin.ledger.models import PUBLIC, Entry, Pending, TreeHead
from tocsin.vault.installed import keyring
from tocsin.vault.keyfiles import read_secret

pytestmark = pytest.mark.django_db
SetClock = Callable[..., TestClock]


class Rounds:
    """Stands before the real work of a round: counts, lets some fail, and stops the worker after the last."""

    def __init__(self, faults: list[Exception | None]) -> None:
        self.faults, self.done, self.stop = faults, 0, threading.Event()

    def __call__(self, desk: worker.LedgerDesk) -> int:
        fault = self.faults[self.done]
        self.done += 1
        if self.done == len(self.faults):
            self.stop.set()
        if fault is not None:
            raise fault
        return publish_for_real(desk)


publish_for_real = worker.publish_ledger


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, installation: Installation, settings: Settings) -> Callable[..., Rounds]:
    """``work(None, OSError())``: a worker that does these rounds without waiting between them."""
    settings.TOCSIN_BATCH_SECONDS = 0
    # On PostgreSQL it would close the test's own transaction.
    monkeypatch.setattr("tocsin.config.worker.close_old_connections", lambda: None)

    def run(*faults: Exception | None) -> Rounds:
        rounds = Rounds(list(faults))
        monkeypatch.setattr(worker, "publish_ledger", rounds)
        worker.run(rounds.stop)
        return rounds

    return run


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What stands in the journal afterwards."""
    return "\n".join(QuietFormatter().format(record) for record in caplog.records)


def test_a_round_that_fails_is_logged_without_content_and_the_next_one_works(
    work: Callable[..., Rounds], reported: Reported, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    rounds = work(RuntimeError("canary: what somebody wrote"), OSError(28, "No space left", "canary"), None)
    assert rounds.done == 3
    said = logged(caplog)
    assert "canary" not in said
    assert said.count("A round of the worker failed; nothing that was accepted is lost.") == 2
    assert "RuntimeError" in said
    assert "test_worker.py" in said
    assert Pending.objects.count() == 0
    assert Entry.objects.filter(leaf=reported.leaf).count() == 1


def test_the_worker_publishes_what_waits_and_stops_when_asked(
    work: Callable[..., Rounds], reported: Reported, installation: Installation
) -> None:
    work(None)
    assert (installation.log_dir / "checkpoint").read_bytes() == bytes(TreeHead.objects.get(log=PUBLIC).note)


def test_a_worker_that_is_told_to_stop_before_it_began_does_nothing(installation: Installation) -> None:
    stop = threading.Event()
    stop.set()
    worker.run(stop)
    assert not (installation.log_dir / "checkpoint").exists()


@pytest.mark.parametrize(
    ("now", "months"),
    [
        ((2026, 11, 30), ["2026-11", "2026-12"]),
        ((2026, 12, 1), ["2026-12", "2027-01"]),
        ((2026, 12, 31), ["2026-12", "2027-01"]),
        ((2027, 1, 1), ["2027-01", "2027-02"]),
        ((2099, 12, 15), ["2099-12", "2100-01"]),
    ],
)
def test_keys_are_wanted_for_this_month_and_the_next(
    set_clock: SetClock, now: tuple[int, int, int], months: list[str]
) -> None:
    set_clock(datetime(*now, 23, 59, tzinfo=UTC))
    assert worker.months_ahead() == months


@pytest.fixture
def own_keys(installation: Installation, settings: Settings, tmp_path: Path) -> Path:
    """The keys of the installation copied, for a test that adds to them."""
    keys = tmp_path / "keys"
    shutil.copytree(installation.home / "keys", keys)
    settings.TOCSIN_PUBLIC_KEYS = keys / "public"
    settings.TOCSIN_RETENTION_KEYS = keys / "desk"
    return keys


def test_the_worker_makes_retention_keys_before_their_month_begins(
    own_keys: Path, work: Callable[..., Rounds], set_clock: SetClock
) -> None:
    clock = set_clock(datetime(2031, 12, 20, tzinfo=UTC))
    work(None)
    for month in ("2031-12", "2032-01"):
        assert (own_keys / "public" / "retention" / f"{month}.pub").is_file()
        assert len(read_secret(own_keys / "desk" / "retention" / f"{month}.key")) == 32
    assert not (own_keys / "public" / "retention" / "2032-02.pub").exists()
    clock.moment = datetime(2032, 1, 1, tzinfo=UTC)
    assert keyring().retention_id == "2032-01"  # before the worker has run in the new month


def test_keys_that_are_there_already_are_left_alone(own_keys: Path, work: Callable[..., Rounds]) -> None:
    work(None)
    before = {path.name: path.read_bytes() for path in own_keys.rglob("retention/*")}
    work(None, None)
    assert {path.name: path.read_bytes() for path in own_keys.rglob("retention/*")} == before


def test_a_worker_that_starts_read_only_says_so_and_goes_on_trying(
    work: Callable[..., Rounds],
    installation: Installation,
    report: Callable[[], Reported],
    caplog: pytest.LogCaptureFixture,
) -> None:
    report()
    installation.publish()
    checkpoint = installation.files / "state" / "checkpoint"
    kept = checkpoint.read_bytes()
    checkpoint.write_bytes(kept.replace(b"\n16\n", b"\n32\n"))
    reported = report()
    work(None, None)
    said = logged(caplog)
    assert "The ledger is read-only. Run `tocsin ledger verify`" in said
    assert said.count("tocsin.ledger.startup.LedgerReadOnly: The checkpoint file") == 2
    assert Pending.objects.filter(leaf=reported.leaf).count() == 1
    checkpoint.write_bytes(kept)
    work(None)
    assert Entry.objects.filter(leaf=reported.leaf).count() == 1


@pytest.mark.parametrize("name", ["TOCSIN_LEDGER_KEY", "TOCSIN_AUDIT_KEY"])
@pytest.mark.parametrize("data", [b"", b"PRIVATE+KEY+", b"\xff\xff", b"rubbish"])
def test_a_damaged_signing_key_is_named(
    installation: Installation, settings: Settings, tmp_path: Path, name: str, data: bytes
) -> None:
    key = tmp_path / "spoilt.key"
    key.write_bytes(data)
    key.chmod(0o600)
    setattr(settings, name, key)
    with pytest.raises(Unsafe, match=r"spoilt\.key is damaged"):
        installation.ledger()
