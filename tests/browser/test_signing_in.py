"""Signing in with both factors in a real browser: app, passkey, recovery code, a lost device, a browser left alone."""

from __future__ import annotations

import base64
import hmac
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import OpenContext, demo_code, desk_url, free_port, pictures, prove_who_you_are
from tests.browser.test_every_page_is_usable import check
from tocsin.config.demo_people import PASSWORD
from tocsin.config.instance import Instance, load_instance
from tocsin.config.servers import Processes, wait_until_ready

pytestmark = pytest.mark.browser
WIDTHS = (375, 768, 1280)


@pytest.fixture(scope="module")
def office() -> Iterator[Instance]:
    """A demonstration of its own without samples: here people lose devices and change passwords."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        command = [sys.executable, "-m", "tocsin", "demo", "--prepare-only", "--no-samples", "--home", str(home)]
        ports = ["--public-port", str(free_port()), "--desk-port", str(free_port())]
        subprocess.run([*command, *ports], check=True, timeout=180, capture_output=True)
        instance = load_instance(home)
        processes = Processes(home)
        for part in ("desk", "public"):
            processes.start(part)
        try:
            wait_until_ready(instance)
            yield instance
        finally:
            processes.stop()


def at(office: Instance, path: str = "") -> str:
    """By name: passkeys do not work under a bare address."""
    return f"http://localhost:{office.desk.port}/{path}"


def look(page: Page, name: str) -> None:
    """Accessible and no wider than the screen; a picture for whoever wants to see it."""
    check(page, name)
    folder = pictures()
    if folder:
        page.set_viewport_size({"width": 768, "height": 900})
        page.screenshot(path=folder / f"{name}-768.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def give_password(page: Page, username: str, password: str = PASSWORD) -> None:
    page.fill("#username", username)
    page.fill("#password", password)
    page.locator("form:has(#password) button").click()


def code_for(secret: str, steps: int = 0) -> str:
    """RFC 6238, written down here once more so that the desk is not asked whether it agrees with itself."""
    step = int(datetime.now(UTC).timestamp()) // 30 + steps
    digest = hmac.new(base64.b32decode(secret.replace(" ", "")), struct.pack(">Q", step), "sha1").digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def passkey_device(context: BrowserContext, page: Page) -> None:
    """An authenticator as in a laptop: it verifies its user."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


