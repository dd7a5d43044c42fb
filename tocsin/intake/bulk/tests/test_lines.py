"""Any file can be read line by line, and no line of it fills the memory."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake.bulk import lines as module
from tocsin.intake.bulk.lines import LONGEST_LINE, MOST_BYTES, MOST_LINES, RawLine, in_batches, read_lines


def told(data: bytes) -> list[tuple[int, bytes]]:
    return [(line.number, line.data) for line in read_lines(io.BytesIO(data))]


def test_lines_are_numbered_as_an_editor_does_and_empty_ones_are_passed_over() -> None:
    assert told(b"a\n\n\r\nb\r\nc") == [(1, b"a"), (4, b"b"), (5, b"c")]


def test_the_mark_of_a_windows_program_before_the_first_line_is_no_part_of_it() -> None:
    assert told(b'\xef\xbb\xbf{"id": 1}\n\xef\xbb\xbfx') == [(1, b'{"id": 1}'), (2, b"\xef\xbb\xbfx")]


def test_nothing_comes_from_nothing() -> None:
    assert told(b"") == told(b"\n\n\r\n") == told(b"\xef\xbb\xbf") == []


class Endless(io.RawIOBase):
    """Letters without a line end, ``size`` of them, then one short line; remembers the largest piece asked for."""

    def __init__(self, size: int) -> None:
        self._left, self.largest = size, 0

    def readline(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size > 0, "a line was read whole, however long it is"
        self.largest = max(self.largest, size)
        if self._left <= 0:
            self._left -= 1
            return b"short\n" if self._left == -1 else b""
        piece = min(size, self._left)
        self._left -= piece
        return b"x" * piece + (b"" if self._left else b"\n")


def test_a_line_of_a_gigabyte_is_passed_over_in_pieces_and_the_next_one_is_read() -> None:
    file = Endless(1024**3)
    long, short = read_lines(cast("BinaryIO", file))
    assert (long.too_long, long.number, len(long.data)) == (True, 1, 1000)
    assert (short.data, short.number) == (b"short", 2)
    assert short.end == 1024**3 + 1 + 6
    assert file.largest == LONGEST_LINE + 1


def test_a_line_of_just_the_longest_length_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 10)
    assert [line.too_long for line in read_lines(io.BytesIO(b"123456789\n1234567890\n1234567890"))] == [
        False,
        True,
        False,
    ]


def test_batches_are_bounded_by_lines_and_by_bytes() -> None:
    many = [len(batch) for batch in in_batches(RawLine(n, b"x", n) for n in range(MOST_LINES + 1))]
    heavy = [len(batch) for batch in in_batches(RawLine(n, b"x" * (MOST_BYTES // 2), n) for n in range(5))]
    assert (many, heavy) == ([MOST_LINES, 1], [2, 2, 1])


@given(st.lists(st.binary(min_size=1).filter(lambda data: not set(data) & {10, 13} and data[0] != 0xEF)))
def test_every_line_comes_back_as_it_was(written: list[bytes]) -> None:
    data = b"\n".join(written)
    assert told(data) == list(enumerate(written, 1))
    assert sum(len(batch) for batch in in_batches(read_lines(io.BytesIO(data)))) == len(written)
