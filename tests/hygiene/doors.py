"""Both doors as they stand: every address with values for its parts, and browsers that remember every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import Morsel
from importlib import import_module
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import override

from tests.visitor import Visitor
from tocsin.ui.tests.markup import Page as Markup

PUBLIC, DESK = "tocsin.public.urls", "tocsin.desk.urls"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
DESK_CSP = f"{CSP}; script-src 'self'"  # its small scripts are files of its own; the public door has none
REFERENCES = ("href", "src", "srcset", "action", "formaction", "data", "poster", "cite", "ping", "background")
_ELSEWHERE = re.compile(r"[\s\x00-\x1f]*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})", re.IGNORECASE)
_HARMLESS = re.compile(r"tel:[0-9 +-]+|data:,|data:image/png;base64,[A-Za-z0-9+/=]+")


@dataclass(frozen=True)
class Heard:
    """One answer as it went over the wire. ``address`` is the path with its query."""

    method: str
    address: str
    status: int
    headers: dict[str, str]
    cookies: dict[str, Morsel[str]]
    body: bytes

    @property
    def is_page(self) -> bool:
        """Whether a browser would show it as a page; what is only to be saved is none."""
        to_save = self.headers.get("Content-Disposition", "").startswith("attachment")
        return self.headers.get("Content-Type", "").startswith("text/html") and bool(self.body) and not to_save

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    @property
    def markup(self) -> Markup:
        """The page read strictly."""
        return Markup(self.text)


class Listening(Client):
    """A browser whose form checks are real and that keeps every answer, those on the way of a redirect too."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False, **defaults)
        self.heard: list[Heard] = []

    def request(self, **request: Any) -> Any:
        """Ask, and remember what came."""
        answer: Any = super().request(**request)
        body = b"".join(answer) if answer.streaming else answer.content
        if answer.streaming:
            answer.streaming_content = [body]
        asked = answer.wsgi_request
        told = Heard(
            asked.method, asked.get_full_path(), answer.status_code, dict(answer.headers), dict(answer.cookies), body
        )
        self.heard.append(told)
        return answer

    @property
    def last(self) -> Heard:
        """The newest answer."""
        return self.heard[-1]


@dataclass
class ListeningVisitor(Visitor):
    """A visitor in a listening browser; ``defaults`` are sent with every request."""

    language: str = "en"
    defaults: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser = self.listening = Listening(**self.defaults)

    @property
    def heard(self) -> list[Heard]:
        """All answers so far."""
        return self.listening.heard

    def read(self, path: str) -> None:
        """Open an address as it stands; the answer is among those heard."""
        self.browser.get(path)


def patterns(urlconf: str) -> Iterator[URLPattern]:
    """Every URL pattern of a door."""

    def walk(listed: list[Any]) -> Iterator[URLPattern]:
        for pattern in listed:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            else:
                yield pattern

    return walk(import_module(urlconf).urlpatterns)


def names(urlconf: str) -> list[str]:
    """The names of all addresses of a door."""
    return [str(pattern.name) for pattern in patterns(urlconf)]


def address(urlconf: str, name: str, *, ref: str = "NOSUCHTIP", language: str = "en") -> str:
    """The path of the address called ``name``; its parts are filled in, unknown ones with ``x``."""
    parts = {"name": "checkpoint", "ref": ref, "action": "acknowledge"}
    (found,) = [pattern for pattern in patterns(urlconf) if pattern.name == name]
    with override(language):
        return reverse(name, urlconf=urlconf, kwargs={part: parts.get(part, "x") for part in found.pattern.converters})


def references(page: Markup) -> Iterator[str]:
    """Everything on a page that a browser may follow, load or send to."""
    for _tag, attributes in page.elements:
        yield from (attributes[name] for name in REFERENCES if name in attributes)


def elsewhere(page: Markup) -> list[str]:
    """The references that leave this door."""
    return [each for each in references(page) if _ELSEWHERE.match(each) and not _HARMLESS.fullmatch(each)]
