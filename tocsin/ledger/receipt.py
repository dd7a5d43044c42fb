"""Proofs that can be checked offline, after https://c2sp.org/tlog-proof (version 1), and what ours carry
along.

The extra data of our proofs is compact JSON: the leaf, and the opening of its public part. It is not
authenticated by the format; ``verify`` binds it, because the leaf must hash into the tree and the opening
must open the leaf.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint
from tocsin.ledger.checkpoint import parse as parse_checkpoint
from tocsin.ledger.leaf import LEAF_SIZE, Event, Opening, opens
from tocsin.ledger.merkle import Hashes, ProofInvalid, inclusion_proof, leaf_hash, verify_inclusion
from tocsin.ledger.note import NoteInvalid, Verifier, split_note
from tocsin.ledger.strict_text import LARGEST, decode_base64, decode_number, encode_base64

HEADER = "c2sp.org/tlog-proof@v1"

_MOST_HASHES = 63
_LARGEST_EXTRA = 100_000
_LARGEST_TEXT = 2_000_000


class ReceiptInvalid(Exception):
    """A text is no proof, or proves something else."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof as it stands in its file: ``hashes`` of 32 bytes, ``checkpoint`` the signed note, ``extra`` any
    bytes.

    Raises ``ReceiptInvalid`` for parts that cannot be written.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= LARGEST or len(self.hashes) > _MOST_HASHES:
            raise ReceiptInvalid("a proof has an index below 2**63 and at most 63 hashes")
        if any(len(item) != 32 for item in self.hashes) or len(self.extra) > _LARGEST_EXTRA:
            raise ReceiptInvalid("a proof has hashes of 32 bytes and little extra data")
        try:
            split_note(self.checkpoint)
        except NoteInvalid as error:
            raise ReceiptInvalid(f"the checkpoint of the proof is malformed: {error}") from error

    def to_text(self) -> str:
        """The file; its usual name ends with ``.tlog-proof``."""
        extra = [f"extra {encode_base64(self.extra)}"] if self.extra else []
        head = [HEADER, *extra, f"index {self.index}", *map(encode_base64, self.hashes), "", ""]
        return "\n".join(head) + self.checkpoint.decode()


@dataclass(frozen=True, slots=True)
class PublicOpening:
    """What our receipts carry: the 97-byte leaf, and what it says to the public."""

    leaf: bytes
    r_pub: bytes
    event: Event

    def to_extra(self) -> bytes:
        """Compact JSON for ``TlogProof.extra``."""
        event = [self.event.kind, self.event.month, self.event.tier, self.event.unit]
        values = {"leaf": encode_base64(self.leaf), "r_pub": encode_base64(self.r_pub), "event": event}
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_extra(cls, extra: bytes) -> PublicOpening:
        """Read ``extra`` and check that the opening opens the leaf. Raises ``ReceiptInvalid``."""
        try:
            values = json.loads(extra)
            leaf, r_pub = decode_base64(values["leaf"]), decode_base64(values["r_pub"])
            event = Event(*values["event"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ReceiptInvalid("the receipt does not hold a leaf and its opening") from error
        if len(leaf) != LEAF_SIZE or not opens(leaf, r_pub, event):
            raise ReceiptInvalid("the opening in the receipt does not open its leaf")
        return cls(leaf, r_pub, event)


def make_receipt(*, index: int, hashes: Hashes, checkpoint: bytes, leaf: bytes, opening: Opening) -> TlogProof:
    """The receipt for ``leaf``, entry ``index`` of the tree under the signed ``checkpoint``.

    ``hashes`` reads the tree of that size. Only the public half of ``opening`` goes in. Raises ``ValueError``
    when the index is not in the tree, ``ReceiptInvalid``, and what the reader raises.
    """
    try:
        size = parse_checkpoint(split_note(checkpoint)[0]).size
    except (NoteInvalid, CheckpointInvalid) as error:
        raise ReceiptInvalid(str(error)) from error
    extra = PublicOpening(leaf, opening.r_pub, opening.event).to_extra()
    return TlogProof(index, tuple(inclusion_proof(index, size, hashes)), checkpoint, extra)


def parse(data: bytes | str) -> TlogProof:
    """Read a proof, nothing checked but the form. Raises ``ReceiptInvalid``."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReceiptInvalid("the proof is not UTF-8") from error
    head, blank, checkpoint = text.partition("\n\n")
    if not blank or len(text) > _LARGEST_TEXT:
        raise ReceiptInvalid("the proof has no checkpoint or is too large")
    lines = head.split("\n")
    if lines.pop(0) != HEADER:
        raise ReceiptInvalid("the file is not a log proof of version 1")
    try:
        extra = decode_base64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else b""
        if not lines or not lines[0].startswith("index "):
            raise ReceiptInvalid("the proof has no index")
        index = decode_number(lines.pop(0)[6:])
        hashes = tuple(decode_base64(line) for line in lines[: _MOST_HASHES + 1])
        return TlogProof(index, hashes, checkpoint.encode(), extra)
    except ValueError as error:
        raise ReceiptInvalid(f"the proof is malformed: {error}") from error


def verify(
    proof: TlogProof, leaf_hash: bytes, verifiers: Iterable[Verifier], *, origin: str | None = None
) -> Checkpoint:
    """Check that ``leaf_hash`` is in the log at ``proof.index``; returns the checkpoint that says so.

    ``verifiers``: keys of the log, one of which must have signed. Raises ``ReceiptInvalid``.
    """
    reason = "no key to check the checkpoint with"
    for verifier in verifiers:
        try:
            checkpoint = open_checkpoint(proof.checkpoint, verifier, origin=origin)
            verify_inclusion(leaf_hash, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
        except (NoteInvalid, CheckpointInvalid) as error:
            reason = str(error)
        except ProofInvalid as error:
            raise ReceiptInvalid(str(error)) from error
        else:
            return checkpoint
    raise ReceiptInvalid(reason)


def verify_own(
    proof: TlogProof, verifiers: Iterable[Verifier], *, origin: str | None = None
) -> tuple[Checkpoint, PublicOpening]:
    """Check one of our receipts whole: opening, leaf, proof, signature. Raises ``ReceiptInvalid``."""
    opening = PublicOpening.from_extra(proof.extra)
    return verify(proof, leaf_hash(opening.leaf), verifiers, origin=origin), opening
