"""The story of the README in a real browser, without any script: form, nine words, desk, answer, outcome, proof.

By the short form; the guided one is walked in ``test_the_guided_form``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenContext, desk_url, public_url, sign_in
from tocsin.config.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.journey]
TOLD = "A man in a grey coat photographs the pumps of the water works every evening."


def file_report(page: Page, demo: Instance) -> list[str]:
    page.goto(public_url(demo))
    page.get_by_role("link", name="Or use the short form on one page.").click()
    page.fill("#id_what", TOLD)
    page.fill("#id_where", "Kestrel water works, west gate")
    page.select_option("#id_category", "facility_tampering")
    page.get_by_role("button", name="Send", exact=True).click()
    words = page.locator(".tocsin-words__word").all_inner_texts()
    assert len(words) == 9
    return words


def find_on_desk(page: Page, demo: Instance) -> str:
    page.goto(desk_url(demo, "inbox?state=received"))
    while not page.locator("tr", has_text="grey coat").count():
        page.get_by_role("link", name="Next reports").click()
    page.locator("tr", has_text="grey coat").locator("a").first.click()
    return page.url


def do(page: Page, url: str, action: str, *, text: str = "", choose: str = "") -> None:
    page.goto(url)
    part = page.locator("details", has=page.locator("summary", has_text=action)).first
    if not part.evaluate("element => element.open"):
        part.locator("summary").click()
    if text:
        part.locator("textarea").fill(text)
    if choose:
        part.get_by_label(choose, exact=True).check()
    part.locator("button").click()
    assert page.locator(".govuk-error-summary").count() == 0, page.locator(".govuk-error-summary").inner_text()


def open_mailbox(page: Page, demo: Instance, words: list[str]) -> None:
    page.goto(public_url(demo, "mailbox"))
    page.fill("#words", " ".join(word[:4].upper() for word in words))
    page.get_by_role("button", name="Open", exact=True).click()


def test_a_tip_from_the_form_to_the_offline_proof(demo: Instance, visit: OpenContext, tmp_path: Path) -> None:
    reporter = visit(width=375).new_page()
    words = file_report(reporter, demo)
    staff = {name: sign_in(demo, visit(), name) for name in ("ines", "tara", "ivo", "sam")}
    url = find_on_desk(staff["ines"], demo)
    do(staff["ines"], url, "Confirm that you have read it")
    do(staff["tara"], url, "Take into triage", choose="No")
    do(staff["tara"], url, "Ask the reporter", text="On which days did you see him?")

    open_mailbox(reporter, demo, words)
    assert "On which days did you see him?" in reporter.inner_text("main")
    reporter.fill("#text", "Monday and Tuesday, at dusk.")
    reporter.get_by_role("button", name="Send", exact=True).click()

    do(staff["sam"], url, "Start verification", text="Sample law on water, section 2")
    assert "Monday and Tuesday, at dusk." in staff["sam"].inner_text("main")
    staff["ivo"].goto(url)
    staff["ivo"].get_by_role("button", name="Put on my list").click()
    do(staff["ivo"], url, "Propose an outcome", text="He works for the water board.", choose="Already known")
    staff["sam"].goto(url)
    staff["sam"].get_by_role("button", name="Approve").click()
    do(staff["ines"], url, "Tell the reporter the result", text="Thank you. He works for the water board.")
    do(staff["sam"], url, "Close", text="Dealt with.")

    open_mailbox(reporter, demo, words)
    assert "Thank you. He works for the water board." in reporter.inner_text("main")
    assert "Already known" in reporter.inner_text("main")
    check_offline(reporter, demo, words, tmp_path)


def check_offline(reporter: Page, demo: Instance, words: list[str], tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.tlog-proof"
    deadline = time.monotonic() + 30
    while True:
        with reporter.expect_download() as download:
            reporter.get_by_role("link", name="Save the receipt file").click()
        if download.value.suggested_filename.endswith(".tlog-proof") or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    download.value.save_as(receipt)
    by_file = tocsin("verify", str(receipt), "--log", str(demo.log))
    assert by_file.returncode == 0, by_file.stdout
    by_words = tocsin("verify", "--words", "--log", str(demo.log), typed=" ".join(words))
    assert by_words.returncode == 0, by_words.stdout
    assert "closed (already known)" in by_words.stdout
    receipt.write_text(receipt.read_text().replace("index ", "index 1"))
    assert tocsin("verify", str(receipt), "--log", str(demo.log)).returncode == 1


def tocsin(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "tocsin", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, check=False)
