"""A small ledger for tests: its keys, its folders, and the few moves that every test begins with."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from tocsin.ledger import protection, publishing, sequencer, services, startup
from tocsin.ledger.leaf import Event, Opening, make_leaf
from tocsin.ledger.models import Entry
from tocsin.ledger.note import Signer
from tocsin.ledger.publishing import LogKeys
from tocsin.ledger.sequencer import Batch
from tocsin.ledger.startup import LedgerState

ORIGIN = "tips.example/log"
SEALED = b"sealed:"


def seal(opening: bytes) -> bytes:
    """Stands for sealing to the unit's key."""
    return SEALED + opening


def unseal(sealed: bytes | memoryview) -> Opening:
    return Opening.from_bytes(bytes(sealed).removeprefix(SEALED))


def new_leaf(kind: str = "received") -> tuple[bytes, bytes]:
    leaf, opening = make_leaf(
        k_events=secrets.token_bytes(32),
        n=0,
        event=Event(kind, "2026-11", "", ""),
        private_digest=secrets.token_bytes(32),
    )
    return leaf, seal(opening.to_bytes())


def queue(count: int) -> list[bytes]:
    """Let ``count`` new leaves wait; returns them in the order of queueing."""
    rows = [new_leaf() for _ in range(count)]
    with transaction.atomic():
        services.queue_entries(rows)
    return [leaf for leaf, _ in rows]


def kinds() -> list[str]:
    """The kind of every entry, in order."""
    return [unseal(sealed).event.kind for sealed in Entry.objects.order_by("index").values_list("opening", flat=True)]


@contextmanager
def without_triggers() -> Iterator[None]:
    """What an attacker with full rights on the database does first."""
    protection.remove(connection)
    try:
        yield
    finally:
        protection.install(connection)


def tamper(statement: str, *values: Any) -> None:
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        assert cursor.rowcount > 0, "the test changed nothing"


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@dataclass
class SmallLog:
    """One installation: call ``grow`` to queue and sequence, ``publish`` to write its folder."""

    home: Path
    origin: str = ORIGIN
    signer: Signer = field(default_factory=lambda: Signer.generate(ORIGIN))

    @property
    def copy(self) -> Path:
        return self.home / "private" / "checkpoint"

    @property
    def log_dir(self) -> Path:
        return self.home / "log"

    @property
    def keys(self) -> LogKeys:
        return LogKeys(log=[self.signer.vkey], promise=[], unit="Unit")

    def sequence(self, **options: object) -> Batch | None:
        usual = {
            "signer": self.signer,
            "seal": seal,
            "origin": self.origin,
            "checkpoint_copy": self.copy,
            "log_dir": self.log_dir,
        }
        return sequencer.sequence_public(**{**usual, **options})  # type: ignore[arg-type]  # each test says what differs

    def grow(self, count: int) -> Batch:
        queue(count)
        batch = self.sequence()
        assert batch is not None
        return batch

    def publish(self, *, whole: bool = False) -> int:
        return publishing.publish(log_dir=self.log_dir, keys=self.keys, verifier=self.signer.verifier, whole=whole)

    def check(self, *, quick: bool = False) -> LedgerState:
        return startup.check(
            checkpoint_copy=self.copy, log_dir=self.log_dir, verifier=self.signer.verifier, quick=quick
        )
