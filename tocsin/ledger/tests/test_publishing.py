"""The public folder: what is in it is what was signed; a crash heals; finished files never change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.ledger import durable_files, publishing
from tocsin.ledger.checkpoint import open_checkpoint
from tocsin.ledger.merkle import inclusion_proof, root_at, verify_inclusion
from tocsin.ledger.models import Entry
from tocsin.ledger.note import Signer, add_signature
from tocsin.ledger.publishing import TileConflict
from tocsin.ledger.startup import LedgerReadOnly, Status
from tocsin.ledger.tests.small_log import SmallLog, files_below, queue, tamper
from tocsin.ledger.tiles import TileReader, read_entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    return SmallLog(tmp_path)


def assert_folder_is_the_signed_tree(log: SmallLog) -> None:
    signed = open_checkpoint((log.log_dir / "checkpoint").read_bytes(), log.signer.verifier)
    rows = Entry.objects.filter(index__lt=signed.size).order_by("index")
    stored = [(bytes(leaf), bytes(digest)) for leaf, digest in rows.values_list("leaf", "leaf_hash")]
    assert list(read_entries(log.log_dir, signed.size)) == [leaf for leaf, _ in stored]
    reader = TileReader(log.log_dir, signed.size)
    assert root_at(signed.size, reader) == signed.root
    for index in range(0, signed.size, 97):
        proof = inclusion_proof(index, signed.size, reader)
        verify_inclusion(stored[index][1], index, signed.size, proof, signed.root)


def test_an_empty_ledger_publishes_its_keys_only(log: SmallLog) -> None:
    assert log.publish() == 0
    assert list(files_below(log.log_dir)) == ["keys"]


def test_the_keys_file_names_log_promises_and_unit(log: SmallLog) -> None:
    keys = publishing.LogKeys(log=["a+1+k", "b+2+k"], promise=["p+3+k"], unit="Office for Tips")
    assert keys.to_bytes() == b"log a+1+k\nlog b+2+k\npromise p+3+k\nunit Office for Tips\n"


@pytest.mark.parametrize("batches", [[3], [255], [256, 3], [600, 1, 1, 400], [250, 3, 3, 3, 260]])
def test_after_each_batch_the_folder_is_the_signed_tree(log: SmallLog, batches: list[int]) -> None:
    for count in batches:
        batch = log.grow(count)
        assert log.publish() == batch.size
        assert_folder_is_the_signed_tree(log)


def test_files_are_readable_by_everyone_whatever_the_umask(log: SmallLog) -> None:
    before = os.umask(0o077)
    try:
        log.grow(3)
        log.publish()
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in log.log_dir.rglob("*") if path.is_file()}
    assert modes == {0o644}


def test_the_folders_can_be_entered_by_everyone_whatever_the_umask(log: SmallLog) -> None:
    before = os.umask(0o077)
    try:
        log.grow(3)
        log.publish()
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in [log.log_dir, *log.log_dir.rglob("*")] if path.is_dir()}
    assert modes == {0o755}


def test_publishing_again_changes_no_byte(log: SmallLog) -> None:
    log.grow(300)
    log.publish()
    before = files_below(log.log_dir)
    log.publish()
    log.publish(whole=True)
    assert files_below(log.log_dir) == before


@pytest.mark.parametrize("writes_before_the_crash", range(8))
def test_a_crash_at_any_write_heals_to_the_same_bytes(
    log: SmallLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes_before_the_crash: int
) -> None:
    log.grow(3)
    log.publish()
    published = (log.log_dir / "checkpoint").read_bytes()
    log.grow(600)
    left = writes_before_the_crash

    def crash_later(path: Path, data: bytes) -> None:
        nonlocal left
        if left == 0:
            raise OSError("power cut")
        left -= 1
        durable_files.write_durably(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "write_durably", crash_later)
        with pytest.raises(OSError, match="power cut"):
            log.publish()
    assert (log.log_dir / "checkpoint").read_bytes() == published, "the checkpoint moves last"
    log.publish()
    assert_folder_is_the_signed_tree(log)
    fresh = SmallLog(tmp_path / "fresh", signer=log.signer)
    fresh.publish()
    healed = files_below(log.log_dir)
    assert {name: healed.get(name) for name in files_below(fresh.log_dir)} == files_below(fresh.log_dir)


def test_after_a_crash_the_next_start_writes_copy_and_folder(log: SmallLog) -> None:
    log.grow(3)
    log.publish()
    old = log.copy.read_bytes()
    newest = log.grow(3).note
    log.copy.write_bytes(old)

    def start() -> Status:
        return publishing.catch_up(
            checkpoint_copy=log.copy, log_dir=log.log_dir, keys=log.keys, verifier=log.signer.verifier
        ).status

    assert start() is Status.OK
    assert log.copy.read_bytes() == (log.log_dir / "checkpoint").read_bytes() == newest
    assert not log.check().to_publish


def test_a_finished_tile_is_never_given_other_bytes(log: SmallLog) -> None:
    log.grow(300)
    log.publish()
    tile = log.log_dir / "tile" / "0" / "000"
    wrong = bytes(len(tile.read_bytes()))
    tile.write_bytes(wrong)
    with pytest.raises(TileConflict, match="finished"):
        log.publish(whole=True)
    assert tile.read_bytes() == wrong


def test_leaves_that_do_not_give_the_signed_root_are_not_published(log: SmallLog) -> None:
    log.grow(3)
    tamper('UPDATE ledger_entry SET leaf = %s WHERE "index" = 2', b"\x01" * 97)
    with pytest.raises(TileConflict, match="signed root"):
        log.publish()
    assert not (log.log_dir / "checkpoint").exists()


@pytest.mark.parametrize("name", ["tile/0/001.p/64", "tile/entries/001.p/64", "tile/1/000.p/1"])
@pytest.mark.parametrize("harm", ["lost", "cut", "wrong"])
def test_a_partial_tile_that_was_lost_or_spoilt_is_repaired(log: SmallLog, name: str, harm: str) -> None:
    assert log.grow(319).size == 320
    log.publish()
    path = log.log_dir / name
    if harm == "lost":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] if harm == "cut" else bytes(path.stat().st_size))
    log.grow(300)
    log.publish()
    assert_folder_is_the_signed_tree(log)


def test_partial_tiles_of_the_checkpoint_before_stay_and_older_ones_go(log: SmallLog) -> None:
    widths = []
    for _ in range(4):
        log.grow(15)
        log.publish()
        widths.append(sorted(int(path.name) for path in (log.log_dir / "tile/0/000.p").iterdir()))
    assert widths == [[16], [16, 32], [32, 48], [48, 64]]
    log.grow(250)
    log.publish()
    assert [path.name for path in (log.log_dir / "tile/0/000.p").iterdir()] == ["64"]
    log.grow(3)
    log.publish()
    assert not (log.log_dir / "tile/0/000.p").exists()
    assert not (log.log_dir / "tile/entries/000.p").exists()


def test_the_work_grows_with_the_batch_and_not_with_the_log(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log.grow(3000)
    log.publish()
    log.grow(3)
    written: list[Path] = []

    def count(path: Path, data: bytes) -> None:
        written.append(path)
        durable_files.write_durably(path, data)

    monkeypatch.setattr(publishing, "write_durably", count)
    log.publish()
    assert [path.relative_to(log.log_dir).parts[-1] for path in written][-1] == "checkpoint"
    assert len(written) <= 4


def test_a_witness_signature_on_the_published_checkpoint_is_left_alone(log: SmallLog) -> None:
    log.grow(3)
    log.publish()
    path = log.log_dir / "checkpoint"
    text = path.read_bytes().decode().split("\n\n")[0] + "\n"
    path.write_bytes(add_signature(path.read_bytes(), Signer.generate("witness.example").sign_text(text)))
    cosigned = path.read_bytes()
    log.publish()
    assert path.read_bytes() == cosigned


def test_a_folder_newer_than_the_database_is_left_alone(log: SmallLog) -> None:
    log.grow(3)
    log.grow(3)
    log.publish()
    before = files_below(log.log_dir)
    tamper("DELETE FROM ledger_treehead WHERE size = 32")
    tamper('DELETE FROM ledger_entry WHERE "index" >= 16')
    with pytest.raises(LedgerReadOnly, match="does not continue"):
        log.publish()
    assert files_below(log.log_dir) == before


def test_a_folder_of_another_key_is_left_alone(log: SmallLog) -> None:
    log.grow(3)
    log.publish()
    before = files_below(log.log_dir)
    stranger = SmallLog(log.home, signer=Signer.generate(log.origin))
    with pytest.raises(LedgerReadOnly, match="not signed with the key"):
        stranger.publish()
    assert files_below(log.log_dir) == before


def test_nothing_that_was_published_names_a_leaf_that_still_waits(log: SmallLog) -> None:
    log.grow(3)
    waiting = queue(3)
    log.publish()
    everything = b"".join(files_below(log.log_dir).values())
    assert not any(leaf in everything for leaf in waiting)
