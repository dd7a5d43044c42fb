"""Run as ``python -m tests.crash.dying_worker MODULE NAME CALLS``: the worker, killed when it calls that function.

``CALLS`` calls are let through first. It ends by SIGKILL, or with code 0 when the function was not called so often.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tocsin.config.boot import boot


def dies(function: Callable[..., Any], calls: int) -> Callable[..., Any]:
    """``function``, but the process is killed instead of call number ``calls`` (from 0)."""
    left = [calls]

    def perhaps(*told: Any, **more: Any) -> Any:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return function(*told, **more)

    return perhaps


def main(module: str, name: str, calls: int) -> None:
    """One round of the real worker with one function that kills."""
    boot("worker")
    place = import_module(module)
    setattr(place, name, dies(getattr(place, name), calls))
    from tocsin.config import worker

    stop = threading.Event()
    one_round = worker._round

    def only_one(desk: worker.LedgerDesk) -> None:
        one_round(desk)
        stop.set()

    worker._round = only_one
    worker.run(stop)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
