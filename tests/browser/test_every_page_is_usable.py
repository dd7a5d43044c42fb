"""Accessibility (axe-core), width, weight and hosts of every page that exists; public ones in every language."""

from __future__ import annotations

import gzip
import re
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import OpenContext, desk_url, pictures, public_url, say_why, sign_in
from tests.browser.guided_walk import ALL_LANGUAGES, PHOTO
from tocsin.config.instance import Instance

pytestmark = pytest.mark.browser
WIDTHS = (320, 375, 1280)
HEAVIEST = 60 * 1024
MOST_REQUESTS = 10


def check(page: Page, name: str) -> None:
    """No axe violation, nothing wider than the screen at any width."""
    page.wait_for_load_state()  # a click waits for the answer to begin, not for its end
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
        folder = pictures()
        if folder:
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} at {width} px: {found.generate_report()}"


@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_every_public_page(demo: Instance, visit: OpenContext, language: str) -> None:
    page = visit(script=True, language=language).new_page()
    for path in ("", "about", "guide", "report", "mailbox", "verify", "no-such-page"):
        page.goto(public_url(demo, path, language))
        check(page, f"public-{path or 'start'}-{language}")
    page.goto(public_url(demo, "report", language))
    page.click("main button[type=submit]")
    check(page, f"public-report-error-{language}")
    page.fill("#id_what", "三只天鹅死在湖边。 Three dead swans on the lake.")
    page.click("main button[type=submit]")
    check(page, f"public-receipt-{language}")
    words = page.locator(".tocsin-words__word").all_inner_texts()
    page.locator("main details summary").first.click()
    with page.context.expect_page() as opened:
        page.locator("button[name=as][value=picture]").click()
    check(opened.value, f"public-words-as-picture-{language}")
    page.goto(public_url(demo, "mailbox", language))
    page.fill("#words", " ".join([*words[:-1], "nonsense"]))
    page.click("main button[type=submit]")
    check(page, f"public-mailbox-error-{language}")
    page.fill("#words", " ".join(words))
    page.click("main button[type=submit]")
    check(page, f"public-mailbox-{language}")
    page.set_input_files("#files", [PHOTO])
    page.click("main form[action$='/mailbox/files'] button")
    check(page, f"public-files-{language}")
    page.goto(public_url(demo, "mailbox/take-back", language))
    check(page, f"public-take-back-{language}")
    page.click("main button[type=submit]")
    check(page, f"public-taken-back-{language}")


@pytest.mark.parametrize("path", ["", "about", "guide", "report", "report/steps", "mailbox", "verify"])
def test_a_page_is_the_same_with_and_without_script(demo: Instance, visit: OpenContext, path: str) -> None:
    """So whatever was found or not found on one holds for the other."""
    drawn = []
    for script in (True, False):
        page = visit(script=script).new_page()
        page.goto(public_url(demo, path))
        assert page.locator("script, noscript").count() == 0
        drawn.append(re.sub(r'value="[^"]{40,}"', "", page.content()))
    assert drawn[0] == drawn[1]


def test_every_desk_page(demo: Instance, visit: OpenContext) -> None:
    page = visit(script=True).new_page()
    page.goto(desk_url(demo, "sign-in"))
    check(page, "desk-sign-in")
    page = sign_in(demo, visit(script=True), "tara")
    for path in ("inbox", "inbox?state=closed", "unlock", "ledger", "no-such-page"):
        page.goto(desk_url(demo, path))
        check(page, f"desk-{path.replace('?', '-').replace('=', '-')}")
    for state in ("received", "in_triage", "need_info", "under_verification", "feedback_given", "closed"):
        page.goto(desk_url(demo, f"inbox?state={state}"))
        page.locator("td a").first.click()
        if "/why/" in page.url:
            check(page, "desk-why")
            say_why(page)
        check(page, f"desk-tip-{state}")


def test_the_form_is_light_and_asks_no_other_host(demo: Instance, visit: OpenContext) -> None:
    page = visit(width=375).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(public_url(demo, "report"))
    asked = [url for url in asked if not url.startswith("data:")]
    assert len(asked) <= MOST_REQUESTS
    assert sum(compressed_size(url) for url in asked) <= HEAVIEST


def compressed_size(url: str) -> int:
    """Bytes over the wire with gzip; what the server sends uncompressed counts as it comes."""
    with urlopen(Request(url, headers={"Accept-Encoding": "gzip"}), timeout=10) as answer:
        data: bytes = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            assert gzip.decompress(data)
        return len(data)


def test_the_form_can_be_finished_by_keyboard_alone(demo: Instance, visit: OpenContext) -> None:
    page = visit(width=375).new_page()
    page.goto(public_url(demo, "report"))
    for _key in range(40):
        page.keyboard.press("Tab")
        if page.locator("#id_what:focus").count():
            break
    page.keyboard.type("Seeds by post that nobody ordered.")
    for _key in range(20):
        page.keyboard.press("Tab")
        if page.locator("main button[type=submit]:focus").count():
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".tocsin-words__word")
    assert page.locator(".tocsin-words__word").count() == 9


def test_a_page_says_nothing_to_the_console(demo: Instance, visit: OpenContext) -> None:
    page = visit(script=True).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda fault: said.append(str(fault)))
    for path in ("", "report", "mailbox", "verify"):
        page.goto(public_url(demo, path))
    assert said == []
