"""Whole stories in a real browser, without script: a name asked for, found lawful, opened once; and one refused."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta

import pytest
from playwright.sync_api import Error, Page

from tests.browser.conftest import OpenContext, desk_url, public_url, say_why, sign_in
from tests.browser.test_every_page_is_usable import check
from tocsin.common import clock
from tocsin.config.demo_people import CUSTODIANS
from tocsin.config.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.journey]
CONTACT = "Mia Example, ring the bell at number 7"


def file_report(page: Page, demo: Instance, told: str, contact: str) -> list[str]:
    page.goto(public_url(demo, "report"))
    page.fill("#id_what", told)
    if contact:
        page.fill("#id_contact", contact)
    page.get_by_role("button", name="Send", exact=True).click()
    return page.locator(".tocsin-words__word").all_inner_texts()


def find_on_desk(page: Page, demo: Instance, told: str) -> None:
    """The newest report; investigators and supervisors say why they open it."""
    page.goto(desk_url(demo, "inbox?state=received&sort=newest"))
    page.locator("tr", has_text="Something else").locator("a").first.click()
    say_why(page)
    assert told in page.inner_text("main")


def ask(page: Page, demo: Instance, told: str, name: str, order: str = "", ends_on: str = "") -> str:
    """Ask who sent it; the address of the request."""
    find_on_desk(page, demo, told)
    check(page, f"{name}-tip")
    page.get_by_role("link", name="Ask for the reporter’s identity").click()
    page.get_by_role("button", name="Send the request").click()
    assert page.locator(".govuk-error-summary").count() == 1
    check(page, f"{name}-ask-error")
    page.fill("#reason", "The court of Kestrel asks who saw the lorry.\n\nThe hearing is on Monday.")
    page.fill("#ground", "Sample law on witnesses, section 12")
    page.fill("#order", order)
    page.fill("#ends_on", ends_on)
    page.get_by_role("button", name="Send the request").click()
    check(page, f"{name}-asked")
    return page.url.partition("?")[0]


def turn_of(page: Page, demo: Instance) -> None:
    """Go from the common queue to the request that waits for this person."""
    page.goto(desk_url(demo, "waiting"))
    page.locator("table").first.locator("a").first.click()


def bring_key(page: Page, demo: Instance, name: str) -> None:
    page.get_by_label("No", exact=True).first.check()
    page.set_input_files("#key_file", demo.home / "handover" / f"{name}.key")
    page.fill("#passphrase", CUSTODIANS[name])
    page.locator("button[data-prevent-double-click]").click()


def settled(page: Page) -> str:
    """What the page holds once the browser has stopped going elsewhere: its own error pages come in two steps."""
    for _again in range(20):
        try:
            return page.content()
        except Error:
            page.wait_for_timeout(250)
    return page.content()


def test_a_name_is_opened_once_by_two_custodians_and_its_reporter_is_told(demo: Instance, visit: OpenContext) -> None:
    told = "Two men loaded cages from a lorry without plates."
    reporter = visit(width=375, script=True).new_page()
    words = file_report(reporter, demo, told, CONTACT)
    ivo = sign_in(demo, visit(script=True), "ivo")
    address = ask(ivo, demo, told, "identity")

    leo = sign_in(demo, visit(script=True), "leo")
    turn_of(leo, demo)
    check(leo, "identity-legal-check")
    leo.get_by_label("No", exact=True).check()
    leo.fill("#allow-reason", "The order of the court is valid.")
    leo.get_by_role("button", name="Allow it").click()
    check(leo, "identity-allowed")

    first = sign_in(demo, visit(script=True), "max")
    turn_of(first, demo)
    check(first, "identity-first-key")
    first.get_by_label("No", exact=True).first.check()
    first.fill("#passphrase", "not the right one")
    first.set_input_files("#key_file", demo.home / "handover" / "max.key")
    first.locator("button[data-prevent-double-click]").click()
    check(first, "identity-wrong-passphrase")
    bring_key(first, demo, "max")
    assert CONTACT not in first.inner_text("main")
    check(first, "identity-first-key-in")

    second = sign_in(demo, visit(script=True), "kim")
    turn_of(second, demo)
    check(second, "identity-second-key")
    bring_key(second, demo, "kim")
    assert CONTACT in second.inner_text("main")
    check(second, "identity-shown")
    second.emulate_media(media="print")
    assert not second.locator(".tocsin-once").is_visible()
    second.emulate_media(media="screen")
    assert CONTACT in second.inner_text("main")

    second.get_by_role("button", name="Close it now").click()
    check(second, "identity-closed")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser kept nothing and asks whether to send it again
        second.go_back()
    assert CONTACT not in settled(second)
    second.reload()
    assert CONTACT not in settled(second)
    second.goto(address)

    for page, name in ((ivo, "ivo"), (leo, "leo"), (first, "max")):
        page.goto(address)
        assert "Told on" in page.inner_text("main")
        assert CONTACT not in page.content(), name
    ivo.goto(desk_url(demo, "identities"))
    check(ivo, "identity-list")
    open_mailbox(reporter, demo, words)
    assert "two custodians of this office opened" in reporter.inner_text("main")
    check(reporter, "identity-mailbox")
    assert "YOUR NAME WAS OPENED by two people" in found_in_the_ledger(demo, words)


def open_mailbox(page: Page, demo: Instance, words: list[str]) -> None:
    page.goto(public_url(demo, "mailbox"))
    page.fill("#words", " ".join(words))
    page.get_by_role("button", name="Open", exact=True).click()


def found_in_the_ledger(demo: Instance, words: list[str]) -> str:
    """What the reporter finds by scanning the published files, when the worker has taken up the opening."""
    command = [sys.executable, "-W", "ignore", "-m", "tocsin", "verify", "--words", "--log", str(demo.log)]
    deadline = time.monotonic() + 30
    while True:
        done = subprocess.run(command, input=" ".join(words), capture_output=True, text=True, timeout=60, check=False)
        if "NAME" in done.stdout or time.monotonic() > deadline:
            return " ".join(done.stdout.split())
        time.sleep(0.5)


def test_a_refused_request_opens_nothing_and_oversight_counts_it(demo: Instance, visit: OpenContext) -> None:
    told = "Somebody sells forged fishing permits at the harbour."
    reporter = visit(width=375).new_page()
    words = file_report(reporter, demo, told, CONTACT)
    sam = sign_in(demo, visit(script=True), "sam")
    address = ask(sam, demo, told, "identity-refused", "12/2026", (clock.now() + timedelta(days=9)).date().isoformat())
    leo = sign_in(demo, visit(script=True), "leo")
    turn_of(leo, demo)
    leo.get_by_label("No", exact=True).check()
    leo.fill("#allow-reason", "Curiosity is no ground.")
    leo.get_by_role("button", name="Refuse it").click()
    check(leo, "identity-refused")
    sam.goto(address)
    assert "Curiosity is no ground." in sam.inner_text("main")

    rita = sign_in(demo, visit(script=True), "rita")
    rita.goto(desk_url(demo, "identities?state=refused"))
    check(rita, "identity-oversight")
    assert rita.locator("tbody tr").count() >= 1
    kim = sign_in(demo, visit(), "kim")
    assert kim.goto(address).status == 404  # type: ignore[union-attr]  # an answer came
    open_mailbox(reporter, demo, words)
    assert "custodians" not in reporter.inner_text("main")


def test_a_custodian_refuses_and_a_seat_changes_hands(demo: Instance, visit: OpenContext) -> None:
    told = "A barge empties its tanks below the lock."
    file_report(visit(width=375).new_page(), demo, told, "")
    ivo = sign_in(demo, visit(script=True), "ivo")
    address = ask(ivo, demo, told, "identity-declined")
    leo = sign_in(demo, visit(script=True), "leo")
    turn_of(leo, demo)
    leo.get_by_label("No", exact=True).check()
    leo.fill("#allow-reason", "Valid.")
    leo.get_by_role("button", name="Allow it").click()
    lou = sign_in(demo, visit(script=True), "lou")
    turn_of(lou, demo)
    lou.locator("summary", has_text="Refuse to open it").click()
    lou.locator("#decline-interest-no").check()
    lou.fill("#decline-reason", "The order names another report.")
    lou.get_by_role("button", name="Refuse it").click()
    check(lou, "identity-declined")
    ivo.goto(address)
    assert "Refused" in ivo.inner_text("main")

    lou.goto(desk_url(demo, "custodians"))
    lou.get_by_role("link", name="See it").click()
    lou.locator("summary", has_text="Give the seat back").click()
    lou.fill("#end-reason", "I change to another office.")
    lou.get_by_role("button", name="Give it back").click()
    lou.goto(desk_url(demo, "custodians"))
    check(lou, "custodians-claim")
    lou.select_option("#slot", "lou")
    lou.set_input_files("#key_file", demo.home / "handover" / "lou.key")
    lou.fill("#passphrase", CUSTODIANS["lou"])
    lou.get_by_role("button", name="Claim the key").click()
    check(lou, "custodians-claimed")
    ada = sign_in(demo, visit(script=True), "ada")
    turn_of(ada, demo)
    check(ada, "custodians-confirm")
    ada.get_by_role("button", name="Yes, confirm it").click()
    check(ada, "custodians-confirmed")
