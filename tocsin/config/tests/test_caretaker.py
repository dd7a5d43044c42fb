"""The desk's caretaker: in an office that everybody left, sessions end and the key is forgotten."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from tests.installation import Installation, TestClock
from tocsin.access.actors import Actor
from tocsin.access.models import DeskSession, Factor
from tocsin.access.sessions import begin_session, keep_session
from tocsin.config import caretaker
from tocsin.config.caretaker import look_after_the_desk
from tocsin.ledger.models import AuditRecord
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread lets go of its connection between two looks; the test goes on with the one that it has."""
    monkeypatch.setattr(caretaker, "close_old_connections", lambda: None)


def why() -> list[str]:
    return [line.detail["why"] for line in AuditRecord.objects.filter(action__in=["session.end", "desk.lock"])]


def test_an_office_that_everybody_left_is_closed(
    ines: Actor, unlocked_desk: Installation, set_clock: Callable[..., TestClock], settings: Settings
) -> None:
    settings.TOCSIN_LOCK_IDLE_MINUTES = 120
    clock = set_clock(MORNING)
    unlocked_desk.unlock()
    begin_session(actor=ines, key="browser", factor=Factor.PASSKEY)
    clock.forward(minutes=20)
    keep_session(staff_id=ines.require_staff(), key="browser")
    unlocked.somebody_is_at_work()
    clock.forward(minutes=29)
    look_after_the_desk()
    assert unlocked.is_unlocked()
    assert why() == []
    clock.forward(minutes=2)
    look_after_the_desk()
    assert not unlocked.is_unlocked()
    assert not DeskSession.objects.filter(ended_at=None).exists()


def test_the_key_goes_even_when_the_database_does_not_answer(
    unlocked_desk: Installation,
    set_clock: Callable[..., TestClock],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = set_clock(MORNING)
    unlocked_desk.unlock(unlocked.LockRule())
    clock.forward(minutes=31)

    def broken(**_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(caretaker, "end_overdue", broken)
    with caplog.at_level(logging.ERROR):
        look_after_the_desk()
    assert not unlocked.is_unlocked()
    assert "tries again" in caplog.text
    monkeypatch.undo()


def test_a_desk_without_sessions_is_locked(ines: Actor, unlocked_desk: Installation) -> None:
    unlocked_desk.unlock()
    look_after_the_desk()
    assert not unlocked.is_unlocked()
    assert why() == ["empty"]
