"""Fifty reports a second while staff work: how long reporters wait, and how long the inbox takes.

    python benchmarks/surge.py [--seconds 60] [--rate 50] [--json]

All three processes of an installation run. Each report is form page, sending and receipt on a connection of its own; it
is begun when its turn comes, whether the earlier ones are finished or not, and its time counts from that moment. One
member of staff loads the inbox each second. Client and servers share the machine.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.load.browser import Browser
from benchmarks.load.installation import make_installation
from benchmarks.load.processes import free_port
from tocsin.config.instance import Instance, load_instance
from tocsin.config.servers import all_parts

WHAT = "Three men loaded cages from a lorry without plates into the old dairy. " * 8


@dataclass(frozen=True)
class Row:
    """How often, and milliseconds."""

    what: str
    count: int
    failed: int
    p50_ms: float
    p95_ms: float
    worst_ms: float


@dataclass(frozen=True)
class Found:
    """The rows, and what the database holds afterwards."""

    rows: list[Row]
    stored: int
    waiting: int


@contextmanager
def installation(home: Path) -> Iterator[Instance]:
    """A fresh one without samples, all its parts running; the ledger is published every ten seconds."""
    from tocsin.config.demo_people import PEOPLE

    make_installation(home, "desk", people=PEOPLE, public_port=free_port(), desk_port=free_port(), batch_seconds=10)
    from tocsin.config.setup import add_people

    add_people(PEOPLE)
    instance = load_instance(home)
    with all_parts(instance) as processes:
        yield instance
        processes.require_running()


class Times:
    """Seconds of what was finished; ``failed`` counts the rest."""

    def __init__(self, what: str) -> None:
        self._what, self._seconds, self._failed = what, list[float](), 0
        self._turn = threading.Lock()

    @contextmanager
    def taken(self, begun: float) -> Iterator[None]:
        """Count what is done inside, from ``begun`` on."""
        try:
            yield
        except (OSError, RuntimeError):
            with self._turn:
                self._failed += 1
            return
        with self._turn:
            self._seconds.append(time.perf_counter() - begun)

    def row(self) -> Row:
        """The figures."""
        ordered = sorted(self._seconds) or [0.0]
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        half, worst = median(ordered), ordered[-1]
        return Row(self._what, len(self._seconds), self._failed, 1000 * half, 1000 * p95, 1000 * worst)


def report(port: int, begun: float, times: Times) -> None:
    """One reporter."""
    with times.taken(begun):
        browser = Browser(port)
        browser.get("/en/report")
        browser.post("/en/report", {**browser.hidden, "category": "other", "what": WHAT})
        if len(browser.words.split()) != 9:
            raise RuntimeError("no receipt")
        browser.close()


def watch_the_inbox(staff: Browser, times: Times, over: threading.Event) -> None:
    """One load each second."""
    while not over.wait(1):
        with times.taken(time.perf_counter()):
            staff.get("/inbox")


def signed_in(instance: Instance) -> Browser:
    """Somebody at the desk, with the reports unlocked."""
    from tocsin.config.demo_people import PASSWORD, UNIT_PASSPHRASE

    staff = Browser(instance.desk.port)
    staff.get("/sign-in")
    staff.post("/sign-in", {**staff.hidden, "username": "ines", "password": PASSWORD}, wanted=302)
    staff.get("/sign-in/second-factor")
    staff.post("/sign-in/second-factor", {**staff.hidden, "code": _code_on(staff.page)}, wanted=302)
    staff.get("/unlock")
    staff.post("/unlock", {**staff.hidden, "passphrase": UNIT_PASSPHRASE}, wanted=302)
    return staff


def _code_on(page: str) -> str:
    """The code that a demonstration shows on the page that asks for it."""
    found = re.search(r'class="tocsin-code">(\d+)<', page)
    if found is None:
        raise RuntimeError("this is no demonstration: it shows no code")
    return found[1]


def run(told: argparse.Namespace) -> Found:
    """Everything."""
    reports, inbox, over = Times("report, from its turn"), Times("inbox"), threading.Event()
    with (
        tempfile.TemporaryDirectory(dir=told.folder) as name,
        installation(Path(name) / "home") as instance,
        ThreadPoolExecutor(200) as together,
    ):
        together.submit(watch_the_inbox, signed_in(instance), inbox, over)
        begun = time.perf_counter()
        for number in range(told.seconds * told.rate):
            turn = begun + number / told.rate
            time.sleep(max(0.0, turn - time.perf_counter()))
            together.submit(report, instance.public.port, turn, reports)
        over.set()
        together.shutdown()
        with sqlite3.connect(instance.database) as store:
            stored = store.execute("SELECT count(*) FROM tips_tip").fetchone()[0]
            waiting = store.execute("SELECT count(*) FROM ledger_pending").fetchone()[0]
    return Found([reports.row(), inbox.row()], stored, waiting)


def table(found: Found) -> str:
    """The figures for a terminal or a document."""
    lines = [f"{'what':<28}" + "".join(f"{head:>10}" for head in ("count", "failed", "p50 ms", "p95 ms", "worst ms"))]
    lines += [
        f"{row.what:<28}{row.count:>10}{row.failed:>10}{row.p50_ms:>10.1f}{row.p95_ms:>10.1f}{row.worst_ms:>10.1f}"
        for row in found.rows
    ]
    return "\n".join([*lines, f"stored reports: {found.stored:,}; ledger leaves that wait: {found.waiting:,}"])


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=50, help="reports a second")
    parser.add_argument("--folder", default=None, help="where to write")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    found = run(told)
    print(json.dumps(asdict(found), indent=1) if told.json else table(found))


if __name__ == "__main__":
    main()
