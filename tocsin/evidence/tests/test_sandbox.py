from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tocsin.evidence import sandbox
from tocsin.evidence.confinement import STRONGEST_FIRST, Confinement
from tocsin.evidence.limits import MIB, Limits
from tocsin.evidence.pipes import MOST_FINDINGS, Ending
from tocsin.evidence.sandbox import Job, Ran
from tocsin.evidence.tests.probes import SLEEPER

ROOT = Path(__file__).resolve().parents[3]
SMALL = Limits(
    input_bytes=2 * MIB,
    output_bytes=MIB,
    folder_bytes=16 * MIB,
    memory_bytes=512 * MIB,
    wall_seconds=60.0,
    cpu_seconds=20,
    processes=24,
    weakest=Confinement.LIMITS,
)
QUICK = Limits(output_bytes=MIB, folder_bytes=MIB, wall_seconds=1.5, cpu_seconds=20, weakest=Confinement.LIMITS)


def behind(*walls: Confinement) -> pytest.MarkDecorator:
    """Run a test behind each of these walls that this machine can build; those it cannot are named as skipped."""
    marks = [
        pytest.param(each, marks=() if sandbox.works(each) else pytest.mark.skip(f"{each} cannot be built here"))
        for each in walls
    ]
    return pytest.mark.parametrize("walls", marks, ids=str)


EVERY = tuple(Confinement)
HIDING = tuple(each for each in Confinement if each.hides_files)
CUTTING = tuple(each for each in Confinement if each.cuts_network)


def run(name: str, *arguments: str, walls: Confinement, limits: Limits = SMALL, source: Any = ()) -> Ran:
    return sandbox.run(Job("tocsin.evidence.tests.probes", (name, *arguments)), source, limits, walls)


# A process that runs a probe on a file whose end never comes.
CALLER = """
import time
from tocsin.evidence.sandbox import *
def waiting():
    yield b""
    time.sleep(300)
run(Job("tocsin.evidence.tests.probes", ({probe!r}, {mark!r})), waiting(), Limits(), Confinement({walls!r}))
"""


def told(ran: Ran) -> Any:
    assert ran.ending is Ending.FINISHED, ran
    return json.loads(ran.output)


def alive(mark: str) -> list[str]:
    """Processes of the whole machine that carry ``mark`` in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def begun(mark: str, sign: str) -> bool:
    """Whether a second process with the mark is there and, if a sign is asked for, one that shows it too."""
    found = alive(mark)
    with suppress(OSError):
        return len(found) > 1 and any(
            sign.encode() in Path("/proc", process, "cmdline").read_bytes() for process in found
        )
    return False


def settled(true: Callable[[], bool], every: float = 0.05) -> bool:
    """Whether it becomes true soon: what is killed stays visible until its parent has noticed."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(every)
    return False


def gone(mark: str) -> bool:
    """Whether no process carries the mark any more."""
    return settled(lambda: not alive(mark))


# Which walls there are.


def test_the_strongest_walls_are_taken_and_every_result_says_which() -> None:
    best = sandbox.strongest()
    assert best is next(each for each in STRONGEST_FIRST if sandbox.works(each))
    assert sandbox.run(Job("tocsin.evidence.confined.ready"), (), SMALL).confinement is best


def test_the_weakest_walls_are_always_there() -> None:
    assert sandbox.works(Confinement.LIMITS)


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces and Landlock are Linux")
def test_on_linux_something_better_than_limits_stands() -> None:
    """Fails on purpose in a container that forbids everything: whoever runs the tests there should know."""
    assert sandbox.strongest() is not Confinement.LIMITS


def test_walls_have_an_order() -> None:
    assert [each.strength for each in STRONGEST_FIRST] == [3, 2, 1, 0]
    assert STRONGEST_FIRST[0] is Confinement.BUBBLEWRAP


def test_walls_that_cannot_be_built_let_nothing_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sandbox._readable
    monkeypatch.setattr(sandbox, "_readable", lambda programs: [*real(programs), "/no/such/folder"])
    for walls in (Confinement.NAMESPACES, Confinement.LANDLOCK):
        if sandbox.works(walls):
            ran = run("ignore", walls=walls)
            assert (ran.ending, ran.output) == (Ending.NO_WALLS, b"")


