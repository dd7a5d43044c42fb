"""A large file through real HTTP to the public door: sealed while it arrives, never whole in memory.

    python benchmarks/uploads.py [--runs 5] [--megabytes 100] [--json]

Two ways: with the report on the last page of the guided form, and later through the mailbox. Beside them, in turn: the
same server with an application that reads the body and hashes it. Memory is the resident set (VmRSS) of all processes
of the door together, looked at every 10 ms, above what it was before the upload. Client and server share the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.intake import tocsin_server
from benchmarks.load.browser import Browser
from benchmarks.load.processes import cpu_seconds, free_port, running
from tocsin.config.instance import PUBLIC_THREADS

MB = 1_000_000


@dataclass(frozen=True)
class Row:
    """One way: medians over the runs; ``above_mb`` is the highest of all runs."""

    what: str
    mb_a_second: float
    lowest: float
    highest: float
    cpu_seconds: float
    above_mb: float


def resident(group: int) -> int:
    """Bytes of the resident sets of all processes of a group; pages that they share count for each."""
    total = 0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(path.name)) == group:
                told = (path / "status").read_text()
                total += 1024 * int(told.partition("VmRSS:")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError, IndexError):
            continue  # it ended while we looked
    return total


class Watch:
    """Looks at the memory of a group until the block ends; ``above`` is the highest, less what it was before."""

    def __init__(self, group: int) -> None:
        self._group, self._over = group, threading.Event()
        self.above = 0

    def __enter__(self) -> Watch:
        self._before = resident(self._group)
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            self.above = max(self.above, resident(self._group) - self._before)


@contextmanager
def reading_server(told: argparse.Namespace) -> Iterator[tuple[int, int]]:
    """The floor on the same kind of server: process group and port."""
    port, root = free_port(), Path(__file__).resolve().parents[1]
    arguments = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    arguments += ["--workers", str(told.workers), "--blocking-threads", str(told.threads), "--log-level", "error"]
    with running([*arguments, "benchmarks.load.reading:application"], port, {"PYTHONPATH": str(root)}) as group:
        yield group, port


def with_the_report(port: int, content: bytes) -> Callable[[], None]:
    """Ready to send the last page of the guided form with the file."""
    browser = Browser(port)
    fields = browser.walk_to_the_last_page()

    def send() -> None:
        browser.post_file("/en/report/steps", fields, content)
        if len(browser.words.split()) != 9 or "film.bin" not in browser.page:
            raise RuntimeError("no receipt, or the file was not taken")

    return send


def through_the_mailbox(port: int, content: bytes) -> Callable[[], None]:
    """Ready to add the file to a report of yesterday."""
    browser = Browser(port)
    browser.post("/en/report/steps", browser.walk_to_the_last_page())
    words = browser.words
    browser.get("/en/mailbox")
    browser.post("/en/mailbox", {**browser.hidden, "words": words}, wanted=302)
    browser.get(browser.location)
    fields = {"csrfmiddlewaretoken": browser.hidden["csrfmiddlewaretoken"]}

    def send() -> None:
        browser.post_file("/en/mailbox/files", fields, content)
        if "film.bin" not in browser.page:
            raise RuntimeError("the file was not taken")

    return send


def only_read(port: int, content: bytes) -> Callable[[], None]:
    """Ready to send the same bytes to the floor."""
    browser = Browser(port)
    return lambda: browser.post_file("/", {}, content)


Way = Callable[[int, bytes], Callable[[], None]]


def measure(what: str, way: Way, server: tuple[int, int], told: argparse.Namespace) -> Row:
    """``told.runs`` uploads one after the other, each by a new visitor."""
    group, port = server
    content = os.urandom(told.megabytes * MB)
    way(port, content[:MB])()  # warm: code that the first file loads
    rates, cpus, above = [], [], 0
    for _ in range(told.runs):
        send = way(port, content)
        time.sleep(0.3)
        before = cpu_seconds(group)
        with Watch(group) as watch:
            begun = time.perf_counter()
            send()
            rates.append(told.megabytes / (time.perf_counter() - begun))
        cpus.append(cpu_seconds(group) - before)
        above = max(above, watch.above)
    return Row(what, median(rates), min(rates), max(rates), median(cpus), above / MB)


def run(told: argparse.Namespace) -> list[Row]:
    """Everything."""
    with tempfile.TemporaryDirectory(dir=told.folder) as name:
        door = tocsin_server(Path(name) / "home", told.workers, told.threads)
        with door as server, reading_server(told) as floor:
            return [
                measure("with the report", with_the_report, server, told),
                measure("through the mailbox", through_the_mailbox, server, told),
                measure("floor: read and SHA-256", only_read, floor, told),
            ]


def table(rows: list[Row]) -> str:
    """The figures for a terminal or a document."""
    heads = ("MB/s", "lowest", "highest", "CPU s", "above idle MB")
    lines = [f"{'what':<28}" + "".join(f"{head:>15}" for head in heads)]
    lines += [
        f"{row.what:<28}{row.mb_a_second:>15.0f}{row.lowest:>15.0f}{row.highest:>15.0f}{row.cpu_seconds:>15.2f}"
        f"{row.above_mb:>15.1f}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2, help="processes of the public door")
    parser.add_argument("--threads", type=int, default=PUBLIC_THREADS, help="threads of each process")
    parser.add_argument("--folder", default=None, help="where to write: the disk to be measured")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    rows = run(told)
    print(json.dumps([asdict(row) for row in rows], indent=1) if told.json else table(rows))


if __name__ == "__main__":
    main()
