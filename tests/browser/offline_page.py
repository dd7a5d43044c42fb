"""The offline verifier page for tests: opened from disk, fed with files, and asked beside the Python verifier."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tocsin.ledger import ed25519, standalone
from tocsin.ledger.standalone import verify_tocsin
from tocsin.ledger.tests.log_folder import LATE, SEED, LogFolder, own_leaf, put
from tocsin.ledger.verifier import events_key

FILE = Path(standalone.__file__).with_name("verify_tocsin.html")
KEY = events_key(SEED)
LEAF, OPENING = own_leaf(KEY, 0)
STATUS = {0: "ok", 1: "bad", 3: "pending", 4: "overdue"}
_RFC_8032 = (
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", b""),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", b"\x72"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", b"\xaf\x82"),
    ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", hashlib.sha512(b"abc").digest()),
    ("00" * 32, bytes(range(256)) * 5),  # ours: several blocks
)
Files = dict[str, bytes]
Signed = tuple[bytes, bytes, bytes]
"""Key, signature, message."""
OpenPage = Callable[..., Page]

# What the page is told, as JSON; the answer is its verdict in English.
_ASK = """async ({ files, receipt, words, keys, now }) => {
    const blob = (text) => new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
    const placed = new Map(Object.entries(files).map(([name, text]) => [name, blob(text)]));
    const request = { folder: new TocsinVerify.Folder(placed), now };
    if (receipt !== null) request.receipt = blob(receipt);
    if (words !== null) request.words = words;
    if (keys !== null) request.ownKeys = { name: "printed", file: blob(keys) };
    const verdict = await TocsinVerify.check(request);
    return { status: verdict.status, lines: TocsinVerify.inWords(verdict, "en") };
}"""


@dataclass(frozen=True)
class Answer:
    """A verdict, by whichever program: its category and its sentences."""

    status: str
    lines: tuple[str, ...]

    def __contains__(self, part: str) -> bool:
        return part in " ".join(self.lines)


def ask_page(page: Page, files: Files, *, now: datetime = LATE, **question: bytes | str | None) -> Answer:
    """What the page says of these files. ``receipt`` or ``words`` is the question; ``keys`` are the visitor's own."""
    told = {
        "files": {name: _base64(data) for name, data in files.items()},
        "receipt": None,
        "words": None,
        "keys": None,
        "now": int(now.timestamp() * 1000),
        **{name: _base64(value) if isinstance(value, bytes) else value for name, value in question.items()},
    }
    found = page.evaluate(_ASK, told)
    return Answer(found["status"], tuple(found["lines"]))


AskPython = Callable[..., Answer]


@pytest.fixture
def ask_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AskPython:
    """What the single-file verifier says of the same, with paths and times written as the page writes them."""

    def ask(files: Files, *, receipt: bytes | None = None, now: datetime = LATE) -> Answer:
        log, file = LogFiles(tmp_path / "asked"), tmp_path / "receipt"
        log.replace(files)
        put(file, receipt or b"")
        capsys.readouterr()
        question = [] if receipt is None else [str(file)]
        code = verify_tocsin.main([str(log.path), *question, f"--now={now:%Y-%m-%dT%H:%M:%SZ}"])
        said = capsys.readouterr().out.replace(f"{log.path}/", "").replace("read from keys", "read from the file keys")
        said = re.sub(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z", r"\1 \2 UTC", said.replace("DOES NOT HOLD: ", ""))
        return Answer(STATUS[code], tuple(said.splitlines()))

    return ask


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(frozen=True)
class LogFiles:
    """A log folder on disk and its files by name."""

    path: Path

    def read(self) -> Files:
        """All files, by their path below the folder."""
        return {str(path.relative_to(self.path)): path.read_bytes() for path in self.path.rglob("*") if path.is_file()}

    def replace(self, files: Files) -> None:
        """Make the folder hold exactly these files."""
        for name in self.read().keys() - files.keys():
            (self.path / name).unlink()
        for name, data in files.items():
            put(self.path / name, data)


@dataclass(frozen=True)
class Published:
    """A log of 310 entries with two levels of tiles, and what a reporter holds of it."""

    log: LogFolder
    files: Files
    proof: bytes
    kept: bytes
    waiting: bytes


def publish(folder: Path) -> Published:
    """A log in ``folder`` that holds two events of ``SEED``; ``waiting`` promises a third that is not in it."""
    log = LogFolder(folder).grow(LEAF, own_leaf(KEY, 1, "closed:already_known")[0], pads=308)
    waiting = log.promised(own_leaf(KEY, 9)[0])
    return Published(log, LogFiles(folder).read(), log.receipt(LEAF, OPENING), log.promised(LEAF), waiting)


def damages(good: bytes, *, count: int, seed: str) -> Iterator[bytes]:
    """``good`` with one byte changed, at ``count`` places from the beginning to the end; always the same ones."""
    chance = random.Random(seed)
    for number in range(count):
        place = number * (len(good) - 1) // max(1, count - 1)
        yield good[:place] + bytes([good[place] ^ (1 << chance.randrange(8))]) + good[place + 1 :]


def spelled(words: Sequence[str], seed: bytes = SEED) -> list[str]:
    """The nine words of ``seed`` from a list of 2048."""
    value = int.from_bytes(seed, "big") << 3 | hashlib.sha256(seed).digest()[0] >> 5
    return [words[value >> 11 * place & 2047] for place in range(8, -1, -1)]


def odd_signatures() -> list[Signed]:
    """Good signatures of RFC 8032, section 7.1, and what is made of them by those who look for gaps."""
    found: list[Signed] = []
    for secret, message in _RFC_8032:
        seed = bytes.fromhex(secret)
        key, good = ed25519.public_key_of(seed), ed25519.sign(seed, message)
        larger = (int.from_bytes(good[32:], "little") + ed25519._L).to_bytes(32, "little")
        found += [(key, good, message), (key, good, message + b"."), (key, good[:32] + larger, message)]
        found += [(key, bad, message) for bad in (*damages(good, count=9, seed=secret), good[:-1], good + b"\0", b"")]
        found += [(bad, good, message) for bad in (*damages(key, count=9, seed=secret), key[:-1], b"")]
        for point in _odd_points():
            found += [(point, good, message), (key, point + good[32:], message), (point, point + bytes(32), message)]
    return found


def _odd_points() -> Iterator[bytes]:
    """Points of small order, points not written in the canonical way, and some that are none; with both signs."""
    for y in (*ed25519._SMALL_ORDER_Y, *(ed25519._P + small for small in range(19)), 2, 3, 4, 2**255 - 1):
        for sign in (0, 1):
            yield (y | sign << 255).to_bytes(32, "little")


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """``open_page(width=375, language="zh-CN")`` opens the file from disk; a request or an error fails the test."""
    contexts: list[BrowserContext] = []
    asked: list[str] = []
    faults: list[str] = []

    def new(*, width: int = 1280, language: str = "en", before: str = "") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale=language)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda message: faults.append(message.text))
        if before:
            page.add_init_script(before)
        page.goto(FILE.as_uri())
        return page

    yield new
    for context in contexts:
        context.close()
    assert set(asked) <= {FILE.as_uri()}, "the page asked for something"
    assert faults == [], "the page was not silent"


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """See ``publish``."""
    return publish(tmp_path / "published")


def verdict(page: Page) -> Any:
    """Press “Check” and wait: the card with the verdict."""
    page.click("#check")
    card = page.locator("#verdict .card")
    card.wait_for()
    return card
