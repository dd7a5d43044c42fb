"""One receipt against the published log in logarithmic time: what a web page can do for a visitor.

The full answer, which believes nobody, is ``verifier`` (offline). This one reads only the tiles that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint
from tocsin.ledger.leaf import Event
from tocsin.ledger.merkle import ProofInvalid, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from tocsin.ledger.note import NoteInvalid
from tocsin.ledger.promise import HEADER as PROMISE
from tocsin.ledger.promise import Promise, open_promise
from tocsin.ledger.receipt import HEADER as PROOF
from tocsin.ledger.receipt import ReceiptInvalid, parse, verify_own
from tocsin.ledger.tiles import TileError, TileReader
from tocsin.ledger.trust import Trust, TrustInvalid

LARGEST = 100_000


class Answer(StrEnum):
    """What came out. ``NOT_A_RECEIPT``: the text is neither a promise nor a proof of this office."""

    IN_LEDGER = "in_ledger"
    PENDING = "pending"
    OVERDUE = "overdue"
    CONTRADICTED = "contradicted"
    NOT_A_RECEIPT = "not_a_receipt"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class SpotCheck:
    """The answer with what is known: the place in the log, its size, the event, the due time of a promise."""

    answer: Answer
    index: int | None = None
    size: int | None = None
    event: Event | None = None
    due: datetime | None = None


def spot_check(text: bytes, *, log_dir: Path, place_of: Callable[[bytes], int | None], now: datetime) -> SpotCheck:
    """Check a receipt that somebody pasted. ``place_of`` finds a leaf hash (32 bytes) in the log, if it is there."""
    try:
        trust = Trust.load(log_dir / "keys")
        checkpoint = _published(log_dir, trust)
    except (TrustInvalid, OSError, NoteInvalid, CheckpointInvalid):
        return SpotCheck(Answer.UNAVAILABLE)
    text = text.replace(b"\r\n", b"\n").strip() + b"\n"
    if len(text) > LARGEST:
        return SpotCheck(Answer.NOT_A_RECEIPT)
    try:
        if text.startswith(PROOF.encode()):
            return _check_proof(text, log_dir, trust, checkpoint)
        if text.startswith(PROMISE.encode()):
            promise = open_promise(text, *trust.promise)
            return _check_promise(promise, log_dir, checkpoint, place_of(promise.leaf_hash), now)
    except (NoteInvalid, ReceiptInvalid):
        return SpotCheck(Answer.NOT_A_RECEIPT)
    except ProofInvalid:
        return SpotCheck(Answer.CONTRADICTED)
    except TileError:
        return SpotCheck(Answer.UNAVAILABLE)
    return SpotCheck(Answer.NOT_A_RECEIPT)


def _published(log_dir: Path, trust: Trust) -> Checkpoint:
    data = (log_dir / "checkpoint").read_bytes()
    fault: NoteInvalid | CheckpointInvalid | None = None
    for verifier in trust.log:
        try:
            return open_checkpoint(data, verifier)
        except (NoteInvalid, CheckpointInvalid) as reason:
            fault = reason
    raise fault or NoteInvalid("no key of the log")


def _check_proof(text: bytes, log_dir: Path, trust: Trust, checkpoint: Checkpoint) -> SpotCheck:
    proof = parse(text)
    seen, opening = verify_own(proof, trust.log)
    if seen.origin != checkpoint.origin:
        return SpotCheck(Answer.UNAVAILABLE)
    if seen.size > checkpoint.size:
        return SpotCheck(Answer.CONTRADICTED)
    reader = TileReader(log_dir, checkpoint.size)
    steps = consistency_proof(seen.size, checkpoint.size, reader)
    verify_consistency(seen.size, checkpoint.size, steps, seen.root, checkpoint.root)
    return SpotCheck(Answer.IN_LEDGER, index=proof.index, size=checkpoint.size, event=opening.event)


def _check_promise(
    promise: Promise, log_dir: Path, checkpoint: Checkpoint, index: int | None, now: datetime
) -> SpotCheck:
    if index is None or index >= checkpoint.size:
        return SpotCheck(Answer.PENDING if now <= promise.due else Answer.OVERDUE, due=promise.due)
    steps = inclusion_proof(index, checkpoint.size, TileReader(log_dir, checkpoint.size))
    verify_inclusion(promise.leaf_hash, index, checkpoint.size, steps, checkpoint.root)
    return SpotCheck(Answer.IN_LEDGER, index=index, size=checkpoint.size, due=promise.due)
