"""A file system of its own for a cleaner, as bubblewrap builds it: what it may read, and one folder in memory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tocsin.evidence.confined import kernel

FOLDER = "/tmp"  # noqa: S108 - inside the new root it is the cleaner's own; LibreOffice accepts no other for its pipe
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_STAGE = "/tmp"  # noqa: S108 - any folder that exists; covered in this mount namespace only


def leave_namespaces() -> None:
    """New namespaces for everything. Raises ``OSError`` where the kernel or the distribution does not allow it.

    Root needs no user namespace for it, and must not take one: in it the user id could not be given up.
    """
    own = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWPID | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        kernel.unshare(own)
        return
    kernel.unshare(own | kernel.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def enter_private_root(readable: list[str], folder_bytes: int) -> None:
    """Replace the root: ``readable`` paths read-only, three devices, ``FOLDER`` with at most ``folder_bytes``.

    Links are made again as links. Nothing else of the machine can be reached afterwards. To be called by the first
    process of the new namespaces, which is the one whose processes /proc then shows.
    """
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", _STAGE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0755,size=4m")
    for name in ("new", "old"):
        Path(_STAGE, name).mkdir()
    # The stage becomes the root first: so paths below the folder that it covers can still be reached, under /old.
    os.chdir(_STAGE)
    kernel.pivot_root(".", "old")
    os.chdir("/")
    kernel.mount("new", "/new", "", kernel.MS_BIND)
    # The folder comes before what may lie below it: somebody may have unpacked an interpreter in /tmp.
    Path("/new", FOLDER[1:]).mkdir()
    private = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", f"/new{FOLDER}", "tmpfs", private, f"mode=1777,size={folder_bytes}")
    for path in readable:
        _show(path)
    for device in DEVICES:
        _bind(f"/old{device}", f"/new{device}")
    _show_own_processes()
    kernel.unmount("/old")
    os.chdir("/new")
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")
    kernel.make_read_only("/", recursive=False)


def _show_own_processes() -> None:
    """Left out where the kernel refuses it, as inside a container it may: only LibreOffice misses it.

    The old root must still be there: in a user namespace the kernel shows only what could be seen before.
    """
    Path("/new/proc").mkdir(exist_ok=True)
    with suppress(OSError):
        kernel.mount("proc", "/new/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        kernel.make_read_only("/new/proc", recursive=False)


def _show(path: str) -> None:
    old = Path("/old", path[1:])
    if old.is_symlink():
        new = Path("/new", path[1:])
        new.parent.mkdir(parents=True, exist_ok=True)
        new.symlink_to(old.readlink())
        return
    _bind(str(old), f"/new{path}")
    kernel.make_read_only(f"/new{path}", recursive=True)


def _bind(old: str, new: str) -> None:
    if Path(old).is_dir():
        Path(new).mkdir(parents=True, exist_ok=True)
    else:
        Path(new).parent.mkdir(parents=True, exist_ok=True)
        Path(new).touch()
    kernel.mount(old, new, "", kernel.MS_BIND | kernel.MS_REC)
