"""Starting and ending the parts of an installation: nothing is left running, and what fails is named."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.common.errors import Unsafe
from tocsin.config.instance import Door, Instance, load_instance
from tocsin.config.servers import Processes, require_free, wait_until_ready
from tocsin.config.tests.command import tocsin


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Give other processes some time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def runs(process: int) -> bool:
    """Whether this process lives; one that has ended and waits to be buried does not."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return bool(told.stdout.strip()) and not told.stdout.strip().startswith("Z")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """What the test starts is ended after it."""
    started = Processes(tmp_path, extra_environment={"TOLD": "extra"})
    yield started
    for part in started.running:
        started.kill(part)


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """``instead("exit 3")``: every part is this shell script instead of ``python -m tocsin serve part``."""

    def replace(script: str) -> None:
        program = tmp_path / "program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))

    return replace


def test_a_part_is_told_its_installation_and_what_was_added(
    processes: Processes, instead: Callable[[str], None], tmp_path: Path
) -> None:
    instead('echo "$TOCSIN_HOME $TOLD $*" > "$TOCSIN_HOME/told"')
    processes.start("desk")
    assert processes.running["desk"].wait(30) == 0
    assert (tmp_path / "told").read_text() == f"{tmp_path} extra -m tocsin serve desk\n"


def test_a_part_that_has_ended_is_named(processes: Processes, instead: Callable[[str], None]) -> None:
    instead('[ "$4" = worker ] && exit 3; exec sleep 600')
    processes.start("desk")
    assert processes.failed() is None
    processes.require_running()
    processes.start("worker")
    processes.running["worker"].wait(30)
    assert processes.failed() == "worker"
    with pytest.raises(Unsafe, match="The worker process has ended"):
        processes.require_running()


def test_stop_asks_and_waits(processes: Processes, instead: Callable[[str], None], tmp_path: Path) -> None:
    instead("""
        trap 'echo done > "$TOCSIN_HOME/told"; exit 0' TERM
        touch "$TOCSIN_HOME/ready"
        while :; do sleep 0.05; done""")
    processes.start("worker")
    until((tmp_path / "ready").exists)
    processes.stop()
    assert processes.running["worker"].returncode == 0
    assert (tmp_path / "told").read_text() == "done\n"


def test_stop_ends_by_force_what_does_not_listen(
    processes: Processes, instead: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead("trap '' TERM; touch \"$TOCSIN_HOME/ready\"; while :; do sleep 0.05; done")
    processes.start("public")
    until((tmp_path / "ready").exists)
    moments = iter(range(0, 10_000, 11))  # each look at the clock is eleven seconds later
    monkeypatch.setattr("tocsin.config.servers.time.monotonic", lambda: next(moments))
    processes.stop()
    assert processes.running["public"].returncode == -signal.SIGKILL


def test_the_processes_of_a_door_do_not_outlive_the_one_that_started_them(
    processes: Processes, instead: Callable[[str], None], tmp_path: Path
) -> None:
    instead('sleep 600 & echo $! > "$TOCSIN_HOME/child"; mv "$TOCSIN_HOME/child" "$TOCSIN_HOME/told"; wait')
    processes.start("public")
    until((tmp_path / "told").exists)
    child = int((tmp_path / "told").read_text())
    os.kill(processes.running["public"].pid, signal.SIGKILL)
    until(lambda: processes.failed() == "public")
    assert runs(child)
    processes.stop()
    until(lambda: not runs(child))


def test_a_part_that_is_started_again_leaves_nothing_of_its_first_life(
    processes: Processes, instead: Callable[[str], None], tmp_path: Path
) -> None:
    instead('sleep 600 & echo $! > "$TOCSIN_HOME/child"; mv "$TOCSIN_HOME/child" "$TOCSIN_HOME/told"; wait')
    processes.start("public")
    until((tmp_path / "told").exists)
    first = int((tmp_path / "told").read_text())
    processes.start("public")
    until(lambda: not runs(first))
    assert processes.failed() is None


def door(port: int, address: str = "127.0.0.1") -> Door:
    return Door(address, port, ("localhost",), workers=1, threads=1, behind_tls=False)


def test_a_door_whose_port_is_taken_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unsafe, match=f"cannot listen at 127.0.0.1:{port}.*choose another port in tocsin.toml"):
            require_free(door(port))
    require_free(door(port))


def test_a_second_door_never_shares_the_port_of_the_first_unnoticed() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as first, pytest.raises(Unsafe, match="cannot listen"):
        require_free(door(first.getsockname()[1]))


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Unsafe, match=r"cannot listen at 192\.0\.2\.7"):
        require_free(door(8000, "192.0.2.7"))


@pytest.fixture
def instance(bare_home: Path) -> Instance:
    """Two doors on ports on which nobody listens."""
    file = bare_home / "tocsin.toml"
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = (one.getsockname()[1], two.getsockname()[1])
    file.write_text(file.read_text().replace("8000", str(ports[0])).replace("8001", str(ports[1])))
    return load_instance(bare_home)


def test_waiting_ends_at_once_when_a_part_has_ended(
    processes: Processes, instead: Callable[[str], None], instance: Instance
) -> None:
    instead("exit 2")
    processes.start("public")
    with pytest.raises(Unsafe, match="The public process has ended"):
        wait_until_ready(instance, processes, seconds=600)


def test_waiting_ends_with_the_door_that_does_not_answer(instance: Instance) -> None:
    with pytest.raises(TimeoutError, match=f"127.0.0.1:{instance.public.port}/healthz did not answer"):
        wait_until_ready(instance, seconds=0)


def test_serving_a_door_whose_port_is_taken_ends_with_code_2(instance: Instance) -> None:
    with socket.create_server(("127.0.0.1", instance.desk.port)):
        told = tocsin("serve", "desk", home=instance.home)
    assert told.code == 2
    assert f"Not started: The door cannot listen at 127.0.0.1:{instance.desk.port}" in told.words
    assert "Traceback" not in told.words
