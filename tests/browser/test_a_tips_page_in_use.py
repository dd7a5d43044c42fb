"""The page of a report in a real browser, at three widths: hand-over, notes, stepping out, refusing, holds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import OpenContext, desk_url, pictures, public_url, say_why, sign_in
from tocsin.config.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.journey]
WIDTHS = (1280, 768, 375)


def report(page: Page, demo: Instance, what: str, category: str, language: str = "en") -> list[str]:
    page.goto(public_url(demo, "report", language))
    page.fill("#id_what", what)
    page.select_option("#id_category", category)
    page.locator("main form button[type=submit]").last.click()
    words = page.locator(".tocsin-words__word").all_inner_texts()
    assert len(words) == 9
    return words


def find(page: Page, demo: Instance, words: str) -> str:
    page.goto(desk_url(demo, "inbox?state=received"))
    while not page.locator("tr", has_text=words).count():
        page.get_by_role("link", name="Next reports").click()
    page.locator("tr", has_text=words).locator("a").first.click()
    return page.url.partition("?")[0]


def part(page: Page, summary: str) -> Locator:
    found = page.locator("details", has=page.locator("summary", has_text=summary)).first
    if not found.evaluate("element => element.open"):
        found.locator("summary").first.click()
    return found


def no_complaint(page: Page) -> None:
    wrong = page.locator(".govuk-error-summary")
    assert wrong.count() == 0, wrong.inner_text()


def look(page: Page, name: str) -> None:
    """The page fits every width; keeps a picture of each when somebody wants to look."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
        folder = pictures()
        if folder:
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_an_urgent_report_is_confirmed_and_handed_over(demo: Instance, visit: OpenContext) -> None:
    report(visit().new_page(), demo, "A child alone in the burning barn by the canal.", "violence_threat")
    ines = sign_in(demo, visit(), "ines")
    url = find(ines, demo, "burning barn")
    assert "Suggested by a program" in ines.inner_text("main")
    confirm = part(ines, "Confirm: mark as urgent")
    confirm.locator("textarea").fill("A child is in danger.")
    confirm.locator("button").click()
    no_complaint(ines)
    assert "Hand-off of an urgent report" in ines.inner_text("main")
    look(ines, "tip-urgent")
    over = part(ines, "Hand over to an emergency body")
    over.get_by_label("Fire and rescue").check()
    over.locator("textarea").fill("Barn by the canal on fire, a child inside.")
    over.locator("button").click()
    no_complaint(ines)
    assert ines.url.startswith(url)
    assert "Handed over" in ines.inner_text(".tocsin-flags")
    assert "Fire and rescue (sample number) (000-0003)" in ines.inner_text("main")
    look(ines, "tip-handed-over")


def test_notes_and_stepping_out(demo: Instance, visit: OpenContext) -> None:
    report(visit().new_page(), demo, "Barrels behind the old mill, a van at night.", "other")
    ines, tara, sam = (sign_in(demo, visit(), name) for name in ("ines", "tara", "sam"))
    url = find(ines, demo, "old mill")
    note = part(ines, "Add a note")
    note.locator("textarea").fill("The same van was seen in May.")
    note.locator("button").click()
    no_complaint(ines)
    correction = part(ines, "Correct this note")
    correction.locator("textarea").fill("The same van was seen in June.")
    correction.locator("button").click()
    no_complaint(ines)
    assert "version 2" in ines.inner_text("main")
    look(ines, "tip-notes")
    part(ines, "Confirm that you have read it").locator("button").click()
    tara.goto(url)
    interest = part(tara, "I have an interest in this matter")
    interest.get_by_label("Yes, I have an interest of my own").check()
    interest.locator("button").click()
    assert re.search(r"/inbox$", tara.url)
    assert tara.goto(url).status == 404  # type: ignore[union-attr]  # a page came back
    sam.goto(url)
    say_why(sam)
    assert "Tara declared an interest" in sam.inner_text("main")
    look(sam, "tip-recusal")
    sam.get_by_role("link", name="Proposals and interests").click()
    assert "Declared an own interest" in sam.inner_text(".moj-timeline")


