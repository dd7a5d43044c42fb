"""The receipt file of a mailbox: a proof once the leaf is published, before that the signed promise."""

from __future__ import annotations

from django.conf import settings

from tocsin.ledger.checkpoint import parse
from tocsin.ledger.leaf import public_key_of_event
from tocsin.ledger.merkle import inclusion_proof, leaf_hash
from tocsin.ledger.note import split_note
from tocsin.ledger.receipt import PublicOpening, TlogProof
from tocsin.ledger.selectors import place_of_leaf
from tocsin.ledger.tiles import TileReader
from tocsin.tips.mailbox import read_mailbox
from tocsin.vault.codes import CodeKeys

PROOF_NAME = "receipt.tlog-proof"
PROMISE_NAME = "receipt-promise.txt"


def receipt_of(keys: CodeKeys) -> tuple[str, bytes]:
    """``(file name, content)`` of the receipt for the tip that ``keys`` open, made from the published log alone."""
    box = read_mailbox(keys)
    note = _published_checkpoint()
    index = place_of_leaf(leaf_hash(box.leaf))
    if note is None or index is None:
        return PROMISE_NAME, box.promise
    size = parse(split_note(note)[0]).size
    if index >= size:
        return PROMISE_NAME, box.promise
    proof = TlogProof(
        index,
        tuple(inclusion_proof(index, size, TileReader(settings.TOCSIN_LOG_DIR, size))),
        note,
        PublicOpening(box.leaf, public_key_of_event(keys.events, 0), box.event).to_extra(),
    )
    return PROOF_NAME, proof.to_text().encode()


def _published_checkpoint() -> bytes | None:
    path = settings.TOCSIN_LOG_DIR / "checkpoint"
    return path.read_bytes() if path.exists() else None
