"""Leaf and node hashes (RFC 6962 section 2.1) and the right edge of a growing tree.

Import these names from ``tocsin.ledger.merkle``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeAlias

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves: SHA-256 of nothing."""

Node: TypeAlias = tuple[int, int, bytes]
"""(level, index, hash) of a complete node."""

_HASH_BYTES = 32
_SIZE_BYTES = 8
_sha256 = hashlib.sha256


class ProofInvalid(Exception):
    """A Merkle proof does not show what it claims."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: the complete nodes that cover its leaves, largest first; one for each 1 in
    ``size``.

    Enough to append and to know the root, in at most 63 hashes.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int, peaks: Iterable[bytes]) -> None:
        self._size = size
        self._peaks = list(peaks)
        if not 0 <= size < 1 << 63 or len(self._peaks) != size.bit_count():
            raise ValueError("a frontier has one hash for each 1 in its size")
        if any(len(peak) != _HASH_BYTES for peak in self._peaks):
            raise ValueError("a frontier holds hashes of 32 bytes")

    @classmethod
    def empty(cls) -> Frontier:
        """The frontier of the tree without leaves."""
        return cls(0, ())

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """The inverse of ``to_bytes``. Raises ``ValueError`` for anything else."""
        peaks = [data[at : at + _HASH_BYTES] for at in range(_SIZE_BYTES, len(data), _HASH_BYTES)]
        if len(data) < _SIZE_BYTES:
            raise ValueError("a frontier begins with its size in 8 bytes")
        return cls(int.from_bytes(data[:_SIZE_BYTES], "big"), peaks)

    def to_bytes(self) -> bytes:
        """Size (8 bytes, big endian) and the hashes, largest subtree first."""
        return self._size.to_bytes(_SIZE_BYTES, "big") + b"".join(self._peaks)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def append(self, leaf: bytes, /) -> list[Node]:
        """Add one leaf hash; returns the nodes it completed, the leaf first.

        Raises ``ValueError`` when ``leaf`` is not a hash.
        """
        if len(leaf) != _HASH_BYTES:
            raise ValueError("a leaf hash has 32 bytes")
        index = self._size
        done = [(0, index, leaf)]
        peaks = self._peaks
        level = 0
        while index & 1:
            leaf = _sha256(b"\x01" + peaks.pop() + leaf).digest()
            index >>= 1
            level += 1
            done.append((level, index, leaf))
        peaks.append(leaf)
        self._size += 1
        return done

    def extend(self, leaves: Iterable[bytes], /) -> list[Node]:
        """Add leaf hashes in order; returns all completed nodes."""
        done: list[Node] = []
        for leaf in leaves:
            done += self.append(leaf)
        return done

    def root(self) -> bytes:
        """Root of the tree so far."""
        if not self._peaks:
            return EMPTY_ROOT
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = node_hash(peak, found)
        return found

    def copy(self) -> Frontier:
        """An independent frontier at the same place."""
        return Frontier(self._size, self._peaks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frontier) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]  # a frontier grows, so it must not be a key of a dictionary

    def __repr__(self) -> str:
        return f"Frontier(size={self._size}, root={self.root().hex()})"
