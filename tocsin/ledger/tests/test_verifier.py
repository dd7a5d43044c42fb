"""Verdicts: true, not yet, broken, false; and never a crash."""

from __future__ import annotations

import os
import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.ledger import recovery
from tocsin.ledger.checkpoint import parse
from tocsin.ledger.log_check import LogInvalid, check_log
from tocsin.ledger.merkle import EMPTY_ROOT
from tocsin.ledger.note import COSIGNATURE, Signer, add_signature, split_note
from tocsin.ledger.tests.log_folder import DUE, LATE, NOW, ORIGIN, SEED, LogFolder, own_leaf, put
from tocsin.ledger.trust import Trust, TrustInvalid
from tocsin.ledger.verifier import Status, Verdict, events_key, verify_code, verify_log, verify_receipt

KEY = events_key(SEED)
FROZEN_KEY = "2dbb7a33528f828c0f985717f8aa304647d6b03615685387591678547d7e4b5f"
LEAF, OPENING = own_leaf(KEY, 0)


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    """600 entries, the own leaf among them, published in two steps."""
    return LogFolder(tmp_path / "log").grow(pads=280).grow(LEAF, pads=319)


def said(verdict: Verdict) -> str:
    return "\n".join(verdict.lines)


def test_the_key_of_the_events_is_hkdf_of_the_seed() -> None:
    assert KEY.hex() == FROZEN_KEY


def test_a_whole_log_is_whole(log: LogFolder) -> None:
    verdict = verify_log(log.path)
    assert verdict.status is Status.OK
    assert verdict.exit_code == 0
    assert "600 entries" in said(verdict)
    assert "No witness" in said(verdict)


def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    assert verify_log(LogFolder(tmp_path).grow().path).status is Status.OK


def test_a_witness_is_named(log: LogFolder) -> None:
    witness = Signer.generate("witness.example", kind=COSIGNATURE)
    note = (log.path / "checkpoint").read_bytes()
    put(log.path / "checkpoint", add_signature(note, witness.sign_text(split_note(note)[0], at=1_700_000_000)))
    keys = (log.path / "keys").read_text() + f"witness {witness.vkey}\n"
    assert "witness.example" in said(verify_log(log.path, Trust.parse(keys)))


def test_a_kept_promise_is_ok_and_names_the_entry(log: LogFolder) -> None:
    verdict = verify_receipt(log.promised(LEAF), log.path, now=LATE)
    assert verdict.status is Status.OK
    assert "entry 280" in said(verdict)


def test_a_promise_waits_until_its_time_and_is_then_broken(log: LogFolder) -> None:
    promise = log.promised(own_leaf(KEY, 5)[0])
    early, late = (verify_receipt(promise, log.path, now=moment) for moment in (DUE, LATE))
    assert (early.status, early.exit_code) == (Status.PENDING, 3)
    assert (late.status, late.exit_code) == (Status.OVERDUE, 4)
    assert "BROKEN" in said(late)
    assert "evidence" in said(late)


def test_before_the_first_batch_a_promise_is_pending_and_later_says_what_is_missing(log: LogFolder) -> None:
    (log.path / "checkpoint").unlink()
    promise = log.promised(LEAF)
    assert verify_receipt(promise, log.path, now=NOW).status is Status.PENDING
    late = verify_receipt(promise, log.path, now=LATE)
    assert late.status is Status.BAD
    assert "holds no log" in said(late)


def test_a_promise_for_another_log_or_by_another_key_is_bad(log: LogFolder, tmp_path: Path) -> None:
    other = LogFolder(tmp_path / "other", origin="other.example").grow(pads=3)
    assert verify_receipt(other.promised(LEAF), log.path, now=LATE).status is Status.BAD
    strange = LogFolder(tmp_path / "x", promise=Signer.generate(f"{ORIGIN}/promise"))
    assert verify_receipt(strange.promised(LEAF), log.path, now=LATE).status is Status.BAD


def test_a_receipt_holds_and_still_holds_when_the_log_has_grown(log: LogFolder) -> None:
    receipt = log.receipt(LEAF, OPENING)
    log.grow(pads=1000)
    verdict = verify_receipt(receipt, log.path)
    assert verdict.status is Status.OK
    assert "2026-02: your report was received" in said(verdict)


