"""CPU time of every screen of the guided form, in this process through WSGI, without a network.

    python benchmarks/guided.py [--walks 300] [--json]

Each walk opens the form, answers every screen and sends the report; the categories of the pack take turns, and the
language changes with each walk. Beside it, in the same run: a template of the same size drawn plainly by Django
behind the same middleware, the short form (its page and the sending of it), and the smallest page there is.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.load.installation import make_installation

STEPS, SHORT = "/{}/report/steps", "/{}/report"
LANGUAGES = ("en", "zh-hans")
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">')
_RADIOS = re.compile(r'<input class="govuk-radios__input" type="radio" name="([a-z]+)" value="([^"]*)"')
_TEXTS = re.compile(r'<textarea name="([a-z]+)"')
_AT_CHECK = '<input type="hidden" name="at" value="check">'
_LINES = re.compile(r'<input type="text" name="([a-z_0-9]+)"')
_CHANGES = re.compile(r'name="go" value="change:([^"]+)"')
WORDS = "Two men carried crates with the sign for poison from a lorry without plates into the old dairy. " * 4
Typed = dict[str, str]


@dataclass(frozen=True)
class Row:
    """One screen: how often, CPU milliseconds at the median and the 95th percentile, bytes of the answer."""

    what: str
    count: int
    cpu_ms: float
    p95_ms: float
    page_bytes: int


@dataclass(frozen=True)
class Sample:
    """One request."""

    seconds: float
    size: int


@dataclass(frozen=True)
class Found:
    """A row for each screen and each baseline, and one over all screens."""

    rows: list[Row]
    over_all: Row
    baselines: list[Row]


class Door:
    """The public door in this process, with one visitor's cookie."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application, self._cookie = application, ""
        self.page = ""

    def ask(self, path: str, typed: Mapping[str, str] | None = None) -> Sample:
        """One request; only the application's own CPU time counts. Raises ``RuntimeError`` for a refusal."""
        body = urlencode(typed).encode() if typed is not None else b""
        environ = self._environ(path, body, "POST" if typed is not None else "GET")
        told: list[Any] = []
        begun = time.process_time()
        answer = self._application(environ, lambda status, headers, *_more: told.extend((status, headers)))
        sent = b"".join(answer)
        answer.close()
        taken = time.process_time() - begun
        status, headers = told
        if status != "200 OK":
            raise RuntimeError(f"{path} answered {status}")
        self._cookie = next((v.split(";")[0] for n, v in headers if n == "Set-Cookie"), self._cookie)
        self.page = sent.decode()
        return Sample(taken, len(sent))

    def _environ(self, path: str, body: bytes, method: str) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": self._cookie,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }

    @property
    def hidden(self) -> Typed:
        """The fields that nobody types."""
        return {name: unescape(value) for name, value in _HIDDEN.findall(self.page)}

    def answers(self) -> Typed:
        """Something in every field that stands on the page: the last of several choices, words, a number."""
        typed = dict(_RADIOS.findall(self.page))
        typed |= dict.fromkeys(_TEXTS.findall(self.page), WORDS)
        typed |= {name: "5" if name.endswith(("_day", "_month")) else "2026" for name in _LINES.findall(self.page)}
        return {name: "39.90, 116.40" if name == "point" else value for name, value in typed.items()}


def walk(door: Door, category: str, language: str) -> Iterator[tuple[str, Sample]]:
    """From the first screen to the nine words."""
    path = STEPS.format(language)
    yield "open the form", door.ask(path)
    while "tocsin-words" not in door.page:
        hidden = door.hidden
        at = hidden["at"]
        typed = {"category": category} if at == "category" else {} if at == "earlier" else door.answers()
        if at == "contact":
            typed = {"contact": "Mia Example"}
        sample = door.ask(path, {**hidden, **typed, "go": "send" if at == "send" else "next"})
        yield ("a question of the category" if at.startswith("q-") else at), sample
        if _AT_CHECK in door.page:
            yield from changes(door, path)