# The network.


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[tuple[str, str, list[socket.socket]]]:
    """A port for TCP and UDP and a local socket; nobody takes calls."""
    tcp, udp, local = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)
    with tempfile.TemporaryDirectory() as short, tcp, udp, local:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        path = str(Path(short, "s"))
        local.bind(path)
        Path(path).chmod(0o777)
        Path(short).chmod(0o755)
        for each in (tcp, local):
            each.listen()
        for each in (tcp, udp, local):
            each.setblocking(False)
        yield str(tcp.getsockname()[1]), path, [tcp, local, udp]


def called(listening: socket.socket) -> bool:
    try:
        if listening.type == socket.SOCK_DGRAM:
            listening.recv(100)
        else:
            listening.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@behind(*CUTTING)
def test_no_packet_leaves_and_no_local_socket_is_reached(walls: Confinement, listener: Any) -> None:
    port, local, (tcp, unix, udp) = listener
    answers = told(run("connect", port, local, walls=walls))
    assert answers["tcp"].startswith("refused"), answers
    assert answers["unix"].startswith("refused"), answers
    assert not called(tcp)
    assert not called(unix)
    assert not called(udp)


@behind(Confinement.LANDLOCK)
def test_landlock_refuses_tcp(walls: Confinement, listener: Any) -> None:
    port, local, (tcp, _unix, _udp) = listener
    from tocsin.evidence.confined import kernel

    if kernel.landlock_version() < 4:
        pytest.skip("this kernel's Landlock is too old for rules about TCP")
    assert told(run("connect", port, local, walls=walls))["tcp"].startswith("refused")
    assert not called(tcp)


@behind(Confinement.LIMITS)
def test_limits_alone_cut_nothing_and_say_so(walls: Confinement, listener: Any) -> None:
    """The probe does reach its target where nothing stands between: so the tests above prove something."""
    port, local, (tcp, unix, udp) = listener
    assert set(told(run("connect", port, local, walls=walls)).values()) == {"done: 4"}
    assert called(tcp)
    assert called(unix)
    assert called(udp)
    assert not walls.cuts_network
    assert not walls.hides_files


# The environment, the files, the rights.


