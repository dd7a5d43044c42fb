"""Starts the doors and the worker as processes of their own, and ends them together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from tocsin.config.instance import Door, Instance

PARTS = ("worker", "desk", "public")


def serve_door(name: str, door: Door) -> None:
    """Serve one door in this process until it is told to stop.

    No access log: it would keep who asked for what. Several workers share a port; each has its own group commit.
    """
    Server(
        f"tocsin.config.wsgi_{name}:application",
        address=door.address,
        port=door.port,
        interface=Interfaces.WSGI,
        workers=door.workers,
        blocking_threads=door.threads,
        backlog=2048,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()


def serve_worker() -> None:
    """Run the worker in this process until SIGTERM or Ctrl-C."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.config.settings.worker"
    import django

    django.setup()
    from tocsin.config.worker import run

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run(stop)


class Processes:
    """The parts of one installation as child processes."""

    def __init__(self, home: Path, *, extra_environment: Mapping[str, str] | None = None) -> None:
        self._environment = {**os.environ, "TOCSIN_HOME": str(home), **(extra_environment or {})}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, part: str) -> None:
        """Start one part (``public``, ``desk`` or ``worker``) in a process group of its own."""
        self.running[part] = subprocess.Popen(  # noqa: S603  our own interpreter and module, fixed arguments
            [sys.executable, "-m", "tocsin", "serve", part], env=self._environment, start_new_session=True
        )

    def stop(self) -> None:
        """Ask every part to end; end it by force after ten seconds."""
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + 10
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def failed(self) -> str | None:
        """The name of a part that has ended, if any."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)


def wait_until_ready(instance: Instance, *, seconds: float = 30) -> None:
    """Return when both doors answer. Raises ``TimeoutError`` with the door that does not."""
    deadline = time.monotonic() + seconds
    for door in (instance.public, instance.desk):
        url = f"http://{door.address}:{door.port}/healthz"
        while True:
            try:
                with urlopen(url, timeout=2):
                    break
            except (URLError, OSError):
                if time.monotonic() > deadline:
                    raise TimeoutError(url) from None
                time.sleep(0.05)