def test_a_receipt_can_be_checked_without_the_log_but_not_without_keys(log: LogFolder) -> None:
    receipt = log.receipt(LEAF, OPENING)
    trust = Trust.load(log.path / "keys")
    assert "not compared" in said(verify_receipt(receipt, None, trust))
    assert verify_receipt(receipt, None, trust).status is Status.OK
    assert verify_receipt(receipt, None).status is Status.BAD
    stranger = Trust.parse(f"log {Signer.generate(ORIGIN).vkey}")
    assert verify_receipt(receipt, None, stranger).status is Status.BAD
    assert verify_receipt(receipt, log.path, stranger).status is Status.BAD


def test_a_log_that_was_cut_rewritten_or_renamed_contradicts_the_receipt(log: LogFolder, tmp_path: Path) -> None:
    receipt = log.receipt(LEAF, OPENING)
    shorter = LogFolder(tmp_path / "shorter").grow(*log.entries[:500])
    assert "once signed 600" in said(verify_receipt(receipt, shorter.path))
    rewritten = LogFolder(tmp_path / "rewritten").grow(*log.entries[:599], own_leaf(KEY, 9)[0], pads=5)
    assert "REWRITTEN" in said(verify_receipt(receipt, rewritten.path))
    renamed = LogFolder(tmp_path / "renamed", origin="other.example").grow(*log.entries)
    assert "is of the log" in said(verify_receipt(receipt, renamed.path))
    for folder in (shorter, rewritten, renamed):
        assert verify_log(folder.path).status is Status.OK  # each is whole in itself
        assert verify_receipt(receipt, folder.path).status is Status.BAD


def test_a_log_must_continue_the_checkpoint_that_was_kept(log: LogFolder, tmp_path: Path) -> None:
    kept = parse(split_note((log.path / "checkpoint").read_bytes())[0])
    assert verify_log(log.grow(pads=7).path, previous=kept).status is Status.OK
    other = LogFolder(tmp_path / "other").grow(pads=700)
    assert verify_log(other.path, previous=kept).status is Status.BAD


def test_the_code_finds_and_names_all_own_events(log: LogFolder) -> None:
    kinds = ["transition", "answered", "closed:partly_substantiated", "award:major", "deleted:retention"]
    log.grow(*[own_leaf(KEY, n, kind)[0] for n, kind in enumerate(kinds, 1)], pads=4)
    log.grow(own_leaf(KEY, 6, "award-paid", "special")[0], own_leaf(KEY, 7, "closed:something_new")[0])
    verdict = verify_code(KEY, log.path, now=NOW)
    assert verdict.status is Status.OK
    assert "Entry 280: 2026-02: your report was received." in verdict.lines
    assert "Entry 602: 2026-02: your report was closed (partly substantiated)." in verdict.lines
    assert "Entry 603: 2026-02: an award was decided (major)." in verdict.lines
    assert "Entry 609: 2026-02: an award was paid out, tier special." in verdict.lines
    assert "Entry 610: an event that this program has no word for." in verdict.lines
    assert "8 event(s)" in verdict.lines[-1]
    keys = Trust.parse((log.path / "keys").read_text() + "outcome something_new\noutcome no|good\n")
    assert "(something new)" in said(verify_code(KEY, log.path, keys, now=NOW))


def test_a_code_without_events_is_pending(log: LogFolder) -> None:
    assert verify_code(events_key(b"x" * 12), log.path).status is Status.PENDING
    assert verify_code(b"short", log.path).status is Status.BAD


