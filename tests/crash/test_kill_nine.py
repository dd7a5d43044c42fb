"""Two thousand reports while doors and worker are killed at random: every promise is kept, exactly once."""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest

from tests.crash.conftest import python, until_published
from tests.crash.harm import Harm
from tests.crash.reporter import Receipt, Reporter
from tocsin.config.instance import Instance
from tocsin.config.servers import PARTS, Processes, wait_until_ready

SUBMISSIONS = 2_000
REPORTERS = 24
ROUNDS = 2  # how often each way of killing is used
SENT_TWICE = 10  # every tenth form is sent once more after its receipt
SEED = 20_261_125

pytestmark = pytest.mark.crash


class Progress:
    """How many receipts were read; lets the harm wait for a number."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._done = 0

    def one_more(self) -> None:
        with self._changed:
            self._done += 1
            self._changed.notify_all()

    def wait_for(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._done >= number, timeout=300), "the reporters came to a halt"


class Crowd:
    """Reporters who hand in numbered reports, and what they were told."""

    def __init__(self, port: int, progress: Progress) -> None:
        self._port, self._progress = port, progress
        self.receipts: list[Receipt] = []
        self.unlike: list[tuple[str, str]] = []
        self.broken = self.refused = 0

    def hand_in(self, numbers: range) -> None:
        """One reporter's share."""
        reporter = Reporter(self._port)
        for number in numbers:
            text = f"Report {number}: a grey van <stood> at gate {number % 7} & nobody got out. 灰色的车"
            form = reporter.open_form()
            receipt = reporter.send(form, text)
            if number % SENT_TWICE == 0:
                reporter.close()
                again = reporter.send(form, text)
                if again != receipt:
                    self.unlike.append((receipt.words, again.words))
            self.receipts.append(receipt)
            self._progress.one_more()
        reporter.close()
        self.broken += reporter.broken
        self.refused += reporter.refused


def kill_now_and_then(harm: Harm, progress: Progress, chance: Random) -> None:
    """Each way of killing ``ROUNDS`` times, in random order, at random moments while reports arrive."""
    ways = [*harm.ways] * ROUNDS
    chance.shuffle(ways)
    moments = sorted(chance.sample(range(SUBMISSIONS // 50, SUBMISSIONS * 9 // 10), len(ways)))
    for way, moment in zip(ways, moments, strict=True):
        progress.wait_for(moment)
        way()


def storm(instance: Instance, processes: Processes) -> Crowd:
    """All reports handed in, with the harm in between."""
    chance, progress = Random(SEED), Progress()
    crowd = Crowd(instance.public.port, progress)
    with Harm(processes, chance) as harm, ThreadPoolExecutor(REPORTERS + 1) as together:
        wait_until_ready(instance, processes)
        shares = [range(first, SUBMISSIONS, REPORTERS) for first in range(REPORTERS)]
        work = [together.submit(kill_now_and_then, harm, progress, chance)]
        work += [together.submit(crowd.hand_in, share) for share in shares]
        for one in work:
            one.result()
    assert harm.started_again >= 4 * ROUNDS, "four ways of killing end a part, each time"
    return crowd


def publish_the_rest(instance: Instance, processes: Processes) -> None:
    """Start everything once more and wait until the worker has nothing left to do."""
    for part in PARTS:
        processes.start(part)
    try:
        wait_until_ready(instance, processes)
        until_published(instance, processes)
    finally:
        processes.stop()


def standalone(instance: Instance, promise: str, folder: Path) -> int:
    """The verifier that shares no code with us; its exit code."""
    file = folder / "promise.txt"
    file.write_text(promise)
    program = Path(sys.modules["tocsin"].__path__[0]) / "ledger" / "standalone" / "verify_tocsin.py"
    return python(instance.home, str(program), str(instance.log), str(file)).returncode


def test_every_promise_is_kept_exactly_once_whatever_is_killed(instance: Instance, tmp_path: Path) -> None:
    processes = Processes(instance.home)
    crowd = storm(instance, processes)
    assert crowd.broken, "nothing was killed while it mattered"
    assert len(crowd.receipts) == SUBMISSIONS
    assert crowd.unlike == [], "the same form gave two codes"
    publish_the_rest(instance, processes)

    receipts = tmp_path / "receipts.json"
    receipts.write_text(json.dumps([asdict(receipt) for receipt in crowd.receipts]))
    told = python(instance.home, "-m", "tests.crash.inspection", str(receipts))
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["wrong"] == []
    # Each form was sent until its receipt came, so there is one tip and one public entry for each, and no more.
    assert (found["tips"], found["identities"], found["received"], found["pending"]) == (*[SUBMISSIONS] * 3, 0)
    assert found["batches"] > 1

    verified = python(instance.home, "-m", "tocsin", "ledger", "verify")
    assert verified.returncode == 0, verified.stdout
    assert standalone(instance, crowd.receipts[-1].promise, tmp_path) == 0
