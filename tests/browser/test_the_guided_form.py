"""The guided form in a real browser: every category, both languages, no script, keyboard alone, small and light."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response

from tests.browser.conftest import OpenContext, pictures, public_url
from tests.browser.guided_walk import (
    ALL_LANGUAGES,
    CATEGORIES,
    LANGUAGES,
    PAPER,
    PHOTO,
    TOLD,
    at,
    begin,
    fields,
    fill,
    press,
    walk,
    words,
)
from tests.browser.test_every_page_is_usable import HEAVIEST, MOST_REQUESTS, WIDTHS, compressed_size
from tocsin.config.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_form_without_script(demo: Instance, visit: OpenContext, language: str, category: str) -> None:
    page = visit(width=375, language=language).new_page()
    begin(page, demo, language)
    passed = []
    for screen in walk(page, category=category):
        passed.append(screen)
        assert page.locator(".govuk-error-summary").count() == 0, page.locator("main").inner_text()
        if screen == "check":
            assert page.locator("main").inner_text().count(TOLD) >= 7
    assert [name for name in passed if name.startswith(f"q-{category}-")]
    assert passed[-3:] == ["check", "send", ""]
    assert len(words(page)) == 9
    for name in (PHOTO["name"], PAPER["name"]):
        assert page.locator("main li", has_text=name).count() == 1
    told = page.locator("main li", has_text=PHOTO["name"]).locator("li")
    assert told.count() >= 3, "where it was taken, by which device, when"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_nine_words_at_the_end_open_the_mailbox(demo: Instance, visit: OpenContext, language: str) -> None:
    page = visit(width=375, language=language).new_page()
    begin(page, demo, language)
    assert list(walk(page, category="other", fill_in=fill_least))[-1] == ""
    found = words(page)
    page.locator("main a[href$='/mailbox']").first.click()
    page.fill("#words", " ".join(found))
    page.locator("main button[type=submit]").click()
    assert page.url.endswith(f"/{language}/mailbox/messages")
    assert page.locator("main form[action$='/mailbox/write']").count() == 1
    page.set_input_files("#files", [PHOTO, PAPER])
    page.locator("main form[action$='/mailbox/files'] button").click()
    assert page.locator("main li", has_text=PAPER["name"]).count() == 1
    page.locator("main a[href$='/mailbox/messages']").first.click()
    above = page.locator("main form[action$='/mailbox/files']").locator("xpath=preceding-sibling::p[1]")
    assert "2" in above.inner_text()


@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_the_words_can_be_kept_as_a_picture_or_a_file(demo: Instance, visit: OpenContext, language: str) -> None:
    context = visit(width=375, language=language)
    page = context.new_page()
    begin(page, demo, language)
    assert list(walk(page, category="other", fill_in=fill_least))[-1] == ""
    page.locator("main details summary").first.click()
    with context.expect_page() as opened:
        page.locator("button[name=as][value=picture]").click()
    picture = opened.value.locator("img.tocsin-qr")
    picture.wait_for()
    assert picture.evaluate("each => each.complete && each.naturalWidth") >= 29 * 8
    opened.value.close()
    with page.expect_download() as saved:
        page.locator("button[name=as][value=file]").click()
    assert " ".join(words(page)) in Path(saved.value.path()).read_text("utf-8-sig")


def fill_least(page: Page, *, category: str) -> None:
    """Only what is required."""
    for _kind, name, _value in fields(page):
        if name in ("risk", "category"):
            page.check(f"[name={name}][value={'no' if name == 'risk' else category}]")
        elif name == "what":
            page.fill("[name=what]", TOLD)


def test_the_form_works_the_same_where_script_may_run(demo: Instance, visit: OpenContext) -> None:
    page = visit(script=True).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda fault: said.append(str(fault)))
    begin(page, demo, "en")
    assert list(walk(page, category="other"))[-1] == ""
    assert len(words(page)) == 9
    assert said == []


LONG = "https://example.org/" + "w" * 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_screen_scrolls_sideways_at_320_pixels(demo: Instance, visit: OpenContext, language: str) -> None:
    page = visit(width=320, language=language).new_page()
    begin(page, demo, language)
    for screen in walk(page, category="secrets_approach", fill_in=fill_long):
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{screen or 'receipt'} is {wide} pixels wide"


def fill_long(page: Page, *, category: str) -> None:
    """As ``fill``, with one word that is wider than the screen."""
    fill(page, category=category)
    if at(page) == "who":
        page.fill("[name=who]", LONG)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _key in range(120):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the key Tab on {at(page)}")


def by_keyboard(page: Page, screen: str) -> None:
    """Answer a screen without a pointer."""
    if screen in ("risk", "category"):
        tab_to(page, f"[name={screen}]")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
    if screen == "what":
        tab_to(page, "[name=what]")
        page.keyboard.type("Seeds by post that nobody ordered.")
    tab_to(page, f"main button[value={'send' if screen == 'send' else 'next'}]")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_the_form_can_be_walked_by_keyboard_alone(demo: Instance, visit: OpenContext) -> None:
    page = visit(width=375).new_page()
    page.goto(public_url(demo, "report/steps"))
    while at(page):
        by_keyboard(page, at(page))
        assert page.locator(".govuk-error-summary").count() == 0
    assert len(words(page)) == 9


@pytest.mark.parametrize(
    ("screen", "line", "following"),
    [("where", "point", "who"), ("when", "day_year", "where"), ("q-invasive_species-specimens", "answer", "")],
)
def test_the_key_enter_in_a_line_goes_on(
    demo: Instance, visit: OpenContext, screen: str, line: str, following: str
) -> None:
    page = visit(width=375).new_page()
    page.goto(public_url(demo, "report/steps"))
    assert list(walk(page, category="invasive_species", to=screen))[-1] == screen
    fill(page, category="invasive_species")
    page.focus(f"[name={line}]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert at(page) == (following or "q-invasive_species-permit_seen")
    assert page.url.endswith("/en/report/steps")


def test_every_screen_has_one_heading_and_a_title_of_its_own(demo: Instance, visit: OpenContext) -> None:
    page = visit(width=375).new_page()
    begin(page, demo, "en")
    titles = []
    for screen in walk(page, category="animal_deaths"):
        titles.append(page.title())
        assert page.locator("h1").count() == 1, screen
    assert len(set(titles)) == len(titles)


def fill_in_danger(page: Page, *, category: str) -> None:
    """As ``fill``, by somebody who is in danger and writes of what somebody is."""
    fill(page, category=category)
    if at(page) == "risk":
        page.check("[name=risk][value=yes]")
    if at(page) == "who":
        page.fill("[name=who]", f"A foreigner. {LONG}")


def distinct_screens(page: Page, demo: Instance, language: str) -> Iterator[str]:
    """Every screen that looks different, each kind of question, and the faults that people make most."""
    begin(page, demo, language)
    for screen in walk(page, category="invasive_species", fill_in=fill_in_danger):
        yield screen or "receipt"
        if screen in ("risk", "what", "when"):
            if screen == "when":
                page.fill("[name=day_month]", "13")
            press(page)
            yield f"{screen}-wrong"
    begin(page, demo, language)
    for screen in walk(page, category="secrets_approach", to="how", fill_in=fill):
        if screen in ("q-secrets_approach-wanted", "q-secrets_approach-message_received"):
            yield screen


@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_every_screen_is_accessible_at_every_width(demo: Instance, visit: OpenContext, language: str) -> None:
    page = visit(script=True, language=language).new_page()
    axe, seen = Axe(), []
    for screen in distinct_screens(page, demo, language):
        seen.append(screen)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{screen} is wider than {width}"
            keep_picture(page, f"guided-{screen}-{language}-{width}")
            found = axe.run(page)
            assert found.violations_count == 0, f"{screen} at {width} px: {found.generate_report()}"
    assert {"danger", "risk-wrong", "what-wrong", "when-wrong", "contact", "award", "check", "receipt"} <= set(seen)


def keep_picture(page: Page, name: str) -> None:
    """For somebody who wants to look at the screens (``TOCSIN_PICTURES``)."""
    folder = pictures()
    if folder:
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def test_every_page_is_light_and_asks_no_other_host(demo: Instance, visit: OpenContext) -> None:
    page = visit(width=375).new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    begin(page, demo, "en")
    for screen in walk(page, category="animal_deaths"):
        asked = [answer for answer in answers if not answer.url.startswith("data:")]
        styles = [answer.url for answer in asked if "/static/" in answer.url]
        drawn = sum(int(answer.headers["content-length"]) for answer in asked if "/static/" not in answer.url)
        assert len(asked) <= MOST_REQUESTS, screen
        assert drawn + sum(compressed_size(url) for url in styles) <= HEAVIEST, screen
        answers.clear()
