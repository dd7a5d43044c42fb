"""A working day at the desk without a mouse; a saved filter; the question why; and all of it without script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenContext, desk_url, pictures, sign_in
from tocsin.config.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.journey]


def focused(page: Page) -> str:
    """The text of what has the focus."""
    text: str = page.evaluate("document.activeElement.innerText || document.activeElement.id || ''")
    return text


def look(page: Page, name: str) -> None:
    """Nothing wider than the screen, no axe violation, at desk and tablet size and on a telephone. Needs script."""
    for width in (375, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
        folder = pictures()
        if folder:
            page.screenshot(path=folder / f"{name}-{width}.png")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} at {width} px: {found.generate_report()}"


def test_a_report_is_found_read_and_confirmed_by_keyboard_alone(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=True), "ines")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(desk_url(demo, "inbox?whose=queue&state=received"))
    rows = page.locator("a[data-row]")
    first, second = (rows.nth(place).inner_text() for place in (0, 1))
    for key, expected in (("j", first), ("j", second), ("k", first), ("j", second)):
        page.keyboard.press(key)
        assert focused(page) == expected
    page.keyboard.press("x")
    assert page.locator("input[name=tips]:checked").count() == 1
    page.keyboard.press("x")
    assert page.locator("input[name=tips]:checked").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/tips/**")
    page.keyboard.press("u")
    page.wait_for_url("**/inbox?state=received&whose=queue")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_url("**#do-acknowledge")
    expect(page.locator("#do-acknowledge :focus")).to_have_count(1)
    assert page.locator(".govuk-tag", has_text="Received").count() == 1, "a key alone confirms nothing"
    page.keyboard.press("Enter")
    page.wait_for_url("**done=acknowledge*")
    assert "You confirmed that you have read this report." in page.inner_text("main")
    assert said == []


def test_q_leads_to_the_question_and_letters_typed_there_are_letters(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=True), "tara")
    page.goto(desk_url(demo, "inbox?state=in_triage"))
    page.keyboard.press("j")
    page.keyboard.press("q")
    expect(page.locator("#ask-text")).to_be_focused()
    url = page.url
    page.keyboard.type("just a quick question? j/k, x, u")
    assert page.input_value("#ask-text") == "just a quick question? j/k, x, u"
    assert page.url == url
    assert not page.locator("dialog[open]").count()


def test_the_keys_are_shown_with_a_question_mark_and_leave_the_page_alone(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=True), "tara")
    page.goto(desk_url(demo, "inbox"))
    page.keyboard.press("?")
    dialog = page.locator("dialog[open]")
    assert "next report, report before" in dialog.inner_text()
    look(page, "desk-keys-dialog")
    page.keyboard.press("j")
    assert "Close" in focused(page)
    page.keyboard.press("Escape")
    assert not page.locator("dialog[open]").count()
    page.keyboard.press("/")
    assert focused(page).startswith("All") or page.evaluate("document.activeElement.id") == "filter-urgent"
    page.keyboard.press("Control+j")
    assert page.evaluate("document.activeElement.id") == "filter-urgent"


def test_keys_that_are_switched_off_do_nothing(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=True), "ivo")
    page.goto(desk_url(demo, "keys"))
    look(page, "desk-keys")
    page.get_by_role("button", name="Switch single keys off").click()
    page.goto(desk_url(demo, "inbox"))
    for key in ("j", "x", "?", "/"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement === document.body")
    assert not page.locator("dialog[open]").count()
    page.goto(desk_url(demo, "keys"))
    page.get_by_role("button", name="Switch single keys on").click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_filter_is_set_saved_and_used(script: bool, demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=script), "ines")
    page.goto(desk_url(demo, "inbox"))
    page.locator("#filters summary").click()
    page.select_option("#filter-urgent", "yes")
    page.select_option("#filter-sort", "due")
    page.get_by_role("button", name="Show", exact=True).click()
    assert (
        page.locator(".govuk-table__body .govuk-tag", has_text="Urgent").count() == page.locator("a[data-row]").count()
    )
    page.locator("#filters summary").click()
    name = f"Hurry {script}"
    page.fill("#filter-name", name)
    if script:
        look(page, "desk-filter")
    page.get_by_role("button", name="Save filter").click()
    page.goto(desk_url(demo, "inbox?state=closed"))
    page.get_by_role("link", name=name).click()
    assert page.get_by_role("link", name=name).get_attribute("aria-current") == "page"
    assert "urgent=yes" in page.url
    page.locator("#filters summary").click()
    page.get_by_role("button", name=f"Remove {name}").click()
    assert not page.get_by_role("link", name=name).count()


def test_a_report_of_another_office_asks_why_and_opens_with_a_reason(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=True), "ivo")
    page.goto(desk_url(demo, "inbox?state=in_triage"))
    assert "not in your queue" in page.inner_text("main")
    page.locator("a[data-row]").first.click()
    assert "Why do you open this report?" in page.inner_text("main")
    look(page, "desk-why")
    page.get_by_role("button", name="Open the report").click()
    assert "Write the reason in a few words" in page.inner_text("[role=alert]")
    page.fill("#reason", "The same lake as in my own case.")
    page.get_by_role("button", name="Open the report").click()
    assert "Why do you open this report?" not in page.inner_text("main")
    assert page.locator("h2", has_text="History").count() == 1


def test_a_supervisor_gives_reports_to_an_investigator_from_the_list(demo: Instance, visit: OpenContext) -> None:
    sam, ivo = sign_in(demo, visit(), "sam"), sign_in(demo, visit(script=True), "ivo")
    sam.goto(desk_url(demo, "inbox?state=under_verification"))
    sam.locator("input[name=tips]").first.check()
    sam.select_option("#give-to", label="Ivo")
    sam.get_by_role("button", name="Give", exact=True).click()
    assert "1 report was given." in sam.inner_text("main")
    ivo.goto(desk_url(demo, "inbox?whose=list"))
    assert ivo.locator("a[data-row]").count() == 1
    look(ivo, "desk-my-list")
