"""Seals many reports at once. HPKE takes about a millisecond of one core for each, so all cores work.

The processes of the pool are started anew (``spawn``): they hold public keys and the promise signer, never a
connection to the database, and they end when the import ends, also when it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from tocsin.intake.attempts import Attempt
    from tocsin.intake.prepare import PreparedTip
    from tocsin.intake.submission import Submission


@dataclass(frozen=True)
class ToSeal:
    """One report with the try that names it; ``arrived_at`` as for ``prepare``."""

    submission: Submission
    attempt: Attempt
    arrived_at: datetime | None


class Sealer(Protocol):
    """Seals batches, one after the other or several at once; each answer comes for its own batch."""

    at_once: int
    """How many batches it works on together."""

    def seal(self, reports: Sequence[ToSeal]) -> Future[list[PreparedTip]]:
        """The rows of these reports, in their order, when they are ready."""
        ...


def seal_all(reports: Sequence[ToSeal]) -> list[PreparedTip]:
    """Seal ``reports`` in this process."""
    from tocsin.intake.prepare import prepare
    from tocsin.intake.services import promise_signer
    from tocsin.vault.codes import CodeKeys

    signer = promise_signer()
    return [
        prepare(
            submission=each.submission,
            attempt=each.attempt,
            keys=CodeKeys.derive(each.attempt.seed),
            signer=signer,
            arrived_at=each.arrived_at,
        )
        for each in reports
    ]


class OwnSealer:
    """Seals in this process: for few reports, and where there is one core."""

    at_once = 1

    def seal(self, reports: Sequence[ToSeal]) -> Future[list[PreparedTip]]:
        """See ``Sealer.seal``."""
        done: Future[list[PreparedTip]] = Future()
        try:
            done.set_result(seal_all(reports))
        except Exception as fault:
            done.set_exception(fault)
        return done


class PoolSealer:
    """Seals in ``processes`` processes. They start with the second batch: small files never pay for them."""

    def __init__(self, processes: int) -> None:
        self.at_once = processes
        self._first = True
        self._pool = ProcessPoolExecutor(
            processes, mp_context=multiprocessing.get_context("spawn"), initializer=_start_process
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def seal(self, reports: Sequence[ToSeal]) -> Future[list[PreparedTip]]:
        """See ``Sealer.seal``. Raises ``BrokenProcessPool`` when a process was ended from outside."""
        if self._first:
            self._first = False
            return OwnSealer().seal(reports)
        return self._pool.submit(seal_all, reports)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_process() -> None:
    """Become a process of the installation that the environment names, for as long as the one that started it lives.

    A process of a pool waits for work for ever when its parent was killed (python/cpython issue 111873).
    """
    import django

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started it
    django.setup()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
