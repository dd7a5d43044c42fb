"""First code of the child process: build the walls that were asked for, step behind them, run one module.

Started by ``tocsin.evidence.sandbox`` with one argument, a ``Spec`` as JSON. Standard input is the file, standard
output the copy; descriptor ``FINDINGS`` takes what the module says about it.
"""

from __future__ import annotations

import json
import os
import random
import resource
import runpy
import select
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from tocsin.evidence.confined import kernel, private_root
from tocsin.evidence.confinement import Confinement

FINDINGS: Final = 3
WALLS_FAILED: Final = 99  # exit code: nothing of the file was read
SIGNALLED: Final = 128  # and the signal's number, as shells say it
# Where a process that starts as root goes instead: the range that systemd, too, draws its dynamic users from. A new
# one for each run, so that two cleaners cannot touch each other and the limit of processes counts only its own.
_DYNAMIC_USERS = (61184, 65519)


@dataclass(frozen=True)
class Spec:
    """What to run, and behind which walls. Sizes in bytes."""

    confinement: Confinement
    module: str
    arguments: list[str]
    readable: list[str]
    folder: str
    findings: int
    folder_bytes: int
    memory_bytes: int
    cpu_seconds: int
    processes: int
    open_files: int

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """The spec that ``sandbox`` wrote."""
        told = json.loads(text)
        return cls(**{**told, "confinement": Confinement(told["confinement"])})


def main() -> NoReturn:
    """Do what ``sys.argv[1]`` says and exit with the module's code."""
    spec = Spec.from_json(sys.argv[1])
    os.dup2(spec.findings, FINDINGS, inheritable=True)
    if spec.findings != FINDINGS:
        os.close(spec.findings)
    with _or_exit():
        _WAYS[spec.confinement](spec)
    os._exit(0)


class _or_exit:  # noqa: N801 - reads as a word in ``with``
    """Leaves the process when a wall cannot be built: nothing may run without it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            os._exit(WALLS_FAILED)
        if error is not None and not isinstance(error, SystemExit):
            os._exit(1)


def _in_place(spec: Spec) -> None:
    """Bubblewrap has built the walls and waits for this process."""
    _run(spec)


def _behind_namespaces(spec: Spec) -> None:
    """Process 1 of the new namespace does nothing but wait: when it ends, the kernel ends all others in it."""
    kernel.die_with_parent()
    private_root.leave_namespaces()

    def first_process() -> NoReturn:
        kernel.die_with_parent()
        private_root.enter_private_root(spec.readable, spec.folder_bytes)
        os._exit(_code_of(_fork(lambda: _run(spec)), reap_others=True))

    os._exit(_code_of(_fork(first_process)))


def _without_namespaces(spec: Spec) -> None:
    """Stay behind as the parent of every process that the module starts, and end them all with it.

    The folder goes too: nobody else would do it when the calling process was killed.
    """

    def end_everything(_number: int, _frame: object) -> NoReturn:
        _end_descendants()
        shutil.rmtree(spec.folder, ignore_errors=True)
        os._exit(SIGNALLED + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end_everything)
    if sys.platform == "linux":
        kernel.die_with_parent(signal.SIGTERM)
        kernel.adopt_orphans()
    child = _fork(lambda: _run(spec))
    code = _code_of(child)
    _end_descendants()
    shutil.rmtree(spec.folder, ignore_errors=True)
    os._exit(code)


_WAYS: dict[Confinement, Callable[[Spec], None]] = {
    Confinement.BUBBLEWRAP: _in_place,
    Confinement.NAMESPACES: _behind_namespaces,
    Confinement.LANDLOCK: _without_namespaces,
    Confinement.LIMITS: _without_namespaces,
}


def _fork(work: Callable[[], object]) -> int:
    """Run ``work`` in a new process, which then ends; its id."""
    child = os.fork()
    if child == 0:
        with _or_exit():
            work()
        os._exit(0)
    return child


def _code_of(child: int, *, reap_others: bool = False) -> int:
    """Wait for ``child``; its exit code."""
    while True:
        ended, status = os.waitpid(-1 if reap_others else child, 0)
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else SIGNALLED - code


def _end_descendants() -> None:
    """Kill children until there are none: a killed child's own children come to us, and are the next."""
    while True:
        with suppress(OSError):
            for child in Path("/proc/self/task", str(os.getpid()), "children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _run(spec: Spec) -> None:
    """Give up every right, then run the module as ``__main__``. Does not return."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.chdir(spec.folder)
    counted = _processes_of_user(spec)  # while /proc can still be read
    if sys.platform == "linux":
        _give_up_rights(spec)
    _set_limits(spec, counted + spec.processes)
    if _caller_is_gone():
        os._exit(WALLS_FAILED)
    os.environ.clear()
    sys.argv = [spec.module, *spec.arguments]
    try:
        runpy.run_module(spec.module, run_name="__main__", alter_sys=True)
        sys.stdout.flush()
    except BaseException:  # the module's own fault, which says nothing about the walls
        os._exit(1)
    os._exit(0)


def _caller_is_gone() -> bool:
    """Whether nobody reads the findings any more.

    A process is told of its parent's death only if it asked before; every process from here up to the caller has asked
    by now. Without this look one that was started in the caller's last milliseconds would outlive it.
    """
    caller = select.poll()
    caller.register(FINDINGS, 0)  # an error is told without being asked for
    return bool(caller.poll(0))


def _give_up_rights(spec: Spec) -> None:
    kernel.refuse_privileges()
    if spec.confinement is Confinement.LANDLOCK:
        kernel.confine_by_landlock(spec.readable, [spec.folder, *private_root.DEVICES])
    if os.geteuid() == 0 and spec.confinement in (Confinement.BUBBLEWRAP, Confinement.NAMESPACES):
        user = random.SystemRandom().randint(*_DYNAMIC_USERS)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    # Without a root of its own another user could not read an interpreter in somebody's home: stay, but bare.
    kernel.drop_capabilities()
    kernel.die_with_parent()


def _set_limits(spec: Spec, processes: int) -> None:
    """One second of grace between the signal that says why and the one that cannot be ignored."""
    limits = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (spec.cpu_seconds, spec.cpu_seconds + 1),
        resource.RLIMIT_FSIZE: (spec.folder_bytes, spec.folder_bytes),
        resource.RLIMIT_NOFILE: (spec.open_files, spec.open_files),
        resource.RLIMIT_NPROC: (processes, processes),
        resource.RLIMIT_AS: (spec.memory_bytes, spec.memory_bytes),
    }
    for which, values in limits.items():
        try:
            resource.setrlimit(which, values)
        except (OSError, ValueError):
            if sys.platform == "linux":
                raise OSError from None  # macOS knows no limit of address space


def _processes_of_user(spec: Spec) -> int:
    """Threads that already count against this user's limit, where the cleaner does not have a user id for itself.

    In a user namespace (Linux 5.14) or under a dynamic user the count begins at none.
    """
    if spec.confinement in (Confinement.BUBBLEWRAP, Confinement.NAMESPACES):
        return 0
    count = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError, ValueError, IndexError):
            told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            if int(told["Uid"].split()[0]) == os.getuid():
                count += int(told["Threads"])
    return count
