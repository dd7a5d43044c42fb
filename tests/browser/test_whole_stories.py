"""Whole stories with several people, in browsers without script, on both stores: nobody looks into the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import LOG, OpenContext, desk_url, public_url, running_demo, sign_in
from tests.browser.roles import separate_roles
from tocsin.config.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.journey]
NAMES = ("ines", "tara", "ivo", "sam")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A demonstration without sample reports, on each store; on PostgreSQL with the roles of the recipe."""
    home = tmp_path_factory.mktemp("house") / "home"
    store = separate_roles() if request.param == "postgresql" else nullcontext(None)
    with store as roles, running_demo(home, "--no-samples", roles=roles) as instance:
        yield instance
        said = (home / LOG).read_text() if roles else ""
    assert "ProgrammingError" not in said, said  # a right that is missing in the recipe
    assert "ERROR" not in said, said


def staff(house: Instance, visit: OpenContext) -> dict[str, Page]:
    """The desk's people, each in a browser of their own."""
    return {name: sign_in(house, visit(), name) for name in NAMES}


def sent(house: Instance, page: Page, what: str, category: str = "other") -> list[str]:
    """A report by the short form; its nine words."""
    page.goto(public_url(house, "report"))
    page.fill("#id_what", what)
    page.select_option("#id_category", category)
    page.get_by_role("button", name="Send", exact=True).click()
    words = page.locator(".tocsin-words__word").all_inner_texts()
    assert len(words) == 9
    return words


def mailbox(house: Instance, page: Page, words: list[str]) -> str:
    """What the reporter reads."""
    page.goto(public_url(house, "mailbox"))
    page.fill("#words", " ".join(words))
    page.get_by_role("button", name="Open", exact=True).click()
    return page.inner_text("main")


def found(house: Instance, page: Page, what: str) -> str:
    """The address of the report that begins with these words, by the reader's own queue."""
    page.goto(desk_url(house, "inbox?whose=queue&sort=newest"))
    page.locator("tr", has_text=what).locator("a").first.click()
    return page.url.partition("?")[0].partition("#")[0]


def do(page: Page, url: str, action: str, *, choose: tuple[str, ...] = (), first: str = "", **typed: str) -> None:
    """One of the folded forms of a page: fields by name, choices by their words, or the ``first`` of a name."""
    page.goto(url)
    part = page.locator(
        "details", has=page.locator("summary", has_text=re.compile(f"^\\s*{re.escape(action)}\\s*$"))
    ).first
    if not part.evaluate("element => element.open"):
        part.locator("summary").click()
    for name, text in typed.items():
        part.locator(f"[name={name}]").first.fill(text)
    for words in choose:
        part.get_by_label(words, exact=True).first.check()
    if first:
        part.locator(f"input[name={first}]").first.check()
    part.locator("button[type=submit]").first.click()
    assert page.locator(".govuk-error-summary").count() == 0, page.locator(".govuk-error-summary").inner_text()


def decide(house: Instance, page: Page, about: str, button: str = "Approve") -> None:
    """What waits for this person about ``about``, from the common queue."""
    page.goto(desk_url(house, "waiting"))
    page.locator("tr", has_text=about).locator("a").first.click()
    page.get_by_role("button", name=button, exact=True).first.click()
    assert page.locator(".govuk-error-summary").count() == 0, page.locator(".govuk-error-summary").inner_text()


def into_triage(house: Instance, people: dict[str, Page], what: str) -> str:
    """Read by one, taken into triage by another."""
    url = found(house, people["ines"], what)
    do(people["ines"], url, "Confirm that you have read it")
    do(people["tara"], url, "Take into triage", choose=("No",))
    return url


def told_by_telephone(house: Instance, ines: Page, what: str) -> list[str]:
    """A call that ``ines`` writes down; the nine words that she reads out."""
    ines.goto(desk_url(house, "calls/new"))
    ines.locator("#risk_1").check()
    ines.fill("#what", what)
    ines.locator("button[value=send]").click()
    words = [text.split()[0] for text in ines.locator(".tocsin-words__word").all_inner_texts()]
    assert len(words) == 9
    return words


def test_reports_of_one_matter_go_as_a_case_to_another_body_and_back_to_their_reporters(
    house: Instance, visit: OpenContext
) -> None:
    people, reporter = staff(house, visit), visit(width=375).new_page()
    told = ("Cages are carried into the old dairy at night.", "A lorry brings animals to the dairy every week.")
    words = [told_by_telephone(house, people["ines"], told[0]), sent(house, reporter, told[1])]
    first, second = (into_triage(house, people, each) for each in told)

    tara, sam, ivo, ines = people["tara"], people["sam"], people["ivo"], people["ines"]
    tara.goto(first)
    tara.click("text=Put into a case")
    tara.fill("#title", "The old dairy")
    tara.fill("#new-reason", "Two reports of the same place.")
    tara.get_by_role("button", name="Open the case").click()
    case = tara.url.partition("?")[0]
    tara.goto(second)
    tara.click("text=Put into a case")
    tara.get_by_label("The old dairy").check()
    tara.fill("#link-reason", "The same dairy, the same nights.")
    tara.get_by_role("button", name="Propose it").click()
    decide(house, sam, "Put into a case")
    do(sam, case, "Start verification", reason="Sample law on animals, section 4")
    sam.goto(case)
    assert sam.locator(".tocsin-members__item").count() == 2

    recipient = passed_on(house, sam, visit, case)
    answer(recipient)
    do(sam, case, "Take it up again", reason="The veterinary office has answered.")
    give_part(sam, case, "Ivo", "Leads the case")
    write_finding(ivo, case)
    do(ivo, case, "Propose an outcome", choose=("Confirmed",), reason="The veterinary office found the animals.")
    ivo.goto(case)
    assert ivo.get_by_role("button", name="Approve", exact=True).count() == 0
    decide(house, sam, "Set the outcome")
    do(ines, case, "Tell the reporters the result", text="Thank you. The animals were found and are cared for.")
    do(sam, case, "Close", reason="Dealt with.")

    for each in words:
        read = mailbox(house, reporter, each)
        assert "Thank you. The animals were found and are cared for." in read
        assert "Confirmed" in read
        assert "Finished" in read


