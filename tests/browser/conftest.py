"""A running demonstration (three real processes) and a headless Chromium to visit it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
    home = tmp_path_factory.mktemp("demo") / "home"
    command = [sys.executable, "-m", "tocsin", "demo", "--prepare-only", "--home", str(home)]
    ports = ["--public-port", str(free_port()), "--desk-port", str(free_port())]
    made = subprocess.run([*command, *ports], check=False, timeout=120, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    instance = load_instance(home)
    processes = Processes(home, extra_environment={"TOCSIN_BATCH_SECONDS": "1"})
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


def sign_in(demo: Instance, context: BrowserContext, username: str) -> Page:
    """A page on which ``username`` has signed in and the reports are unlocked for those who may."""
    page = context.new_page()
    page.goto(desk_url(demo, "sign-in"))
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    unlock = page.locator("header a", has_text="Unlock")
    if unlock.count():
        unlock.first.click()
        page.fill("#passphrase", UNIT_PASSPHRASE)
        page.click("main button[type=submit]")
    return page


def pictures() -> Path | None:
    """Where to keep screenshots, when somebody wants to look at them (``TOCSIN_PICTURES``)."""
    named = os.environ.get("TOCSIN_PICTURES")
    return Path(named) if named else None
