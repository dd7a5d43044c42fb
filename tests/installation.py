"""An installation for tests: real keys behind cheap passphrases, in a temporary folder, and a clock that can be set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tocsin.common import clock
from tocsin.config.setup import Answers, make_home
from tocsin.config.worker import LedgerDesk, ledger_desk, publish_ledger
from tocsin.intake import services as intake
from tocsin.intake.channels.hotline import line
from tocsin.policy import active
from tocsin.public import report_form, sessions, stencils
from tocsin.vault import installed, unlocked
from tocsin.vault.keyfiles import LockedKey, Stretching
from tocsin.vault.retention import make_month_keys

PASSPHRASE = "ring the bell for the tests"
CUSTODIANS = {name: f"only {name} knows this test" for name in ("kim", "lou", "max")}
CHEAP = Stretching(memory_kib=64, passes=1, lanes=1)  # the real cost is tested with the vault
ORIGIN = "tips.example.org/ledger"
UNIT = "test-unit"
# Tests move the clock by weeks; those about locking name a rule of their own.
PATIENT = unlocked.LockRule(idle=None)


def answers_for_tests(**changes: object) -> Answers:
    """What ``tocsin init`` would have been told; ``changes`` replace single answers."""
    usual: dict[str, object] = {
        "unit": UNIT,
        "origin": ORIGIN,
        "pack": "seed",
        "unit_passphrase": PASSPHRASE,
        "custodians": CUSTODIANS,
        "people": [],
        "cost": CHEAP,
    }
    return Answers(**{**usual, **changes})  # type: ignore[arg-type]  # each test names answers as Answers has them


@dataclass(frozen=True)
class Installation:
    """``home`` holds keys that all tests of a process share; ``files`` is this test's own folder for log and state."""

    home: Path
    files: Path
    unit_private: bytes

    @property
    def log_dir(self) -> Path:
        """The published ledger of this test."""
        return self.files / "log"

    def desk_key(self) -> LockedKey:
        """The unit's key file; ``PASSPHRASE`` opens it."""
        return LockedKey(self.home / "keys" / "desk" / "unit.key")

    def custodian_private(self, name: str) -> bytes:
        """The private key of one of ``CUSTODIANS``."""
        return LockedKey(self.home / "handover" / f"{name}.key").open_with_passphrase(CUSTODIANS[name])

    def unlock(self, rule: unlocked.LockRule = PATIENT) -> None:
        """Unlock the desk in this process, without the passphrase's cost."""
        unlocked.unlock(self.unit_private, self.home / "keys" / "desk", rule)

    def ledger(self) -> LedgerDesk:
        """The worker's signers and folders."""
        return ledger_desk()

    def publish(self) -> int:
        """One round of the worker; the size of the published tree."""
        return publish_ledger(self.ledger())


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """The folder that ``tocsin init`` makes, and the unit's private key."""
    home = tmp_path_factory.mktemp("installation") / "home"
    make_home(home, answers_for_tests())
    months = [f"{year}-{month:02d}" for year in range(2025, 2029) for month in range(1, 13)]  # tests set the clock
    make_month_keys(home / "keys" / "public", home / "keys" / "desk", months=months)
    return home, LockedKey(home / "keys" / "desk" / "unit.key").open_with_passphrase(PASSPHRASE)


@pytest.fixture
def installation(made_home: tuple[Path, bytes], tmp_path: Path, settings: Settings) -> Iterator[Installation]:
    """The settings point at a real installation; the desk is locked before and after the test."""
    home, private = made_home
    files = tmp_path / "installation"
    for folder in ("log", "state", "evidence"):
        (files / folder).mkdir(parents=True)
    settings.TOCSIN_UNIT, settings.TOCSIN_ORIGIN = UNIT, ORIGIN
    settings.TOCSIN_PUBLIC_KEYS = home / "keys" / "public"
    settings.TOCSIN_PROMISE_KEY = home / "keys" / "door" / "promise.key"
    settings.TOCSIN_UNIT_KEY = home / "keys" / "desk" / "unit.key"
    settings.TOCSIN_RETENTION_KEYS = home / "keys" / "desk"
    settings.TOCSIN_UNATTENDED_KEY = None
    settings.TOCSIN_LINE_KEY = home / "keys" / "desk" / "line.key"
    settings.TOCSIN_LEDGER_KEY = home / "keys" / "worker" / "ledger.key"
    settings.TOCSIN_AUDIT_KEY = home / "keys" / "worker" / "audit.key"
    settings.TOCSIN_LOG_DIR = files / "log"
    settings.TOCSIN_EVIDENCE_DIR = files / "evidence"
    settings.TOCSIN_CHECKPOINT_COPY = files / "state" / "checkpoint"
    clear_caches()
    yield Installation(home, files, private)
    clear_caches()


@pytest.fixture
def unlocked_desk(installation: Installation) -> Installation:
    """The installation with the unit's key in memory, as after the first sign-in of the morning."""
    installation.unlock()
    return installation


# Taken when this module is imported: a test may have put something else in their places.
_CACHES = (
    intake.committer,
    intake.promise_signer,
    line.line_key,
    installed._load,
    active._load_once,
    report_form.tickets,
    stencils.drawn,
    sessions._key,
)


def clear_caches() -> None:
    """Forget everything that a process reads from its settings once, and lock the desk."""
    for cached in _CACHES:
        cached.cache_clear()
    unlocked.lock_now()


class TestClock:
    """The time as all code sees it through ``common.clock``; it stands still until a test moves it."""

    __test__ = False

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment that was set."""
        return self.moment

    def forward(self, **duration: float) -> datetime:
        """Let time pass: ``forward(days=8)``."""
        self.moment += timedelta(**duration)
        return self.moment


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., TestClock]:
    """``set_clock(datetime(...))`` stops the clock there (default: now); the answer moves it on."""

    def set_to(moment: datetime | None = None) -> TestClock:
        stopped = TestClock(moment or datetime.now(UTC))
        monkeypatch.setattr(clock, "now", stopped.now)
        return stopped

    return set_to
