"""Readings of the two logs that the parts of this app and the worker share. They show counts and hashes
only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Min, QuerySet

from tocsin.ledger.models import PUBLIC, AuditRecord, Entry, Pending, TreeHead

_ROWS_A_TIME = 5000


def latest_head(log: str) -> TreeHead | None:
    """The newest signed head of ``log`` (``models.PUBLIC`` or ``models.AUDIT``), or ``None`` before the
    first.
    """
    return TreeHead.objects.filter(log=log).order_by("-era", "-size").first()


def head_before(head: TreeHead) -> TreeHead | None:
    """The head that ``head`` grew from, in the same log and era."""
    earlier = TreeHead.objects.filter(log=head.log, era=head.era, size__lt=head.size)
    return earlier.order_by("-size").first()


def leaves_between(era: int, start: int, end: int) -> Iterator[tuple[int, bytes, bytes]]:
    """(index, leaf, leaf hash) of the public entries with start ≤ index < end, in order, a few rows at a
    time.
    """
    rows = Entry.objects.filter(era=era, index__gte=start, index__lt=end).order_by("index")
    for index, leaf, digest in rows.values_list("index", "leaf", "leaf_hash").iterator(chunk_size=_ROWS_A_TIME):
        yield index, bytes(leaf), bytes(digest)


def pending_count() -> int:
    """How many leaves wait for the next batch."""
    return Pending.objects.count()


def oldest_pending_hour() -> datetime | None:
    """The hour in which the leaf that waits longest was queued: older than a day means a broken promise."""
    oldest: datetime | None = Pending.objects.aggregate(oldest=Min("queued_at_hour"))["oldest"]
    return oldest


def place_of_leaf(leaf_hash: bytes) -> int | None:
    """The index of the leaf with this hash (32 bytes) in the present era of the public ledger, if it is there."""
    head = latest_head(PUBLIC)
    if head is None:
        return None
    return Entry.objects.filter(leaf_hash=leaf_hash, era=head.era).values_list("index", flat=True).first()


def lines_about(subjects: Sequence[str], actions: Sequence[str]) -> QuerySet[AuditRecord]:
    """The lines of the audit log about one of ``subjects`` (such as ``tip:…``) with one of ``actions``, in order."""
    return AuditRecord.objects.filter(subject__in=subjects, action__in=actions).order_by("id")
