"""Server processes of a benchmark: free ports, waiting until they answer, the CPU time of a whole process group."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def running(arguments: Sequence[str], port: int, environment: Mapping[str, str]) -> Iterator[int]:
    """Run ``python`` with ``arguments`` in a process group of its own until the block ends; its group."""
    process = subprocess.Popen([sys.executable, *arguments], env={**os.environ, **environment}, start_new_session=True)
    try:
        _wait(process, port)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                time.sleep(1.5)  # the other worker processes load their code
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start within a minute")


def cpu_seconds(group: int) -> float:
    """CPU time used so far by all living processes of a group (user and system); 0 where there is no /proc."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = path.read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(told[2]) == group:
            total += int(told[11]) + int(told[12])
    return total / _TICKS
