"""The private audit log: every line is kept, in order, and whoever touches one is found out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from tocsin.common import clock
from tocsin.ledger import protection, sequencer, services
from tocsin.ledger.audit import AuditRow, AuditVerdict, entry_bytes, record_digest, verify_audit
from tocsin.ledger.checkpoint import Checkpoint, open_checkpoint
from tocsin.ledger.merkle import leaf_hash, root
from tocsin.ledger.models import AUDIT, AuditRecord, RowIsFinal, TreeHead
from tocsin.ledger.note import Signer
from tocsin.ledger.sequencer import Batch
from tocsin.ledger.startup import LedgerReadOnly
from tocsin.ledger.tests.small_log import tamper

pytestmark = pytest.mark.django_db

SIGNER = Signer(name="tips.example/audit", private_key_bytes=bytes(range(32)))


def write(count: int) -> None:
    services.record_audits(
        [AuditRow(actor="sam", role="handler", action="tip.view", subject=f"T{n}") for n in range(count)]
    )


def sequence() -> Batch | None:
    return sequencer.sequence_audit(signer=SIGNER, origin="tips.example/audit")


def verify(known: Checkpoint | None = None) -> AuditVerdict:
    return verify_audit(verifier=SIGNER.verifier, known=known)


def test_a_line_says_who_did_what_to_which_thing_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 24, 9, 41, 7, 123456, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    services.record_audit(actor="sam", role="handler", action="tip.view", subject="T1", detail={"reason": "triage"})
    record = AuditRecord.objects.get()
    assert (record.actor, record.role, record.action, record.subject) == ("sam", "handler", "tip.view", "T1")
    assert (record.at, record.detail, record.seq) == (moment, {"reason": "triage"}, None)


def test_the_bytes_of_a_record_are_frozen() -> None:
    record = AuditRecord(
        at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        actor="林",
        role="handler",
        action="tip.view",
        subject="T1",
        detail={"b": "2", "a": "1"},
    )
    frozen = "d43acfb1e95f1558cc66f1454a608a8d6d3ba6117efa181d1ea59899c779f390"
    assert record_digest(record).hex() == frozen
    assert entry_bytes(record_digest(record)) == b"\x02" + bytes.fromhex(frozen)


def test_a_line_about_a_reporter_keeps_only_the_hour() -> None:
    services.record_audits([AuditRow(actor="reporter", role="reporter", action="tip.received", exact_time=False)])
    at = AuditRecord.objects.get().at
    assert (at.minute, at.second, at.microsecond) == (0, 0, 0)


@pytest.mark.parametrize("field", ["actor", "role", "action", "subject"])
def test_a_text_too_long_for_any_database_is_refused_on_every_database(field: str) -> None:
    texts: dict[str, Any] = {"actor": "sam", "role": "handler", "action": "tip.view", field: "x" * 201}
    with pytest.raises(ValueError, match=field):
        services.record_audit(**texts)


def test_what_a_database_cannot_hold_is_replaced_before_it_is_digested() -> None:
    services.record_audit(
        actor="s\x00m", role="handler", action="tip.view", subject="\ud800", detail={"k\x00": "\udfff"}
    )
    sequence()
    assert verify().holds


def test_records_are_numbered_in_the_order_of_writing_and_signed() -> None:
    write(5)
    first = sequence()
    write(3)
    second = sequence()
    assert first is not None
    assert second is not None
    assert (first.size, second.start, second.size) == (5, 5, 8)
    assert list(AuditRecord.objects.order_by("id").values_list("seq", flat=True)) == list(range(8))
    digests = AuditRecord.objects.order_by("seq").values_list("digest", flat=True)
    assert second.root == root(leaf_hash(entry_bytes(bytes(digest))) for digest in digests)
    assert open_checkpoint(second.note, SIGNER.verifier).size == 8
    assert sequence() is None


def test_an_untouched_log_holds() -> None:
    for count in (3, 1, 20):
        write(count)
        sequence()
    write(2)
    verdict = verify()
    assert verdict.holds
    assert verdict.checked == 24
    assert "24" in verdict.sentence


def test_an_empty_log_holds() -> None:
    assert verify().holds


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", datetime(2020, 1, 1, tzinfo=UTC)),
        ("actor", "eve"),
        ("role", "nobody"),
        ("action", "tip.list"),
        ("subject", "T9"),
        ("detail", json.dumps({"reason": "none"})),
    ],
)
def test_each_altered_column_is_found_and_its_record_named(column: str, value: object) -> None:
    write(6)
    sequence()
    tamper(f"UPDATE ledger_auditrecord SET {column} = %s WHERE seq = 4", value)
    verdict = verify()
    assert (verdict.holds, verdict.first_wrong, verdict.checked) == (False, 4, 4)
    assert "Record 4 was altered" in verdict.sentence


def test_the_first_of_several_altered_records_is_named() -> None:
    write(6)
    sequence()
    tamper("UPDATE ledger_auditrecord SET actor = 'eve' WHERE seq IN (2, 4)")
    assert verify().first_wrong == 2


def test_a_removed_record_is_named() -> None:
    write(6)
    sequence()
    tamper("DELETE FROM ledger_auditrecord WHERE seq = 3")
    verdict = verify()
    assert verdict.first_wrong == 3
    assert "Record 3 is missing" in verdict.sentence


def test_a_removed_record_is_found_although_the_others_moved_up() -> None:
    write(4)
    sequence()
    write(4)
    sequence()
    tamper("DELETE FROM ledger_auditrecord WHERE seq = 5")
    for seq in (6, 7):
        tamper("UPDATE ledger_auditrecord SET seq = seq - 1 WHERE seq = %s", seq)
    assert verify().first_wrong == 7, "the signed head covers a record 7 that is not there"


def test_an_inserted_record_is_named() -> None:
    write(4)
    sequence()
    write(1)
    tamper("UPDATE ledger_auditrecord SET seq = 4 WHERE seq IS NULL")
    verdict = verify()
    assert verdict.first_wrong == 4
    assert "inserted" in verdict.sentence


def test_a_forger_who_recomputes_the_digest_is_found_by_the_signed_head() -> None:
    for _ in range(3):
        write(4)
        sequence()
    record = AuditRecord.objects.get(seq=6)
    record.actor = "eve"
    tamper("UPDATE ledger_auditrecord SET actor = 'eve', digest = %s WHERE seq = 6", record_digest(record))
    verdict = verify()
    assert (verdict.holds, verdict.first_wrong) == (False, 4)
    assert "from 4 to 7" in verdict.sentence


def test_a_forged_head_is_found_by_its_signature() -> None:
    write(4)
    sequence()
    head = TreeHead.objects.get(log=AUDIT)
    tamper("UPDATE ledger_treehead SET origin = 'elsewhere' WHERE id = %s", head.pk)
    assert "signature" in verify().sentence
    assert not verify_audit(verifier=Signer.generate(SIGNER.name).verifier).holds


def test_cutting_off_the_newest_records_is_found_with_a_head_kept_elsewhere() -> None:
    write(4)
    sequence()
    write(4)
    batch = sequence()
    assert batch is not None
    known = open_checkpoint(batch.note, SIGNER.verifier)
    assert verify(known).holds
    tamper("DELETE FROM ledger_auditrecord WHERE seq >= 4")
    tamper("DELETE FROM ledger_treehead WHERE size = 8")
    assert verify().holds, "alone, a shorter log looks whole"
    verdict = verify(known)
    assert (verdict.holds, verdict.first_wrong) == (False, 4)


def test_a_log_rewritten_from_the_start_is_found_with_a_head_kept_elsewhere() -> None:
    write(4)
    sequence()
    assert not verify(Checkpoint("tips.example/audit", 4, bytes(32))).holds


def test_a_record_altered_before_it_was_numbered_is_found() -> None:
    write(2)
    tamper("UPDATE ledger_auditrecord SET actor = 'eve' WHERE subject = 'T1'")
    verdict = verify()
    assert not verdict.holds
    assert "waits" in verdict.sentence


def test_a_spoilt_edge_stops_the_sequencer() -> None:
    write(2)
    sequence()
    tamper("UPDATE ledger_treehead SET root = %s", bytes(32))
    write(1)
    with pytest.raises(LedgerReadOnly):
        sequence()


def test_a_record_cannot_be_changed_through_its_model() -> None:
    write(1)
    record = AuditRecord.objects.get()
    record.actor = "eve"
    with pytest.raises(RowIsFinal):
        record.save()
    with pytest.raises(RowIsFinal):
        record.delete()


def test_missing_triggers_are_named() -> None:
    assert protection.missing(connection) == []
    protection.remove(connection)
    assert "ledger_auditrecord_no_update" in protection.missing(connection)
    protection.install(connection)
    assert protection.missing(connection) == []
