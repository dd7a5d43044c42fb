"""The clocks in the worker's loop: each minute, at once again while more waits, and never in the way of the ledger."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from tests.installation import Installation
from tests.people import hire
from tests.stories import Reported
from tocsin.access.permissions import Role
from tocsin.clocks.models import Deadline, Notice
from tocsin.clocks.tests.conftest import bare_clock
from tocsin.common import clock
from tocsin.config import worker
from tocsin.config.clock_round import SECONDS
from tocsin.config.logs import QuietFormatter
from tocsin.ledger.models import AuditRecord, Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, installation: Installation, settings: Settings) -> Callable[[int], None]:
    """``work(3)``: a worker that does so many rounds of the ledger without waiting between them."""
    settings.TOCSIN_BATCH_SECONDS = 0
    monkeypatch.setattr("tocsin.config.worker.close_old_connections", lambda: None)

    def run(rounds: int) -> None:
        stop, left, for_real = threading.Event(), [rounds], worker._round

        def counted(desk: worker.LedgerDesk) -> None:
            for_real(desk)
            left[0] -= 1
            if not left[0]:
                stop.set()

        monkeypatch.setattr(worker, "_round", counted)
        worker.run(stop)
        monkeypatch.setattr(worker, "_round", for_real)

    return run


def test_the_worker_marks_what_is_due_beside_the_ledger(work: Callable[[int], None], reported: Reported) -> None:
    ines = hire("ines", Role.INTAKE)
    bare_clock("acknowledge", due=clock.now()).save()
    work(1)
    assert Deadline.objects.filter(overdue_since__isnull=False).count() == 1
    assert Notice.objects.get().staff_id == ines.require_staff()
    assert Entry.objects.filter(leaf=reported.leaf).count() == 1


def test_a_minute_lies_between_two_rounds_unless_more_waits(
    work: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[bool] = []

    def counted() -> bool:
        done.append(len(done) < 2)
        return done[-1]

    monkeypatch.setattr(worker, "clock_round", counted)
    work(6)
    assert done == [True, True, False]
    assert SECONDS == 60


def test_a_round_of_the_clocks_that_fails_is_logged_without_content_and_the_ledger_goes_on(
    work: Callable[[int], None],
    reported: Reported,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> bool:
        raise RuntimeError("canary: what somebody wrote")

    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(worker, "clock_round", broken)
    work(1)
    said = "\n".join(QuietFormatter().format(record) for record in caplog.records)
    assert "A round of the clocks failed. What is due stays due" in said
    assert "canary" not in said
    assert Entry.objects.filter(leaf=reported.leaf).count() == 1
    assert not AuditRecord.objects.filter(action__startswith="clock.").exists()
