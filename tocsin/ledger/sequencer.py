"""Taking what waits, in no order, into a tree; signing the new head inside the same transaction.

One sequencer at a time: SQLite through ``BEGIN IMMEDIATE`` (``transaction_mode`` in the settings),
PostgreSQL through an advisory lock and the lock on the newest head; the unique constraints hold even if both
were missing. A head is signed before the commit and leaves the database only after it, so no checkpoint can
be seen for a tree that is not stored. Needs SQLite 3.35+ (RETURNING) or PostgreSQL.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from tocsin.common import clock
from tocsin.common.errors import Unsafe
from tocsin.ledger import selectors
from tocsin.ledger.audit import entry_bytes, head_digest
from tocsin.ledger.checkpoint import Checkpoint, sign_checkpoint
from tocsin.ledger.checkpoint_copy import keep_copy
from tocsin.ledger.leaf import Event, make_leaf, make_pad
from tocsin.ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash
from tocsin.ledger.models import AUDIT, PUBLIC, AuditRecord, Entry, TreeHead
from tocsin.ledger.note import Signer
from tocsin.ledger.origins import split_origin
from tocsin.ledger.startup import LedgerReadOnly, check, edge_of, require_ok

PAD_TO = 16
MOST_A_BATCH = 100_000
_ROWS_A_TIME = 5_000
# Any two numbers that nothing else on the database server takes an advisory lock on.
_LOCKS = {PUBLIC: 7_496_451_001, AUDIT: 7_496_451_002}
_TAKE = """
DELETE FROM ledger_pending WHERE id IN (SELECT id FROM ledger_pending ORDER BY id LIMIT %s)
RETURNING leaf, opening
"""
_NUMBER = """
UPDATE ledger_auditrecord SET seq = %s + numbered.place FROM (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM ledger_auditrecord
    WHERE seq IS NULL ORDER BY id LIMIT %s
) AS numbered WHERE ledger_auditrecord.id = numbered.id
"""

Waiting = tuple[bytes, bytes]  # a leaf and its sealed opening


@dataclass(frozen=True)
class SystemEvent:
    """An event of the ledger itself (key-change, config-change): a leaf that no reporter owns."""

    event: Event
    private_digest: bytes


@dataclass(frozen=True)
class Pen:
    """What signing a public batch takes: the log's signer, the seal for openings nobody else holds, the
    origin.
    """

    signer: Signer
    seal: Callable[[bytes], bytes]
    origin: str

    def system_leaf(self, kind: SystemEvent) -> Waiting:
        """A leaf under random keys; its sealed opening is opened with all others at year end."""
        leaf, opening = make_leaf(
            k_events=secrets.token_bytes(32), n=0, event=kind.event, private_digest=kind.private_digest
        )
        return leaf, self.seal(opening.to_bytes())


@dataclass(frozen=True)
class Batch:
    """What one sequencing did: the tree grew from ``start`` to ``size``; ``more`` says that leaves still
    wait.
    """

    log: str
    origin: str
    start: int
    size: int
    root: bytes
    note: bytes
    more: bool = False


def sequence_public(
    *,
    signer: Signer,
    seal: Callable[[bytes], bytes],
    origin: str,
    checkpoint_copy: Path,
    log_dir: Path | None = None,
    extra_events: Sequence[SystemEvent] | None = None,
) -> Batch | None:
    """Append all pending leaves (at most ``MOST_A_BATCH``), shuffled and padded, and sign the new head.

    Returns ``None`` when nothing waits; with ``extra_events``, even an empty list, a batch is made anyway.
    ``log_dir``: the public folder, whose checkpoint may know of a newer tree than a restored database does.
    After the commit the signed checkpoint is kept at ``checkpoint_copy``; ``publishing.publish`` is the
    caller's next call. Raises ``LedgerReadOnly`` when the database is behind, forked or damaged (nothing is
    taken then), ``Unsafe`` when it grows under another origin, ``OSError`` when the copy could not be
    written (the batch stands).
    """
    pen = Pen(signer=signer, seal=seal, origin=origin)
    with transaction.atomic(durable=True):
        head = lock_head(PUBLIC)
        if head is not None and head.origin != origin:
            raise Unsafe(f"The ledger in the database is {head.origin!r}; the settings say {origin!r}. Correct them.")
        verifier = signer.verifier
        require_ok(check(checkpoint_copy=checkpoint_copy, log_dir=log_dir, verifier=verifier, quick=True))
        leaves = _take_pending()
        if not leaves and extra_events is None:
            return None
        leaves += [pen.system_leaf(extra) for extra in extra_events or ()]
        batch = append_public(pen, head, shuffled_batch(pen, leaves))
    keep_copy(checkpoint_copy, batch.note, verifier)
    return batch


def sequence_audit(*, signer: Signer, origin: str) -> Batch | None:
    """Number all new audit records in the order of their writing, append them to the audit tree, sign its
    head.

    Returns ``None`` when there is no new record. Raises ``LedgerReadOnly`` when the stored edge of the audit
    tree does not give its root.
    """
    with transaction.atomic(durable=True):
        head = lock_head(AUDIT)
        frontier = _edge_of(head)
        start = frontier.size
        with connection.cursor() as cursor:
            cursor.execute(_NUMBER, [start, MOST_A_BATCH])
        numbered = AuditRecord.objects.filter(seq__gte=start).order_by("seq").values_list("digest", flat=True)
        for digest in numbered.iterator(chunk_size=_ROWS_A_TIME):
            frontier.append(leaf_hash(entry_bytes(bytes(digest))))
        if frontier.size == start:
            return None
        more = AuditRecord.objects.filter(seq__isnull=True).exists()
        return _sign_head(AUDIT, origin, signer, frontier, start=start, more=more)


def lock_head(log: str) -> TreeHead | None:
    """Become the only sequencer of ``log`` until the transaction ends; the newest head."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCKS[log]])
    return TreeHead.objects.select_for_update().filter(log=log).order_by("-era", "-size").first()


