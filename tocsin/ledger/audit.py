"""The private audit log: what a record's bytes are, and how anyone inside can check that none was touched.

Entry bytes of a record: ``0x02 ‖ SHA-256(canonical JSON)``. The canonical JSON has sorted keys, no spaces,
UTF-8, and the moment in UTC with microseconds. The log has its own tree; its head goes into the public
ledger with each batch (``head_digest``), so a rewritten audit log contradicts what the public already holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from tocsin.common import clock
from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint
from tocsin.ledger.merkle import Frontier, leaf_hash
from tocsin.ledger.models import AUDIT, AuditRecord, TreeHead
from tocsin.ledger.note import NoteInvalid, Verifier

_VERSION = b"\x02"
_LONGEST = {"actor": 150, "role": 50, "action": 100, "subject": 200}
_ROWS_A_TIME = 2000


@dataclass(frozen=True)
class AuditRow:
    """One line to be written. ``exact_time=False`` keeps only the hour: for what a reporter does, never for
    staff.
    """

    actor: str
    role: str
    action: str
    subject: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    exact_time: bool = True


@dataclass(frozen=True)
class AuditVerdict:
    """Outcome of ``verify_audit``: ``first_wrong`` is the first record that cannot be trusted."""

    holds: bool
    checked: int
    first_wrong: int | None
    sentence: str


def to_record(row: AuditRow, now: datetime) -> AuditRecord:
    """The unsaved record of ``row``. Raises ``ValueError`` when a text is longer than its column."""
    texts = {name: _storable(getattr(row, name)) for name in _LONGEST}
    for name, longest in _LONGEST.items():
        if len(texts[name]) > longest:
            raise ValueError(f"{name} of an audit record has at most {longest} characters")
    detail = {_storable(key): _storable(value) for key, value in row.detail.items()}
    at = now if row.exact_time else clock.on_the_hour(now)
    record = AuditRecord(at=at, detail=detail, **texts)
    record.digest = record_digest(record)
    return record


def record_digest(record: AuditRecord) -> bytes:
    """SHA-256 of the canonical JSON of what ``record`` says (not of its place in the log)."""
    said = {
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": record.actor,
        "role": record.role,
        "action": record.action,
        "subject": record.subject,
        "detail": record.detail,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def entry_bytes(digest: bytes) -> bytes:
    """The 33 bytes that stand in the audit tree for a record with this digest."""
    return _VERSION + digest


def head_digest(size: int, root: bytes) -> bytes:
    """What an ``audit-head`` leaf of the public ledger commits to: SHA-256 of size (8 bytes, big endian) ‖
    root.
    """
    return hashlib.sha256(size.to_bytes(8, "big") + root).digest()


def verify_audit(*, verifier: Verifier, known: Checkpoint | None = None) -> AuditVerdict:
    """Recompute every record and every signed head of the audit log.

    ``known``: an audit checkpoint kept elsewhere (a print-out, an opened ``audit-head``); with it, cutting
    off the newest records is noticed too. A change that kept digest and text in step is named by its batch:
    the first record of the batch is then ``first_wrong``.
    """
    walk = _Walk(verifier)
    numbered = AuditRecord.objects.filter(seq__isnull=False).order_by("seq")
    records = numbered.iterator(chunk_size=_ROWS_A_TIME)
    for head in TreeHead.objects.filter(log=AUDIT).order_by("size").iterator(chunk_size=_ROWS_A_TIME):
        wrong = walk.through_batch(head, records)
        if wrong:
            return wrong
        if known and known.size == head.size and known.root != bytes(head.root):
            return walk.refuse(0, _("The audit log is not the one whose head was noted down elsewhere."))
    if known and known.size > walk.frontier.size:
        cut = _("Record %(n)d is missing: the log once had %(size)d records.")
        return walk.refuse(walk.frontier.size, cut % {"n": walk.frontier.size, "size": known.size})
    extra = next(records, None)
    if extra is not None:
        told = _("Record %(n)d was inserted: no signed head covers it.") % {"n": extra.seq}
        return walk.refuse(walk.frontier.size, told)
    return walk.waiting_records()


class _Walk:
    """The state of one verification: the tree so far."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self.frontier = Frontier.empty()

    def refuse(self, number: int | None, sentence: str) -> AuditVerdict:
        return AuditVerdict(holds=False, checked=self.frontier.size, first_wrong=number, sentence=sentence)

    def through_batch(self, head: TreeHead, records: Iterator[AuditRecord]) -> AuditVerdict | None:
        """Take the records up to ``head`` and compare; ``None`` when they agree."""
        start = self.frontier.size
        for expected in range(start, head.size):
            record = next(records, None)
            if record is None or record.seq != expected:
                return self.refuse(expected, _("Record %(n)d is missing.") % {"n": expected})
            digest = record_digest(record)
            if digest != bytes(record.digest):
                told = _("Record %(n)d was altered: its text no longer gives its digest.") % {"n": expected}
                return self.refuse(expected, told)
            self.frontier.append(leaf_hash(entry_bytes(digest)))
        facts = {"first": start, "last": head.size - 1, "size": head.size}
        if self.frontier.root() != bytes(head.root):
            told = _("A record from %(first)d to %(last)d was altered, removed or inserted: the signed head differs.")
            return self.refuse(start, told % facts)
        if not self._signed(head):
            return self.refuse(start, _("The signature of the head at %(size)d records is not good.") % facts)
        return None

    def waiting_records(self) -> AuditVerdict:
        """Records that the sequencer has not numbered yet are checked for their digest only."""
        waiting = AuditRecord.objects.filter(seq__isnull=True).order_by("id")
        for record in waiting.iterator(chunk_size=_ROWS_A_TIME):
            if record_digest(record) != bytes(record.digest):
                told = _("A record that waits for its number was altered (row %(id)d).") % {"id": record.pk}
                return self.refuse(None, told)
        told = _("All %(n)d records are as they were written.") % {"n": self.frontier.size}
        return AuditVerdict(holds=True, checked=self.frontier.size, first_wrong=None, sentence=told)

    def _signed(self, head: TreeHead) -> bool:
        try:
            signed = open_checkpoint(bytes(head.note), self.verifier)
        except (NoteInvalid, CheckpointInvalid):
            return False
        return (signed.origin, signed.size, signed.root) == (head.origin, head.size, bytes(head.root))


def _storable(text: str) -> str:
    """``text`` without what PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates), so that the digest stays
    true.
    """
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
