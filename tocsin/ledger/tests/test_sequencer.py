"""Taking waiting leaves into the tree: nothing lost or twice, no order kept, one sequencer at a time."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction

from tocsin.common.errors import Unsafe
from tocsin.ledger import protection, selectors, sequencer, services
from tocsin.ledger.audit import AuditRow, head_digest
from tocsin.ledger.checkpoint import open_checkpoint
from tocsin.ledger.checkpoint_copy import keep_copy
from tocsin.ledger.leaf import Event, opens
from tocsin.ledger.merkle import leaf_hash, root
from tocsin.ledger.models import AUDIT, PUBLIC, AuditRecord, Entry, Pending, RowIsFinal, TreeHead
from tocsin.ledger.note import Signer
from tocsin.ledger.sequencer import SystemEvent
from tocsin.ledger.startup import LedgerReadOnly
from tocsin.ledger.tests.small_log import SmallLog, kinds, new_leaf, queue, seal, tamper, unseal


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    return SmallLog(tmp_path)


def stored_leaves() -> list[bytes]:
    return [bytes(leaf) for leaf in Entry.objects.order_by("index").values_list("leaf", flat=True)]


@pytest.mark.django_db(transaction=True)
def test_a_leaf_or_an_audit_line_apart_from_its_change_is_refused() -> None:
    leaf, opening = new_leaf()
    with pytest.raises(services.NotInTransaction):
        services.queue_entry(leaf=leaf, opening=opening)
    with pytest.raises(services.NotInTransaction):
        services.record_audit(actor="sam", role="handler", action="tip.view")
    assert Pending.objects.count() == AuditRecord.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("leaf", [b"", b"\x01" * 96, b"\x02" * 97])
def test_what_is_not_a_leaf_never_waits(leaf: bytes) -> None:
    with pytest.raises(ValueError, match="97 bytes"):
        services.queue_entry(leaf=leaf, opening=b"sealed")


@pytest.mark.django_db
def test_a_leaf_without_opening_never_waits() -> None:
    with pytest.raises(ValueError, match="opening"):
        services.queue_entry(leaf=new_leaf()[0], opening=b"")


@pytest.mark.django_db
def test_a_tip_that_is_rolled_back_leaves_no_leaf() -> None:
    leaf, opening = new_leaf()
    with transaction.atomic():
        services.queue_entry(leaf=leaf, opening=opening)
        transaction.set_rollback(True)
    assert Pending.objects.count() == 0


@pytest.mark.django_db
def test_the_waiting_room_keeps_no_order_of_arrival() -> None:
    leaves = queue(40)
    kept = [bytes(leaf) for leaf in Pending.objects.order_by("id").values_list("leaf", flat=True)]
    assert sorted(kept) == sorted(leaves)
    assert kept != leaves


@pytest.mark.django_db
def test_nothing_waits_so_nothing_is_signed(log: SmallLog) -> None:
    assert log.sequence() is None
    assert TreeHead.objects.count() == 0
    assert not log.copy.exists()


@pytest.mark.django_db
def test_every_waiting_leaf_is_in_the_signed_tree_and_waits_no_more(log: SmallLog) -> None:
    leaves = queue(20)
    waiting = {bytes(p.leaf): bytes(p.opening) for p in Pending.objects.all()}
    batch = log.sequence()
    assert batch is not None
    assert (batch.start, batch.size, batch.more) == (0, 32, False)
    entries = stored_leaves()
    assert set(leaves) <= set(entries)
    assert Pending.objects.count() == 0
    signed = open_checkpoint(batch.note, log.signer.verifier)
    assert (signed.origin, signed.size) == (log.origin, 32)
    assert signed.root == root(map(leaf_hash, entries)) == batch.root
    assert log.copy.read_bytes() == batch.note
    for entry in Entry.objects.all():
        opening = unseal(entry.opening)
        assert opens(bytes(entry.leaf), opening.r_pub, opening.event)
        assert waiting.get(bytes(entry.leaf), bytes(entry.opening)) == bytes(entry.opening)


@pytest.mark.django_db
@pytest.mark.parametrize(("waiting", "size"), [(1, 16), (15, 16), (16, 32), (31, 32)])
def test_a_batch_is_padded_to_sixteen_with_one_audit_head(log: SmallLog, waiting: int, size: int) -> None:
    batch = log.grow(waiting)
    assert batch.size == size
    assert kinds().count("received") == waiting
    assert kinds().count("audit-head") == 1
    assert kinds().count("pad") == size - waiting - 1


@pytest.mark.django_db
def test_the_tree_does_not_show_the_order_of_queueing(log: SmallLog) -> None:
    leaves = queue(63)
    log.sequence()
    places = [stored_leaves().index(leaf) for leaf in leaves]
    assert places != sorted(places)


@pytest.mark.django_db
def test_a_lone_leaf_may_stand_anywhere_among_the_pads(log: SmallLog) -> None:
    places = set()
    for _ in range(10):
        (leaf,) = queue(1)
        log.sequence()
        places.add(stored_leaves().index(leaf) % 16)
    assert len(places) > 1


@pytest.mark.django_db
def test_the_second_batch_continues_the_first(log: SmallLog) -> None:
    first = log.grow(5)
    before = stored_leaves()
    second = log.grow(40)
    assert second.start == first.size
    assert stored_leaves()[: first.size] == before
    assert second.root == root(map(leaf_hash, stored_leaves()))
    assert set(Entry.objects.values_list("checkpoint_size", flat=True)) == {first.size, second.size}


@pytest.mark.django_db
def test_the_audit_head_in_the_public_tree_commits_to_the_audit_log(log: SmallLog) -> None:
    services.record_audit(actor="sam", role="handler", action="tip.view", subject="T1")
    audit = sequencer.sequence_audit(signer=log.signer, origin=f"{log.origin}/audit")
    assert audit is not None
    log.grow(1)
    openings = [unseal(entry.opening) for entry in Entry.objects.all()]
    (head,) = [opening for opening in openings if opening.event.kind == "audit-head"]
    assert head.private_digest == head_digest(1, audit.root)


@pytest.mark.django_db
def test_events_of_the_ledger_itself_and_forced_batches_are_appended(log: SmallLog) -> None:
    change = SystemEvent(Event("key-change", "2026-11", "", ""), secrets.token_bytes(32))
    assert log.sequence(extra_events=[change]) is not None
    assert kinds().count("key-change") == 1
    forced = log.sequence(extra_events=[])
    assert forced is not None
    assert forced.size == 32


@pytest.mark.django_db
def test_when_signing_fails_every_leaf_still_waits(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise OSError("no key")

    queue(3)
    monkeypatch.setattr(sequencer, "sign_checkpoint", broken)
    with pytest.raises(OSError, match="no key"):
        log.sequence()
    assert Pending.objects.count() == 3
    assert Entry.objects.count() == TreeHead.objects.count() == 0
    assert not log.copy.exists()


@pytest.mark.django_db
def test_a_batch_whose_copy_was_not_written_stands_and_the_next_goes_on(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> bool:
        raise OSError("power cut")

    log.grow(3)
    with monkeypatch.context() as patch:
        patch.setattr(sequencer, "keep_copy", power_cut)
        queue(2)
        with pytest.raises(OSError, match="power cut"):
            log.sequence()
    assert log.grow(1).start == 32


@pytest.mark.django_db
def test_a_flood_is_taken_in_several_batches(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "MOST_A_BATCH", 20)
    leaves = queue(50)
    more = []
    while batch := log.sequence():
        more.append(batch.more)
    assert more == [True, True, False]
    assert set(leaves) <= set(stored_leaves())


@pytest.mark.django_db
def test_another_origin_in_the_settings_is_refused(log: SmallLog) -> None:
    log.grow(1)
    queue(1)
    other = SmallLog(log.home, origin="other.example/log", signer=log.signer)
    with pytest.raises(Unsafe, match="the settings say"):
        other.sequence()
    assert Pending.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("kept", ["copy", "published"])
def test_a_restored_database_takes_no_leaf_into_the_tree(log: SmallLog, kept: str) -> None:
    first = log.grow(1)
    log.grow(1)
    if kept == "published":
        log.publish()
        log.copy.write_bytes(first.note)
    tamper("DELETE FROM ledger_treehead WHERE size = 32")
    tamper('DELETE FROM ledger_entry WHERE "index" >= 16')
    queue(4)
    with pytest.raises(LedgerReadOnly, match="restored from a backup"):
        log.sequence()
    assert Pending.objects.count() == 4


@pytest.mark.django_db
def test_the_copy_of_the_checkpoint_never_goes_back(log: SmallLog) -> None:
    first, second = log.grow(1), log.grow(1)
    assert not keep_copy(log.copy, first.note, log.signer.verifier)
    assert log.copy.read_bytes() == second.note


@pytest.mark.django_db
def test_rows_of_the_ledger_cannot_be_changed_through_models(log: SmallLog) -> None:
    log.grow(1)
    row = Entry.objects.first()
    assert row is not None
    for change in (row.save, row.delete, Entry.objects.all().delete, TreeHead.objects.all().delete):
        with pytest.raises(RowIsFinal):
            change()
    with pytest.raises(RowIsFinal):
        Entry.objects.update(leaf=b"x")
    with pytest.raises(RowIsFinal):
        Entry.objects.bulk_update([row], ["leaf"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET leaf = leaf",
        "UPDATE ledger_treehead SET origin = 'x'",
        "UPDATE ledger_auditrecord SET actor = 'x'",
        "UPDATE ledger_auditrecord SET seq = NULL",
        "UPDATE ledger_auditrecord SET seq = 7",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_treehead",
        "DELETE FROM ledger_auditrecord",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_logged(log: SmallLog, statement: str) -> None:
    services.record_audit(actor="sam", role="handler", action="tip.view")
    sequencer.sequence_audit(signer=log.signer, origin="audit")
    log.grow(1)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", ["ledger_entry", "ledger_treehead", "ledger_auditrecord"])
def test_a_table_cannot_be_truncated(table: str) -> None:
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        connection.cursor().execute(f"TRUNCATE {table}")


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no INSERT OR REPLACE")
@pytest.mark.parametrize("table", ["ledger_entry", "ledger_treehead", "ledger_auditrecord"])
def test_a_row_cannot_be_replaced_either(log: SmallLog, table: str) -> None:
    services.record_audit(actor="sam", role="handler", action="tip.view")
    log.grow(1)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        connection.cursor().execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.django_db
def test_an_audit_record_may_be_numbered_but_not_changed_on_the_way() -> None:
    services.record_audit(actor="sam", role="handler", action="tip.view")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        connection.cursor().execute("UPDATE ledger_auditrecord SET seq = 0, actor = 'x'")
    connection.cursor().execute("UPDATE ledger_auditrecord SET seq = 0")
    assert protection.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_emptying_a_test_database_works_and_leaves_it_protected(log: SmallLog) -> None:
    log.grow(1)
    call_command("flush", interactive=False, verbosity=0)
    assert Entry.objects.count() == 0
    assert protection.missing(connection) == []


@pytest.fixture
def several_connections(tmp_path: Path, transactional_db: None) -> Iterator[None]:
    """A database that threads can share: SQLite's in-memory test database cannot lock between connections."""
    if connection.vendor != "sqlite":
        yield
        return
    settings = connections.settings["default"]
    before = settings["NAME"]
    settings["NAME"] = str(tmp_path / "test_threads.sqlite3")
    try:
        in_threads(lambda: call_command("migrate", verbosity=0))
        yield
    finally:
        settings["NAME"] = before


