"""A published log folder made with the library alone: no database, one code among strangers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin.ledger.checkpoint import Checkpoint, sign_checkpoint
from tocsin.ledger.leaf import Event, Opening, make_leaf, make_pad
from tocsin.ledger.merkle import Tree, leaf_hash, root
from tocsin.ledger.note import Signer
from tocsin.ledger.promise import make_promise
from tocsin.ledger.receipt import make_receipt
from tocsin.ledger.tiles import write_tiles

ORIGIN = "tips.example/log"
UNIT = "east"
SEED = bytes(range(12))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DUE = NOW + timedelta(days=1)
LATE = DUE + timedelta(seconds=1)


def put(path: Path, data: bytes) -> None:
    """Write without flushing: these tests are not about power cuts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def own_leaf(k_events: bytes, n: int, kind: str = "received", tier: str = "") -> tuple[bytes, Opening]:
    event = Event(kind, "2026-02", tier, UNIT)
    return make_leaf(k_events=k_events, n=n, event=event, private_digest=bytes(32))


@dataclass
class LogFolder:
    """Entries in memory and the same published in ``path``."""

    path: Path
    origin: str = ORIGIN
    log: Signer = field(default_factory=lambda: Signer(ORIGIN, bytes(32)))
    promise: Signer = field(default_factory=lambda: Signer(f"{ORIGIN}/promise", bytes(31) + b"\x01"))
    entries: list[bytes] = field(default_factory=list)

    def grow(self, *leaves: bytes, pads: int = 0) -> LogFolder:
        """Publish ``leaves`` and then some pads."""
        fresh = [*leaves, *(make_pad("2026-02")[0] for _ in range(pads))]
        write_tiles(self.path, fresh, start=len(self.entries), write=put)
        self.entries += fresh
        put(self.path / "keys", f"log {self.log.vkey}\npromise {self.promise.vkey}\nunit {UNIT}\n".encode())
        self.sign()
        return self

    def sign(self, size: int | None = None, root_hash: bytes | None = None) -> None:
        """Publish a checkpoint, by default the true one."""
        head = Checkpoint(
            self.origin,
            len(self.entries) if size is None else size,
            root_hash or root(map(leaf_hash, self.entries)),
        )
        put(self.path / "checkpoint", sign_checkpoint(head, self.log))

    def receipt(self, leaf: bytes, opening: Opening) -> bytes:
        proof = make_receipt(
            index=self.entries.index(leaf),
            hashes=Tree(map(leaf_hash, self.entries)),
            checkpoint=(self.path / "checkpoint").read_bytes(),
            leaf=leaf,
            opening=opening,
        )
        return proof.to_text().encode()

    def promised(self, leaf: bytes, due: datetime = DUE) -> bytes:
        return make_promise(origin=self.origin, leaf_hash=leaf_hash(leaf), due=due, signer=self.promise)