def shuffled_batch(pen: Pen, leaves: Sequence[Waiting], *, ahead: int = 0) -> list[Waiting]:
    """``leaves`` with one audit-head leaf and pads, in random order; with ``ahead`` more a multiple of
    ``PAD_TO``.
    """
    month = clock.month_of(clock.now())
    audit = selectors.latest_head(AUDIT)
    digest = head_digest(audit.size, bytes(audit.root)) if audit else head_digest(0, EMPTY_ROOT)
    batch = [*leaves, pen.system_leaf(SystemEvent(Event("audit-head", month, "", ""), digest))]
    for _ in range(-(len(batch) + ahead) % PAD_TO):
        leaf, opening = make_pad(month)
        batch.append((leaf, pen.seal(opening.to_bytes())))
    secrets.SystemRandom().shuffle(batch)
    return batch


def append_public(pen: Pen, head: TreeHead | None, leaves: Sequence[Waiting]) -> Batch:
    """Store ``leaves`` in this order after ``head`` and sign. The caller holds the lock (``lock_head``)."""
    frontier = _edge_of(head)
    start, size = frontier.size, frontier.size + len(leaves)
    era = split_origin(pen.origin)[1]
    for first in range(0, len(leaves), _ROWS_A_TIME):
        part = leaves[first : first + _ROWS_A_TIME]
        Entry.objects.bulk_create(_entries(era, size, frontier, part))
    more = selectors.pending_count() > 0
    return _sign_head(PUBLIC, pen.origin, pen.signer, frontier, start=start, more=more)


def _entries(era: int, size: int, frontier: Frontier, leaves: Iterable[Waiting]) -> list[Entry]:
    rows = []
    for leaf, opening in leaves:
        digest = leaf_hash(leaf)
        rows.append(
            Entry(
                era=era,
                index=frontier.size,
                leaf=leaf,
                leaf_hash=digest,
                opening=opening,
                checkpoint_size=size,
            )
        )
        frontier.append(digest)
    return rows


def _take_pending() -> list[Waiting]:
    """Remove and return waiting leaves in one statement: exactly those removed are returned, on both
    databases.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [MOST_A_BATCH])
        return [(bytes(leaf), bytes(opening)) for leaf, opening in cursor.fetchall()]


def _edge_of(head: TreeHead | None) -> Frontier:
    frontier = edge_of(head)
    if frontier is None:
        raise LedgerReadOnly("The stored edge of the tree does not give its root; nothing was added.")
    return frontier


def _sign_head(log: str, origin: str, signer: Signer, frontier: Frontier, *, start: int, more: bool) -> Batch:
    root = frontier.root()
    note = sign_checkpoint(Checkpoint(origin, frontier.size, root), signer)
    TreeHead.objects.create(
        log=log,
        era=split_origin(origin)[1] if log == PUBLIC else 1,
        size=frontier.size,
        root=root,
        frontier=frontier.to_bytes(),
        note=note,
        origin=origin,
        signed_at_hour=clock.on_the_hour(clock.now()),
    )
    return Batch(log, origin, start, frontier.size, root, note, more)
