"""Kills what runs, and starts it again, as a service manager would."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from random import Random

from tocsin.config.servers import PARTS, Processes


class Harm:
    """Kills parts of an installation without warning; a thread of its own starts again whatever has ended."""

    def __init__(self, processes: Processes, chance: Random) -> None:
        self._processes, self._chance = processes, chance
        self._turn, self._over = threading.Lock(), threading.Event()
        self._watch = threading.Thread(target=self._start_again)
        self.started_again = 0
        self.ways: tuple[Callable[[], None], ...] = (
            self.kill_a_process_of_the_door,
            self.kill_the_first_process_of_the_door,
            self.kill_the_door,
            self.kill_the_worker,
            self.kill_the_desk,
        )

    def __enter__(self) -> Harm:
        for part in PARTS:
            self._processes.start(part)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self._processes.stop()

    def kill_a_process_of_the_door(self) -> None:
        """One of the door's workers, in the middle of whatever it does; the door itself starts another."""
        while not self._over.wait(0.02):
            with self._turn:
                workers = _children_of(self._processes.running["public"].pid)
                if workers:
                    _kill(self._chance.choice(workers))
                    return

    def kill_the_first_process_of_the_door(self) -> None:
        """The one that the kernel would choose for want of memory; its workers are left without it."""
        self._when_it_runs("public", lambda: _kill(self._processes.running["public"].pid))

    def kill_the_door(self) -> None:
        """All processes of the door at once."""
        self._when_it_runs("public", lambda: self._processes.kill("public"))

    def kill_the_worker(self) -> None:
        """The process that signs and publishes the ledger."""
        self._when_it_runs("worker", lambda: self._processes.kill("worker"))

    def kill_the_desk(self) -> None:
        """The staff's door."""
        self._when_it_runs("desk", lambda: self._processes.kill("desk"))

    def _when_it_runs(self, part: str, harm: Callable[[], None]) -> None:
        while not self._over.wait(0.02):
            with self._turn:
                if self._processes.running[part].poll() is None:
                    harm()
                    return

    def _start_again(self) -> None:
        while not self._over.wait(0.1):
            with self._turn:
                while failed := self._processes.failed():
                    self._processes.start(failed)
                    self.started_again += 1


def _children_of(process: int) -> list[int]:
    told = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return sorted(int(child) for child in told.stdout.split())


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
