from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.installation import TestClock
from tocsin.common.errors import Unsafe
from tocsin.vault import retention, unlocked
from tocsin.vault.blobs import CannotOpen
from tocsin.vault.keyfiles import LockedKey, Stretching, WrongPassphrase
from tocsin.vault.sealing import seal_content, seal_message, seal_to
from tocsin.vault.tests.known import ELSEWHERE, PLACE, private, public
from tocsin.vault.unlocked import LockRule, Status, WhyLocked

PASSPHRASE = "ring the old bell"
MONTH = "2026-11"


@pytest.fixture(autouse=True)
def locked_before_and_after() -> Iterator[None]:
    unlocked.lock_now()
    yield
    unlocked.lock_now()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    retention.make_month_keys(tmp_path / "public", tmp_path, months=[MONTH])
    cost = Stretching(memory_kib=8, passes=1, lanes=1)
    LockedKey.create(tmp_path / "unit.key", private("unit"), PASSPHRASE, slot="unit", cost=cost)
    return tmp_path


def test_at_first_the_desk_is_locked() -> None:
    assert not unlocked.is_unlocked()
    with pytest.raises(unlocked.Locked, match="Somebody must unlock it") as told:
        unlocked.opener()
    assert told.value.status == 409


def test_the_passphrase_unlocks_and_everything_opens(home: Path) -> None:
    unlocked.unlock_with_passphrase(home / "unit.key", PASSPHRASE, home)
    assert unlocked.is_unlocked()
    opener = unlocked.opener()
    month_public = retention.public_key_for(home / "public", MONTH)[1]
    content = seal_content(b"tip", unit=public("unit"), retention=month_public, place=PLACE)
    assert opener.open_content(content.blob, content.wrapped_key, MONTH, PLACE) == b"tip"
    message = seal_message(b"answer", recipients=[public("kim"), public("unit")], place=PLACE)
    assert opener.open_message(message, PLACE) == b"answer"
    assert opener.open_sealed(seal_to(public("unit"), b"reason", info=PLACE), PLACE) == b"reason"
    with pytest.raises(CannotOpen):
        opener.open_sealed(seal_to(public("unit"), b"reason", info=PLACE), ELSEWHERE[0])
    retention.destroy(home / "public", home, MONTH)
    with pytest.raises(Unsafe, match="missing"):
        opener.open_content(content.blob, content.wrapped_key, MONTH, PLACE)


def test_a_wrong_passphrase_unlocks_nothing(home: Path) -> None:
    with pytest.raises(WrongPassphrase):
        unlocked.unlock_with_passphrase(home / "unit.key", "quiet river stones", home)
    assert not unlocked.is_unlocked()


def test_a_wrong_passphrase_does_not_lock_out_who_is_at_work(home: Path) -> None:
    unlocked.unlock(private("unit"), home)
    with pytest.raises(WrongPassphrase):
        unlocked.unlock_with_passphrase(home / "unit.key", "quiet river stones", home)
    assert unlocked.is_unlocked()


def test_a_key_file_unlocks_unattended(home: Path) -> None:
    LockedKey(home / "unit.key").add_key_file(private("unit"), home / "start.key")
    unlocked.unlock_with_key_file(home / "unit.key", home / "start.key", home)
    assert unlocked.is_unlocked()


def test_locking_forgets_the_key_at_once(home: Path) -> None:
    unlocked.unlock(private("unit"), home)
    unlocked.lock_now()
    assert not unlocked.is_unlocked()
    with pytest.raises(unlocked.Locked):
        unlocked.opener()
    unlocked.lock_now()