def test_after_a_recovery_old_receipts_codes_and_promises_are_found_in_the_old_folder(tmp_path: Path) -> None:
    old = LogFolder(tmp_path / "log").grow(LEAF, pads=20)
    receipt, promise = old.receipt(LEAF, OPENING), old.promised(LEAF)
    note = (old.path / "checkpoint").read_bytes()
    aside = tmp_path / "aside"
    shutil.move(old.path, aside)
    second = own_leaf(KEY, 1, "answered")[0]
    new = LogFolder(tmp_path / "log", origin=f"{ORIGIN}/2")
    new.grow(recovery.handover_leaf(note, "2026-02")[0], second, pads=14)
    shutil.move(aside, new.path / "previous" / "1")
    put(new.path / "previous" / "1" / "handover", f"next {ORIGIN}/2\nmonth 2026-02\n".encode())
    assert verify_receipt(receipt, new.path).status is Status.OK
    assert verify_receipt(promise, new.path, now=LATE).status is Status.OK
    assert verify_receipt(old.promised(second), new.path, now=LATE).status is Status.OK
    assert "2 event(s)" in said(verify_code(KEY, new.path, now=NOW))
    assert "names the last state" in said(verify_log(new.path))
    put(new.path / "previous" / "1" / "checkpoint", note + b"x")
    assert "ask why" in said(verify_log(new.path))


@pytest.mark.parametrize(
    "name",
    ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/88", "checkpoint"],
)
def test_any_changed_cut_or_missing_file_makes_the_log_bad(log: LogFolder, name: str) -> None:
    path, luck = log.path / name, random.Random(name)
    good = path.read_bytes()
    for _ in range(12):
        changed = bytearray(good)
        changed[luck.randrange(len(good))] ^= 1 << luck.randrange(8)
        path.write_bytes(changed)
        assert verify_log(log.path).status is Status.BAD
    for bad in (b"", good[:-1], good[: len(good) // 2], good + b"\n", b"\xff" * 10_000, b"\n\n"):
        path.write_bytes(bad)
        assert verify_log(log.path).status is Status.BAD
    path.unlink()
    assert verify_log(log.path).status is Status.BAD
    path.mkdir()
    assert verify_log(log.path).status is Status.BAD


def test_a_pipe_in_place_of_a_file_does_not_hang(log: LogFolder) -> None:
    for name in ("tile/0/000", "checkpoint", "keys"):
        (log.path / name).unlink()
        os.mkfifo(log.path / name)
        assert verify_log(log.path).status is Status.BAD


@pytest.mark.parametrize("size", [599, 601, 2**40, 2**63 - 1])
def test_a_signed_but_false_size_is_bad_at_once(log: LogFolder, size: int) -> None:
    log.sign(size=size)
    assert verify_log(log.path).status is Status.BAD


def test_a_signed_but_false_root_is_bad(log: LogFolder) -> None:
    log.sign(root_hash=EMPTY_ROOT)
    assert "do not give the root" in said(verify_log(log.path))


def test_a_log_that_changes_under_the_check_is_noticed(log: LogFolder) -> None:
    checked = check_log(log.path, Trust.load(log.path / "keys"))
    assert checked.entry(280) == LEAF
    LogFolder(log.path).grow(pads=600)
    with pytest.raises(LogInvalid, match="changed"):
        list(checked.entries())
    with pytest.raises(LogInvalid, match="changed"):
        checked.entry(280)


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe", b"c2sp.org/tlog-proof@v1\n", b"tocsin-promise/v1\n", b"x" * 2_000_001]
)
def test_what_is_no_receipt_is_bad(log: LogFolder, text: bytes) -> None:
    assert verify_receipt(text, log.path, now=NOW + timedelta(days=9)).status is Status.BAD


@pytest.mark.parametrize(
    "keys", [b"", b"log nonsense\n", b"\xff", b"unit east\n", b"log a+00000000+AAAA\n", b"x" * 200_001]
)
def test_a_bad_keys_file_is_named(log: LogFolder, keys: bytes) -> None:
    (log.path / "keys").write_bytes(keys)
    verdict = verify_log(log.path)
    assert verdict.status is Status.BAD
    with pytest.raises(TrustInvalid):
        Trust.load(log.path / "keys")


def test_a_folder_that_is_not_there_is_bad() -> None:
    for folder in (Path("/nonexistent"), Path("/dev/null"), Path("a\0b")):
        assert verify_log(folder).status is Status.BAD
        assert verify_code(KEY, folder).status is Status.BAD
        assert verify_receipt(b"tocsin-promise/v1\n", folder).status is Status.BAD