@pytest.fixture
def anew(chromium: Browser) -> Iterator[BrowserContext]:
    """A clean window with script, whatever host it asks."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en")
    context.set_default_timeout(15_000)
    yield context
    context.close()


def signed_in(office: Instance, context: BrowserContext, username: str) -> Page:
    page = context.new_page()
    page.goto(at(office, "sign-in"))
    prove_who_you_are(office, page, username)
    return page


def another(chromium: Browser) -> BrowserContext:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en")
    context.set_default_timeout(15_000)
    return context


def test_from_the_proposal_of_a_newcomer_to_her_first_day(
    office: Instance, chromium: Browser, anew: BrowserContext
) -> None:
    ada = signed_in(office, anew, "ada")
    ada.goto(at(office, "staff"))
    look(ada, "desk-staff")
    ada.goto(at(office, "staff/new"))
    look(ada, "desk-staff-new")
    ada.fill("#new-display_name", "Nora New")
    ada.fill("#new-username", "nora")
    ada.get_by_label("Triage officer").check()
    ada.fill("#new-reason", "More reports than hands.")
    ada.locator("main form button").click()
    assert "Waiting for a second person" in ada.inner_text("main")
    look(ada, "desk-staff-proposed")
    seconds = another(chromium)
    sam = signed_in(office, seconds, "sam")
    sam.goto(at(office, "waiting"))
    sam.locator("td a").first.click()
    sam.get_by_role("button", name="Approve").click()
    password = sam.inner_text(".tocsin-secret")
    look(sam, "desk-staff-password")
    thirds = another(chromium)
    nora = thirds.new_page()
    nora.goto(at(office, "sign-in"))
    give_password(nora, "nora", password)
    look(nora, "desk-own-password")
    nora.fill("#new-password", "a password of noras")
    nora.fill("#again", "a password of noras")
    nora.get_by_role("button", name="Go on").click()
    look(nora, "desk-enrol")
    nora.goto(at(office, "inbox"))
    assert nora.locator("#username").count() == 1, "the desk opened before there was a second factor"
    give_password(nora, "nora", "a password of noras")
    nora.get_by_role("button", name="Set up an authenticator app").click()
    look(nora, "desk-add-app")
    secret = nora.inner_text(".tocsin-secret")
    nora.fill("#code", code_for(secret))
    nora.get_by_role("button", name="Confirm").click()
    codes = nora.locator(".tocsin-recovery-codes li").all_inner_texts()
    assert len(codes) == 10
    look(nora, "desk-recovery-codes")
    nora.get_by_role("button", name=re.compile("go on")).click()
    assert "Inbox" in nora.inner_text("h1")
    nora.get_by_role("link", name="Nora New").click()
    look(nora, "desk-your-sign-in")
    fourths = another(chromium)
    again = fourths.new_page()
    again.goto(at(office, "sign-in"))
    give_password(again, "nora", "a password of noras")
    look(again, "desk-second-factor")
    again.fill("#code", codes[2])
    again.locator("form:has(#code) button").click()
    assert "9 left" in again.inner_text("main")
    for context in (seconds, thirds, fourths):
        context.close()


def test_a_passkey_alone_opens_the_desk(office: Instance, anew: BrowserContext) -> None:
    page = signed_in(office, anew, "tara")
    passkey_device(anew, page)
    page.goto(at(office, "your-sign-in/passkey"))
    look(page, "desk-add-passkey")
    page.fill("#name", "laptop")
    page.get_by_role("button", name="Ask the browser for a passkey").click()
    page.wait_for_selector(".tocsin-recovery-codes, h1:has-text('Your sign-in')")
    page.goto(at(office, "your-sign-in"))
    assert "Passkey: laptop" in page.inner_text("main")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_selector("header a:has-text('Tara')")
    page.goto(at(office, "your-sign-in"))
    assert "Signed in (passkey)" in page.inner_text("main")
    page.get_by_role("button", name="Sign out", exact=True).click()
    give_password(page, "tara")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_selector("header a:has-text('Tara')")


def test_who_gives_no_passkey_is_told_what_to_do(office: Instance, anew: BrowserContext) -> None:
    page = anew.new_page()
    session = anew.new_cdp_session(page)
    session.send("WebAuthn.enable")
    page.goto(at(office, "sign-in"))
    page.evaluate("() => { navigator.credentials.get = async () => { throw new DOMException('no'); }; }")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_selector("[data-failed]:not([hidden])")
    assert "gave no passkey" in page.inner_text("main")


def test_a_lost_device_is_replaced_by_two_people(office: Instance, chromium: Browser, anew: BrowserContext) -> None:
    ada = signed_in(office, anew, "ada")
    ada.goto(at(office, "staff"))
    ada.get_by_role("link", name="Ivo").click()
    look(ada, "desk-staff-member")
    ada.get_by_text("Reset the second factor").click()
    ada.fill("#reset-factor-reason", "The phone is gone; he stands before me.")
    ada.locator("#form-reset-factor form button").click()
    look(ada, "desk-staff-waiting")
    others = another(chromium)
    sam = signed_in(office, others, "sam")
    sam.goto(at(office, "waiting"))
    look(sam, "desk-waiting")
    sam.locator("td a").first.click()
    sam.get_by_role("button", name="Approve").click()
    third = another(chromium)
    ivo = third.new_page()
    ivo.goto(at(office, "sign-in"))
    give_password(ivo, "ivo")
    assert "Set up your second factor" in ivo.inner_text("h1")
    ada.goto(at(office, "sign-ins"))
    assert "reset by others" in ada.inner_text("main")
    look(ada, "desk-sign-in-log")
    for context in (others, third):
        context.close()


def test_a_browser_that_was_left_alone_is_signed_out_and_told_why(office: Instance, anew: BrowserContext) -> None:
    page = signed_in(office, anew, "ines")
    store = sqlite3.connect(office.database)
    before = (datetime.now(UTC) - timedelta(minutes=31)).strftime("%Y-%m-%d %H:%M:%S")
    with store:
        store.execute("UPDATE access_desksession SET used_at = ?", (before,))
    store.close()
    page.goto(at(office, "ledger"))
    assert "was not used for a while" in page.inner_text("main")
    look(page, "desk-signed-out")


def test_without_script_an_app_is_enough(office: Instance, visit: OpenContext) -> None:
    page = visit(script=False).new_page()
    page.goto(desk_url(office, "sign-in"))
    assert page.locator("form[data-passkey]:visible").count() == 0
    give_password(page, "sam")
    page.fill("#code", demo_code(office, "sam"))
    page.locator("form:has(#code) button").click()
    assert page.inner_text(".tocsin-person__name") == "Sam"
