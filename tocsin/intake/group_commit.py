"""Many waiting reporters, one fsync: concurrent submissions of a process share a durable transaction.

A single writer thread takes whatever has queued up while the previous transaction was being made durable. Nobody is
answered before the commit has returned. When the queue is full the door says so at once; it never promises what it
has not stored.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Protocol

from django.db import close_old_connections

from tocsin.common.errors import Busy
from tocsin.intake.store import BUSY, Job, store

LONGEST_QUEUE = 512
LARGEST_BATCH = 128
LONGEST_WAIT = 20.0  # seconds; a later answer would find nobody waiting
Waiting = tuple[Job, Future[bool]]


class Committer(Protocol):
    """Makes a prepared tip durable."""

    def commit(self, job: Job) -> bool:
        """Whether the tip was new. Returns after it is durable; raises ``Busy`` when nothing was promised."""
        ...


class InlineCommitter:
    """One transaction for each tip, in the caller's thread: for the desk, imports and PostgreSQL's own group commit."""

    def commit(self, job: Job) -> bool:
        """See ``Committer.commit``."""
        return store([job])[0]


class GroupCommitter:
    """One writer thread for each process, started at the first submission (so it survives the server's fork)."""

    def __init__(self, *, longest_queue: int = LONGEST_QUEUE, longest_wait: float = LONGEST_WAIT) -> None:
        self._jobs: queue.Queue[Waiting] = queue.Queue(maxsize=longest_queue)
        self._longest_wait = longest_wait
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def commit(self, job: Job) -> bool:
        """See ``Committer.commit``."""
        self._ensure_thread()
        done: Future[bool] = Future()
        try:
            self._jobs.put_nowait((job, done))
        except queue.Full:
            raise Busy(BUSY) from None
        try:
            return done.result(timeout=self._longest_wait)
        except FutureTimeout:
            # Still queued: it may be stored later, without a promise. Sending the form again finds it (same attempt).
            done.cancel()
            raise Busy(BUSY) from None

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._start:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            batch = [self._jobs.get()]
            while len(batch) < LARGEST_BATCH:
                try:
                    batch.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            self._commit(batch)

    def _commit(self, batch: list[Waiting]) -> None:
        waiting = [(job, done) for job, done in batch if done.set_running_or_notify_cancel()]
        if not waiting:
            return
        close_old_connections()
        try:
            _answer(waiting, store([job for job, _done in waiting]))
        except Exception as fault:
            if len(waiting) == 1 or isinstance(fault, Busy):
                _refuse(waiting, fault)
            else:
                # A row that cannot be stored must not fail its neighbours: everyone once more, alone.
                for one in waiting:
                    self._commit_alone(one)

    def _commit_alone(self, one: Waiting) -> None:
        try:
            _answer([one], store([one[0]]))
        except Exception as fault:
            _refuse([one], fault)


def _answer(waiting: Sequence[Waiting], verdicts: Sequence[bool]) -> None:
    for (_job, done), new in zip(waiting, verdicts, strict=True):
        done.set_result(new)


def _refuse(waiting: Sequence[Waiting], fault: Exception) -> None:
    """Tell every waiter, whatever happened; nothing is hidden."""
    for _job, done in waiting:
        done.set_exception(fault)
