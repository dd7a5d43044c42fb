"""Bytes to and from a child process that may stop reading, stop writing, or never end."""

from __future__ import annotations

import io
import os
import selectors
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from typing import IO, Final

from tocsin.evidence.confined.entry import SIGNALLED, WALLS_FAILED
from tocsin.evidence.limits import Limits

MOST_FINDINGS: Final = 256 * 1024
_AT_ONCE = 64 * 1024
_SIGXCPU = 24


class Ending(StrEnum):
    """How a run ended."""

    FINISHED = "finished"
    CRASHED = "crashed"
    TOO_LONG = "too-long"
    INPUT_TOO_LARGE = "input-too-large"
    OUTPUT_TOO_LARGE = "output-too-large"
    NO_WALLS = "no-walls"


class Exchange:
    """Carries a file in and its copy and findings out, never more than the limits say, never longer.

    ``output`` and ``findings`` hold what came. One thread, no waiting on a pipe that is full or empty. The only thing
    that can make it wait beyond the time limit is a source that blocks in the middle of a chunk.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._deadline = time.monotonic() + limits.wall_seconds
        self._findings, self.findings_for_child = os.pipe()
        self._open = True
        self.output = io.BytesIO()  # hands its bytes on without copying them
        self.findings = io.BytesIO()

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._findings)
        self._forget_childs_end()

    def _forget_childs_end(self) -> None:
        """The child's end of the pipe must be open nowhere else, or its end would never be seen."""
        if self._open:
            self._open = False
            os.close(self.findings_for_child)

    def carry(self, process: subprocess.Popen[bytes], source: Iterable[bytes]) -> Ending:
        """Feed ``process`` from ``source`` and collect until both its pipes are closed and it has ended, or must."""
        self._forget_childs_end()
        assert process.stdin is not None  # noqa: S101 - for the type checker: sandbox.run asks for both
        assert process.stdout is not None  # noqa: S101 - as above
        with selectors.DefaultSelector() as selector:
            feed = _Feed(process.stdin, source, self._limits.input_bytes)
            out = process.stdout.fileno()
            for handle in (feed.handle, out, self._findings):
                os.set_blocking(handle, False)
            selector.register(feed.handle, selectors.EVENT_WRITE)
            selector.register(out, selectors.EVENT_READ, (self.output, self._limits.output_bytes))
            selector.register(self._findings, selectors.EVENT_READ, (self.findings, MOST_FINDINGS))
            while selector.get_map():
                left = self._deadline - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    return Ending.TOO_LONG
                ended = self._serve(selector, feed, [key for key, _mask in ready])
                if ended is not None:
                    return ended
        return self._ending_of(process)

    def _serve(
        self, selector: selectors.BaseSelector, feed: _Feed, ready: list[selectors.SelectorKey]
    ) -> Ending | None:
        for key in ready:
            if key.fd == feed.handle:
                if not feed.push():
                    selector.unregister(feed.handle)
                    feed.close()
                if feed.too_much:
                    return Ending.INPUT_TOO_LARGE
                continue
            collected, most = key.data
            piece = os.read(key.fd, _AT_ONCE)
            collected.write(piece)
            if collected.tell() > most:
                collected.truncate(most)
                return Ending.OUTPUT_TOO_LARGE
            if not piece:
                selector.unregister(key.fd)
        return None

    def _ending_of(self, process: subprocess.Popen[bytes]) -> Ending:
        try:
            code = process.wait(max(0.0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return Ending.TOO_LONG
        if code == 0:
            return Ending.FINISHED
        if code == WALLS_FAILED:
            return Ending.NO_WALLS
        return Ending.TOO_LONG if code in (-_SIGXCPU, SIGNALLED + _SIGXCPU) else Ending.CRASHED


class _Feed:
    """The child's standard input, one piece at a time."""

    def __init__(self, pipe: IO[bytes], source: Iterable[bytes], most: int) -> None:
        self._pipe = pipe
        self._source: Iterator[bytes] = iter(source)
        self._piece = memoryview(b"")
        self._left = most
        self.handle = pipe.fileno()
        self.too_much = False

    def push(self) -> bool:
        """Write what the pipe takes. False when nothing is left, too much came, or the child does not want more."""
        if not self._piece:
            piece = next(self._source, None)
            if piece is None:
                return False
            self._left -= len(piece)
            self.too_much = self._left < 0
            self._piece = memoryview(piece)
            if self.too_much or not piece:  # an empty piece is no end, and the clock goes on between two of them
                return not self.too_much
        try:
            written = os.write(self.handle, self._piece[:_AT_ONCE])
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False
        self._piece = self._piece[written:]
        return True

    def close(self) -> None:
        """Tell the child that the file has ended."""
        with suppress(OSError):
            self._pipe.close()
