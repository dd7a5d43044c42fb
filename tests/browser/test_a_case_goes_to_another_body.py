"""From the reports beside the text to the recipient's answer, in browsers without script: desk and public door."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import OpenContext, desk_url, pictures, public_url, sign_in
from tests.browser.guided_walk import ALL_LANGUAGES
from tocsin.config.instance import Instance

pytestmark = pytest.mark.browser
WIDTHS = (375, 768, 1280)
# A case of one of the demonstration's reports, made by its staff; its handle is printed.
MAKE_A_CASE = """
import django; django.setup()
from pathlib import Path
from django.conf import settings
from tocsin.access.models import Staff
from tocsin.cases.opening import open_case
from tocsin.config.demo_people import UNIT_PASSPHRASE
from tocsin.intake.attempts import Attempt
from tocsin.access.actors import REPORTER
from tocsin.intake.services import accept_tip
from tocsin.intake.submission import clean
from tocsin.tips import services
from tocsin.tips.models import Tip
from tocsin.vault import unlocked
unlocked.unlock_with_passphrase(settings.TOCSIN_UNIT_KEY, UNIT_PASSPHRASE, settings.TOCSIN_RETENTION_KEYS)
who = {each.username: each.as_actor() for each in Staff.objects.all()}
answers = {
    "what": "My brother works at the dairy in 12 Mill Street. On 12 May at 3:15 in the morning only I saw two men load "
    "cages from a lorry without plates into the old dairy. Mr Brown told me in confidence: call +49 170 1234567.",
    "heard": "The neighbour says that it happens every week.",
    "think": "I think that they sell animals without papers.",
    "where": "The old dairy, back door",
}
tips = []
for number in range(2):
    attempt = Attempt.fresh()
    also = {"what": "夜里有卡车开进老乳品厂，我和同事在三号楼看见的。张经理也知道。"}
    told = {**answers, **(also if number else {})}
    sent = clean(channel="web", category="other", answers=told, contact="Mia Example")
    accept_tip(actor=REPORTER, submission=sent, attempt=attempt)
    tips.append(Tip.objects.get(intake_key=attempt.key))
for tip in tips:
    services.acknowledge(actor=who["ines"], tip=tip)
    services.begin_triage(actor=who["tara"], tip=Tip.objects.get(pk=tip.pk), has_interest=False)
