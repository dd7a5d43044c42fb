"""What a cleaner that was taken over would try. Runs behind the walls: ``run(Job("…probes", (NAME, …)))``."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SLEEPER = "import sys, time; time.sleep(300)"


def _tried(work: Callable[[], object]) -> str:
    try:
        return f"done: {work()}"
    except OSError as error:
        return f"refused: {error.errno}"


def connect(port: str, local: str) -> object:
    """Reach a listener of the parent by TCP, UDP and a local socket."""

    def tcp() -> object:
        with socket.create_connection(("127.0.0.1", int(port)), timeout=5) as connection:
            return connection.send(b"here")

    def udp() -> object:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            return sender.sendto(b"here", ("127.0.0.1", int(port)))

    def unix() -> object:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(local)
            return connection.send(b"here")

    return {"tcp": _tried(tcp), "udp": _tried(udp), "unix": _tried(unix)}


def environment() -> object:
    """All that is known of the parent's environment."""
    return {"now": dict(os.environ), "at the start": _tried(Path("/proc/self/environ").read_text)}


def write(*places: str) -> object:
    """Write a file into each folder."""
    return [_tried(lambda place=place: Path(place, "written-by-probe").write_text("x")) for place in places]  # type: ignore[misc]  # bound here


def read(path: str) -> object:
    """Read a file of the parent's."""
    return _tried(lambda: Path(path).read_text())


def litter() -> object:
    """Leave files in its own folder."""
    Path("a").write_bytes(bytes(1000))
    Path("b").mkdir()
    Path("b", "c").write_text("plaintext")
    return str(Path.cwd())


def fill(size: str) -> object:
    """Write that many bytes into its own folder."""
    return _tried(lambda: Path("large").write_bytes(bytes(int(size))))


def breed(count: str, mark: str) -> object:
    """Start processes that stay, half of them in sessions of their own; how many there are."""
    started = 0
    for number in range(int(count)):
        try:
            subprocess.Popen([sys.executable, "-I", "-S", "-c", SLEEPER, mark], start_new_session=bool(number % 2))
        except OSError:
            break
        started += 1
    time.sleep(0.2)
    return started


def daemon(mark: str) -> object:
    """Start a process whose parent ends at once, so that it belongs to nobody."""
    if os.fork() == 0:
        os.setsid()
        subprocess.Popen([sys.executable, "-I", "-S", "-c", SLEEPER, mark])
        os._exit(0)
    os.wait()
    return "left"


def linger(mark: str) -> object:
    """The same, and wait for the end of the file."""
    daemon(mark)
    return len(sys.stdin.buffer.read())


def who() -> object:
    """User, rights, and the limits that apply."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        status = ""
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    names = ("RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_CORE")
    return {
        "user": os.getuid(),
        "capabilities": int(told.get("CapEff", "0"), 16),
        "no new privileges": told.get("NoNewPrivs", ""),
        "limits": {name: resource.getrlimit(getattr(resource, name))[0] for name in names},
        "processes seen": sum(entry.name.isdigit() for entry in Path("/proc").iterdir()) if status else None,
    }


def allocate() -> object:
    """Take memory until there is none."""
    held = []
    while True:
        held.append(bytearray(64 * 1024 * 1024))


def pour() -> object:
    """Write for ever."""
    while True:
        sys.stdout.write("x" * 65536)


def babble() -> object:
    """Write findings for ever."""
    while True:
        os.write(3, b"x" * 65536)


def spin() -> object:
    """Compute for ever."""
    while True:
        pass


def sleep() -> object:
    """Wait for ever."""
    time.sleep(300)
    return ""


def hang_up() -> object:
    """Close every pipe, then wait for ever."""
    sys.stdout.flush()
    for handle in (0, 1, 3):
        os.close(handle)
    return sleep()


def crash() -> object:
    """End by a fault in native code."""
    ctypes.string_at(0)
    return ""


def end_itself() -> object:
    """End by a signal."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def attack_parent(process: str) -> object:
    """Send the calling process a signal."""
    return _tried(lambda: os.kill(int(process), 0))


def echo() -> object:
    """Give back what came in."""
    return len(sys.stdin.buffer.read())


def ignore() -> object:
    """End without reading."""
    return "bored"


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(globals()[name](*arguments)))
