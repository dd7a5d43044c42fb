"""Going on under a new name after a restore: openly, on record, and with everything old kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tocsin.common import clock
from tocsin.common.errors import RuleBroken, Unsafe
from tocsin.ledger import recovery, sequencer, services
from tocsin.ledger.audit import verify_audit
from tocsin.ledger.checkpoint import Checkpoint, sign_checkpoint
from tocsin.ledger.leaf import opens_private
from tocsin.ledger.models import AuditRecord, Entry, Pending, TreeHead
from tocsin.ledger.note import Signer
from tocsin.ledger.origins import origin_of_era, split_origin
from tocsin.ledger.recovery import OldLog
from tocsin.ledger.sequencer import Batch
from tocsin.ledger.startup import Status
from tocsin.ledger.tests.small_log import ORIGIN, SmallLog, files_below, queue, seal, tamper, unseal
from tocsin.ledger.tiles import read_entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    """A ledger of 48 entries, published, whose database was then restored from a backup of 16."""
    log = SmallLog(tmp_path)
    for _ in range(3):
        log.grow(3)
        log.publish()
    tamper("DELETE FROM ledger_treehead WHERE size > 16")
    tamper('DELETE FROM ledger_entry WHERE "index" >= 16')
    return log


def old_log(log: SmallLog) -> OldLog:
    return OldLog(verifier=log.signer.verifier, checkpoint_copy=log.copy, log_dir=log.log_dir)


def recover(log: SmallLog) -> tuple[SmallLog, Batch]:
    """Open the next origin; the ledger under its new name and the first batch."""
    name = recovery.next_origin(old_log(log), log.origin)
    new = SmallLog(log.home, origin=name, signer=Signer.generate(name))
    batch = recovery.new_origin(
        actor="ada",
        reason="disk failed, backup of Sunday",
        signer=new.signer,
        seal=seal,
        origin=log.origin,
        old=old_log(log),
    )
    return new, batch


def test_names_are_numbered() -> None:
    assert split_origin("tips.example/log") == ("tips.example/log", 1)
    assert split_origin("tips.example/log/2") == ("tips.example/log", 2)
    assert split_origin("tips.example/log/1") == ("tips.example/log/1", 1)
    assert origin_of_era("tips.example/log", 1) == "tips.example/log"
    assert origin_of_era("tips.example/log", 12) == "tips.example/log/12"


def test_a_ledger_that_is_behind_goes_on_under_the_next_name(log: SmallLog) -> None:
    assert log.check().status is Status.BEHIND
    new, batch = recover(log)
    assert batch.origin == new.origin == f"{ORIGIN}/2"
    assert (batch.start, batch.size) == (0, 16)
    assert log.copy.read_bytes() == batch.note
    new.publish()
    assert new.check().status is Status.OK
    assert new.check(quick=True).status is Status.OK
    grown = new.grow(20)
    assert grown.start == 16
    new.publish()
    assert new.check().status is Status.OK


def test_anyone_with_the_old_checkpoint_recomputes_the_first_leaf(log: SmallLog) -> None:
    last_good = (log.log_dir / "checkpoint").read_bytes()
    new, _ = recover(log)
    new.publish()
    kept = log.log_dir / "previous" / "1"
    assert (kept / "checkpoint").read_bytes() == last_good
    handover = dict(line.split(" ", 1) for line in (kept / "handover").read_text().splitlines())
    assert handover == {"next": new.origin, "month": clock.month_of(clock.now())}
    leaf, opening = recovery.handover_leaf(last_good, handover["month"])
    assert next(iter(read_entries(log.log_dir, 16))) == leaf
    assert opening.event.kind == "config-change"
    assert opening.private_digest == hashlib.sha256(last_good).digest()
    assert opens_private(leaf, opening.r_priv, hashlib.sha256(last_good).digest())
    first = Entry.objects.get(era=2, index=0)
    assert unseal(first.opening) == opening


def test_the_commitment_is_to_what_was_published_even_if_more_was_signed(log: SmallLog) -> None:
    published = (log.log_dir / "checkpoint").read_bytes()
    log.copy.write_bytes(sign_checkpoint(Checkpoint(ORIGIN, 64, bytes(32)), log.signer))
    new, _ = recover(log)
    new.publish()
    assert (log.log_dir / "previous/1/checkpoint").read_bytes() == published
    leaf, _ = recovery.handover_leaf(published, clock.month_of(clock.now()))
    assert bytes(Entry.objects.get(era=2, index=0).leaf) == leaf


def test_without_a_published_checkpoint_the_larger_of_copy_and_database_counts(log: SmallLog) -> None:
    (log.log_dir / "checkpoint").unlink()
    note, good = recovery.last_good_checkpoint(old_log(log))
    assert (note, good.size) == (log.copy.read_bytes(), 48)
    log.copy.unlink()
    assert recovery.last_good_checkpoint(old_log(log))[1].size == 16


def test_all_files_of_the_old_origin_are_kept(log: SmallLog) -> None:
    before = files_below(log.log_dir)
    new, _ = recover(log)
    new.publish()
    after = files_below(log.log_dir)
    assert {f"previous/1/{name}": data for name, data in before.items()}.items() <= after.items()


def test_waiting_leaves_survive_and_go_into_the_next_batch(log: SmallLog) -> None:
    waiting = queue(5)
    new, _ = recover(log)
    assert Pending.objects.count() == 5
    assert new.sequence() is not None
    stored = {bytes(leaf) for leaf in Entry.objects.filter(era=2).values_list("leaf", flat=True)}
    assert set(waiting) <= stored


def test_rows_of_the_old_origin_stay_in_the_database(log: SmallLog) -> None:
    recover(log)
    assert Entry.objects.filter(era=1).count() == 16
    assert TreeHead.objects.filter(era=1, size=16).exists()


def test_the_audit_log_says_who_did_it_why_and_what_was_lost(log: SmallLog) -> None:
    recover(log)
    record = AuditRecord.objects.get(action="ledger.new-origin")
    assert (record.actor, record.subject) == ("ada", f"{ORIGIN}/2")
    assert record.detail["reason"] == "disk failed, backup of Sunday"
    assert (record.detail["old"], record.detail["old_size"], record.detail["why"]) == (ORIGIN, "48", "behind")


def test_the_audit_log_goes_on_after_a_recovery(log: SmallLog) -> None:
    services.record_audit(actor="sam", role="handler", action="tip.view")
    sequencer.sequence_audit(signer=log.signer, origin="audit")
    recover(log)
    sequencer.sequence_audit(signer=log.signer, origin="audit")
    assert verify_audit(verifier=log.signer.verifier).checked == 2


def test_a_whole_ledger_gets_no_new_origin(tmp_path: Path) -> None:
    log = SmallLog(tmp_path)
    log.grow(3)
    with pytest.raises(RuleBroken, match="whole"):
        recover(log)
    assert TreeHead.objects.count() == 1
    assert AuditRecord.objects.count() == 0


def test_without_a_reason_nothing_happens(log: SmallLog) -> None:
    signer = Signer.generate(f"{ORIGIN}/2")
    with pytest.raises(RuleBroken, match="why"):
        recovery.new_origin(actor="ada", reason=" ", signer=signer, seal=seal, origin=ORIGIN, old=old_log(log))


def test_the_signer_must_bear_the_new_name(log: SmallLog) -> None:
    with pytest.raises(Unsafe, match="/2"):
        recovery.new_origin(
            actor="ada", reason="restore", signer=log.signer, seal=seal, origin=ORIGIN, old=old_log(log)
        )


def test_without_any_good_checkpoint_there_is_no_new_origin(log: SmallLog) -> None:
    stranger = OldLog(verifier=Signer.generate(ORIGIN).verifier, checkpoint_copy=log.copy, log_dir=log.log_dir)
    with pytest.raises(RuleBroken, match="old key"):
        recovery.last_good_checkpoint(stranger)


def test_a_crash_between_commit_and_publication_is_continued_at_the_next_start(log: SmallLog) -> None:
    old_copy = log.copy.read_bytes()
    before = files_below(log.log_dir)
    new, batch = recover(log)
    log.copy.write_bytes(old_copy)  # as if the power went before the copy was written
    state = new.check()
    assert (state.status, state.to_publish) == (Status.OK, True)
    aside = log.log_dir / "previous" / "1"
    aside.mkdir(parents=True)
    (log.log_dir / "tile").rename(aside / "tile")  # and again after the first move
    assert new.check().status is Status.OK
    new.publish()
    after = files_below(log.log_dir)
    assert {f"previous/1/{name}": data for name, data in before.items()}.items() <= after.items()
    assert (log.log_dir / "checkpoint").read_bytes() == batch.note


def test_a_backup_older_than_the_second_origin_gets_the_third(log: SmallLog) -> None:
    second, _ = recover(log)
    second.publish()
    second.grow(3)
    second.publish()
    tamper("DELETE FROM ledger_treehead WHERE era = 2")
    tamper("DELETE FROM ledger_entry WHERE era = 2")
    assert log.check().status is Status.BEHIND
    restored = SmallLog(log.home, origin=ORIGIN, signer=second.signer)
    third, batch = recover(restored)
    assert batch.origin == f"{ORIGIN}/3"
    third.publish()
    assert third.check().status is Status.OK
    assert sorted(path.name for path in (log.log_dir / "previous").iterdir()) == ["1", "2"]
