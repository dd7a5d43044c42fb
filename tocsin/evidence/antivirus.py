"""Asks a virus scanner (ClamAV's clamd) about a file. The answer warns; it never blocks and never destroys evidence.

Protocol: ``INSTREAM`` of clamd(8): ``zINSTREAM\\0``, then pieces with their length (4, big endian) before each, a
length of zero at the end; the answer is one line that ends with a zero byte. Only a local socket or this machine's own
address is accepted, because the file travels in clear.
"""

from __future__ import annotations

import re
import select
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy as _

from tocsin.common.errors import Unsafe
from tocsin.evidence.sentences import Sentence

SECONDS: Final = 120.0
MOST_BYTES: Final = 100 * 1024 * 1024  # clamd's own StreamMaxLength when nobody changes it
_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FOUND = re.compile(r"stream: (?P<name>[\x21-\x7e]{1,200}) FOUND")


class Answer(StrEnum):
    """What the scanner says."""

    CLEAN = "clean"
    FOUND = "found"
    UNAVAILABLE = "unavailable"


class Missing(StrEnum):
    """Why there is no answer."""

    NOT_SET_UP = "not-set-up"
    NOT_REACHED = "not-reached"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True)
class Verdict:
    """``name``: of what was found, as the scanner calls it. ``missing``: why there is no answer."""

    answer: Answer
    name: str = ""
    missing: Missing | None = None

    @property
    def sentence(self) -> Sentence:
        """For whoever looks at the file."""
        if self.missing is Missing.TOO_LARGE:
            return _("The file is too large for the virus scanner.")
        return _SENTENCES[self.answer]


_SENTENCES: dict[Answer, Sentence] = {
    Answer.CLEAN: _("The virus scanner found nothing it knows."),
    Answer.FOUND: _("The virus scanner found something harmful. Do not open the original."),
    Answer.UNAVAILABLE: _("The virus scanner could not be asked."),
}


@dataclass(frozen=True)
class Clamd:
    """Where clamd listens, how long one file may take in all, and how much of a file it takes."""

    address: str
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES

    def __post_init__(self) -> None:
        """Raise ``Unsafe`` for an address on another machine, or one that is no address."""
        if self.address:
            _parsed(self.address)


def _parsed(address: str) -> str | tuple[str, int]:
    """``unix:/run/clamav/clamd.ctl`` or ``tcp:127.0.0.1:3310``."""
    kind, _colon, rest = address.partition(":")
    host, _colon, port = rest.rpartition(":")
    if kind == "unix" and rest.startswith("/"):
        return rest
    if kind == "tcp" and host.strip("[]") in _LOOPBACK and port.isdecimal() and 0 < int(port) < 65536:
        return host.strip("[]"), int(port)
    raise Unsafe("The virus scanner must be on this machine: unix:/path/of/socket or tcp:127.0.0.1:3310.")


def scan(source: Iterable[bytes], clamd: Clamd) -> Verdict:
    """Ask ``clamd`` about the file that ``source`` yields. Raises only what ``source`` raises."""
    if not clamd.address:
        return _without(Missing.NOT_SET_UP)
    deadline = time.monotonic() + clamd.seconds
    try:
        connection = _connect(_parsed(clamd.address), clamd.seconds)
    except OSError:
        return _without(Missing.NOT_REACHED)
    with connection:
        missing = _send(connection, source, clamd.most_bytes, deadline)
        if missing is not None:
            return _without(missing)
        try:
            return _understood(_answer(connection, deadline))
        except TimeoutError:
            return _without(Missing.TOO_SLOW)
        except OSError:
            return _without(Missing.NOT_REACHED)


def _without(missing: Missing) -> Verdict:
    return Verdict(Answer.UNAVAILABLE, missing=missing)


def _connect(where: str | tuple[str, int], seconds: float) -> socket.socket:
    if isinstance(where, tuple):
        return socket.create_connection(where, timeout=seconds)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(where)
    except OSError:
        connection.close()
        raise
    return connection


def _send(connection: socket.socket, source: Iterable[bytes], most: int, deadline: float) -> Missing | None:
    """Send the file. None when it went out, or when clamd stopped listening and may have said why."""
    try:
        connection.sendall(b"zINSTREAM\0")
        pieces = (chunk[at : at + _PIECE] for chunk in source for at in range(0, len(chunk), _PIECE))
        for piece in _until_it_raises(pieces):
            most -= len(piece)
            if most < 0:
                return Missing.TOO_LARGE
            connection.settimeout(_left(deadline))
            connection.sendall(struct.pack(">I", len(piece)) + piece)
            if select.select([connection], [], [], 0)[0]:
                return None  # it answers before the end: too large, or it hangs up
        connection.sendall(struct.pack(">I", 0))
    except TimeoutError:
        return Missing.TOO_SLOW
    except _SourceFailed as failed:
        raise failed.error from None
    except OSError:
        return None
    return None


class _SourceFailed(Exception):
    """Carries an error of the source past the handlers for the socket's own."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _until_it_raises(source: Iterable[bytes]) -> Iterable[bytes]:
    try:
        yield from source
    except Exception as error:
        raise _SourceFailed(error) from error


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(connection: socket.socket, deadline: float) -> bytes:
    """Everything up to the zero byte, to the end, or to the limit."""
    got = b""
    with suppress(ConnectionResetError):  # clamd closes with our bytes unread when it has had enough of them
        while b"\0" not in got and len(got) < _LONGEST_ANSWER:
            connection.settimeout(_left(deadline))
            piece = connection.recv(1024)
            if not piece:
                break
            got += piece
    return got


def _understood(answer: bytes) -> Verdict:
    line, end, _rest = answer.partition(b"\0")
    told = line.decode("utf-8", "replace").strip()
    if "size limit exceeded" in told:
        return _without(Missing.TOO_LARGE)
    if not end:
        return _without(Missing.NOT_UNDERSTOOD)
    found = _FOUND.fullmatch(told)
    if found:
        return Verdict(Answer.FOUND, name=found["name"])
    return Verdict(Answer.CLEAN) if told == "stream: OK" else _without(Missing.NOT_UNDERSTOOD)
