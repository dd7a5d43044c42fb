"""A new origin after a restored backup, interrupted at every step: the ledger can always be signed again."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.databases import in_threads
from tests.installation import ORIGIN, Installation
from tests.stories import Reported
from tocsin.common.errors import RuleBroken, Unsafe
from tocsin.config.ledger_keys import alone_with_the_keys
from tocsin.config.recovery import begin_new_origin, describe
from tocsin.config.worker import ledger_desk, publish_ledger, start_up
from tocsin.ledger.models import PUBLIC, TreeHead
from tocsin.ledger.note import Signer, Verifier
from tocsin.ledger.startup import Status
from tocsin.ledger.tests.small_log import tamper
from tocsin.ledger.verifier import verify_log

pytestmark = pytest.mark.django_db
REASON = "the disk failed"


@pytest.fixture
def keys(installation: Installation, tmp_path: Path, settings: Settings) -> Path:
    """Key folders of this test's own: a recovery changes them."""
    keys = tmp_path / "keys"
    shutil.copytree(installation.home / "keys", keys)
    settings.TOCSIN_PUBLIC_KEYS = keys / "public"
    settings.TOCSIN_LEDGER_KEY = keys / "worker" / "ledger.key"
    settings.TOCSIN_AUDIT_KEY = keys / "worker" / "audit.key"
    return keys / "worker"


@pytest.fixture
def restored(keys: Path, installation: Installation, report: Callable[[], Reported]) -> Installation:
    """A ledger that published 32 entries, over a database restored from a backup of 16; one report waits."""
    report()
    installation.publish()
    publish_ledger(installation.ledger(), force=True)
    tamper("DELETE FROM ledger_treehead WHERE log = 'public' AND size > 16")
    tamper('DELETE FROM ledger_entry WHERE "index" >= 16')
    report()
    return installation


class Killed(BaseException):
    """The process is dead from here on."""