def passed_on(house: Instance, sam: Page, visit: OpenContext, case: str) -> Page:
    """The case goes to another body, which comes in with its own nine words."""
    sam.goto(f"{case}/refer")
    for field, text in (
        ("recipient", "Veterinary office"),
        ("purpose", "To look after the animals."),
        ("law", "Sample law on animals, section 9"),
        ("text", "Animals are brought into a disused building in the district."),
    ):
        sam.fill(f"#{field}", text)
    sam.click("text=Save and check")
    sam.click("text=Go on to sending")
    sam.click("#send button")
    words = sam.locator(".tocsin-words__word").all_inner_texts()
    assert len(words) == 9
    recipient = visit().new_page()
    recipient.goto(public_url(house, "referral"))
    recipient.fill("#words", " ".join(words))
    recipient.click("main button[type=submit]")
    assert "disused building" in recipient.inner_text("main")
    return recipient


def answer(recipient: Page) -> None:
    """The disposition must come back."""
    recipient.locator("input[name=disposition]").first.check()
    recipient.fill("#text", "The building was inspected; animals were found.")
    recipient.click("main form[action$='/referral/answer'] button")
    assert recipient.locator(".govuk-error-summary").count() == 0


def give_part(page: Page, case: str, who: str, part: str) -> None:
    page.goto(case)
    page.locator("summary", has_text="Give somebody a part").click()
    page.locator("#form-assign select").select_option(label=who)
    page.locator("#form-assign").get_by_label(part, exact=True).check()
    page.locator("#form-assign button").click()
    assert page.locator(".tocsin-part", has_text=who).count() == 1


def write_finding(page: Page, case: str) -> None:
    page.goto(case)
    form = page.locator("#form-write-finding")
    form.locator("summary").click()
    for name, text in (("checked", "The building."), ("result", "Animals in cages."), ("source", "Veterinary office")):
        form.locator(f"[name={name}]").fill(text)
    for name, value in (("reliability", "A"), ("credibility", "1")):
        form.locator(f"[name={name}]").select_option(value)
    form.locator("input[name=bearing][value=supports]").check()
    form.locator("[name=official]").check()
    form.locator("button").click()
    assert "Animals in cages." in page.inner_text("main")


def test_somebody_in_danger_is_handed_over_at_once_and_what_became_of_it_is_told(
    house: Instance, visit: OpenContext
) -> None:
    people, reporter = staff(house, visit), visit(width=375).new_page()
    told = "A man with a knife waits at the school gate."
    words = sent(house, reporter, told, "violence_threat")
    ines, sam = people["ines"], people["sam"]
    url = found(house, ines, told)
    ines.goto(url)
    hand_over = ines.locator("#do-hand-off")
    if not hand_over.evaluate("element => element.open"):
        hand_over.locator("summary").click()
    hand_over.locator("input[name=body]").first.check()
    hand_over.locator("textarea").fill("A man with a knife at the school gate, now.")
    hand_over.locator("button[type=submit]").click()
    page = ines.inner_text("main")
    assert "Urgent" in page
    assert "A man with a knife at the school gate, now." in page
    do(ines, url, "Confirm that you have read it")
    do(people["tara"], url, "Take into triage", choose=("No",))
    do(people["tara"], url, "Not for this office", first="door", reason="The police have taken it over.")
    decide(house, sam, "Not for this office")
    do(ines, url, "Tell the reporter the result", text="Thank you. The police were told at once and were there.")
    do(sam, url, "Close", reason="Dealt with by the police.")
    assert "The police were told at once" in mailbox(house, reporter, words)


def test_lawful_acts_are_refused_destroyed_and_the_reporter_is_told_why(house: Instance, visit: OpenContext) -> None:
    people, reporter = staff(house, visit), visit(width=375).new_page()
    told = "My neighbour prints leaflets for a strike at the tram depot."
    words = sent(house, reporter, told)
    url = into_triage(house, people, told)
    do(people["tara"], url, "Lawful activity: refuse and destroy", first="ground")
    assert told not in people["tara"].inner_text("main")
    do(people["sam"], url, "Close", reason="Lawful activity.")
    read = mailbox(house, reporter, words)
    assert "Lawful activity: not taken up" in read
    assert "strike" not in read


def test_a_report_is_taken_back_and_nobody_acts_on_it_any_more(house: Instance, visit: OpenContext) -> None:
    people, reporter = staff(house, visit), visit(width=375).new_page()
    told = "I believe that the boat at the quay has no lights."
    words = sent(house, reporter, told)
    url = into_triage(house, people, told)
    mailbox(house, reporter, words)
    reporter.click("text=Take the report back")
    reporter.locator("form[action$='take-back'] button").click()
    people["tara"].goto(url)
    page = people["tara"].inner_text("main")
    assert "The reporter took it back." in page
    assert people["tara"].locator("details[id^=do-]:not(#do-declare-interest)").count() == 0
