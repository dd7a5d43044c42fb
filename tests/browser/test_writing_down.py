"""Taking a call by keyboard alone, typing up a letter with its scan, and the correction in the mailbox."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenContext, desk_url, public_url, sign_in
from tests.browser.guided_walk import PHOTO
from tests.browser.test_every_page_is_usable import check
from tocsin.config.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.journey]
TOLD = "Two men load drums into a boat at the old quay."
SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])


def walk_to(page: Page, selector: str, key: str = "Tab", most: int = 80) -> None:
    """Press ``key`` until the focus is on what is wanted."""
    for _key in range(most):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by keyboard")


def read_words(page: Page) -> list[str]:
    return [text.split("\n")[0].split()[0] for text in page.locator(".tocsin-words__word").all_inner_texts()]


def take_a_call(page: Page, demo: Instance) -> None:
    """Everything but sending, without touching the mouse."""
    page.goto(desk_url(demo, "calls/new"))
    walk_to(page, "#risk_0")
    page.keyboard.press("ArrowDown")
    walk_to(page, "#number")
    page.keyboard.type("139 1111 2222")
    walk_to(page, "#category")
    page.keyboard.type("invasive")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=line]", state="attached")


@SCRIPT
def test_a_call_by_keyboard_alone(demo: Instance, visit: OpenContext, script: bool) -> None:
    page = sign_in(demo, visit(script=script), "ines")
    take_a_call(page, demo)
    assert page.input_value("#number") == ""
    assert "139" not in page.content()
    assert page.locator("#risk_1").is_checked()
    walk_to(page, "#what")
    page.keyboard.type(TOLD)
    walk_to(page, "#where")
    page.keyboard.type("The old quay")
    walk_to(page, "button[value=send]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tocsin-words__word")
    words = read_words(page)
    assert len(words) == 9
    walk_to(page, "#heard")
    page.keyboard.type(" ".join([*words[:8], "zebra"]))
    page.keyboard.press("Enter")
    expect(page.locator(".tocsin-words__word--differs")).to_have_count(1)
    page.locator("#heard").fill("")
    walk_to(page, "#heard")
    page.keyboard.type(" ".join(word[:4] for word in words))
    page.keyboard.press("Enter")
    expect(page.locator(".tocsin-words__right")).to_be_visible()


@SCRIPT
def test_an_emergency_is_one_key_away(demo: Instance, visit: OpenContext, script: bool) -> None:
    page = sign_in(demo, visit(script=script), "ines")
    page.goto(desk_url(demo, "calls/new"))
    page.fill("#what", "He has a knife")
    if script:
        page.keyboard.press("F9")
    else:
        page.locator("button[value=emergency]").press("Enter")
    page.wait_for_selector("#hand-over-title")
    assert "000-0001" in page.inner_text(".tocsin-call__hand-over")
    page.fill("#said", "A man with a knife at the old quay.")
    page.locator(".tocsin-call__bodies button").first.press("Enter")
    expect(page.locator(".govuk-notification-banner")).to_contain_text("took over, now, from you")
    assert len(read_words(page)) == 9
    page.fill("#addition", "He left in a grey van.")
    page.get_by_role("button", name="Add to the report").press("Enter")
    expect(page.locator(".govuk-notification-banner")).to_contain_text("Added to the report.")
    page.get_by_role("link", name="Open this report").click()
    history = page.inner_text("main")
    for text in ("Urgent", "Hand over to an emergency body", "Police (sample number)", "He left in a grey van."):
        assert text in history


def test_the_clock_runs_and_the_text_is_not_thrown_away(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=True), "ines")
    page.goto(desk_url(demo, "calls/new"))
    expect(page.locator("[role=timer]")).to_have_text("0:02", timeout=6_000)
    page.fill("#what", TOLD)
    asked: list[str] = []

    def refuse(dialog: object) -> None:
        asked.append(getattr(dialog, "type", ""))
        dialog.dismiss()  # type: ignore[attr-defined]  # a Dialog, as Playwright hands it on

    page.on("dialog", refuse)
    page.locator("a", has_text="Inbox").first.click(no_wait_after=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert page.input_value("#what") == TOLD
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".tocsin-words__word")
    assert asked == ["beforeunload"], "sending is not leaving"


def test_without_script_the_page_says_when_the_call_began(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(), "ines")
    page.goto(desk_url(demo, "calls/new"))
    expect(page.locator(".tocsin-call-bar__clock")).to_contain_text("Began at")
    assert page.locator("[role=timer]").is_hidden()


@SCRIPT
def test_a_letter_with_its_scan_and_the_correction_of_its_writer(
    demo: Instance, visit: OpenContext, script: bool
) -> None:
    page = sign_in(demo, visit(script=script), "ines")
    page.goto(desk_url(demo, "letters/new"))
    for part, text in (("day", "1"), ("month", "6"), ("year", "2024")):
        page.fill(f"input[name=arrived_{part}]", text)
    page.fill("#what", f"{TOLD} {script}")
    page.check("#words_0")
    page.fill("#original", "Ukrainian")
    page.fill("#translator", "Sworn translator no. 12")
    page.set_input_files("#files", [PHOTO])
    page.locator("button[value=send]").click()
    page.wait_for_selector(".tocsin-words__word")
    words = read_words(page)
    correct(visit(width=375, script=script).new_page(), demo, words, look=script)
    page.get_by_role("link", name="Open this report").click()
    shown = page.inner_text("main")
    for text in ("As it was written down", TOLD, "What the reporter corrects", "Not drums: sacks.", "Ukrainian"):
        assert text in shown
    assert PHOTO["name"] in shown
    if script:  # the checker is a script itself
        check(page, "desk-tip-corrected")
    assert "overdue" in shown, "the clocks count from the day on the envelope"


def correct(mia: Page, demo: Instance, words: list[str], *, look: bool) -> None:
    """The reporter checks what was written down, at the public door."""
    mia.goto(public_url(demo, "mailbox"))
    mia.fill("#words", " ".join(words))
    mia.get_by_role("button", name="Open", exact=True).click()
    assert TOLD in mia.inner_text("main")
    if look:
        check(mia, "public-mailbox-transcript")
    mia.fill("#text", "Not drums: sacks.")
    mia.check("#corrects")
    mia.get_by_role("button", name="Send", exact=True).click()
    expect(mia.locator(".tocsin-conversation")).to_contain_text("sealed")
    mia.close()


def test_every_screen_is_usable_at_every_width(demo: Instance, visit: OpenContext) -> None:
    page = sign_in(demo, visit(script=True), "ines")
    for path in ("calls/new", "visits/new", "letters/new"):
        page.goto(desk_url(demo, path))
        check(page, f"desk-{path.partition('/')[0]}")
    take_a_call(page, demo)
    check(page, "desk-call-questions")
    page.select_option("#language", "ar")
    page.locator("main button[value=look]").last.click()
    check(page, "desk-call-arabic")
    page.select_option("#language", "en")
    page.fill("#category", "nothing like it")
    page.locator("button[value=send]").click()
    check(page, "desk-call-error")
    page.fill("#category", "")
    page.fill("#what", "Seeds by post.")
    page.locator("button[value=emergency]").click()
    page.wait_for_selector(".tocsin-words__word")
    check(page, "desk-call-sent-urgent")
    page.fill("#heard", " ".join([*read_words(page)[:7], "zebra", "zebra"]))
    page.get_by_role("button", name="Compare").click()
    check(page, "desk-call-read-back")
