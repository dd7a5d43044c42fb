"""What other folders call: lay a leaf into the waiting room, write a line into the audit log.

Both happen inside the caller's transaction, so that a tip without its ledger entry, or a view without its
trace, cannot exist. Neither needs the sequencer or a key.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from django.db import transaction

from tocsin.common import clock
from tocsin.ledger.audit import AuditRow, to_record
from tocsin.ledger.leaf import is_leaf
from tocsin.ledger.models import AuditRecord, Pending

_ROWS_A_STATEMENT = 500


class NotInTransaction(Exception):
    """A leaf or an audit line was about to be written apart from its change: a mistake in the program."""


def queue_entry(*, leaf: bytes, opening: bytes) -> None:
    """Let one leaf wait for the next batch. Like ``queue_entries`` with one row."""
    queue_entries([(leaf, opening)])


def queue_entries(rows: Sequence[tuple[bytes, bytes]]) -> None:
    """Let leaves wait for the next batch.

    ``rows``: pairs of a 97-byte leaf and its opening, which the caller has sealed already.
    Raises ``ValueError`` for anything that is not a leaf or has no opening, ``NotInTransaction`` outside one.
    """
    _require_transaction()
    hour = clock.on_the_hour(clock.now())
    waiting = []
    for leaf, opening in rows:
        if not is_leaf(leaf) or not opening:
            raise ValueError("a ledger leaf has 97 bytes, begins with 0x01 and comes with a sealed opening")
        waiting.append(Pending(id=_random_key(), leaf=leaf, opening=opening, queued_at_hour=hour))
    Pending.objects.bulk_create(waiting, batch_size=_ROWS_A_STATEMENT)


def record_audit(
    *, actor: str, role: str, action: str, subject: str = "", detail: Mapping[str, str] | None = None
) -> None:
    """Write one line into the private audit log: ``actor`` in ``role`` did ``action`` to ``subject``.

    All arguments are plain strings; ``detail`` holds short facts and never content of a tip.
    Raises ``ValueError`` for a text that is too long, ``NotInTransaction`` outside a transaction.
    """
    record_audits([AuditRow(actor=actor, role=role, action=action, subject=subject, detail=detail or {})])


def record_audits(rows: Sequence[AuditRow]) -> None:
    """Write many audit lines at once, in this order. Raises as ``record_audit`` does."""
    _require_transaction()
    now = clock.now()
    AuditRecord.objects.bulk_create([to_record(row, now) for row in rows], batch_size=_ROWS_A_STATEMENT)


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction("call this inside the transaction of the change that it records")


def _random_key() -> int:
    """A primary key from 1 to 2**62; two equal keys in one waiting room are beyond chance."""
    return secrets.randbits(62) + 1
