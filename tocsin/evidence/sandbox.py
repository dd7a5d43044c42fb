"""One module run on one file in a child process behind the strongest walls that this machine has.

The file goes in by a pipe, the copy comes back by a pipe, and what the module says about it by a third: nothing in
clear touches a disk. The child has no network, an empty environment, a folder of its own in memory, and limits; it and
all that it started is gone when ``run`` returns. Whatever it does, ``run`` returns a ``Ran``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Final

from tocsin.evidence.confined.entry import Spec
from tocsin.evidence.confined.private_root import DEVICES, FOLDER
from tocsin.evidence.confinement import STRONGEST_FIRST, Confinement
from tocsin.evidence.limits import Limits
from tocsin.evidence.pipes import Ending, Exchange

_SOURCE: Final = Path(__file__).resolve().parents[2]
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - memory, not a disk; a private folder is made inside
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from tocsin.evidence.confined.entry import main; main()"
)
_SYSTEM: Final = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/etc/alternatives",
    "/etc/libreoffice",
    "/var/cache/fontconfig",
)
_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class Ran:
    """How a run ended, and what came out. ``output`` and ``findings`` are the words of a stranger: check them."""

    ending: Ending
    output: bytes
    findings: bytes
    confinement: Confinement


@dataclass(frozen=True)
class Job:
    """A module of this source tree, its arguments, and programs outside the interpreter's folders that it needs."""

    module: str
    arguments: tuple[str, ...] = ()
    programs: tuple[Path, ...] = ()


def run(job: Job, source: Iterable[bytes], limits: Limits, confinement: Confinement | None = None) -> Ran:
    """Run ``job`` with the file that ``source`` yields, behind ``confinement`` or else the strongest walls here.

    Raises only what ``source`` raises; the child is ended before that.
    """
    walls = confinement or strongest()
    with _folder_for(walls) as folder, Exchange(limits) as exchange:
        spec = _spec(job, limits, walls, folder, exchange.findings_for_child)
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            _command(spec),
            env={},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(exchange.findings_for_child,),
            start_new_session=True,
        )
        try:
            ending = exchange.carry(process, source)
        finally:
            _end(process, walls)
        return Ran(ending, exchange.output.getvalue(), exchange.findings.getvalue(), walls)


@cache
def strongest() -> Confinement:
    """The strongest walls that can be built here: tried once in each process, not guessed."""
    return next((walls for walls in STRONGEST_FIRST if works(walls)), Confinement.LIMITS)


@cache
def works(confinement: Confinement) -> bool:
    """Whether a child starts behind these walls on this machine."""
    if confinement is Confinement.BUBBLEWRAP and _bubblewrap() is None:
        return False
    if sys.platform != "linux" and confinement is not Confinement.LIMITS:
        return False
    probe = run(Job("tocsin.evidence.confined.ready"), (), Limits(wall_seconds=20.0), confinement)
    return probe.ending is Ending.FINISHED and probe.output == b"ready"


def folder_is_memory(confinement: Confinement) -> bool:
    """Whether the cleaner's folder lies in memory, so that a cleaner may write the file there."""
    return confinement.cuts_network or _memory_is_writable()


def _memory_is_writable() -> bool:
    return _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK)


@contextmanager
def _folder_for(walls: Confinement) -> Iterator[str]:
    """The child's folder. Behind namespaces it is a mount of its own that goes with the child."""
    if walls.cuts_network:
        yield FOLDER
        return
    folder = tempfile.mkdtemp(prefix="tocsin-", dir=_MEMORY if _memory_is_writable() else None)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _spec(job: Job, limits: Limits, walls: Confinement, folder: str, findings: int) -> Spec:
    return Spec(
        confinement=walls,
        module=job.module,
        arguments=list(job.arguments),
        readable=_readable(job.programs),
        folder=folder,
        findings=findings,
        folder_bytes=limits.folder_bytes,
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
        processes=limits.processes,
        open_files=limits.open_files,
    )


def _readable(programs: Sequence[Path]) -> list[str]:
    """What the child may read: the system's programs, the interpreter, this package, and ``programs``."""
    links = [path for path in _SYSTEM if Path(path).is_symlink()]
    real = [Path(path) for path in _SYSTEM if Path(path).exists() and path not in links]
    real += [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1]]
    real += [_SOURCE / "tocsin" / "__init__.py", _SOURCE / "tocsin" / "evidence", *programs]
    return links + _without_nested([path.resolve() for path in real])


def _without_nested(paths: Sequence[Path]) -> list[str]:
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(above) for above in kept):
            kept.append(path)
    return [str(path) for path in kept]


def _command(spec: Spec) -> list[str]:
    started = Path(sys.executable)
    interpreter = str(started.parent.resolve() / started.name)
    own = [interpreter, "-I", "-B", "-c", _START, str(_SOURCE), json.dumps(asdict(spec))]
    return [*_walls_of_bubblewrap(spec), "--", *own] if spec.confinement is Confinement.BUBBLEWRAP else own


def _bubblewrap() -> str | None:
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")


def _walls_of_bubblewrap(spec: Spec) -> list[str]:
    """Bubblewrap's arguments. Started as root it takes no user namespace, so that ``entry`` can give up the user id."""
    words = [_bubblewrap() or "bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        words += ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        words += ["--unshare-all"]
    words += ["--perms", "1777", "--size", str(spec.folder_bytes), "--tmpfs", FOLDER]
    above = {folder for path in (*spec.readable, *DEVICES) for folder in Path(path).parents} - {Path(FOLDER), Path("/")}
    for folder in sorted(above):
        words += ["--perms", "0755", "--dir", str(folder)]  # its own choice, 0700, would lock out another user id
    for path in spec.readable:
        link = Path(path)
        words += ["--symlink", str(link.readlink()), path] if link.is_symlink() else ["--ro-bind", path, path]
    for device in DEVICES:
        words += ["--dev-bind", device, device]
    words += ["--proc", "/proc"]
    return [*words, "--remount-ro", "/", "--chdir", FOLDER]


def _end(process: subprocess.Popen[bytes], walls: Confinement) -> None:
    """Kill the child and all that it started; wait until it is gone.

    Behind namespaces the kernel ends the whole family with its first process. Without them the child's first process
    has to do it, so it is asked before it is killed.
    """
    if not walls.cuts_network and process.poll() is None:
        process.send_signal(SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
