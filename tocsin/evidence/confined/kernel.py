"""The few calls to the Linux kernel that Python 3.11 lacks. Each raises ``OSError`` when the kernel says no.

Sources: unshare(2), mount(2), mount_setattr(2), pivot_root(2), prctl(2), capabilities(7), landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_NOSUID: Final = 0x2
MS_NODEV: Final = 0x4
MS_NOEXEC: Final = 0x8
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_MNT_DETACH = 2
_AT_RECURSIVE, _AT_FDCWD = 0x8000, -100
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 0x1, 0x2
_CAPABILITIES_V3 = 0x20080522
# Numbers of system calls newer than 5.0 are the same on every architecture.
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` name for new ones."""
    _check(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount ``source`` at ``target``."""
    done = _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode() or None)
    _check(done, f"mount {target}")


def make_read_only(path: str, *, recursive: bool) -> None:
    """The mount at ``path`` (and those below it) can be read only from now on, and gives no privileges."""
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    done = _libc.syscall(
        _MOUNT_SETATTR, _AT_FDCWD, path.encode(), flags, ctypes.byref(attributes), ctypes.sizeof(attributes)
    )
    _check(done, f"mount_setattr {path}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root; what was the root moves to ``old`` below it."""
    _check(_libc.pivot_root(new.encode(), old.encode()), "pivot_root")


def unmount(path: str) -> None:
    """Take away the mount at ``path`` at once."""
    _check(_libc.umount2(path.encode(), _MNT_DETACH), f"umount {path}")


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask for this signal when the parent process ends. The kernel forgets it when the user id changes."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Descendants whose parent ended become children of this process."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def refuse_privileges() -> None:
    """No program started from here gains rights, whatever its file says."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")


# Landlock. Bits of access to files, in the order in which versions of the interface added them.
_EXECUTE, _WRITE, _READ, _READ_FOLDER, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
_BITS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_BITS = 16
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6


def landlock_version() -> int:
    """The version of Landlock's interface that this kernel has. Raises ``OSError`` when it has none."""
    return _check(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1), "landlock")


def confine_by_landlock(readable: list[str], writable: list[str]) -> None:
    """Read and run below ``readable``, anything below ``writable``, no other file; no TCP; no signals to others.

    TCP needs version 4 of the interface (Linux 6.7), signals and abstract sockets version 6 (6.12).
    """
    version = landlock_version()
    every = (1 << _BITS_BY_VERSION.get(version, _NEWEST_BITS)) - 1
    network = 3 if version >= _NETWORK_SINCE else 0
    scopes = 3 if version >= _SCOPES_SINCE else 0
    asked = (ctypes.c_uint64 * 3)(every, network, scopes)
    size = 8 * (1 + (version >= _NETWORK_SINCE) + (version >= _SCOPES_SINCE))
    rules = _check(_libc.syscall(_LANDLOCK_CREATE, ctypes.byref(asked), ctypes.c_size_t(size), 0), "landlock")
    for path in readable:
        _allow(rules, path, every & (_EXECUTE | _READ | _READ_FOLDER))
    for path in writable:
        _allow(rules, path, every & ~_EXECUTE)
    _check(_libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "landlock")
    os.close(rules)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _allow(rules: int, path: str, access: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        told = _Beneath(access if os.path.isdir(path) else access & _ON_FILES, handle)  # noqa: PTH112 - no imports
        _check(_libc.syscall(_LANDLOCK_ADD, rules, 1, ctypes.byref(told), 0), f"landlock {path}")
    finally:
        os.close(handle)
