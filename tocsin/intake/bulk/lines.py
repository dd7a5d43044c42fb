"""Lines of a file of any size and origin, a bounded number of bytes at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes. The longest report that is taken fits in, also with every letter written as an escape."""
MOST_LINES = 500
MOST_BYTES = 4 * 1024 * 1024
_SHOWN = 1000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class RawLine:
    """``data``: the line without its end, or only its beginning when it is ``too_long``. ``end``: bytes read so far."""

    number: int
    data: bytes
    end: int
    too_long: bool = False


def read_lines(file: BinaryIO) -> Iterator[RawLine]:
    """Every line that holds something, numbered from 1 as an editor does.

    Never more than ``LONGEST_LINE`` bytes are in memory. A byte order mark before the first line is passed over.
    """
    number = end = 0
    while data := file.readline(LONGEST_LINE + 1):
        number += 1
        end += len(data)
        if len(data) > LONGEST_LINE:
            end += _skip_rest(file, data)
            yield RawLine(number, data[:_SHOWN], end, too_long=True)
            continue
        if number == 1:
            data = data.removeprefix(_BOM)
        if data := data.rstrip(b"\r\n"):
            yield RawLine(number, data, end)


def _skip_rest(file: BinaryIO, data: bytes) -> int:
    skipped = 0
    while data and not data.endswith(b"\n"):
        data = file.readline(LONGEST_LINE)
        skipped += len(data)
    return skipped


def in_batches(lines: Iterator[RawLine]) -> Iterator[list[RawLine]]:
    """Up to ``MOST_LINES`` lines together, and about ``MOST_BYTES``: what is sealed and stored at once."""
    batch: list[RawLine] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.data)
        if len(batch) >= MOST_LINES or size >= MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