def in_threads(*calls: Callable[[], object]) -> list[object]:
    """Run ``calls`` at the same moment, each with its own connection; results or errors in order."""
    results: list[object] = [None] * len(calls)
    together = threading.Barrier(len(calls))

    def run(place: int) -> None:
        together.wait()
        try:
            results[place] = calls[place]()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.usefixtures("several_connections")
def test_of_two_sequencers_at_once_one_appends_and_the_other_finds_nothing(log: SmallLog) -> None:
    in_threads(lambda: queue(200))
    batches = in_threads(log.sequence, log.sequence)
    assert sorted(type(batch).__name__ for batch in batches) == ["Batch", "NoneType"], batches

    def stored() -> tuple[int, int, int]:
        return Pending.objects.count(), Entry.objects.count(), TreeHead.objects.filter(log=PUBLIC).count()

    assert in_threads(stored) == [(0, 208, 1)]


@pytest.mark.usefixtures("several_connections")
def test_sequencers_and_arriving_tips_lose_nothing(log: SmallLog) -> None:
    def arrive() -> list[bytes]:
        return [leaf for _ in range(10) for leaf in queue(3)]

    def sequence() -> list[object]:
        return [log.sequence() for _ in range(6)]

    results = in_threads(arrive, sequence, arrive, sequence)
    assert not [result for result in results if isinstance(result, Exception)]
    in_threads(log.sequence)
    (entries,) = in_threads(stored_leaves)
    assert isinstance(entries, list)
    arrived = [*results[0], *results[2]]  # type: ignore[misc]  # both are lists, as was seen above
    assert all(entries.count(leaf) == 1 for leaf in arrived)
    (state,) = in_threads(log.check)
    assert getattr(state, "size", 0) == len(entries)
    assert not getattr(state, "read_only", True)


