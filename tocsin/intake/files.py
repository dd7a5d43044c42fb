"""A file on its way in: sealed frame by frame while it arrives, in clear never whole in memory or on disk.

The sealed bytes go to ``incoming/`` below the evidence folder. ``keep`` moves a finished file to its place, durably,
before the transaction that names it; ``discard`` removes it. What a crash leaves in ``incoming/`` nobody can open, and
the worker removes it after a day.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tocsin.common.errors import Busy
from tocsin.common.refs import new_ref
from tocsin.evidence.kinds import HEAD_BYTES, TAIL_BYTES, Kind, kind_of
from tocsin.evidence.traces import Trace, traces_in
from tocsin.ledger.durable_files import flush_directory
from tocsin.tips.content import clean_text, evidence_place
from tocsin.tips.evidence import EvidenceAbout, incoming_folder, path_of, shared_folder
from tocsin.vault.blobs import KEY_BYTES
from tocsin.vault.frames import FrameSealer

LONGEST_NAME = 200
_LEFT_OVER = 24 * 3600


@dataclass(frozen=True)
class ReceivedFile:
    """One file that arrived whole. ``key`` (32 bytes) opens it and goes into the tip's row, sealed."""

    ref: str
    key: bytes
    about: EvidenceAbout

    @property
    def digest(self) -> str:
        """SHA-256 of the file in hex."""
        return self.about.sha256

    def keep(self) -> None:
        """Move it to its place. Durable when this returns."""
        source, target = incoming_folder() / self.ref, path_of(self.ref)
        shared_folder(target.parent)
        source.replace(target)
        flush_directory(target.parent)

    def discard(self) -> None:
        """Remove it wherever it lies."""
        for path in (incoming_folder() / self.ref, path_of(self.ref)):
            with suppress(FileNotFoundError):
                path.unlink()


class _Kept:
    """Files that lie at their places, until it is known which of them a row names."""

    def __init__(self) -> None:
        self.named: frozenset[str] = frozenset()

    def belong(self, refs: Iterable[str]) -> None:
        """Stored rows name these: they stay."""
        self.named = frozenset(refs)


@contextmanager
def kept(files: Sequence[ReceivedFile]) -> Iterator[_Kept]:
    """Put ``files`` at their places for the transaction inside; remove those for which ``belong`` was not called.

    After ``Busy`` they stay: the report may still be stored a moment later, and then its rows name them. If it is not,
    the worker removes them after a day.
    """
    holder = _Kept()
    try:
        for file in files:
            file.keep()
        yield holder
    except Busy:
        raise
    except BaseException:
        _discard(files)
        raise
    _discard(file for file in files if file.ref not in holder.named)


def _discard(files: Iterable[ReceivedFile]) -> None:
    for file in files:
        file.discard()


class IncomingFile:
    """One file while it arrives."""

    def __init__(self, name: str) -> None:
        self._ref, self._key, self._name = new_ref(), secrets.token_bytes(KEY_BYTES), clean_text(name)[-LONGEST_NAME:]
        self._sealer = FrameSealer(self._key, evidence_place(self._ref))
        self._head, self._tail = bytearray(), bytearray()
        self._path = incoming_folder() / self._ref
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
        self._file = os.fdopen(handle, "wb")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._sealer.size

    def write(self, chunk: bytes) -> None:
        """Take some bytes. Raises ``OSError`` when the disk takes no more."""
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
        self._tail = (self._tail + chunk)[-TAIL_BYTES:]
        self._file.write(self._sealer.update(chunk))

    def finish(self) -> ReceivedFile:
        """Seal the end and flush it to the disk."""
        for sealed in self._sealer.closing():
            self._file.write(sealed)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        head, tail = bytes(self._head), bytes(self._tail)
        kind = kind_of(head, self._name, tail)
        return ReceivedFile(self._ref, self._key, self._about(kind, traces_in(head, kind, tail)))

    def _about(self, kind: Kind, traces: Iterable[Trace]) -> EvidenceAbout:
        return EvidenceAbout(
            name=self._name,
            family=kind.family.value,
            media_type=kind.media_type,
            size=self._sealer.size,
            sha256=self._sealer.sha256.hex(),
            traces=tuple(f"{trace.about}:{trace.code}" for trace in traces),
            doubts=tuple(doubt.value for doubt in kind.doubts),
        )

    def discard(self) -> None:
        """Stop and remove what was written."""
        self._file.close()
        with suppress(FileNotFoundError):
            self._path.unlink()


def left_over(folder: Path, now: float) -> Iterator[Path]:
    """Files below ``folder`` that nobody has touched for a day."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.is_file() and now - path.stat().st_mtime > _LEFT_OVER:
                yield path


def remove_left_over() -> int:
    """Remove what was never finished, or never became part of a report; how many files went."""
    from tocsin.tips.models import Evidence

    removed, now = 0, time.time()
    for path in left_over(incoming_folder(), now):
        path.unlink(missing_ok=True)
        removed += 1
    for folder in settings.TOCSIN_EVIDENCE_DIR.glob("??"):
        for path in left_over(folder, now):
            if not Evidence.objects.filter(ref=path.name.removesuffix(".copy")).exists():
                path.unlink(missing_ok=True)
                removed += 1
    return removed