@behind(*EVERY)
def test_the_environment_is_empty(walls: Confinement, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SECRET", "canary-in-the-environment")
    found = told(run("environment", walls=walls))
    assert found["now"] == {}
    assert "canary" not in found["at the start"]


@behind(*HIDING)
def test_no_file_outside_its_folder_can_be_written(walls: Confinement, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    places = [
        str(tmp_path),
        "/",
        "/etc",
        "/usr",
        "/root",
        "/dev",
        "/dev/shm",
        "/var/tmp",
        str(ROOT / "tocsin/evidence"),
    ]
    answers = told(run("write", *places, walls=walls))
    assert all(answer.startswith("refused") for answer in answers), dict(zip(places, answers, strict=True))
    assert not any(os.path.lexists(Path(place, "written-by-probe")) for place in places)


@behind(*HIDING)
@pytest.mark.parametrize("path", ["/etc/passwd", str(ROOT / "pyproject.toml"), "/proc/1/environ"])
def test_files_of_the_machine_cannot_be_read(walls: Confinement, path: str) -> None:
    answer = told(run("read", path, walls=walls))
    assert answer.startswith("refused") or (answer == "done: " and path.startswith("/proc"))


@behind(*HIDING)
def test_a_secret_beside_the_source_tree_stays_one(walls: Confinement, tmp_path: Path) -> None:
    secret = tmp_path / "unit.key"
    secret.write_text("canary-key")
    tmp_path.chmod(0o755)
    assert told(run("read", str(secret), walls=walls)).startswith("refused")


@behind(*EVERY)
def test_no_right_is_left(walls: Confinement) -> None:
    found = told(run("who", walls=walls))
    if sys.platform == "linux" and (walls is not Confinement.LANDLOCK):  # Landlock hides /proc, which tells it
        assert found["capabilities"] == 0
        assert found["no new privileges"] == "1"
    if walls.cuts_network:
        assert found["user"] != 0, "a child of root must not stay root"
        assert found["processes seen"] <= 3, "the child sees itself and its two first processes"


@behind(*EVERY)
def test_the_limits_stand(walls: Confinement) -> None:
    limits = told(run("who", walls=walls))["limits"]
    assert limits["RLIMIT_CPU"] == SMALL.cpu_seconds
    assert limits["RLIMIT_FSIZE"] == SMALL.folder_bytes
    assert limits["RLIMIT_NOFILE"] == SMALL.open_files
    assert limits["RLIMIT_CORE"] == 0
    if sys.platform == "linux":
        assert limits["RLIMIT_AS"] == SMALL.memory_bytes
    assert limits["RLIMIT_NPROC"] >= SMALL.processes


@behind(*HIDING)
def test_the_calling_process_cannot_be_touched(walls: Confinement) -> None:
    from tocsin.evidence.confined import kernel

    if walls is Confinement.LANDLOCK and kernel.landlock_version() < 6:
        pytest.skip("this kernel's Landlock is too old for rules about signals")
    assert told(run("attack_parent", str(os.getpid()), walls=walls)).startswith("refused")


# Nothing stays.


def leftovers() -> set[str]:
    folders = [Path(tempfile.gettempdir()), Path("/dev/shm"), Path("/var/tmp")]
    return {str(path) for folder in folders if folder.is_dir() for path in folder.glob("tocsin-*")}


@behind(*EVERY)
@pytest.mark.parametrize("probe", ["litter", "crash"])
def test_nothing_is_left_in_temporary_folders(walls: Confinement, probe: str) -> None:
    before = leftovers()
    run(probe, walls=walls)
    assert leftovers() == before


@behind(*EVERY)
def test_the_folder_lies_in_memory(walls: Confinement) -> None:
    if not sandbox.folder_is_memory(walls):
        pytest.skip("this machine has no folder in memory, and then nothing that needs one is run")
    place = told(run("litter", walls=walls))
    assert place == "/tmp" if walls.cuts_network else place.startswith("/dev/shm/")


@behind(*EVERY)
def test_the_folder_has_an_end(walls: Confinement) -> None:
    assert run("fill", str(4 * MIB), walls=walls).ending is Ending.FINISHED
    ran = run("fill", str(40 * MIB), walls=walls)
    assert ran.ending is Ending.CRASHED or json.loads(ran.output).startswith("refused")


@behind(*EVERY)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("probe", [("breed", "6"), ("daemon",)], ids=lambda probe: probe[0])
def test_every_process_that_was_started_is_gone(walls: Confinement, probe: tuple[str, ...]) -> None:
    mark = f"mark-{uuid.uuid4()}"
    ran = run(*probe, mark, walls=walls)
    assert ran.ending is Ending.FINISHED
    assert gone(mark)


@behind(*EVERY)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_processes_are_limited(walls: Confinement) -> None:
    if os.geteuid() == 0 and not walls.cuts_network:
        pytest.skip("the kernel does not count root's processes, and root keeps its name behind these walls")
    mark = f"mark-{uuid.uuid4()}"
    started = told(run("breed", "60", mark, walls=walls))
    # Behind the weaker walls other processes of the same user count too, and they come and go.
    assert 1 <= started <= (SMALL.processes if walls.cuts_network else 59)
    assert gone(mark)


@behind(*EVERY)
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal on a parent's death is Linux")
@pytest.mark.parametrize("moment", ["at once", "a little later", "in the middle"])
def test_it_ends_when_the_calling_process_is_killed(walls: Confinement, moment: str) -> None:
    """Also when it was killed while the walls were still being built, and nothing had asked to be told of its death."""
    before = leftovers()
    probe, sign = ("linger", SLEEPER) if moment == "in the middle" else ("daemon", "")
    for attempt in range(1 if sign else 6):
        mark = f"mark-{uuid.uuid4()}"
        code = CALLER.format(probe=probe, mark=mark, walls=walls.value)
        caller = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
        try:
            assert settled(partial(begun, mark, sign), every=0.001)
            time.sleep(0.001 * attempt if moment == "a little later" else 0)
        finally:
            caller.kill()
            caller.wait()
        assert gone(mark)
        assert settled(lambda: leftovers() <= before), "a folder of a killed process is nobody's to tidy up later"


# Whatever it does, it is a result.


@behind(*EVERY)
@pytest.mark.parametrize("probe", ["crash", "end_itself", "no_such_probe", "allocate"])
def test_a_crash_is_a_result(walls: Confinement, probe: str) -> None:
    assert run(probe, walls=walls).ending is Ending.CRASHED


@behind(*EVERY)
@pytest.mark.parametrize("probe", ["sleep", "hang_up"])
def test_too_long_by_the_clock_is_a_result(walls: Confinement, probe: str) -> None:
    assert run(probe, walls=walls, limits=QUICK).ending is Ending.TOO_LONG


@behind(*EVERY)
def test_too_much_computing_is_a_result(walls: Confinement) -> None:
    limits = Limits(wall_seconds=60.0, cpu_seconds=1, weakest=Confinement.LIMITS)
    assert run("spin", walls=walls, limits=limits).ending is Ending.TOO_LONG


@behind(*EVERY)
def test_output_without_end_is_cut_and_the_caller_holds_no_more_than_the_limit(walls: Confinement) -> None:
    tracemalloc.start()
    try:
        ran = run("pour", walls=walls)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (ran.ending, len(ran.output)) == (Ending.OUTPUT_TOO_LARGE, SMALL.output_bytes)
    assert most < 2 * SMALL.output_bytes


@behind(*EVERY)
def test_findings_without_end_are_cut(walls: Confinement) -> None:
    ran = run("babble", walls=walls)
    assert (ran.ending, len(ran.findings)) == (Ending.OUTPUT_TOO_LARGE, MOST_FINDINGS)


# The source.


@behind(*EVERY)
def test_a_file_of_many_pieces_arrives_whole(walls: Confinement) -> None:
    pieces = [b"", b"a", b"", bytes(300_000), b"z" * 70_000]
    assert told(run("echo", walls=walls, source=pieces)) == 370_001


@behind(Confinement.LIMITS)
def test_a_child_that_does_not_read_is_no_error(walls: Confinement) -> None:
    assert told(run("ignore", walls=walls, source=[bytes(MIB)])) == "bored"


@behind(Confinement.LIMITS)
def test_an_endless_file_ends_at_the_limit(walls: Confinement) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(65536)

    assert run("echo", walls=walls, source=endless()).ending is Ending.INPUT_TOO_LARGE


@behind(Confinement.LIMITS)
@pytest.mark.parametrize("piece", [b"", b"x"])
def test_a_file_that_trickles_ends_with_the_time(walls: Confinement, piece: bytes) -> None:
    def trickle() -> Iterator[bytes]:
        while True:
            time.sleep(0.02)
            yield piece

    assert run("echo", walls=walls, limits=QUICK, source=trickle()).ending is Ending.TOO_LONG


@behind(*EVERY)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_an_error_of_the_source_is_the_callers_own_and_the_child_is_ended(walls: Confinement) -> None:
    mark = f"mark-{uuid.uuid4()}"

    def broken() -> Iterator[bytes]:
        yield b"beginning"
        raise KeyError("disk")

    with pytest.raises(KeyError):
        run("daemon", mark, walls=walls, source=broken())
    assert gone(mark)


def test_many_at_once_do_not_mix(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(size: int) -> Any:
        return told(run("echo", walls=sandbox.strongest(), source=[bytes(size)]))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(1000, 1008))) == list(range(1000, 1008))


def test_no_handle_of_the_caller_stays_open() -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("counts open files in /proc")
    run("ignore", walls=sandbox.strongest())
    before = len(list(Path("/proc/self/fd").iterdir()))
    for probe in ("ignore", "crash", "pour"):
        run(probe, walls=sandbox.strongest())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_signal_that_says_too_long_is_the_kernels_own() -> None:
    from tocsin.evidence import pipes

    assert pipes._SIGXCPU == signal.SIGXCPU
