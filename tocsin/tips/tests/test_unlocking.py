"""Unlocking is a decision of somebody: permitted, limited in tries, written down, and undone when it cannot be."""

from __future__ import annotations

import pytest

from tests.installation import PASSPHRASE, Installation
from tests.people import Cast
from tocsin.access.actors import PUBLIC_DOOR, REPORTER, WORKER, Actor
from tocsin.common.errors import NotPermitted
from tocsin.ledger.models import AuditRecord
from tocsin.tips import unlocking
from tocsin.tips.unlocking import lock_desk, unlock_desk
from tocsin.vault import unlocked
from tocsin.vault.keyfiles import WrongPassphrase
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
