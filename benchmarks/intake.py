"""Complete reports a second through real HTTP: form page, sending, receipt; sealed, and durable before the answer.

    python benchmarks/intake.py [--runs 5] [--seconds 10] [--clients 1 16 64] [--json]

Beside it, on the same disk and in turn with it: the floor (the same server, one durable 4 KB row a request) and a bare
loop of ``fsync``. Client and server share the machine. After the runs every report whose receipt was delivered is
counted in the database.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.load.client import Insert, Load, Report, run_load
from benchmarks.load.installation import make_installation
from benchmarks.load.processes import cpu_seconds, free_port, running
from tocsin.config.instance import PUBLIC_THREADS

TEXT_WORDS = 120


@dataclass(frozen=True)
class Row:
    """One load: medians over the runs, with the lowest and highest rate."""

    what: str
    clients: int
    per_second: float
    lowest: float
    highest: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    failed: int


@dataclass(frozen=True)
class Found:
    """All figures of one call: loads, flushes a second, milliseconds and bytes of pages, rows in the database."""

    rows: list[Row]
    fsync: list[float]
    page_ms: dict[str, float]
    page_bytes: int
    stored: int
    queued: int


class Texts:
    """Made-up reports of about 700 characters, no two alike."""

    def __init__(self) -> None:
        from tocsin.vault.words import word_list

        self._words, self._luck = word_list("english").words, random.Random(1)

    def __call__(self) -> str:
        """The next text."""
        return " ".join(self._luck.choices(self._words, k=TEXT_WORDS))


def fsyncs_a_second(folder: Path, seconds: float) -> float:
    """How often 4 KB can be appended and flushed here, one after the other."""
    path, block, count = folder / "fsync.bin", os.urandom(4096), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    begun = time.perf_counter()
    while (taken := time.perf_counter() - begun) < seconds:
        os.write(handle, block)
        os.fsync(handle)
        count += 1
    os.close(handle)
    path.unlink()
    return count / taken


@contextmanager
def tocsin_server(home: Path, workers: int, threads: int) -> Iterator[tuple[int, int]]:
    """A fresh installation without samples, its public door running: process group and port."""
    port = free_port()
    make_installation(home, "public", settings=_shape(workers, threads), public_port=port)
    with running(["-m", "tocsin", "serve", "public"], port, {"TOCSIN_HOME": str(home)}) as group:
        yield group, port


def _shape(workers: int, threads: int) -> str:
    return f"workers = {workers}\nthreads = {threads}\n"


@contextmanager
def floor_server(folder: Path, workers: int, threads: int) -> Iterator[tuple[int, int]]:
    """The floor on the same kind of server: process group and port."""
    port, database = free_port(), folder / "floor.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, body BLOB)")
    arguments = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--workers", str(workers), "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning"]
    arguments += ["benchmarks.load.floor:application"]
    root = Path(__file__).resolve().parents[1]
    with running(arguments, port, {"FLOOR_DATABASE": str(database), "PYTHONPATH": str(root)}) as group:
        yield group, port


def measure(what: str, server: tuple[int, int], report: Report, clients: int, told: argparse.Namespace) -> Row:
    """``told.runs`` runs of one load."""
    group, port = server
    run_load(("127.0.0.1", port), report, clients=clients, seconds=1)  # warm: caches, connections
    loads: list[Load] = []
    cpus: list[float] = []
    for _ in range(told.runs):
        before = cpu_seconds(group)
        loads.append(run_load(("127.0.0.1", port), report, clients=clients, seconds=told.seconds))
        cpus.append(1000 * (cpu_seconds(group) - before) / max(1, len(loads[-1].seconds)))
    rates = [load.per_second for load in loads]
    return Row(
        what,
        clients,
        median(rates),
        min(rates),
        max(rates),
        median(load.percentile(0.5) for load in loads),
        median(load.percentile(0.99) for load in loads),
        median(cpus),
        sum(len(load.failed) for load in loads),
    )


def page_times(port: int) -> dict[str, float]:
    """Milliseconds to load a page, one after the other, client included: median of 200."""
    taken: dict[str, float] = {}
    for name in ("en/", "en/report", "zh-hans/report"):
        seconds = []
        for _ in range(200):
            begun = time.perf_counter()
            _load(port, f"/{name}")
            seconds.append(time.perf_counter() - begun)
        taken[name] = 1000 * median(seconds)
    return taken


def page_weight(port: int) -> int:
    """Bytes on the wire of the form page with everything that it refers to, as a browser asks for them."""
    page = _load(port, "/en/report")
    linked = sorted(set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', page)))
    return len(page) + sum(len(_load(port, path.decode())) for path in linked)


def _load(port: int, path: str) -> bytes:
    asked = Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "br, gzip"})
    with urlopen(asked, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def run(told: argparse.Namespace) -> Found:
    """Everything."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=told.folder) as name:
        folder = Path(name)
        home, shape = folder / "home", (told.workers, told.threads)
        fsync = [fsyncs_a_second(folder, 1) for _ in range(told.runs)]
        with tocsin_server(home, *shape) as server, floor_server(folder, *shape) as floor:
            report = Report("/en/report", f"127.0.0.1:{server[1]}", Texts())
            insert = Insert("/", "127.0.0.1", lambda: "")
            times, weight = page_times(server[1]), page_weight(server[1])
            for clients in told.clients:
                rows.append(measure("complete report", server, report, clients, told))
                rows.append(measure("floor: one durable 4 KB row", floor, insert, clients, told))
        with sqlite3.connect(home / "db" / "tocsin.sqlite3") as connection:
            stored = connection.execute("SELECT count(*) FROM tips_tip").fetchone()[0]
            queued = connection.execute("SELECT count(*) FROM ledger_pending").fetchone()[0]
    return Found(rows, fsync, times, weight, stored, queued)


def table(found: Found) -> str:
    """The figures for a terminal or a document."""
    heads = ("clients", "a second", "lowest", "highest", "p50 ms", "p99 ms", "CPU ms", "failed")
    lines = [f"{'what':<28}" + "".join(f"{head:>9}" for head in heads)]
    lines += [
        f"{row.what:<28}{row.clients:>9}{row.per_second:>9,.0f}{row.lowest:>9,.0f}{row.highest:>9,.0f}"
        f"{row.p50_ms:>9.1f}{row.p99_ms:>9.1f}{row.cpu_ms:>9.2f}{row.failed:>9}"
        for row in found.rows
    ]
    fsync = found.fsync
    times = ", ".join(f"/{name} {taken:.1f} ms" for name, taken in found.page_ms.items())
    return "\n".join(
        [
            *lines,
            f"bare fsync of 4 KB: {median(fsync):,.0f} a second ({min(fsync):,.0f} to {max(fsync):,.0f})",
            f"one page after the other, client included: {times}",
            f"form page with its styles, compressed: {found.page_bytes / 1000:.1f} KB",
            f"stored reports: {found.stored:,}; ledger leaves that wait: {found.queued:,}",
        ]
    )


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--workers", type=int, default=2, help="processes of the public door")
    parser.add_argument("--threads", type=int, default=PUBLIC_THREADS, help="threads of each process")
    parser.add_argument("--folder", default=None, help="where to write: the disk to be measured")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    found = run(told)
    print(json.dumps(asdict(found), indent=1) if told.json else table(found))


if __name__ == "__main__":
    main()
