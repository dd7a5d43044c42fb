"""A lean HTTP client that plays many reporters in one thread, so that the machine's cores are left to the server.

Each reporter opens a connection, loads the form, sends it, reads the nine words, and is followed by the next one. Raw
sockets and a selector: a client library would cost as much as the server.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote_plus

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: ([^;\r\n]+)", re.IGNORECASE)
_TICKET = re.compile(rb'name="ticket" value="([^"]+)"')
_CHECK = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
WORD = b"tocsin-words__word"


@dataclass
class Load:
    """What came of one run: seconds of each finished report in the order of finishing, and what failed."""

    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    wall: float = 0.0

    @property
    def per_second(self) -> float:
        """Finished reports a second."""
        return len(self.seconds) / self.wall if self.wall else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds within which ``share`` (0 to 1) of the reports were finished."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Visitor:
    """One connection that files one report after the other; ``steps`` are the requests of one report."""

    def __init__(self, address: tuple[str, int], report: Report) -> None:
        self._address, self._report = address, report
        self.socket = self._connect()
        self._begin()

    def _connect(self) -> socket.socket:
        opened = socket.create_connection(self._address)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def _begin(self) -> None:
        self.begun, self._step, self._received = time.perf_counter(), 0, bytearray()
        self._expected = -1
        self.socket.sendall(self._report.first())

    def ready(self, load: Load, *, more: bool) -> bool:
        """Take what arrived. True when this visitor is done and no ``more`` reports are wanted."""
        data = self.socket.recv(262144)
        if not data:
            load.failed.append("connection closed")
            self.socket = self._connect()
            self._begin()
            return False
        self._received += data
        answer = self._whole()
        if answer is None:
            return False
        following = self._report.following(self._step, answer)
        if isinstance(following, bytes):
            self._step, self._received, self._expected = self._step + 1, bytearray(), -1
            self.socket.sendall(following)
            return False
        if following is None:
            load.seconds.append(time.perf_counter() - self.begun)
        else:
            load.failed.append(following.reason)
        if more:
            self._begin()
        return not more

    def _whole(self) -> bytes | None:
        if self._expected < 0:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(bytes(self._received[:end]))
            self._expected = end + 4 + (int(length[1]) if length else 0)
        return bytes(self._received) if len(self._received) >= self._expected else None


@dataclass(frozen=True)
class Failure:
    """Why a report was not finished."""

    reason: str


class Report:
    """The requests of one report: here a page and a form; subclass or replace for other servers."""

    def __init__(self, path: str, host: str, texts: Callable[[], str]) -> None:
        self._path, self._host, self._texts = path, host, texts

    def first(self) -> bytes:
        """Load the form as a new visitor."""
        return f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode()

    def following(self, step: int, answer: bytes) -> bytes | Failure | None:
        """The next request, ``None`` when the report is finished, or why it is not."""
        if not answer.startswith(b"HTTP/1.1 200"):
            return Failure(answer[:40].decode("latin-1").split("\r")[0])
        if step == 0:
            return self._send(answer)
        return None if answer.count(WORD) >= 9 else Failure("no nine words on the receipt")

    def _send(self, page: bytes) -> bytes | Failure:
        cookie, ticket, check = _COOKIE.search(page), _TICKET.search(page), _CHECK.search(page)
        if not (cookie and ticket and check):
            return Failure("the form lacks its cookie, ticket or check")
        fields = {
            "csrfmiddlewaretoken": check[1].decode(),
            "ticket": ticket[1].decode(),
            "category": "animal_deaths",
            "what": self._texts(),
            "where": "North shore of the lake, near the boat house",
            "when": "Since Tuesday, it is still going on",
            "how": "I walk there every morning",
            "contact": "",
        }
        body = "&".join(f"{name}={quote_plus(text)}" for name, text in fields.items()).encode()
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nCookie: {cookie[1].decode()}\r\n\r\n"
        )
        return head.encode() + body


class Insert(Report):
    """One request a report: 4 KB to the floor server."""

    def first(self) -> bytes:
        """Send the row at once."""
        body = b"x" * 4096
        return f"POST / HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def following(self, step: int, answer: bytes) -> bytes | Failure | None:
        """Finished when the server said that the row is on disk."""
        return None if answer.startswith(b"HTTP/1.1 200") else Failure("refused")


def run_load(address: tuple[str, int], report: Report, *, clients: int, seconds: float) -> Load:
    """Let ``clients`` reporters file reports for ``seconds``; those under way then are finished and counted."""
    load = Load()
    chosen = selectors.DefaultSelector()
    begun = time.perf_counter()
    visitors = [Visitor(address, report) for _ in range(clients)]
    for visitor in visitors:
        chosen.register(visitor.socket, selectors.EVENT_READ, visitor)
    left = clients
    while left:
        for key, _events in chosen.select(timeout=60):
            visitor = key.data
            if visitor.ready(load, more=time.perf_counter() - begun < seconds):
                chosen.unregister(key.fileobj)
                visitor.socket.close()
                left -= 1
            elif visitor.socket is not key.fileobj:  # it had to connect again
                chosen.unregister(key.fileobj)
                chosen.register(visitor.socket, selectors.EVENT_READ, visitor)
    load.wall = time.perf_counter() - begun
    return load