def changes(door: Door, path: str) -> Iterator[tuple[str, Sample]]:
    """From the check page to every screen with the answers on it, and back."""
    check = door.page
    for name in _CHANGES.findall(check):
        door.page = check
        yield "a screen that shows answers", door.ask(path, {**door.hidden, "go": f"change:{name}"})
    door.page = check


def short_form(door: Door, language: str) -> Iterator[tuple[str, Sample]]:
    """The short form: its page, and sending it."""
    yield "short form: page", door.ask(SHORT.format(language))
    typed = {**door.hidden, "what": WORDS, "where": "the old dairy", "when": "in May", "how": "I saw it"}
    yield "short form: send, nine words", door.ask(SHORT.format(language), typed)


def plain_page(size: int) -> Callable[[Any], Any]:
    """A view that draws a template of ``size`` bytes with four variables, and nothing else."""
    from django.http import HttpResponse
    from django.template import engines

    line = "<p class='govuk-body'>{% if told %}Something that stands on a page of this size.{% endif %}</p>\n"
    holes = "{{ csrf }} {{ ticket }} {{ draft }} {{ title }}\n"
    template = engines["django"].from_string(holes + line * (size // 80))

    def view(request: Any) -> HttpResponse:
        told = {"csrf": "c" * 64, "ticket": "t" * 80, "draft": "d" * 1404, "title": "x", "told": True}
        return HttpResponse(template.render(told, request))

    return view


def application(home: Path) -> Callable[..., Any]:
    """A fresh installation, and its public door as the server would load it."""
    make_installation(home, "public")
    from tocsin.config.wsgi_public import application as door

    return door


def add_plain_page(size: int) -> None:
    """Give the door one more address, for the baseline."""
    from django.urls import clear_url_caches, path

    from tocsin.public import urls

    urls.urlpatterns.append(path("plain", plain_page(size)))
    clear_url_caches()


def row(what: str, samples: list[Sample]) -> Row:
    """Median and 95th percentile."""
    times = [1000 * sample.seconds for sample in samples]
    sizes = [sample.size for sample in samples]
    return Row(what, len(times), median(times), quantiles(times, n=20)[-1], round(median(sizes)))


def run(walks: int) -> Found:
    """Everything, after a warm walk through each category in each language."""
    taken: dict[str, list[Sample]] = defaultdict(list)
    beside: dict[str, list[Sample]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        door = Door(application(Path(name) / "home"))
        from tocsin.policy.active import get_pack

        codes = [category.code for category in get_pack().categories]
        sizes = [s.size for c in codes for spoken in LANGUAGES for _at, s in walk(door, c, spoken)]
        add_plain_page(round(median(sizes)))
        gc.collect()
        gc.freeze()
        for turn in range(walks):
            spoken = LANGUAGES[turn % len(LANGUAGES)]
            for at, sample in walk(door, codes[turn % len(codes)], spoken):
                taken[at].append(sample)
            for what, sample in short_form(door, spoken):
                beside[what].append(sample)
            beside["plain template of the same size"].append(door.ask("/plain"))
            beside["smallest page (/healthz)"].append(door.ask("/healthz"))
    screens = [row(what, samples) for what, samples in taken.items()]
    drawn = [sample for what, samples in taken.items() if what != "send" for sample in samples]
    return Found(screens, row("all screens", drawn), [row(what, samples) for what, samples in beside.items()])


def table(found: Found) -> str:
    """The figures for a terminal or a document."""
    heads = f"{'answered screen':<34}{'count':>8}{'CPU ms':>9}{'p95 ms':>9}{'KB':>8}"
    lines = [
        f"{each.what:<34}{each.count:>8,}{each.cpu_ms:>9.2f}{each.p95_ms:>9.2f}{each.page_bytes / 1000:>8.1f}"
        for each in (*found.rows, found.over_all, *found.baselines)
    ]
    return "\n".join([heads, *lines])


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walks", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    os.environ.setdefault("TOCSIN_BATCH_SECONDS", "3600")
    found = run(told.walks)
    print(json.dumps(asdict(found), indent=1) if told.json else table(found))


if __name__ == "__main__":
    main()
