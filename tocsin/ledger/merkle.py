"""The Merkle tree of RFC 6962 section 2.1 (the same tree as RFC 9162): hashes, roots, proofs and their
verification.

Numbers: a leaf has an ``index`` from 0; a tree has a ``size`` in leaves. Node (level, index) is the root of
the complete subtree over the leaves ``[index * 2**level, (index + 1) * 2**level)``. All hashes are 32 bytes
of SHA-256. Entries are bytes; ``leaf_hash`` turns an entry into the hash that all other functions here take.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

from tocsin.ledger.frontier import EMPTY_ROOT, Frontier, Node, ProofInvalid, leaf_hash, node_hash

__all__ = [
    "EMPTY_ROOT",
    "Frontier",
    "HashReader",
    "Hashes",
    "Node",
    "ProofInvalid",
    "Tree",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "root_at",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
_PAIR = 2 * HASH_BYTES
_sha256 = hashlib.sha256


class HashReader(Protocol):
    """Where proofs get their hashes from: memory (``Tree``), tiles on disk (``tiles.TileReader``), a
    database.
    """

    def node(self, level: int, index: int, /) -> bytes:
        """Hash of the complete subtree of ``2**level`` leaves number ``index``."""


Hashes: TypeAlias = list[bytes] | tuple[bytes, ...] | HashReader
"""Leaf hashes of a small tree, or a reader of a large one."""


class Tree:
    """All complete nodes in memory: one flat array of bytes a level, 64 bytes a leaf in all."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[bytearray] = [bytearray()]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes, whole levels at a time. Raises ``ValueError`` when one is not 32 bytes long."""
        hashes = leaves if isinstance(leaves, (list, tuple)) else list(leaves)
        if any(len(leaf) != HASH_BYTES for leaf in hashes):
            raise ValueError("a leaf hash has 32 bytes")
        self._levels[0] += b"".join(hashes)
        level = 0
        while len(below := self._levels[level]) >= _PAIR:
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            above = self._levels[level]
            fresh = bytes(below[2 * len(above) : len(below) - len(below) % _PAIR])
            if not fresh:
                return
            above += parents_of(fresh)

    def node(self, level: int, index: int, /) -> bytes:
        """See ``HashReader``. Raises ``IndexError`` for a node that is not complete."""
        start = index << 5  # times HASH_BYTES
        found = bytes(self._levels[level][start : start + HASH_BYTES])
        if len(found) != HASH_BYTES:
            raise IndexError(f"the tree has no complete node {index} at level {level}")
        return found

    def nodes(self, level: int, start: int, end: int) -> bytes:
        """Hashes of the complete nodes ``start`` to ``end - 1`` of a level, as many as there are."""
        return bytes(self._levels[level][start << 5 : end << 5]) if level < len(self._levels) else b""

    def place_of(self, leaf: bytes) -> int | None:
        """Index of the first leaf with this hash."""
        at = self._levels[0].find(leaf)
        while at >= 0 and at % HASH_BYTES:  # a match across two hashes is none
            at = self._levels[0].find(leaf, at + 1)
        return at // HASH_BYTES if at >= 0 else None

    def root(self) -> bytes:
        """Root of the whole tree."""
        return root_at(self.size, self)


def parents_of(hashes: bytes) -> bytes:
    """The level above: SHA-256(0x01 ‖ left ‖ right) for each 64 bytes of ``hashes`` (an even number of
    hashes).
    """
    sha256 = _sha256
    pairs = range(0, len(hashes), _PAIR)
    return b"".join([sha256(b"\x01" + hashes[at : at + _PAIR]).digest() for at in pairs])