def test_a_report_about_lawful_activity_is_refused_and_its_reporter_told(demo: Instance, visit: OpenContext) -> None:
    reporter = visit(width=375, language="fr").new_page()
    words = report(reporter, demo, "Mes voisins chantent dans une église à part.", "other", "fr")
    ines, tara = (sign_in(demo, visit(), name) for name in ("ines", "tara"))
    url = find(ines, demo, "chantent")
    part(ines, "Confirm that you have read it").locator("button").click()
    tara.goto(url)
    triage = part(tara, "Take into triage")
    triage.get_by_label("No", exact=True).check()
    triage.locator("button").click()
    assert "français" in tara.inner_text("main")
    look(tara, "tip-story")
    refuse = part(tara, "Lawful activity: refuse and destroy")
    refuse.get_by_label("Opinions, beliefs").check()
    look(tara, "tip-refusing")
    refuse.locator("button").click()
    no_complaint(tara)
    assert "chantent" not in tara.inner_text("main")
    assert "was about lawful activity. Its text was destroyed" in tara.inner_text("main")
    look(tara, "tip-refused")
    reporter.goto(public_url(demo, "mailbox", "fr"))
    reporter.fill("#words", " ".join(words))
    reporter.locator("main form button[type=submit]").first.click()
    told = reporter.inner_text("main")
    assert "Organisme fictif pour l’égalité" in told
    assert "votre texte est détruit" in told
    assert reporter.locator("#text").count() == 0
    look(reporter, "mailbox-refused")


def test_a_legal_hold_and_what_ends_soon(demo: Instance, visit: OpenContext) -> None:
    sam = sign_in(demo, visit(), "sam")
    sam.get_by_role("link", name="Ends soon").click()
    look(sam, "ending")
    sam.goto(desk_url(demo, "inbox?state=closed"))
    sam.locator("td a").first.click()
    sam.get_by_role("link", name="Ask for a legal hold").click()
    sam.fill("#order", "Sample Court, 17 Gs 4/31")
    sam.fill("#ends_on", "2027-03-01")
    sam.fill("#reason", "The court asked for it.")
    look(sam, "holds")
    sam.get_by_role("button", name="Propose the hold").click()
    no_complaint(sam)
    assert "Sample Court, 17 Gs 4/31" in sam.inner_text("main")
    look(sam, "hold")


def test_an_order_about_a_case_from_its_page_by_two_offices(demo: Instance, visit: OpenContext) -> None:
    sam, rita = (sign_in(demo, visit(), name) for name in ("sam", "rita"))
    sam.goto(desk_url(demo, "inbox?state=in_triage"))
    sam.locator("td a").first.click()
    sam.get_by_role("link", name="Put into a case").click()
    sam.locator("input[name=title]").fill("The night lorries")
    sam.locator("[name=reason]").first.fill("More reports will come.")
    sam.locator("main form button[type=submit]").first.click()
    no_complaint(sam)
    case = sam.url
    sam.get_by_role("link", name="Ask for a legal hold").click()
    sam.fill("#order", "Sample Court, 18 Gs 7/31")
    sam.fill("#ends_on", "2027-03-01")
    sam.fill("#reason", "The court needs all of it for the trial.")
    sam.get_by_role("button", name="Propose the hold").click()
    no_complaint(sam)
    rita.goto(sam.url)
    look(rita, "hold-of-a-case")
    rita.get_by_role("button", name="Approve").click()
    no_complaint(rita)
    assert "In force" in rita.inner_text("main")
    look(rita, "hold-in-force")
    sam.goto(case)
    told = sam.inner_text("main")
    assert "Sample Court, 18 Gs 7/31" in told
    assert "The court needs all of it for the trial." in told
    look(sam, "case-held")
    rita.goto(desk_url(demo, "holds"))
    look(rita, "holds-list")
