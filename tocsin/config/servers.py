"""Starts the doors and the worker as processes of their own, and ends them together."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.log import logger as server_logger
from granian.server import Server

from tocsin.common.errors import Unsafe
from tocsin.config.instance import Door, Instance

PARTS = ("worker", "desk", "public")


def serve_door(name: str, door: Door) -> None:
    """Serve one door in this process until it is told to stop.

    No access log: it would keep who asked for what. Several workers share a port; each has its own group commit.
    Raises ``Unsafe`` when something listens there already.
    """
    require_free(door)
    server_logger.addFilter(_is_news)
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


def _is_news(record: logging.LogRecord) -> bool:
    """Not that there are many threads for few cores: they wait for slow uploads, and that is what they are for."""
    return "Python threads" not in record.getMessage()


def require_free(door: Door) -> None:
    """Raise ``Unsafe`` when nobody can listen at the door's address: two doors would share its visitors unnoticed."""
    with socket.socket(socket.AF_INET6 if ":" in door.address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((door.address, door.port))
        except OSError as taken:
            raise Unsafe(
                f"The door cannot listen at {door.address}:{door.port} ({taken.strerror}). Stop the program that "
                "does, or choose another port in tocsin.toml."
            ) from taken


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
    """The parts of one installation as child processes.

    ``database_urls``: the store by part, where each connects in a role of its own. ``log``: a file for what the parts
    say, instead of the terminal.
    """

    def __init__(
        self,
        home: Path,
        *,
        extra_environment: Mapping[str, str] | None = None,
        database_urls: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self._environment = {**os.environ, "TOCSIN_HOME": str(home), **(extra_environment or {})}
        self._database_urls = database_urls or {}
        self._log = log
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, part: str) -> None:
        """Start one part (``public``, ``desk`` or ``worker``) in a process group of its own; again, if it has ended."""
        if part in self.running:
            self.kill(part)
        own = {"DATABASE_URL": self._database_urls[part]} if part in self._database_urls else {}
        with self._log.open("ab") if self._log else nullcontext() as log:
            self.running[part] = subprocess.Popen(  # noqa: S603  our own interpreter and module, fixed arguments
                [sys.executable, "-m", "tocsin", "serve", part],
                env={**self._environment, **own},
                stderr=log,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """End one part by force with all its processes: those of a door outlive the one that started them."""
        with suppress(ProcessLookupError):
            os.killpg(self.running[part].pid, signal.SIGKILL)
        self.running[part].wait()

    def stop(self) -> None:
        """Ask every part to end; end it by force after ten seconds."""
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + 10
        for part, process in self.running.items():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            self.kill(part)

    def failed(self) -> str | None:
        """The name of a part that has ended, if any."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def require_running(self) -> None:
        """Raise ``Unsafe`` when a part has ended by itself."""
        failed = self.failed()
        if failed:
            raise Unsafe(f"The {failed} process has ended. Its last lines above say why; the others were stopped too.")


@contextmanager
def all_parts(instance: Instance) -> Iterator[Processes]:
    """Every part as a child process, answering; on leaving they end together.

    SIGTERM and a closed terminal leave like Ctrl-C, so that no part outlives the one that started it.
    """
    processes = Processes(instance.home)
    before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        for part in PARTS:
            processes.start(part)
        wait_until_ready(instance, processes)
        yield processes
    finally:
        processes.stop()
        for each, handler in before.items():
            signal.signal(each, handler)


def wait_until_ready(instance: Instance, processes: Processes | None = None, *, seconds: float = 30) -> None:
    """Return when both doors answer. Raises ``TimeoutError`` with the door that does not.

    With ``processes`` it raises ``Unsafe`` as soon as one of them has ended.
    """
    deadline = time.monotonic() + seconds
    for door in (instance.public, instance.desk):
        url = f"http://{door.address}:{door.port}/healthz"
        while True:
            if processes is not None:
                processes.require_running()
            try:
                with urlopen(url, timeout=2):
                    break
            except (URLError, OSError):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{url} did not answer within {seconds:.0f} seconds") from None
                time.sleep(0.05)
