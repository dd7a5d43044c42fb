"""Files that survive a power cut: written beside, flushed to the disk, then moved into place."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PUBLIC_MODE = 0o644
_FOLDER_MODE = 0o755


def write_durably(path: Path, data: bytes, *, mode: int = PUBLIC_MODE) -> None:
    """Put ``data`` at ``path``: readers see the old bytes or all the new ones. The folder is made when
    missing.

    The name is durable only after ``flush_directory`` of the folder, so that many files can share one flush.
    Raises ``OSError``; then ``path`` is as it was.
    """
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # the umask of a service must not hide public files
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it where missing; others may enter them whatever the umask says."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        one.chmod(_FOLDER_MODE)


def flush_directory(directory: Path) -> None:
    """Make the names in ``directory`` durable (POSIX: a rename is safe only after this)."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def only_one_writer(directory: Path) -> Iterator[None]:
    """Hold ``directory`` for one writer among all processes of this machine; wait until it is free."""
    make_folder(directory)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