@pytest.mark.usefixtures("several_connections")
def test_two_audit_sequencers_at_once_number_each_record_once(log: SmallLog) -> None:
    def write() -> None:
        rows = [AuditRow(actor="sam", role="handler", action="tip.view", subject=f"T{n}") for n in range(50)]
        with transaction.atomic():
            services.record_audits(rows)

    def sequence() -> object:
        return sequencer.sequence_audit(signer=log.signer, origin="audit")

    in_threads(write)
    batches = in_threads(sequence, sequence)
    assert sorted(type(batch).__name__ for batch in batches) == ["Batch", "NoneType"], batches

    def numbered() -> list[object]:
        return list(AuditRecord.objects.order_by("id").values_list("seq", flat=True))

    assert in_threads(numbered) == [list(range(50))]


@pytest.mark.django_db
def test_readings_tell_what_waits_and_since_when(log: SmallLog) -> None:
    assert selectors.oldest_pending_hour() is None
    queue(2)
    oldest = selectors.oldest_pending_hour()
    assert selectors.pending_count() == 2
    assert oldest is not None
    assert (oldest.minute, oldest.second, oldest.microsecond) == (0, 0, 0)
    assert selectors.latest_head(AUDIT) is None


def test_a_leaf_of_the_ledger_itself_opens_with_its_sealed_opening() -> None:
    pen = sequencer.Pen(signer=Signer.generate("a.example"), seal=seal, origin="a.example")
    leaf, sealed = pen.system_leaf(SystemEvent(Event("pad", "2026-11", "", ""), bytes(32)))
    opening = unseal(sealed)
    assert opens(leaf, opening.r_pub, opening.event)
