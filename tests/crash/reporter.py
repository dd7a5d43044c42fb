"""A reporter with a browser, a kept-alive connection and patience: whatever breaks, the same form is sent again."""

from __future__ import annotations

import html
import http.client
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

_TICKET = re.compile(r'name="ticket" value="([^"]+)"')
_CHECK = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_WORD = re.compile(r'class="tocsin-words__word">([^<]+)<')
_PROMISE = re.compile(r"<pre[^>]*>(tocsin-promise/.*?)</pre>", re.DOTALL)
_PATH = "/en/report"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Page = TypeVar("Page")


@dataclass(frozen=True)
class Form:
    """One loaded form: what sends it again as the same try."""

    ticket: str
    check: str
    cookie: str


@dataclass(frozen=True)
class Receipt:
    """What the reporter read on the receipt page for ``text``."""

    text: str
    words: str
    promise: str


class Reporter:
    """One browser. ``broken`` counts the answers that never came, ``refused`` the pages that said "not now"."""

    def __init__(self, port: int, *, patience: float = 120) -> None:
        self._port, self._patience = port, patience
        self._connection: http.client.HTTPConnection | None = None
        self.broken = self.refused = 0

    def open_form(self) -> Form:
        """Load the form, however long the door needs."""
        return self._until_it_works(self._load)

    def send(self, form: Form, text: str) -> Receipt:
        """Press Send until the receipt page has come."""
        return self._until_it_works(lambda: self._post(form, text))

    def close(self) -> None:
        """Forget the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _until_it_works(self, ask: Callable[[], Page | None]) -> Page:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                if (page := ask()) is not None:
                    return page
                self.refused += 1
            except (OSError, http.client.HTTPException):
                self.close()
                self.broken += 1
            assert time.monotonic() < deadline, f"the door did not answer within {self._patience:.0f} seconds"
            time.sleep(0.05)

    def _load(self) -> Form | None:
        status, page, cookie = self._request("GET", None, {})
        if status == 503:
            return None
        ticket, check = _TICKET.search(page), _CHECK.search(page)
        assert status == 200, status
        assert ticket, page
        assert check, page
        return Form(ticket[1], check[1], cookie)

    def _post(self, form: Form, text: str) -> Receipt | None:
        body = urlencode({"csrfmiddlewaretoken": form.check, "ticket": form.ticket, "what": text})
        status, page, _cookie = self._request("POST", body, {**_FORM, "Cookie": form.cookie})
        if status == 503:
            assert not _WORD.search(page), "a page that says “not accepted” gives words"
            return None
        words, promise = _WORD.findall(page), _PROMISE.search(page)
        assert (status, len(words)) == (200, 9), f"{status}: {page}"
        assert promise, page
        return Receipt(text, " ".join(words), html.unescape(promise[1]))

    def _request(self, method: str, body: str | None, headers: dict[str, str]) -> tuple[int, str, str]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        self._connection.request(method, _PATH, body, headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        return answer.status, page, (answer.getheader("Set-Cookie") or "").split(";")[0]
