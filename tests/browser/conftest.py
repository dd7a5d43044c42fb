"""A running demonstration (three real processes) and a headless Chromium to visit it with."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.roles import Roles
from tocsin.config.demo_people import PASSWORD, UNIT_PASSPHRASE
from tocsin.config.instance import Instance, load_instance
from tocsin.config.servers import PARTS, Processes, wait_until_ready

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str | None:
    """A Chromium of this machine; ``None`` lets Playwright use the one that it has installed."""
    named = os.environ.get("TOCSIN_CHROMIUM")
    return named or next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A demonstration with its sample tips, on two free ports."""
    with running_demo(tmp_path_factory.mktemp("demo") / "home") as instance:
        yield instance


LOG = "said.log"


@contextmanager
def running_demo(home: Path, *options: str, roles: Roles | None = None) -> Iterator[Instance]:
    """A demonstration made in ``home`` and served by its three processes; on SQLite, or on PostgreSQL by ``roles``."""
    store = {"DATABASE_URL": roles.owner} if roles else {}
    command = [sys.executable, "-m", "tocsin", "demo", "--prepare-only", "--home", str(home), *options]
    ports = ["--public-port", str(free_port()), "--desk-port", str(free_port())]
    environment = {**os.environ, **store}
    made = subprocess.run([*command, *ports], check=False, timeout=180, capture_output=True, text=True, env=environment)
    assert made.returncode == 0, made.stdout + made.stderr
    instance = load_instance(home)
    if roles:
        roles.grant()
    processes = Processes(
        home,
        extra_environment={"TOCSIN_BATCH_SECONDS": "1"},
        database_urls=roles.parts if roles else None,
        log=home / LOG if roles else None,
    )
    for part in PARTS:
        processes.start(part)
    try:
        wait_until_ready(instance)
        yield instance
    finally:
        processes.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=quiet)
        yield browser
        browser.close()


OpenContext = Callable[..., BrowserContext]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[OpenContext]:
    """``visit(width=375, script=False)`` opens a clean browser window; every request elsewhere fails the test."""
    opened: list[BrowserContext] = []
    elsewhere: list[str] = []

    def new(*, width: int = 1280, script: bool = False, language: str = "en") -> BrowserContext:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script, locale=language
        )
        context.on("request", lambda request: _note_elsewhere(request.url, elsewhere))
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield new
    for context in opened:
        context.close()
    assert elsewhere == [], "the pages asked another host"


def _note_elsewhere(url: str, elsewhere: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1:", "data:")):
        elsewhere.append(url)


def public_url(demo: Instance, path: str = "", language: str = "en") -> str:
    """An address of the public door."""
    return f"http://127.0.0.1:{demo.public.port}/{language}/{path}"


def desk_url(demo: Instance, path: str = "") -> str:
    """An address of the desk."""
    return f"http://127.0.0.1:{demo.desk.port}/{path}"


_KEPT: dict[tuple[int, str], Any] = {}
"""Cookies of people who have signed in, by desk and name: a code works once, and nobody waits half a minute here."""


def sign_in(demo: Instance, context: BrowserContext, username: str) -> Page:
    """A page on which ``username`` has signed in and the reports are unlocked for those who may.

    Several windows of one person share a session, as tabs do.
    """
    page = context.new_page()
    kept = _KEPT.get((demo.desk.port, username))
    if kept:
        context.add_cookies(kept)
    page.goto(desk_url(demo))
    if page.locator("#username").count():
        prove_who_you_are(demo, page, username)
        _KEPT[demo.desk.port, username] = context.cookies()
    unlock = page.locator("header a", has_text="Unlock")
    if unlock.count():
        unlock.first.click()
        page.fill("#passphrase", UNIT_PASSPHRASE)
        page.click("main button[type=submit]")
    return page


def say_why(page: Page) -> None:
    """Give a reason where the desk asks why somebody opens a report outside their queue."""
    if "/why/" in page.url:
        page.fill("#reason", "For the story of this test.")
        page.locator("main form[action^='/why/'] button").click()


def prove_who_you_are(demo: Instance, page: Page, username: str) -> None:
    """Password and code, on a page that shows the sign-in form."""
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit] >> nth=0")
    page.fill("#code", demo_code(demo, username))
    page.locator("form:has(#code) button").click()


def demo_code(demo: Instance, username: str) -> str:
    """What the demonstration shows as this person's code; waits when the last one was just used."""
    for _second in range(40):
        with urlopen(desk_url(demo, "demo-codes"), timeout=10) as answer:
            found = re.search(rf'data-code="{username}"><span class="tocsin-code">(\d+)<', answer.read().decode())
        if found:
            return found[1]
        time.sleep(1)
    raise AssertionError(f"the demonstration shows no code for {username}")


def pictures() -> Path | None:
    """Where to keep screenshots, when somebody wants to look at them (``TOCSIN_PICTURES``)."""
    named = os.environ.get("TOCSIN_PICTURES")
    return Path(named) if named else None
