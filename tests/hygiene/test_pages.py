"""Every page that either door can draw: no script, no style of its own, no other host, nothing to load from afar."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import RequestFactory
from django.utils.translation import override

from tests.hygiene.doors import DESK, PUBLIC, Heard, Listening, ListeningVisitor, address, elsewhere, names
from tests.installation import Installation
from tests.people import PASSWORD, Cast
from tests.stories import bring_to, send_report, write_to_staff
from tocsin.common.errors import Busy, Conflict, NotPermitted, RuleBroken
from tocsin.desk import errors as desk_errors
from tocsin.desk.tests.conftest import Desk
from tocsin.public import errors as public_errors
from tocsin.tips import mailbox, services
from tocsin.tips.workflow import State
from tocsin.ui.tests.markup import Page as Markup

pytestmark = pytest.mark.django_db
EXIT = "https://www.wikipedia.org/"
LANGUAGES = ("en", "zh-hans")


def assert_plain(page: Markup, where: str) -> None:
    """Nothing that runs, nothing styled in place, nothing from another host."""
    assert page.faults == [], where
    assert elsewhere(page) == [], where
    assert not [tag for tag, _attributes in page.elements if tag in ("base", "object", "embed", "frame", "template")], (
        where
    )
    assert not [attributes for attributes in page.find("meta") if "http-equiv" in attributes], where


def assert_no_script(heard: list[Heard]) -> None:
    """The public door: not even a script of our own."""
    assert not [each.address for each in heard if each.is_page and each.markup.find("script")]


def assert_all_plain(heard: list[Heard]) -> int:
    pages = [each for each in heard if each.is_page]
    for each in pages:
        assert_plain(each.markup, f"{each.method} {each.address} ({each.status})")
    return len(pages)


def test_the_reading_of_pages_finds_what_it_looks_for() -> None:
    for hostile in (
        '<a href="https://elsewhere.example/">x</a>',
        '<a href="//elsewhere.example/">x</a>',
        '<a href=" \n//elsewhere.example/">x</a>',
        '<a href="/\\elsewhere.example/">x</a>',
        '<a href="\\\\elsewhere.example">x</a>',
        '<a href="javascript:alert(1)">x</a>',
        '<form action="mailto:x@elsewhere.example"></form>',
        '<link rel="icon" href="data:text/html,x">',
        '<button formaction="http://elsewhere.example">x</button>',
    ):
        assert elsewhere(Markup(hostile)), hostile
    own = '<a href="/en/">x</a><a href="?state=closed">x</a><a href="#main">x</a><a href="tel:000">x</a>'
    assert elsewhere(Markup(own)) == []
    for inline in ('<p style="x">y</p>', '<p onclick="x">y</p>', "<script>x</script>", "<style>x</style>", "<img>"):
        assert Markup(inline).faults, inline
    written_in = '<script src="/static/desk/x.js">alert(1)</script>'
    assert Markup(written_in).faults == ["a script stands in the page"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_before_and_behind_the_nine_words_is_plain(
    language: str, cast: Cast, unlocked_desk: Installation
) -> None:
    reported = send_report()
    bring_to(State.NEED_INFO, reported=reported, cast=cast)
    write_to_staff(reported, "On Monday.")
    unlocked_desk.publish()
    stranger, owner = ListeningVisitor(language), ListeningVisitor(language)
    owner.open_mailbox(reported.words)
    for name in names(PUBLIC):
        for visitor in (stranger, owner):
            visitor.read(address(PUBLIC, name, language=language))
    assert assert_all_plain([*stranger.heard, *owner.heard]) >= 15
    assert_no_script([*stranger.heard, *owner.heard])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_that_answers_a_form_is_plain(language: str, unlocked_desk: Installation) -> None:
    mia = ListeningVisitor(language)
    receipt = mia.tell("Two men at the quay.", contact="Mia")
    mia.tell("", category="nothing", contact="x" * 800)
    mia.send(mia.open_form(), typed={"what": "x", "csrfmiddlewaretoken": "x" * 64})
    mia.send(mia.open_form(), typed={"what": "x", "ticket": "x"})
    for words in (receipt.words[1:], receipt.words[::-1], ["abandon"] * 8 + ["ability"]):
        mia.open_mailbox(words)
    box = mia.open_mailbox(receipt.words)
    for text in ("", "x" * 200_001, "More to tell."):
        mia.write(box, text)
    unlocked_desk.publish()
    for pasted in (receipt.preformatted[0], "not a receipt", ""):
        mia.send(mia.get("verify"), "/verify", typed={"receipt": pasted})
    mia.send(mia.get("mailbox/take-back"), "/mailbox/take-back")
    mia.send(mia.get("mailbox/take-back"), "/mailbox/take-back")
    statuses = {heard.status for heard in mia.heard}
    assert statuses >= {200, 302, 403, 409, 422}
    assert assert_all_plain(mia.heard) >= 20
    assert_no_script(mia.heard)


def test_only_the_exit_leads_to_another_site(installation: Installation) -> None:
    visitor = ListeningVisitor()
    for name in names(PUBLIC):
        visitor.read(address(PUBLIC, name))
    led = {heard.address: heard.headers["Location"] for heard in visitor.heard if "Location" in heard.headers}
    assert {path: to for path, to in led.items() if not re.match("/(?![/\\\\])", to)} == {"/exit": EXIT}
    start = next(heard for heard in visitor.heard if heard.address == "/en/")
    exits = [attributes for attributes in start.markup.find("a") if attributes["href"] == "/exit"]
    assert exits
    assert all("noreferrer" in attributes["rel"] for attributes in exits)


def browser_of(username: str) -> Listening:
    """A listening browser in which somebody of the desk has signed in."""
    staff = Desk()
    staff.browser = browser = Listening()
    staff.sign_in(username, PASSWORD, at="/sign-in")
    return browser


def set_scene(cast: Cast) -> list[str]:
    """Tips in several states: with a proposal, with replies, destroyed, urgent."""
    told = [send_report(f"Report {number}.") for number in range(4)]
    bring_to(State.UNDER_VERIFICATION, reported=told[0], cast=cast)
    services.propose_outcome(actor=cast.ivo, tip=told[0].tip, outcome="substantiated", reason="Seen.")
    bring_to(State.CLOSED, reported=told[1], cast=cast)
    write_to_staff(told[1], "One thing more.")
    mailbox.withdraw(keys=told[2].keys)
    services.flag_urgent(actor=cast.ines, tip=told[3].tip, reason="Danger.")
    return [each.ref for each in told]


@pytest.mark.parametrize("who", ["ines", "tara", "ivo", "sam", "lea", "ada"])
def test_every_page_of_the_desk_is_plain(
    who: str, cast: Cast, unlocked_desk: Installation, desk_door: Installation
) -> None:
    refs = set_scene(cast)
    browser = browser_of(who)
    for ref in refs:
        for name in names(DESK):
            browser.get(address(DESK, name, ref=ref))
    browser.get("/inbox?state=closed")
    browser.get("/inbox?state=<script>&after=//elsewhere.example")
    browser.get(f"/tips/{refs[0]}?done=approve")
    browser.post("/language", {"language": "zh-hans"})
    assert assert_all_plain(browser.heard) >= 20


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("errors", [public_errors, desk_errors], ids=["public", "desk"])
def test_every_error_page_is_plain_and_repeats_nothing(
    errors: Any, language: str, rf: RequestFactory, request: pytest.FixtureRequest, installation: Installation
) -> None:
    if errors is desk_errors:
        request.getfixturevalue("desk_door")
    asked = rf.post(
        "/", {"words": "canary"}, PATH_INFO="//elsewhere.example/canary", HTTP_REFERER="http://canary.example"
    )
    with override(language):
        pages = [
            errors.bad_request(asked, ValueError("canary")),
            errors.bad_request(asked, RequestDataTooBig("canary")),
            errors.forbidden(asked, PermissionError("canary")),
            errors.not_found(asked, KeyError("canary")),
            errors.fault(asked),
            errors.csrf_failure(asked, "canary"),
            *(
                errors.rule_page(asked, rule("Our own sentence."))
                for rule in (RuleBroken, NotPermitted, Conflict, Busy)
            ),
        ]
    assert [page.status_code for page in pages] == [400, 413, 403, 404, 500, 403, 422, 403, 409, 503]
    for page in pages:
        assert_plain(Markup(page.content.decode()), str(page.status_code))
        assert b"canary" not in page.content
        assert b"elsewhere" not in page.content