class Death:
    """Lets a number of changes to files happen, then none: as if the process had been killed there."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.died = False

    def before(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def perhaps(*told: Any, **more: Any) -> Any:
            if change is open_file and not told[1] & os.O_CREAT:
                return change(*told, **more)  # reads, or flushes a folder: changes nothing
            if self.left == 0:
                self.died = True
                raise Killed
            self.left -= 1
            return change(*told, **more)

        return perhaps


open_file = os.open
# All that renames, removes, makes or opens a file for writing on the way of a recovery.
CHANGES = (
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "mkdir"),
    (os, "open"),
)


@contextmanager
def killed_after(steps: int) -> Iterator[Death]:
    """Inside, the process dies before change number ``steps``."""
    death = Death(steps)
    with pytest.MonkeyPatch.context() as patch:
        for place, name in CHANGES:
            patch.setattr(place, name, death.before(getattr(place, name)))
        with suppress(Killed):
            yield death


def assert_all_is_well(installation: Installation) -> None:
    """One new origin, published, signed with the key that lies in its place; the next batch goes on."""
    desk = ledger_desk()
    assert desk.origin == desk.signer.name == f"{ORIGIN}/2"
    state = start_up(desk)
    assert state.status is Status.OK
    size = publish_ledger(desk, force=True)
    assert size == TreeHead.objects.filter(log=PUBLIC, origin=desk.origin).latest("size").size == 32
    verdict = verify_log(installation.log_dir)
    assert verdict.exit_code == 0, verdict.lines
    assert "Its first entry names the last state of the log before it." in verdict.lines
    assert verify_log(installation.log_dir / "previous" / "1").exit_code == 0
    public = desk.log_dir.parent.parent / "keys" / "public"
    assert Verifier.from_vkey((public / "ledger.vkey").read_text().strip()) == desk.signer.verifier


def recover_again() -> None:
    """What an operator does after a crash: the same command once more."""
    describe()
    try:
        said = begin_new_origin(REASON)
    except RuleBroken as whole:  # the first try had already come to its end
        said = str(whole)
    assert f"{ORIGIN}/2 with 16 entries" in said or "The ledger is whole" in said


STEPS = 32


def test_fewer_changes_are_made_than_are_tried_below(restored: Installation) -> None:
    with killed_after(STEPS) as death:
        begin_new_origin(REASON)
    assert not death.died
    assert 20 < STEPS - death.left < STEPS
    assert_all_is_well(restored)


@pytest.mark.parametrize("steps", range(STEPS))
def test_killed_before_any_step_the_same_command_comes_to_the_same_end(
    restored: Installation, keys: Path, steps: int
) -> None:
    with killed_after(steps):
        begin_new_origin(REASON)
    recover_again()
    assert_all_is_well(restored)
    assert TreeHead.objects.filter(log=PUBLIC).exclude(origin=ORIGIN).values("origin").distinct().count() == 1


@pytest.mark.parametrize("steps", range(STEPS))
def test_killed_before_any_step_the_worker_goes_on_or_says_what_to_do(restored: Installation, steps: int) -> None:
    with killed_after(steps):
        begin_new_origin(REASON)
    desk = ledger_desk()
    state = start_up(desk)
    if desk.origin == ORIGIN:  # nothing was signed yet: the restored database is as it was
        assert state.status is Status.BEHIND
        assert "open a new origin" in state.sentence
    else:
        assert_all_is_well(restored)


def test_killed_twice_the_third_try_succeeds(restored: Installation) -> None:
    for steps in (7, 3):
        with killed_after(steps):
            begin_new_origin(REASON)
    recover_again()
    assert_all_is_well(restored)


def test_a_checkpoint_copy_that_cannot_be_written_does_not_cost_the_new_key(
    restored: Installation, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tocsin.ledger.recovery.keep_copy", full)
        with pytest.raises(OSError, match="No space left"):
            begin_new_origin(REASON)
    assert list(keys.glob("*.new.key")), "the only key that can sign this ledger was thrown away"
    recover_again()
    assert_all_is_well(restored)


def test_a_recovery_that_is_refused_leaves_no_key_behind(keys: Path, installation: Installation) -> None:
    installation.publish()
    before = sorted(keys.iterdir())
    with pytest.raises(RuleBroken, match="The ledger is whole"):
        begin_new_origin(REASON)
    assert sorted(keys.iterdir()) == before


def test_without_a_reason_nothing_is_signed(restored: Installation, keys: Path) -> None:
    before = sorted(keys.iterdir())
    with pytest.raises(RuleBroken, match="Say why"):
        begin_new_origin("  ")
    assert sorted(keys.iterdir()) == before
    assert ledger_desk().origin == ORIGIN


def test_the_old_key_is_kept_and_the_waiting_report_is_not_lost(restored: Installation, keys: Path) -> None:
    old = (keys / "ledger.key").read_bytes()
    begin_new_origin(REASON)
    assert [path.read_bytes() for path in keys.glob("*.old.key")] == [old]
    assert (keys / "ledger.key").stat().st_mode & 0o777 == 0o600
    assert_all_is_well(restored)


def test_a_key_that_lies_beside_without_having_signed_is_never_taken(restored: Installation, keys: Path) -> None:
    stranger = keys / "ledger-00112233.new.key"
    stranger.write_text(Signer.generate(f"{ORIGIN}/2").skey)
    stranger.chmod(0o600)
    key = (keys / "ledger.key").read_bytes()
    assert ledger_desk().origin == ORIGIN
    assert (keys / "ledger.key").read_bytes() == key
    begin_new_origin(REASON)
    assert_all_is_well(restored)


def test_a_public_key_is_not_replaced_by_that_of_a_signer_of_another_time(restored: Installation, keys: Path) -> None:
    old = (keys / "ledger.key").read_bytes()
    begin_new_origin(REASON)
    shown = (keys.parent / "public" / "ledger.vkey").read_bytes()
    (keys / "ledger.key").write_bytes(old)  # somebody restored the keys from an old backup
    desk = ledger_desk()
    assert start_up(desk).status is Status.DAMAGED
    assert (keys.parent / "public" / "ledger.vkey").read_bytes() == shown


def test_where_the_keys_cannot_be_written_it_says_who_must_finish(
    restored: Installation, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path, _target: Path) -> Path:
        raise OSError(30, "Read-only file system", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", read_only)
        with pytest.raises(OSError, match="Read-only"):
            begin_new_origin(REASON)
        with pytest.raises(Unsafe, match=r"recover. was interrupted .*as the user of the worker"):
            ledger_desk()
    recover_again()
    assert_all_is_well(restored)


@pytest.mark.usefixtures("shared_database")
def test_of_two_operators_at_once_one_recovers_and_the_other_is_told_that_all_is_well(
    keys: Path, installation: Installation, report: Callable[[], Reported]
) -> None:
    report()
    installation.publish()
    publish_ledger(installation.ledger(), force=True)
    tamper("DELETE FROM ledger_treehead WHERE log = 'public' AND size > 16")
    tamper('DELETE FROM ledger_entry WHERE "index" >= 16')
    outcomes = in_threads([lambda: begin_new_origin(REASON)] * 2)
    assert {type(outcome) for outcome in outcomes} == {str, RuleBroken}, outcomes
    assert_all_is_well(installation)


@pytest.mark.usefixtures("shared_database")
def test_who_reads_the_keys_waits_for_somebody_who_changes_them(keys: Path, installation: Installation) -> None:
    stranger = keys / "ledger-00112233.new.key"
    stranger.write_text(Signer.generate(f"{ORIGIN}/2").skey)
    stranger.chmod(0o600)
    done = threading.Event()

    def read() -> None:
        ledger_desk()
        done.set()

    with alone_with_the_keys():
        reader = threading.Thread(target=lambda: in_threads([read]))
        reader.start()
        assert not done.wait(0.2)
    reader.join(30)
    assert done.is_set()
