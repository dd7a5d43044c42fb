"""One browser over real HTTP, for benchmarks that walk through forms: a connection, a cookie, hidden fields, files."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import urlencode

_HIDDEN = re.compile(r'<input type="hidden" name="([A-Za-z]+)" value="([^"]*)">')
_WORD = re.compile(r'class="tocsin-words__word">([^<]+)<')
_ANSWERS: Mapping[str, Mapping[str, str]] = {
    "risk": {"risk": "no"},
    "category": {"category": "animal_deaths"},
    "what": {"what": "Three men loaded cages from a lorry without plates into the old dairy."},
    "files": {"evidence": "now"},
}
_CHECKED = re.compile(r'<input class="[^"]*" type="radio" name="([a-z_]+)" value="([^"]*)"[^>]* checked')
_BOUNDARY = "tocsin-benchmark"


class Browser:
    """``status`` and ``page`` are those of the newest answer; anything but the ``wanted`` status is an error."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._cookies: dict[str, str] = {}
        self.status, self.page, self.location = 0, "", ""

    def get(self, path: str, *, wanted: int = 200) -> None:
        """Open a page."""
        self._ask("GET", path, None, {}, wanted)

    def post(self, path: str, typed: Mapping[str, str], *, wanted: int = 200) -> None:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._ask("POST", path, urlencode(typed).encode(), kind, wanted)

    def post_file(self, path: str, typed: Mapping[str, str], content: bytes) -> None:
        """Send a form with one file, in pieces of a megabyte as a browser would."""
        parts = "".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in typed.items()
        )
        parts += f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="film.bin"\r\n'
        parts += "Content-Type: application/octet-stream\r\n\r\n"
        before, after = parts.encode(), f"\r\n--{_BOUNDARY}--\r\n".encode()
        kind = {
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
            "Content-Length": str(len(before) + len(content) + len(after)),
        }
        self._ask("POST", path, _pieces(before, content, after), kind, 200)

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None, kind: Mapping[str, str], wanted: int
    ) -> None:
        self._connection.request(method, path, body, {**kind, "Cookie": self.cookie} if self.cookie else dict(kind))
        answer = self._connection.getresponse()
        self.status, self.page = answer.status, answer.read().decode()
        self.location = answer.getheader("Location") or ""
        for told in answer.headers.get_all("Set-Cookie") or []:
            name, _sign, value = told.partition(";")[0].partition("=")
            self._cookies[name] = value
        if self.status != wanted:
            at = self.hidden.get("at", "")
            raise RuntimeError(f"{method} {path} answered {self.status} {at}")

    @property
    def cookie(self) -> str:
        """What a browser would send along."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    @property
    def hidden(self) -> dict[str, str]:
        """The fields that nobody types; where a page has several forms, those of the last one."""
        return {name: unescape(value) for name, value in _HIDDEN.findall(self.page)}

    @property
    def words(self) -> str:
        """The nine words of a receipt."""
        return " ".join(_WORD.findall(self.page))

    def walk_to_the_last_page(self) -> dict[str, str]:
        """The guided form up to "Send", with files wanted; the fields of that page."""
        path = "/en/report/steps"
        self.get(path)
        while (at := self.hidden["at"]) != "send":
            chosen = dict(_CHECKED.findall(self.page))
            self.post(path, {**self.hidden, **chosen, **_ANSWERS.get(at, {}), "go": "next"})
        return {**self.hidden, "go": "send"}


def _pieces(before: bytes, content: bytes, after: bytes) -> Iterator[bytes]:
    yield before
    view = memoryview(content)
    for at in range(0, len(content), 1_000_000):
        yield view[at : at + 1_000_000]  # type: ignore[misc]  # http.client sends anything that has a buffer
    yield after
