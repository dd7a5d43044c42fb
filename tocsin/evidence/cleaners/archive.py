"""Archives are never unpacked for anybody. The copy is a list of what is inside, as the archive itself tells it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused, joined, read_all
from tocsin.evidence.cleaners.visible import in_one_line

_ENCRYPTED_FLAG = 1
_ARCHIVES = (
    ".zip",
    ".rar",
    ".7z",
    ".tar",
    ".gz",
    ".tgz",
    ".bz2",
    ".xz",
    ".zst",
    ".cab",
    ".iso",
    ".jar",
    ".apk",
    ".xapk",
)
_PROGRAMS = (
    ".exe",
    ".dll",
    ".scr",
    ".com",
    ".bat",
    ".cmd",
    ".ps1",
    ".vbs",
    ".js",
    ".jse",
    ".wsf",
    ".lnk",
    ".msi",
    ".hta",
)
_Opened = gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
_SUSPICIOUS_RATIO = 200
_UNPACKED_MOST = 512 * 1024 * 1024  # bytes that may come out of a compressed tar while its headers are read
_WRONG = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError)


@dataclass(frozen=True)
class Entry:
    """One thing in an archive, as the archive tells it. Sizes in bytes."""

    name: str
    size: int
    encrypted: bool = False


def clean(source: BinaryIO, asked: Asked) -> Made:
    """The list, as text."""
    data = read_all(source, asked)
    lister = _LISTERS.get(asked.media_type)
    if lister is None:
        raise Refused(Refusal.NO_CLEANER)
    listing = _Listing(asked.entries)
    try:
        for entry in lister(data):
            listing.add(entry)
    except _WRONG:
        if not listing.count:
            raise Refused(Refusal.MALFORMED) from None
        listing.notes.append("damaged")
    return listing.made(len(data))


class _Listing:
    """Collects entries; keeps the first ``most`` and counts the others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: list[str] = []
        self._size = 0
        self.count = 0
        self.notes: list[str] = []

    def add(self, entry: Entry) -> None:
        self.count += 1
        self._size += max(0, entry.size)
        if self.count <= self._most:
            self._lines.append(f"{entry.size:>14}  {in_one_line(entry.name)}")
        lowered = entry.name.lower()
        for note, found in (
            ("encrypted-entries", entry.encrypted),
            ("nested-not-opened", lowered.endswith(_ARCHIVES)),
            ("programs-inside", lowered.endswith(_PROGRAMS)),
            ("names-outside", name_leads_outside(entry.name)),
        ):
            if found and note not in self.notes:
                self.notes.append(note)

    def made(self, packed: int) -> Made:
        if self.count > self._most:
            self.notes.append("entries-left-out")
        if self._size > _SUSPICIOUS_RATIO * packed:
            self.notes.append("claims-more")
        facts = [("entries", str(self.count)), ("unpacked-bytes", str(self._size))]
        return Made(joined(self._lines), "text/plain", facts, self.notes)


def name_leads_outside(name: str) -> bool:
    """Whether unpacking it would write outside the folder chosen for it."""
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":")


def _of_zip(data: bytes) -> Iterator[Entry]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for told in archive.infolist():
            yield Entry(told.filename, told.file_size, bool(told.flag_bits & _ENCRYPTED_FLAG))


def _of_tar(data: bytes) -> Iterator[Entry]:
    return _tar_entries(io.BytesIO(data))


def _tar_entries(stream: IO[bytes] | _Limited) -> Iterator[Entry]:
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive:
        while (told := archive.next()) is not None:
            # The module keeps every entry it has seen: in a bomb there are millions.
            archive.members = []  # type: ignore[attr-defined]  # the stubs leave it out
            yield Entry(told.name, told.size)


def _of_compressed(opened: _Opened) -> Iterator[Entry]:
    """A tar inside, or one file whose name and size only unpacking would tell."""
    limited = _Limited(opened, _UNPACKED_MOST)
    first = limited.read(512)
    if first[257:262] == b"ustar":
        yield from _tar_entries(_Limited(_Joined(first, limited), _UNPACKED_MOST))
        return
    size = len(first)
    while piece := limited.read(1 << 20):
        size += len(piece)
    yield Entry("?", size)


def _of_gzip(data: bytes) -> Iterator[Entry]:
    return _of_compressed(gzip.GzipFile(fileobj=io.BytesIO(data)))


def _of_bzip2(data: bytes) -> Iterator[Entry]:
    return _of_compressed(bz2.BZ2File(io.BytesIO(data)))


def _of_xz(data: bytes) -> Iterator[Entry]:
    return _of_compressed(lzma.LZMAFile(io.BytesIO(data)))


_LISTERS = {
    "application/zip": _of_zip,
    "application/epub+zip": _of_zip,
    "application/java-archive": _of_zip,
    "application/x-tar": _of_tar,
    "application/gzip": _of_gzip,
    "application/x-bzip2": _of_bzip2,
    "application/x-xz": _of_xz,
}


class _Limited(io.RawIOBase):
    """Reads on, but raises ``Refused`` once ``most`` bytes have come out."""

    def __init__(self, inner: _Opened | io.RawIOBase, most: int) -> None:
        self._inner = inner
        self._left = most

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._inner.read(min(size, 1 << 20) if size >= 0 else 1 << 20) or b""
        self._left -= len(piece)
        if self._left < 0:
            raise Refused(Refusal.TOO_LARGE)
        return piece


class _Joined(io.RawIOBase):
    """``first``, then the rest."""

    def __init__(self, first: bytes, rest: io.RawIOBase) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._first:
            piece, self._first = (self._first[:size], self._first[size:]) if size >= 0 else (self._first, b"")
            return piece
        return self._rest.read(size) or b""
