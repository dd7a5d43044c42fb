"""Mails in a maildir on this machine, where a mail server puts them."""

from __future__ import annotations

import mailbox
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from tocsin.intake.channels.email.boxes import MailboxFault, Waiting
from tocsin.vault.keyfiles import flush_folder


class MaildirBox:
    """The maildir in ``path``; mails are read one at a time and only as far as they are asked for."""

    def __init__(self, path: Path, aside: str) -> None:
        self._path, self._aside = path, aside
        with _told():
            if not all((path / name).is_dir() for name in ("new", "cur", "tmp")):
                raise MailboxFault(f"{path} is no maildir: it has no folders new, cur and tmp.")

    def waiting(self) -> Iterator[Waiting]:
        """See ``Box.waiting``. What is no plain file is passed over."""
        with _told():
            found = [each for name in ("new", "cur") for each in _mails(self._path / name)]
        yield from sorted(found, key=lambda mail: (mail.arrived_at, mail.handle))

    def read(self, mail: Waiting, most: int) -> bytes:
        """See ``Box.read``."""
        with _told(), (self._path / mail.handle).open("rb") as file:
            return file.read(most)

    def remove(self, mail: Waiting) -> None:
        """See ``Box.remove``."""
        file = self._path / mail.handle
        with _told():
            with suppress(FileNotFoundError):
                file.unlink()
            flush_folder(file.parent)

    def put_aside(self, mail: Waiting) -> None:
        """See ``Box.put_aside``: a folder of the same maildir, in the way of Maildir++."""
        file = self._path / mail.handle
        with _told():
            mailbox.Maildir(self._path, create=False).add_folder(self._aside)
            place = self._path / f".{self._aside}" / "cur"
            with suppress(FileNotFoundError):
                file.rename(place / f"{file.name.partition(':')[0]}:2,")
            flush_folder(place)
            flush_folder(file.parent)


def _mails(folder: Path) -> Iterator[Waiting]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                told = entry.stat(follow_symlinks=False)
                arrived = datetime.fromtimestamp(told.st_mtime, UTC)
                yield Waiting(f"{folder.name}/{entry.name}", told.st_size, arrived)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise MailboxFault(f"The maildir cannot be used: {fault.strerror or fault} ({fault.filename}).") from fault
