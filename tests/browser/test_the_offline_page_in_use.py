"""The static verifier page as people use it: with a mouse, by keyboard, on a phone, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from mnemonic import Mnemonic
from playwright.sync_api import Page

from tests.browser.conftest import pictures
from tests.browser.offline_page import FILE, OpenPage, Published, ask_page, open_page, published, spelled, verdict
from tocsin.ledger.tests.log_folder import LATE, NOW, put

pytestmark = pytest.mark.browser
__all__ = ["open_page", "published"]  # fixtures, known to pytest by being here
WORDS = spelled(Mnemonic("english").wordlist)


def look(page: Page, name: str) -> None:
    """No axe violation, nothing wider than the screen; a picture for those who want to look."""
    for width in (320, 375, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
        folder = pictures()
        if folder:
            page.screenshot(path=folder / f"offline-{name}-{width}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("en", ("It holds", "Not yet", "The promise was broken", "It does not hold")),
        ("zh-CN", ("核对无误", "还没有记入账本", "承诺没有兑现", "对不上")),
    ],
)
def test_a_visitor_gets_each_verdict_in_words(
    open_page: OpenPage, published: Published, tmp_path: Path, language: str, titles: tuple[str, ...]
) -> None:
    page = open_page(language=language)
    look(page, f"empty-{language}")
    page.click("#check")
    assert page.locator(".error:visible").count() == 2
    assert page.evaluate("document.activeElement.id") == "folder"
    look(page, f"error-{language}")
    page.set_input_files("#folder", published.log.path)
    receipts = (published.proof, published.waiting, published.waiting, published.proof[:-9])
    for number, (receipt, now, title) in enumerate(zip(receipts, (LATE, NOW, LATE, LATE), titles, strict=True)):
        page.clock.set_fixed_time(now)
        put(tmp_path / f"receipt-{number}", receipt)
        page.set_input_files("#receipt", tmp_path / f"receipt-{number}")
        assert page.locator(".card").count() == 0, "an old verdict stands beside a new receipt"
        card = verdict(page)
        assert card.locator("h2").inner_text() == title
        for details in card.locator("summary").all():
            details.click()
        look(page, f"{card.get_attribute('class').split()[-1]}-{language}")
    page.click("#ask-words")
    look(page, f"words-{language}")


def test_a_visitor_pastes_switches_the_language_and_chooses_a_parent_folder(
    open_page: OpenPage, published: Published, tmp_path: Path
) -> None:
    page = open_page()
    put(tmp_path / "letter.txt", b"something else")
    page.set_input_files("#folder", tmp_path)
    page.fill("#receipt-text", "\n " + published.kept.decode().replace("\n", "\r\n") + " \n")
    assert "The promise was kept: it is entry 0" in verdict(page).inner_text()
    page.click("[data-language=zh]")
    assert "承诺已经兑现" in page.locator(".card").inner_text()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    page.click("#ask-log")
    assert "账本完整" in verdict(page).inner_text()


def test_single_files_do_where_no_folder_can_be_chosen(open_page: OpenPage, published: Published) -> None:
    page = open_page()
    page.click("details:has(#files) summary")
    page.click("#ask-log")
    for folder in {(published.log.path / name).parent for name in published.files}:
        page.set_input_files("#files", [path for path in folder.iterdir() if path.is_file()])
    assert "The log is whole." in verdict(page).inner_text()
    page.click("#forget")
    page.click("#check")
    assert page.locator("#folder-error").is_visible()


def test_words_are_asked_for_with_a_warning_and_not_kept(open_page: OpenPage, published: Published) -> None:
    page = open_page()
    page.set_input_files("#folder", published.log.path)
    page.click("#ask-words")
    assert "Type them only on a computer that is your own" in page.inner_text("#words-warning")
    page.fill("#words", " ".join(WORDS))
    page.click("#ask-log")
    page.click("#ask-words")
    assert page.input_value("#words") == "", "the words stayed while they were out of sight"
    page.fill("#words", " ".join([*WORDS[:-1], "zoo"]))
    page.click("#check")
    assert page.locator("#offline-error").is_visible()
    assert "mistyped" in page.inner_text("#words-error")
    page.check("#offline")
    page.fill("#words", " ".join(WORDS))
    assert "Entry 1: 2026-02: your report was closed (already known)." in verdict(page).inner_text()
    assert page.input_value("#words") == ""
    assert WORDS[2] not in page.content().partition("const WORD_LISTS")[0]


def test_it_works_without_the_cryptography_of_the_browser(open_page: OpenPage, published: Published) -> None:
    page = open_page(before="Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });")
    assert page.evaluate("crypto.subtle") is None
    assert ask_page(page, published.files, receipt=published.proof).status == "ok"
    assert ask_page(page, published.files, receipt=published.waiting[:-2]).status == "bad"


def test_it_is_used_by_keyboard_alone(open_page: OpenPage, published: Published, tmp_path: Path) -> None:
    page = open_page(width=375)
    with page.expect_file_chooser() as chosen:  # asked for long before the key: the browser must know by then
        tab_to(page, "#folder")
        page.keyboard.press("Enter")
    chosen.value.set_files(published.log.path)
    tab_to(page, "#ask-receipt")
    for expected in ("#part-words", "#part-receipt"):
        page.keyboard.press("ArrowUp" if expected == "#part-words" else "ArrowDown")
        assert page.locator(expected).is_visible()
    tab_to(page, "#receipt-text")
    page.keyboard.insert_text(published.proof.decode())
    tab_to(page, "#check")
    page.keyboard.press("Enter")
    page.locator(".card.ok").wait_for()
    assert page.locator("[role=status] .card.ok").count() == 1


def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until the element has the focus."""
    for _key in range(25):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    pytest.fail(f"{selector} cannot be reached with the tab key")


def test_a_check_can_be_stopped(open_page: OpenPage, published: Published) -> None:
    page = open_page(before="Blob.prototype.arrayBuffer = () => new Promise(() => {});")
    page.set_input_files("#folder", published.log.path)
    page.click("#ask-log")
    page.click("#check")
    page.locator("progress").wait_for()
    look(page, "working")
    page.click("#stop")
    assert page.locator("progress").is_hidden()
    assert page.evaluate("document.activeElement.id") == "check"


def test_it_is_one_small_file_that_could_not_ask_anybody() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert len(text.encode()) < 120_000
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'none';"
    assert f'http-equiv="Content-Security-Policy" content="{policy}' in text
    loading = r"\b(?:src|href)\s*=|@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|\bimport\("
    assert re.findall(loading, text) == []
    assert re.findall(r"innerHTML|\beval\(|Function\(|localStorage|sessionStorage|indexedDB|cookie", text) == []


def test_all_texts_exist_in_both_languages(open_page: OpenPage) -> None:
    page = open_page()
    texts = page.evaluate("TocsinVerify.TEXTS")
    for key, (english, chinese) in texts.items():
        assert (english.strip() and re.search("[\u4e00-\u9fff]", chinese)) or key.startswith("event"), key
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", chinese)), key
    named = page.eval_on_selector_all("[data-text]", "all => all.map((each) => each.dataset.text)")
    assert set(named) <= set(texts)
    assert page.evaluate("Object.keys(window).filter((name) => /tocsin|sha|verif/i.test(name))") == []


def test_a_site_hands_it_out_as_a_file_to_save() -> None:
    answer = Client().get("/verify_tocsin.html")
    assert answer.status_code == 200
    assert b"".join(answer) == FILE.read_bytes()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="verify_tocsin.html"'
