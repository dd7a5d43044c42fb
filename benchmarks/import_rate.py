"""Reports a second that ``tocsin import`` takes from a file: sealed, durable, in order. On both stores.

    python benchmarks/import_rate.py [--runs 5] [--reports 20000] [--stores sqlite postgresql] [--json]

The real command in a process of its own, its start included. Beside it, in turn with it: the baseline, the same lines
by ``accept_tip`` one after the other (a transaction for each report), and the same file a second time (everything is
stored already). PostgreSQL comes as a Python package and runs on the same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tools.postgresql import temporary_server  # noqa: E402 - a program of its own: the folder must be on the path first

TEXT_WORDS = 100
BASELINE_PART = 10  # the baseline takes every tenth report: it is the slower one
Run = tuple[float, float]
CATEGORIES = ("animal_deaths", "illness_cluster", "system_intrusion", "other")

_ONE_BY_ONE = """
import sys, time
from tocsin.config.boot import boot
boot("public")
from tocsin.access.actors import IMPORT
from tocsin.common import clock
from tocsin.intake.attempts import Attempt
from tocsin.intake.bulk.line_format import parse_line, read_report
from tocsin.intake.bulk.lines import read_lines
from tocsin.intake.services import accept_tip
begun, count = time.perf_counter(), 0
with open(sys.argv[1], "rb") as file:
    for raw in read_lines(file):
        if count == int(sys.argv[3]):
            break
        line = parse_line(raw)
        told = read_report(line, clock.now())
        attempt = Attempt.of_source(f"{sys.argv[2]}:{line.id}")
        accept_tip(actor=IMPORT, submission=told.submission, attempt=attempt, arrived_at=told.arrived_at)
        count += 1
print(count / (time.perf_counter() - begun))
"""
_COUNT = """
from tocsin.config.boot import boot
boot("public")
from tocsin.tips.models import Tip
print(Tip.objects.count())
"""


@dataclass(frozen=True)
class Row:
    """Reports a second on one store: median, lowest and highest of the runs; processor time of all processes."""

    store: str
    what: str
    per_second: float
    lowest: float
    highest: float
    cpu_ms: float


def write_reports(file: Path, count: int) -> None:
    """Made-up letters of about 700 characters, no two alike."""
    from tocsin.vault.words import word_list

    luck, words = random.Random(1), word_list("english").words
    with file.open("w", encoding="utf-8") as lines:
        for number in range(count):
            answers = {"what": " ".join(luck.choices(words, k=TEXT_WORDS)), "where": " ".join(luck.choices(words, k=5))}
            told: dict[str, object] = {"id": f"letters/{number}", "channel": "letter", "answers": answers}
            told |= {
                "category": luck.choice(CATEGORIES),
                "received_on": f"2026-{luck.randint(1, 9):02d}-{luck.randint(1, 28):02d}",
            }
            if number % 5 == 0:
                told["contact"] = "Mia Example, 12 Example Lane"
            lines.write(json.dumps(told) + "\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Measured:
    """One installation on one store, measured from outside."""

    def __init__(self, home: Path, url: str) -> None:
        ours = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
        clean = {name: told for name, told in os.environ.items() if name not in ours}
        self._told = {**clean, "TOCSIN_HOME": str(home), **({"DATABASE_URL": url} if url else {})}
        make = "import sys; from pathlib import Path; from benchmarks.load.installation import make_installation\n"
        self._run("-c", f"{make}make_installation(Path(sys.argv[1]), 'desk')", str(home))

    def _run(self, *arguments: str) -> str:
        told = [sys.executable, *arguments]
        return subprocess.run(told, cwd=ROOT, env=self._told, check=True, stdout=subprocess.PIPE, text=True).stdout

    def by_command(self, file: Path, name: str, count: int) -> Run:
        """The whole command: reports a second, processor milliseconds a report."""
        begun, before = time.perf_counter(), _cpu()
        self._run("-m", "tocsin", "import", str(file), "--source", name)
        return count / (time.perf_counter() - begun), 1000 * (_cpu() - before) / count

    def one_by_one(self, file: Path, name: str, count: int) -> Run:
        """The baseline without the start of its process, but for the processor time."""
        before = _cpu()
        rate = float(self._run("-c", _ONE_BY_ONE, str(file), name, str(count)))
        return rate, 1000 * (_cpu() - before) / count

    def stored(self) -> int:
        """How many reports there are."""
        return int(self._run("-c", _COUNT))


def measure(store: str, folder: Path, file: Path, told: argparse.Namespace) -> list[Row]:
    """All runs on one store. Raises ``AssertionError`` when a report is missing or there twice."""
    with temporary_server() if store == "postgresql" else nullcontext("") as url:
        measured, part = Measured(folder / store, url), told.reports // BASELINE_PART
        rates: dict[str, list[Run]] = {"import": [], "the same file again": [], "one by one (baseline)": []}
        for run in range(told.runs):
            rates["import"].append(measured.by_command(file, f"run-{run}", told.reports))
            rates["one by one (baseline)"].append(measured.one_by_one(file, f"single-{run}", part))
            rates["the same file again"].append(measured.by_command(file, f"run-{run}", told.reports))
        assert measured.stored() == told.runs * (told.reports + part), "a report is missing, or there twice"
    return [_row(store, what, found) for what, found in rates.items()]


def _row(store: str, what: str, found: list[Run]) -> Row:
    rates, cpus = zip(*found, strict=True)
    return Row(store, what, median(rates), min(rates), max(rates), median(cpus))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--json", action="store_true", help="print figures for a program")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_RUNTIME_DIR"] = name  # where the PostgreSQL of the package keeps its sockets
        folder = Path(name)
        file = folder / "letters.jsonl"
        write_reports(file, told.reports)
        size = file.stat().st_size
        rows = [row for store in told.stores for row in measure(store, folder, file, told)]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    if told.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "peak_mb": peak}))
        return
    print(f"{told.reports:,} reports a run ({size / 1e6:.0f} MB), {told.runs} runs, {os.cpu_count()} cores")
    for row in rows:
        rates = f"{row.per_second:9,.0f} a second  ({row.lowest:,.0f} to {row.highest:,.0f})"
        print(f"{row.store:11} {row.what:24} {rates}  {row.cpu_ms:.2f} ms of processor each")
    print(f"largest process: {peak} MB")


if __name__ == "__main__":
    main()