def root(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf hashes in order (RFC 6962, MTH); ``EMPTY_ROOT`` for none.

    An unpaired last node moves up unchanged, which gives the same tree as the recursion of the RFC. Raises
    ``ValueError`` when something is not a hash of 32 bytes: an entry goes through ``leaf_hash`` first.
    """
    hashes = leaves if isinstance(leaves, (list, tuple)) else list(leaves)
    if any(len(leaf) != HASH_BYTES for leaf in hashes):
        raise ValueError("a leaf hash has 32 bytes")
    level = b"".join(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > HASH_BYTES:
        odd = level[-HASH_BYTES:] if len(level) % _PAIR else b""
        level = parents_of(level[: len(level) - len(odd)]) + odd
    return level


def root_at(size: int, hashes: Hashes) -> bytes:
    """Root of the first ``size`` leaves."""
    return _span(0, size, _reader(hashes)) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """Hashes from the sibling of leaf ``index`` up to the child of the root (RFC 6962 section 2.1.1, PATH).

    Raises ``ValueError`` unless ``0 <= index < size``; passes on what the reader raises.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    reader = _reader(hashes)
    node = reader.node
    proof = []
    for level in range((size - 1).bit_length()):
        sibling = (index >> level) ^ 1
        start = sibling << level
        if start + (1 << level) <= size:
            proof.append(node(level, sibling))
        elif start < size:
            proof.append(_span(start, size, reader))
    return proof


def consistency_proof(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """Proof that the first ``old`` of ``new`` leaves were not changed (RFC 6962 section 2.1.2, PROOF).

    Raises ``ValueError`` unless ``1 <= old <= new``: nothing can be proved about an empty tree.
    """
    if not 1 <= old <= new:
        raise ValueError(f"no consistency proof from size {old} to size {new}")
    reader = _reader(hashes)
    proof = []
    begin, end, whole = 0, new, True  # ``whole``: the old tree is this range, so its hash is known already
    while old != end:
        split = begin + (1 << (end - begin - 1).bit_length() - 1)
        if old <= split:
            proof.append(_span(split, end, reader))
            end = split
        else:
            proof.append(_span(begin, split, reader))
            begin, whole = split, False
    if not whole:
        proof.append(_span(begin, end, reader))
    proof.reverse()
    return proof


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf_hash`` is leaf ``index`` of the tree of ``size`` under ``root`` (RFC 9162 section
    2.1.3.2).

    Raises ``ProofInvalid`` when it is not, or when any argument cannot be part of a proof.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"leaf {index} cannot be in a tree of {size}")
    _require_hashes((leaf_hash, root), proof)
    sha256 = _sha256
    place, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if not last:
            raise ProofInvalid("the proof is too long")
        if place & 1 or place == last:
            found = sha256(b"\x01" + sibling + found).digest()
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            found = sha256(b"\x01" + found + sibling).digest()
        place >>= 1
        last >>= 1
    if last:
        raise ProofInvalid("the proof is too short")
    if found != root:
        raise ProofInvalid("the proof leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of ``old`` leaves is the beginning of the tree of ``new`` (RFC 9162 section
    2.1.4.2).

    Raises ``ProofInvalid``; always for ``old == 0``, since such a proof would prove nothing.
    """
    if not 1 <= old <= new:
        raise ProofInvalid(f"size {old} to size {new} cannot be proved consistent")
    if old == new:  # equal by definition, whatever the bytes are
        if proof or old_root != new_root:
            raise ProofInvalid("two trees of one size must have one root and an empty proof")
        return
    _require_hashes((old_root, new_root), proof)
    path = list(proof)
    if old & (old - 1) == 0:  # the old tree is one complete node of the new one
        path.insert(0, old_root)
    if not path:
        raise ProofInvalid("the proof is empty")
    _walk_both(old, new, path, (old_root, new_root))


def _walk_both(old: int, new: int, path: list[bytes], roots: tuple[bytes, bytes]) -> None:
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    before = after = path[0]
    for sibling in path[1:]:
        if not last:
            raise ProofInvalid("the proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            after = node_hash(after, sibling)
        place >>= 1
        last >>= 1
    if last:
        raise ProofInvalid("the proof is too short")
    if (before, after) != roots:
        raise ProofInvalid("the proof leads to other roots")


def _require_hashes(single: Iterable[bytes], proof: Sequence[bytes]) -> None:
    if len(proof) > HASH_BYTES * 8 or any(len(item) != HASH_BYTES for item in (*single, *proof)):
        raise ProofInvalid("a hash in a proof has 32 bytes, and a proof is short")


def _span(begin: int, end: int, reader: HashReader) -> bytes:
    """Hash of the leaves ``[begin, end)``, where ``begin`` starts a complete node at least that large."""
    found = b""
    while end > begin:  # from the right: the smallest complete nodes first
        level = ((end - begin) & (begin - end)).bit_length() - 1
        piece = reader.node(level, (end >> level) - 1)
        found = node_hash(piece, found) if found else piece
        end -= 1 << level
    return found


def _reader(hashes: Hashes) -> HashReader:
    return Tree(hashes) if isinstance(hashes, (list, tuple)) else hashes
