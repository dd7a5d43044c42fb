"""The Merkle log: appends, roots, proofs, verification, and a whole published folder, beside baselines.

    python benchmarks/ledger.py [--leaves 1000000] [--runs 5] [--json]

Each row is the median of ``--runs`` runs with minimum and maximum, in operations a second of wall time, and
the CPU time of one operation. Baselines of the same run: pymerkle where it is installed, the literal
recursion of RFC 6962 where it is not (on a smaller tree, since it is slow), and the floor: as many
SHA-256 calls as the work needs.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib
import importlib.metadata
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tocsin.ledger.checkpoint import Checkpoint, sign_checkpoint
from tocsin.ledger.leaf import Event, make_leaf, opens
from tocsin.ledger.log_check import check_log
from tocsin.ledger.merkle import (
    Frontier,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tocsin.ledger.note import Signer
from tocsin.ledger.tiles import write_tiles
from tocsin.ledger.trust import Trust

PROOFS = 20_000
SMALL = 20_000
SLOW_PROOFS = 2_000


@dataclass(frozen=True)
class Row:
    """One measured thing: operations per second, and microseconds of CPU for one operation."""

    what: str
    count: int
    per_second: float
    lowest: float
    highest: float
    cpu_us: float


def run(leaves: int, runs: int) -> list[Row]:
    """Measure everything on a tree of ``leaves`` leaves, each thing ``runs`` times."""
    entries = [b"\x01" + number.to_bytes(96, "big") for number in range(leaves)]
    rows = [*_floor(leaves, runs), *_growing(entries, runs)]
    tree = Tree(map(leaf_hash, entries))
    rows += _proving(tree, runs)
    rows += _published(entries, runs)
    rows.append(_openings(min(leaves, 200_000), runs))
    del tree
    rows += _pymerkle(entries, runs) or _recursion(runs)
    return rows


def measure(what: str, count: int, runs: int, work: Callable[[], object]) -> Row:
    """Run ``work``, which does ``count`` operations, ``runs`` times."""
    walls, cpus = [], []
    for _ in range(runs):
        gc.collect()
        with _without_collection():
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    rates = [count / wall for wall in walls]
    return Row(what, count, median(rates), min(rates), max(rates), median(cpus) / count * 1e6)


@contextmanager
def _without_collection() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _floor(leaves: int, runs: int) -> list[Row]:
    sha256, leaf, pair = hashlib.sha256, b"\x00" * 98, b"\x01" * 65

    def hash_all() -> None:
        for _ in range(leaves):
            sha256(leaf).digest()
            sha256(pair).digest()

    return [measure("floor: two SHA-256 calls a leaf", leaves, runs, hash_all)]


def _growing(entries: list[bytes], runs: int) -> list[Row]:
    count, hashes = len(entries), list(map(leaf_hash, entries))

    def append() -> None:
        frontier = Frontier.empty()
        for entry in entries:
            frontier.append(leaf_hash(entry))

    return [
        measure("append one by one (frontier, with leaf hash)", count, runs, append),
        measure("append in bulk (all nodes kept, with leaf hash)", count, runs, lambda: Tree(map(leaf_hash, entries))),
        measure("root over leaf hashes", count, runs, lambda: root(hashes)),
    ]


def _proving(tree: Tree, runs: int) -> list[Row]:
    size, top, luck = tree.size, tree.root(), random.Random(1)
    places = [luck.randrange(size) for _ in range(PROOFS)]
    sizes = [luck.randrange(1, size + 1) for _ in range(PROOFS)]
    proofs = [(index, tree.node(0, index), inclusion_proof(index, size, tree)) for index in places]
    steps = [(old, root_at(old, tree), consistency_proof(old, size, tree)) for old in sizes]

    def prove() -> None:
        for index in places:
            inclusion_proof(index, size, tree)

    def verify() -> None:
        for index, leaf, proof in proofs:
            verify_inclusion(leaf, index, size, proof, top)

    def continue_() -> None:
        for old in sizes:
            consistency_proof(old, size, tree)

    def verify_continued() -> None:
        for old, old_root, proof in steps:
            verify_consistency(old, size, proof, old_root, top)

    return [
        measure("inclusion proofs made", PROOFS, runs, prove),
        measure("inclusion proofs verified", PROOFS, runs, verify),
        measure("consistency proofs made", PROOFS, runs, continue_),
        measure("consistency proofs verified", PROOFS, runs, verify_continued),
    ]


def _published(entries: list[bytes], runs: int) -> list[Row]:
    """Write the static files (not flushed: the disk is not what is measured), then check the folder whole."""
    signer = Signer.generate("bench.example")
    trust = Trust((signer.verifier,))
    head = Checkpoint("bench.example", len(entries), root(map(leaf_hash, entries)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def write(path: Path, data: bytes) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

        written = measure(
            "leaves published as tiles", len(entries), runs, lambda: write_tiles(folder, entries, write=write)
        )
        write(folder / "checkpoint", sign_checkpoint(head, signer))
        return [
            written,
            measure("leaves of a folder checked whole", len(entries), runs, lambda: check_log(folder, trust)),
        ]


def _openings(count: int, runs: int) -> Row:
    event = Event("received", "2026-01", "", "unit")
    made = [make_leaf(k_events=bytes(32), n=n % 65536, event=event, private_digest=bytes(32)) for n in range(count)]

    def check() -> None:
        for leaf, opening in made:
            if not opens(leaf, opening.r_pub, opening.event):
                raise ValueError("an opening does not open its leaf")

    return measure("openings of statistics checked", count, runs, check)


def _pymerkle(entries: list[bytes], runs: int) -> list[Row]:
    """The peer on the same entries; nothing where it is not installed."""
    try:
        peer = importlib.import_module("pymerkle")
    except ImportError:
        return []
    version = importlib.metadata.version("pymerkle")
    grown: list[Any] = []

    def grow() -> None:
        tree = peer.InmemoryTree()
        for entry in entries:
            tree.append_entry(entry)
        grown[:] = [tree]

    appended = measure(f"pymerkle {version}: append one by one", len(entries), runs, grow)
    luck = random.Random(1)
    places = [luck.randrange(1, len(entries) + 1) for _ in range(SLOW_PROOFS)]

    def prove() -> None:
        for index in places:
            grown[0].prove_inclusion(index)

    return [appended, measure(f"pymerkle {version}: inclusion proofs made", len(places), runs, prove)]


def _recursion(runs: int) -> list[Row]:
    hashes = [leaf_hash(number.to_bytes(97, "big")) for number in range(SMALL)]
    places = random.Random(1).sample(range(SMALL), 5)

    def prove() -> None:
        for index in places:
            _rfc_path(index, hashes)

    return [
        measure(f"literal RFC 6962, {SMALL:,} leaves: root", SMALL, runs, lambda: _rfc_root(hashes)),
        measure(f"literal RFC 6962, {SMALL:,} leaves: proofs made", len(places), runs, prove),
    ]


def _rfc_root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _rfc_root(hashes[:half]) + _rfc_root(hashes[half:])).digest()


def _rfc_path(index: int, hashes: list[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    half = 1 << (len(hashes) - 1).bit_length() - 1
    if index < half:
        return [*_rfc_path(index, hashes[:half]), _rfc_root(hashes[half:])]
    return [*_rfc_path(index - half, hashes[half:]), _rfc_root(hashes[:half])]


def table(rows: list[Row]) -> str:
    """The rows for a terminal or a document."""
    lines = [f"{'what':<52} {'a second':>12} {'lowest':>12} {'highest':>12} {'CPU µs each':>12}"]
    lines += [
        f"{row.what:<52} {row.per_second:>12,.0f} {row.lowest:>12,.0f} {row.highest:>12,.0f} {row.cpu_us:>12.2f}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.leaves < 1 or given.runs < 1:
        parser.error("leaves and runs are at least 1")
    rows = run(given.leaves, given.runs)
    print(json.dumps([asdict(row) for row in rows], indent=1) if given.json else table(rows))


if __name__ == "__main__":
    main()
