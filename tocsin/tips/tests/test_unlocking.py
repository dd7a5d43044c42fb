"""Unlocking is a decision of somebody: permitted, limited in tries, written down, and undone when it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.installation import PASSPHRASE, Installation, TestClock
from tests.people import Cast
from tocsin.access.actors import DESK, PUBLIC_DOOR, REPORTER, WORKER, Actor
from tocsin.access.models import Factor
from tocsin.access.sessions import begin_session, end_session
from tocsin.common.errors import NotPermitted
from tocsin.ledger.models import AuditRecord
from tocsin.policy.active import get_pack
from tocsin.tips import unlocking
from tocsin.tips.unlocking import lock_desk, lock_when_empty, note_locked_by_itself, unlock_desk
from tocsin.vault import unlocked
from tocsin.vault.keyfiles import LockedKey, WrongPassphrase
from tocsin.vault.unlocked import Locked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installation")]


def lines() -> list[tuple[str, str, str, str, dict[str, str]]]:
    found = AuditRecord.objects.filter(action__startswith="desk.").order_by("id")
    return [(line.actor, line.role, line.action, line.subject, line.detail) for line in found]


def wrong(actor: Actor, passphrase: str = "no such passphrase") -> Exception:
    with pytest.raises(NotPermitted) as refused:
        unlock_desk(actor=actor, passphrase=passphrase)
    return refused.value


def broken(**_: object) -> None:
    raise OSError("no trace can be written")


def test_the_passphrase_unlocks_and_the_log_says_who_did_it(ines: Actor, sam: Actor) -> None:
    unlock_desk(actor=ines, passphrase=PASSPHRASE)
    assert unlocked.is_unlocked()
    assert lines() == [(ines.name, "intake", "desk.unlock", "", {})]


@pytest.mark.parametrize(
    "passphrase", ["", "no such passphrase", PASSPHRASE + " ", PASSPHRASE.upper(), PASSPHRASE[:-1]]
)
def test_a_wrong_passphrase_unlocks_nothing_and_is_written_down_without_its_text(passphrase: str, ines: Actor) -> None:
    fault = wrong(ines, passphrase)
    assert isinstance(fault, WrongPassphrase)
    assert not unlocked.is_unlocked()
    assert lines() == [(ines.name, "intake", "desk.unlock.refused", "", {})]
    assert not passphrase or passphrase not in str(fault)


def test_a_wrong_passphrase_does_not_lock_what_others_have_unlocked(ines: Actor, sam: Actor) -> None:
    unlock_desk(actor=sam, passphrase=PASSPHRASE)
    wrong(ines)
    assert unlocked.is_unlocked()


def test_after_six_wrong_ones_the_right_one_must_wait_for_that_person_alone(ines: Actor, sam: Actor) -> None:
    for _ in range(6):
        assert isinstance(wrong(ines), WrongPassphrase)
    too_many = wrong(ines, PASSPHRASE)
    assert not isinstance(too_many, WrongPassphrase)
    assert "Too many attempts" in str(too_many)
    assert not unlocked.is_unlocked()
    unlock_desk(actor=sam, passphrase=PASSPHRASE)
    assert unlocked.is_unlocked()


def test_the_right_passphrase_gives_the_tries_back(ines: Actor) -> None:
    for _ in range(3):
        for _ in range(5):
            wrong(ines)
        unlock_desk(actor=ines, passphrase=PASSPHRASE)


def test_who_reads_no_reports_cannot_unlock_them_nor_try_passphrases(ada: Actor) -> None:
    for actor in (ada, REPORTER, WORKER, PUBLIC_DOOR):
        for _ in range(8):
            assert "role does not allow" in str(wrong(actor, PASSPHRASE))
    assert not unlocked.is_unlocked()
    assert lines() == []
    assert not unlocking.attempts._buckets


def test_everybody_at_the_desk_can_lock_it(cast: Cast) -> None:
    for actor in (cast.ines, cast.tara, cast.ivo, cast.sam, cast.lea, cast.ada):
        unlock_desk(actor=cast.ines, passphrase=PASSPHRASE)
        lock_desk(actor=actor)
        assert not unlocked.is_unlocked()
        with pytest.raises(Locked):
            unlocked.opener()
        assert lines()[-1][0::2] == (actor.name, "desk.lock", {})


@pytest.mark.parametrize("actor", [REPORTER, WORKER, PUBLIC_DOOR], ids=lambda actor: actor.name)
def test_who_is_not_at_the_desk_cannot_lock_it(actor: Actor, unlocked_desk: Installation) -> None:
    with pytest.raises(NotPermitted):
        lock_desk(actor=actor)
    assert unlocked.is_unlocked()


def test_locking_a_locked_desk_is_no_mistake(ines: Actor) -> None:
    lock_desk(actor=ines)
    assert not unlocked.is_unlocked()


def test_a_desk_whose_unlocking_cannot_be_written_down_stays_locked(
    ines: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlocking, "record_audit", broken)
    with pytest.raises(OSError, match="no trace"):
        unlock_desk(actor=ines, passphrase=PASSPHRASE)
    assert not unlocked.is_unlocked()


def test_a_desk_is_locked_even_when_that_cannot_be_written_down(
    ines: Actor, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlocking, "record_audit", broken)
    with pytest.raises(OSError, match="no trace"):
        lock_desk(actor=ines)
    assert not unlocked.is_unlocked()


def test_the_desk_locks_by_itself_and_the_log_says_why(
    ines: Actor, set_clock: Callable[..., TestClock], settings: Settings
) -> None:
    settings.TOCSIN_LOCK_IDLE_MINUTES = 10
    clock = set_clock(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    unlock_desk(actor=ines, passphrase=PASSPHRASE)
    clock.forward(minutes=9)
    note_locked_by_itself(actor=DESK)
    assert unlocked.is_unlocked()
    clock.forward(minutes=1)
    note_locked_by_itself(actor=DESK)
    note_locked_by_itself(actor=DESK)
    assert not unlocked.is_unlocked()
    assert lines()[1:] == [("program:desk", "", "desk.lock", "", {"why": "idle"})]


@pytest.mark.parametrize(
    ("unlocked_at", "locks_at"),
    [
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), datetime(2026, 11, 24, 18, 30, tzinfo=UTC)),
        (datetime(2026, 11, 24, 18, 30, tzinfo=UTC), datetime(2026, 11, 25, 18, 30, tzinfo=UTC)),
        (datetime(2026, 11, 24, 23, 0, tzinfo=UTC), datetime(2026, 11, 25, 18, 30, tzinfo=UTC)),
    ],
    ids=["in the morning", "at that minute", "at night"],
)
def test_the_time_of_day_is_the_next_one_by_the_clocks_of_the_office(
    unlocked_at: datetime, locks_at: datetime, set_clock: Callable[..., TestClock], settings: Settings
) -> None:
    zone = get_pack().calendar.zone
    settings.TOCSIN_LOCK_AT = f"{locks_at.astimezone(zone):%H:%M}"
    set_clock(unlocked_at)
    assert unlocking.lock_rule().at == locks_at


def test_the_last_one_to_leave_locks_the_desk(ines: Actor, ada: Actor) -> None:
    for actor in (ines, ada):
        begin_session(actor=actor, key=f"browser of {actor.name}", factor=Factor.PASSKEY)
    unlock_desk(actor=ines, passphrase=PASSPHRASE)
    end_session(actor=ines, key=f"browser of {ines.name}")
    lock_when_empty(actor=ines)
    assert unlocked.is_unlocked()
    end_session(actor=ada, key=f"browser of {ada.name}")
    lock_when_empty(actor=ada)
    assert not unlocked.is_unlocked()
    assert lines()[-1] == (ada.name, "", "desk.lock", "", {"why": "empty"})


def test_a_desk_that_a_key_file_opened_stays_open_when_everybody_leaves(
    installation: Installation, ines: Actor, tmp_path: Path, set_clock: Callable[..., TestClock]
) -> None:
    own = tmp_path / "unit.key"
    own.write_bytes((installation.home / "keys" / "desk" / "unit.key").read_bytes())
    own.chmod(0o600)
    LockedKey(own).add_key_file(installation.unit_private, tmp_path / "start.key")
    clock = set_clock()
    unlocked.unlock_with_key_file(own, tmp_path / "start.key", installation.home / "keys" / "desk")
    clock.forward(days=2)
    lock_when_empty(actor=ines)
    note_locked_by_itself(actor=DESK)
    assert unlocked.is_unlocked()
    assert lines() == []
