"""May the ledger go on? Each way in which database and files can disagree is named, and stops it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tocsin.ledger.checkpoint import Checkpoint, sign_checkpoint
from tocsin.ledger.merkle import Frontier, leaf_hash
from tocsin.ledger.models import Entry, TreeHead
from tocsin.ledger.note import Signer
from tocsin.ledger.startup import LedgerReadOnly, Status, require_ok
from tocsin.ledger.tests.small_log import SmallLog, queue, tamper

pytestmark = pytest.mark.django_db

both = pytest.mark.parametrize("quick", [True, False], ids=["quick", "full"])


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    return SmallLog(tmp_path)


def restore_backup_of(size: int) -> None:
    """What a restored database looks like: everything after ``size`` was never there."""
    tamper("DELETE FROM ledger_treehead WHERE size > %s", size)
    tamper('DELETE FROM ledger_entry WHERE "index" >= %s', size)


@both
def test_a_new_ledger_may_begin(log: SmallLog, quick: bool) -> None:
    state = log.check(quick=quick)
    assert (state.status, state.size, state.read_only) == (Status.OK, 0, False)


@both
def test_a_published_ledger_is_whole(log: SmallLog, quick: bool) -> None:
    for count in (3, 300, 20):
        log.grow(count)
        log.publish()
    state = log.check(quick=quick)
    assert (state.status, state.to_publish) == (Status.OK, False)
    assert state.size == Entry.objects.count()


@both
def test_files_older_than_the_database_are_no_fault_but_want_publishing(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    log.publish()
    old = log.copy.read_bytes()
    log.grow(3)
    log.copy.write_bytes(old)
    state = log.check(quick=quick)
    assert (state.status, state.to_publish) == (Status.OK, True)


@both
def test_a_crash_before_the_very_first_checkpoint_file_is_no_fault(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    log.copy.unlink()
    state = log.check(quick=quick)
    assert (state.status, state.to_publish) == (Status.OK, True)


@both
@pytest.mark.parametrize("kept", ["copy", "published"])
def test_a_restored_backup_is_behind(log: SmallLog, quick: bool, kept: str) -> None:
    log.grow(3)
    log.publish()
    old = log.copy.read_bytes()
    log.grow(3)
    if kept == "published":
        log.publish()
        log.copy.write_bytes(old)
    restore_backup_of(16)
    state = log.check(quick=quick)
    assert state.status is Status.BEHIND
    assert "16" in state.sentence
    assert "32" in state.sentence
    with pytest.raises(LedgerReadOnly, match="new origin"):
        require_ok(state)


@both
def test_an_empty_database_beside_an_old_checkpoint_is_behind(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    restore_backup_of(0)
    assert log.check(quick=quick).status is Status.BEHIND


@both
def test_a_database_older_than_a_later_origin_is_behind(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    name = f"{log.origin}/2"
    log.copy.write_bytes(sign_checkpoint(Checkpoint(name, 16, bytes(32)), Signer.generate(name)))
    state = log.check(quick=quick)
    assert state.status is Status.BEHIND
    assert "later origin" in state.sentence


@both
def test_two_roots_of_one_size_are_a_fork(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    log.publish()
    restore_backup_of(0)
    shutil.rmtree(log.home / "private")
    published = log.log_dir / "checkpoint"
    kept = published.read_bytes()
    published.unlink()
    log.grow(3)
    published.write_bytes(kept)
    state = log.check(quick=quick)
    assert state.status is Status.FORKED
    assert "different histories" in state.sentence


@both
def test_a_longer_history_over_another_beginning_is_a_fork(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    log.publish()
    kept = (log.log_dir / "checkpoint").read_bytes()
    restore_backup_of(0)
    shutil.rmtree(log.home / "private")
    (log.log_dir / "checkpoint").unlink()
    log.grow(3)
    log.grow(3)
    (log.log_dir / "checkpoint").write_bytes(kept)
    assert log.check(quick=quick).status is Status.FORKED


def test_after_a_restore_that_was_sequenced_over_the_fork_is_seen(log: SmallLog) -> None:
    """The copy was deleted too, but what was published speaks: same size, another root."""
    log.grow(3)
    log.grow(3)
    log.publish()
    restore_backup_of(16)
    log.copy.unlink()
    queue(3)
    log.sequence(log_dir=None)
    assert log.check().status is Status.FORKED


@both
def test_an_altered_leaf_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    tamper('UPDATE ledger_entry SET leaf = %s WHERE "index" = 5', b"\x01" * 97)
    state = log.check(quick=quick)
    assert state.status is Status.DAMAGED
    assert "leaf 5 was altered" in state.sentence


@both
def test_a_leaf_altered_together_with_its_hash_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    forged = b"\x01" * 97
    tamper('UPDATE ledger_entry SET leaf = %s, leaf_hash = %s WHERE "index" = 5', forged, leaf_hash(forged))
    assert log.check(quick=quick).status is Status.DAMAGED


@both
def test_a_leaf_altered_together_with_its_hash_and_the_edge_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    forged = b"\x01" * 97
    tamper('UPDATE ledger_entry SET leaf = %s, leaf_hash = %s WHERE "index" = 5', forged, leaf_hash(forged))
    edge = Frontier.empty()
    for digest in Entry.objects.order_by("index").values_list("leaf_hash", flat=True):
        edge.append(bytes(digest))
    tamper("UPDATE ledger_treehead SET frontier = %s", edge.to_bytes())
    assert log.check(quick=quick).status is Status.DAMAGED


@both
def test_a_missing_leaf_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    tamper('DELETE FROM ledger_entry WHERE "index" = 7')
    assert "leaf 7 is missing" in log.check(quick=quick).sentence


@both
def test_a_leaf_that_no_head_covers_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    row = Entry.objects.get(index=3)
    Entry.objects.create(era=1, index=40, leaf=row.leaf, leaf_hash=row.leaf_hash, opening=b"x", checkpoint_size=16)
    assert "was inserted" in log.check(quick=quick).sentence


def test_the_full_check_sees_damage_in_old_batches(log: SmallLog) -> None:
    for _ in range(4):
        log.grow(3)
    tamper('UPDATE ledger_entry SET leaf = %s WHERE "index" = 20', b"\x01" * 97)
    assert not log.check(quick=True).read_only, "quick looks at the last batch only"
    assert "leaf 20 was altered" in log.check().sentence


@both
def test_a_forged_head_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    other = Signer.generate(log.origin)
    head = TreeHead.objects.get()
    forged = sign_checkpoint(Checkpoint(head.origin, head.size, bytes(head.root)), other)
    tamper("UPDATE ledger_treehead SET note = %s", forged)
    assert "signature" in log.check(quick=quick).sentence


@both
@pytest.mark.parametrize("size", [16, 32])
def test_a_torn_edge_is_damage(log: SmallLog, quick: bool, size: int) -> None:
    log.grow(3)
    log.grow(3)
    tamper("UPDATE ledger_treehead SET frontier = %s WHERE size = %s", b"torn", size)
    assert log.check(quick=quick).status is Status.DAMAGED


@both
def test_a_wrong_edge_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    log.grow(3)
    first = TreeHead.objects.get(size=16)
    tamper("UPDATE ledger_treehead SET frontier = %s WHERE size = 32", bytes(first.frontier))
    assert log.check(quick=quick).status is Status.DAMAGED


@both
def test_a_checkpoint_file_of_another_key_is_damage(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    stranger = SmallLog(log.home, signer=Signer.generate(log.origin))
    state = stranger.check(quick=quick)
    assert state.status is Status.DAMAGED
    assert str(log.copy) in state.sentence


@both
@pytest.mark.parametrize("rubbish", [b"", b"tips.example/log\n", b"\xff\xfe" * 40])
def test_a_torn_checkpoint_file_is_damage(log: SmallLog, quick: bool, rubbish: bytes) -> None:
    log.grow(3)
    log.copy.write_bytes(rubbish)
    assert log.check(quick=quick).status is Status.DAMAGED


@both
def test_a_ledger_whose_checkpoint_files_are_all_gone_does_not_go_on(log: SmallLog, quick: bool) -> None:
    log.grow(3)
    log.grow(3)
    log.copy.unlink()
    state = log.check(quick=quick)
    assert state.status is Status.DAMAGED
    assert "No checkpoint file" in state.sentence
    queue(1)
    with pytest.raises(LedgerReadOnly):
        log.sequence()