from tocsin.cases.opening import decide_link, propose_link
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.proposals import waiting_proposal
case = open_case(actor=who["tara"], tip=Tip.objects.get(pk=tips[0].pk), title="The old dairy", reason="Two reports.")
second = Tip.objects.get(pk=tips[1].pk)
propose_link(actor=who["tara"], case=case, tip=second, reason="The same dairy.")
proposal = waiting_proposal(life=TIP_LIFE, subject_ref=second.ref)
decide_link(actor=who["sam"], tip=second, proposal=proposal, approve=True, reason="")
print(case.ref)
"""
SAFE_TEXT = "Animals are brought into a disused building in the district after dark, about once a week."


@pytest.fixture(scope="module")
def case_ref(demo: Instance) -> str:
    """A case of two reports, on the desk of the demonstration."""
    environment = {**os.environ, "TOCSIN_HOME": str(demo.home), "DJANGO_SETTINGS_MODULE": "tocsin.config.settings.desk"}
    made = subprocess.run(
        [sys.executable, "-c", MAKE_A_CASE], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def check(page: Page, name: str) -> None:
    """No axe violation, nothing wider than the screen at any width."""
    page.wait_for_load_state()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
        if folder := pictures():
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} at {width} px: {found.generate_report()}"
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_the_reports_to_the_answer(demo: Instance, visit: OpenContext, case_ref: str) -> None:
    sam = sign_in(demo, visit(script=True), "sam")
    sam.goto(desk_url(demo, f"cases/{case_ref}/refer"))
    assert "only I saw two men" in sam.locator("#text").input_value()
    assert sam.locator("mark").count() > 8
    check(sam, "refer-new")
    sam.fill("#recipient", "Customs office")
    sam.fill("#purpose", "To check whether animals enter without papers.")
    sam.fill("#law", "Sample law on customs, section 9")
    sam.fill("#text", f"{SAFE_TEXT} A lorry was seen on 12 May. My brother may know more.")
    sam.click("text=Save and check")
    assert "3 marks to look at." in sam.inner_text("main")
    check(sam, "refer-checked")
    sam.fill("#text", f"{SAFE_TEXT} A lorry was seen on 12 May.")
    sam.click("text=Check again")
    sam.check("input[name=looked]")
    sam.uncheck("#tip-2")
    sam.click("text=Go on to sending")
    assert "Looked at by Sam" in sam.inner_text("main")
    check(sam, "referral-draft")
    sam.click("#send button")
    words = sam.locator(".tocsin-words__word").all_inner_texts()
    assert len(words) == 9
    check(sam, "referral-code")

    customs = visit().new_page()
    customs.goto(public_url(demo, "referral"))
    customs.fill("#words", " ".join([*words[:-1], "nonsense"]))
    customs.click("main button[type=submit]")
    assert "Error:" in customs.title()
    customs.fill("#words", " ".join(words))
    customs.click("main button[type=submit]")
    assert SAFE_TEXT in customs.inner_text("main")
    customs.click("text=Ask something first")
    customs.fill("#question", "About how many animals?")
    customs.click("main form[action$='/referral/write'] button")
    customs.check("#disposition-not_taken_up")
    customs.click("main form[action$='/referral/answer'] button")
    assert "Write in a few words" in customs.inner_text("main")
    customs.fill("#text", "The border is not concerned; the veterinary office is.")
    customs.click("main form[action$='/referral/answer'] button")
    assert "We do not take it up" in customs.inner_text("main")

    sam.goto(desk_url(demo, "referrals"))
    check(sam, "referrals")
    sam.click("main td a")
    assert "The border is not concerned" in sam.inner_text("main")
    sam.fill("#reply-text", "The neighbour counted twenty.")
    sam.click("text=Check and send")
    check(sam, "referral-reply")
    for box in sam.locator("input[name=looked]").all():
        box.check()
    sam.click("text=Check and send")
    customs.reload()
    assert "The neighbour counted twenty." in customs.inner_text("main")
    sam.goto(desk_url(demo, f"cases/{case_ref}/referrals"))
    sam.fill("#correct-text", "It was not a dairy but a mill.")
    sam.click("text=Check and send the correction")
    check(sam, "referral-log")
    sam.click("main td a")
    check(sam, "referral-answered")
    sam.fill("#take-back-reason", "The veterinary office is asked next.")
    sam.click("form[action$='take-back'] button")
    assert "The case is taken up again." in sam.inner_text("main")
    sam.click("summary:has-text('Call it back')")
    sam.fill("#recall-reason", "Customs is not concerned.")
    sam.click("form[action$='recall'] button")
    customs.reload()
    assert "This is no longer open" in customs.inner_text("main")
    assert SAFE_TEXT not in customs.inner_text("main")


def test_the_page_for_offices_in_every_language(demo: Instance, visit: OpenContext, case_ref: str) -> None:
    sam = sign_in(demo, visit(), "sam")
    sam.goto(desk_url(demo, f"cases/{case_ref}/refer"))
    for field, text in (
        ("recipient", "Veterinary office"),
        ("purpose", "To look."),
        ("law", "Law 4"),
        ("text", SAFE_TEXT),
    ):
        sam.fill(f"#{field}", text)
    sam.click("text=Save and check")
    sam.click("text=Go on to sending")
    sam.click("#send button")
    words = sam.locator(".tocsin-words__word").all_inner_texts()
    for language in ALL_LANGUAGES:
        page = visit(script=True, language=language).new_page()
        page.goto(public_url(demo, "referral", language))
        check(page, f"public-referral-sign-in-{language}")
        page.fill("#words", "abandon")
        page.click("main button[type=submit]")
        check(page, f"public-referral-error-{language}")
        page.fill("#words", " ".join(words))
        page.click("main button[type=submit]")
        assert SAFE_TEXT in page.inner_text("main")
        check(page, f"public-referral-{language}")
        page.check("#disposition-needs_more")
        page.click("main form[action$='/referral/answer'] button")
        check(page, f"public-referral-refused-{language}")