Moved = Callable[..., TestClock]
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_a_desk_at_which_nobody_works_locks_itself(home: Path, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    unlocked.unlock(private("unit"), home, LockRule(idle=timedelta(minutes=30)))
    assert unlocked.status() == Status(True, MORNING + timedelta(minutes=30))
    clock.forward(minutes=29, seconds=59)
    assert unlocked.is_unlocked()
    clock.forward(seconds=1)
    assert not unlocked.is_unlocked()
    with pytest.raises(unlocked.Locked):
        unlocked.opener()
    assert unlocked.status() == Status(False)
    assert (unlocked.locked_by_itself(), unlocked.locked_by_itself()) == (WhyLocked.IDLE, None)


def test_requests_of_staff_keep_it_unlocked_and_programs_that_read_do_not(home: Path, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    unlocked.unlock(private("unit"), home)
    for _turn in range(5):
        clock.forward(minutes=20)
        unlocked.somebody_is_at_work()
    assert unlocked.is_unlocked()
    clock.forward(minutes=20)
    unlocked.opener()
    clock.forward(minutes=10)
    assert not unlocked.is_unlocked()


def test_a_request_that_comes_too_late_does_not_save_the_key(home: Path, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    unlocked.unlock(private("unit"), home)
    clock.forward(minutes=31)
    unlocked.somebody_is_at_work()
    assert not unlocked.is_unlocked()


def test_it_locks_at_its_time_of_day_while_people_work(home: Path, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    unlocked.unlock(private("unit"), home, LockRule(at=MORNING + timedelta(minutes=40)))
    clock.forward(minutes=25)
    unlocked.somebody_is_at_work()
    assert unlocked.status().locks_at == MORNING + timedelta(minutes=40)
    clock.forward(minutes=15)
    assert not unlocked.is_unlocked()
    assert unlocked.locked_by_itself() == WhyLocked.TIME


def test_a_clock_that_is_set_back_locks(home: Path, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    unlocked.unlock(private("unit"), home)
    clock.forward(minutes=-1)
    assert unlocked.is_unlocked()  # computers correct their clocks by a little
    clock.forward(hours=-2)
    assert not unlocked.is_unlocked()
    clock.forward(hours=2)
    assert not unlocked.is_unlocked()
    assert unlocked.locked_by_itself() == WhyLocked.CLOCK


def test_a_key_file_keeps_the_desk_open_and_it_says_so(home: Path, set_clock: Moved) -> None:
    clock = set_clock(MORNING)
    LockedKey(home / "unit.key").add_key_file(private("unit"), home / "start.key")
    unlocked.unlock_with_key_file(home / "unit.key", home / "start.key", home)
    clock.forward(days=30)
    assert unlocked.status() == Status(True, None, is_unattended=True)
    unlocked.lock_now()
    assert unlocked.status() == Status(False)
    assert unlocked.locked_by_itself() is None


def test_the_key_is_shared_by_all_threads(home: Path) -> None:
    unlocked.unlock(private("unit"), home)
    sealed = seal_to(public("unit"), b"reason", info=PLACE)
    with ThreadPoolExecutor(8) as pool:
        opened = set(pool.map(lambda _n: unlocked.opener().open_sealed(sealed, PLACE), range(64)))
    assert opened == {b"reason"}


def test_threads_see_the_desk_locked_or_unlocked_and_nothing_between(home: Path) -> None:
    sealed = seal_to(public("unit"), b"reason", info=PLACE)
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            try:
                if unlocked.opener().open_sealed(sealed, PLACE) != b"reason":
                    wrong.append("other text")
            except unlocked.Locked:
                continue
            except Exception as error:  # any other error is what this test looks for
                wrong.append(repr(error))

    readers = [threading.Thread(target=read) for _reader in range(4)]
    for reader in readers:
        reader.start()
    for _turn in range(200):
        unlocked.unlock(private("unit"), home)
        unlocked.lock_now()
    stop.set()
    for reader in readers:
        reader.join(timeout=10)
    assert wrong == []
    assert not unlocked.is_unlocked()


def test_the_opener_shows_nothing_when_printed(home: Path) -> None:
    unlocked.unlock(private("unit"), home)
    assert repr(unlocked.opener()) == str(unlocked.opener()) == "Opener(…)"
