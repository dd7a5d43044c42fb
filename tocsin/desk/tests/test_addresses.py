"""The desk's addresses: where they lead, who a session belongs to, and that looking at a page changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import get_resolver, reverse

from tests.installation import PASSPHRASE, Installation
from tests.people import PASSWORD, Cast, code_of
from tests.stories import Reported, bring_to, send_report, write_to_staff
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.desk.tests.conftest import Desk
from tocsin.tips import services
from tocsin.tips.models import Tip
from tocsin.tips.workflow import State
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
URLCONF = "tocsin.desk.urls"
NAMES = sorted(name for name in get_resolver(URLCONF).reverse_dict if isinstance(name, str))
# Written whenever somebody reads or signs in: the log of readings, and the sessions themselves.
MAY_GROW = {"ledger.AuditRecord", "sessions.Session", "access.DeskSession"}
ELSEWHERE = [
    "https://elsewhere.example/",
    "http:elsewhere.example",
    "//elsewhere.example/",
    "///elsewhere.example/",
    "////elsewhere.example",
    "/\\elsewhere.example/",
    "\\\\elsewhere.example/",
    "/\\/elsewhere.example",
    "\t//elsewhere.example/",
    "/\t/elsewhere.example/",
    "/\n/elsewhere.example/",
    "/\r\n/elsewhere.example",
    " //elsewhere.example/",
    "\x00//elsewhere.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "elsewhere.example",
    "@elsewhere.example",
    "?next=//elsewhere.example",
    "http:///elsewhere.example",
    "//elsewhere.example\\@testserver/",
    "//testserver@elsewhere.example/",
    "//[::1]/",
    "//testserver:80@elsewhere.example",
    "mailto:x@elsewhere.example",
]


def path_of(name: str, ref: str) -> str:
    parts = {"ref": ref, "action": "acknowledge"}
    known: Any = get_resolver(URLCONF).reverse_dict[name]
    return reverse(name, urlconf=URLCONF, kwargs={part: parts.get(part, "x") for part in known[3]})


def leads_to(answer: Any) -> str:
    """Where a redirect leads, as a browser reads it: tabs and line ends do not count, a backslash is a slash."""
    location: str = answer.headers["Location"]
    return location.translate({9: None, 10: None, 13: None, 92: "/"})


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=ascii)
def test_signing_in_unlocking_and_choosing_a_language_never_lead_to_another_site(
    wanted: str, desk: OpenDesk, ines: Actor
) -> None:
    strange, known = Desk(), desk(ines)
    form = strange.get("/sign-in").form("/sign-in").fields
    answers = [
        strange.browser.post("/language", {**form, "language": "en", "next": wanted}),
        strange.browser.post("/unlock", {**form, "next": wanted}),
    ]
    strange.browser.post("/sign-in", {**form, "username": "ines", "password": PASSWORD, "next": wanted})
    second = strange.get("/sign-in/second-factor").form("/second-factor").fields
    answers[1] = strange.browser.post("/sign-in/second-factor", {**second, "code": code_of("ines"), "next": wanted})
    fields = known.get("/unlock").form("/unlock").fields
    answers.append(known.browser.post("/unlock", {**fields, "passphrase": PASSPHRASE, "next": wanted}))
    for answer in answers:
        assert answer.status_code == 302
        assert leads_to(answer) == reverse("home")
        assert "elsewhere" not in answer.headers["Location"]


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=ascii)
def test_a_page_that_was_asked_for_with_another_site_in_its_address_does_not_pass_it_on(
    wanted: str, desk_door: Installation
) -> None:
    page = Page(Client().get("/sign-in", {"next": wanted}))
    assert page.form("/sign-in").fields["next"] == reverse("home")
    assert "elsewhere" not in page.body.decode()


@pytest.mark.parametrize(
    "wanted", ["/\x00/elsewhere", "/\u2028/elsewhere", "/\x7f/elsewhere", "/é//elsewhere"], ids=ascii
)
def test_a_strange_page_of_this_desk_is_asked_for_with_every_strange_character_quoted(
    wanted: str, desk_door: Installation
) -> None:
    form = Desk()
    fields = form.get("/sign-in").form("/sign-in").fields
    answer = form.browser.post("/language", {**fields, "language": "en", "next": wanted})
    assert re.fullmatch(r"/(?:%[0-9A-F]{2})+//?elsewhere", answer.headers["Location"])


@pytest.mark.parametrize("path", ["//elsewhere.example/inbox", "/\\elsewhere.example", "/inbox/..//elsewhere.example"])
def test_a_stranger_is_not_sent_elsewhere_by_the_address_that_was_asked_for(path: str, desk_door: Installation) -> None:
    answer = Client().generic("GET", "/", PATH_INFO=path)
    assert answer.status_code == 404
    assert b"elsewhere" not in answer.content


def test_somebody_who_signs_in_comes_to_the_page_they_asked_for(desk_door: Installation, ines: Actor) -> None:
    for wanted in ("/ledger", "/inbox?state=closed", "/tips/BCDF"):
        browser = Desk()
        form = Page(browser.browser.get("/sign-in", {"next": wanted})).form("/sign-in").fields
        answer = browser.browser.post("/sign-in", {**form, "username": "ines", "password": PASSWORD})
        second = browser.get("/sign-in/second-factor").form("/second-factor").fields
        answer = browser.browser.post("/sign-in/second-factor", {**second, "code": code_of("ines")})
        assert answer.headers["Location"] == wanted


def cookie_of(browser: Desk) -> str:
    return str(browser.browser.cookies[settings.SESSION_COOKIE_NAME].value)


def test_a_session_that_was_planted_before_signing_in_stays_a_strangers(desk_door: Installation, ines: Actor) -> None:
    attacker, victim = Desk(), Desk()
    attacker.get("/sign-in")
    planted = cookie_of(attacker)
    victim.browser.cookies[settings.SESSION_COOKIE_NAME] = planted
    victim.sign_in("ines")
    assert victim.signed_in
    assert cookie_of(victim) != planted
    assert SESSION_KEY not in SessionStore(planted).load()
    assert "Sign-in name" in attacker.get("/inbox").plain


@pytest.mark.parametrize("made_up", ["x" * 32, "planted", "' OR 1=1 --", "é" * 32, "x" * 3000])
def test_a_session_name_that_we_did_not_give_is_not_taken_over(
    made_up: str, desk_door: Installation, ines: Actor
) -> None:
    browser = Desk()
    browser.browser.cookies[settings.SESSION_COOKIE_NAME] = made_up
    browser.sign_in("ines", at="/sign-in")
    assert browser.signed_in
    assert cookie_of(browser) != made_up


def test_the_form_check_of_before_signing_in_is_worth_nothing_afterwards(desk_door: Installation, ines: Actor) -> None:
    browser = Desk()
    before = browser.get("/sign-in").form("/sign-in").fields["csrfmiddlewaretoken"]
    browser.sign_in("ines")
    assert browser.browser.post("/lock", {"csrfmiddlewaretoken": before}).status_code == 403


def test_the_next_person_at_a_browser_inherits_nothing(desk: OpenDesk, ines: Actor, ada: Actor) -> None:
    browser = desk(ines)
    first = cookie_of(browser)
    browser.sign_in("ada", at="/sign-in")
    assert cookie_of(browser) != first
    assert browser.get("/inbox").status == 403
    assert not SessionStore(first).exists(first)


def test_a_session_ends_with_its_sign_out_even_for_who_kept_its_cookie(desk: OpenDesk, ines: Actor) -> None:
    browser, thief = desk(ines), Desk()
    thief.browser.cookies[settings.SESSION_COOKIE_NAME] = cookie_of(browser)
    assert thief.get("/inbox").status == 200
    browser.send(browser.get("/inbox"), "/sign-out")
    assert "Sign-in name" in thief.get("/inbox").plain


def stored() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of ours but those that each reading lets grow."""
    models = [model for model in apps.get_models() if model._meta.label not in MAY_GROW]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.fixture
def scene(cast: Cast, unlocked_desk: Installation) -> list[Reported]:
    """A tip with a proposal, a closed one, an urgent one."""
    told = [send_report(f"Report {number}.") for number in range(3)]
    bring_to(State.UNDER_VERIFICATION, reported=told[0], cast=cast)
    services.propose_outcome(actor=cast.ivo, tip=told[0].tip, outcome="substantiated", reason="Seen.")
    bring_to(State.CLOSED, reported=told[1], cast=cast)
    services.flag_urgent(actor=cast.ines, tip=told[2].tip, reason="Danger.")
    return told


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("who", ["ines", "tara", "ivo", "sam", "lea", "ada"])
def test_looking_at_any_address_changes_nothing(
    who: str, method: str, desk: OpenDesk, cast: Cast, scene: list[Reported]
) -> None:
    browser = desk(getattr(cast, who))
    before = stored()
    for reported in scene:
        for name in NAMES:
            path = path_of(name, reported.ref)
            browser.browser.generic(method, f"{path}?text=x&reason=x&interest=no&outcome=substantiated")
    assert stored() == before
    assert browser.signed_in
    assert unlocked.is_unlocked()


def test_reading_a_reply_marks_it_as_read_and_that_is_all(desk: OpenDesk, cast: Cast, scene: list[Reported]) -> None:
    """The one exception: a mark that somebody has seen it, which decides nothing."""
    write_to_staff(scene[2], "One thing more.")
    browser = desk(cast.ines)
    before = stored()
    browser.get(f"/tips/{scene[2].ref}")
    after = stored()
    assert Tip.objects.get(ref=scene[2].ref).unread_replies == 0
    for table in (before, after):
        for row in table["tips.Tip"]:
            row.pop("unread_replies")
    assert after == before


FORGED: list[dict[str, Any]] = [
    {},
    {"csrfmiddlewaretoken": ""},
    {"csrfmiddlewaretoken": "x" * 64},
    {"csrfmiddlewaretoken": "x" * 32},
]


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_form_is_refused_at_every_address(
    name: str, desk: OpenDesk, cast: Cast, scene: list[Reported], desk_door: Installation
) -> None:
    stranger = Desk().get("/sign-in").form("/sign-in").fields["csrfmiddlewaretoken"]
    typed = {"reason": "x", "text": "x", "interest": "no", "language": "en", "passphrase": PASSPHRASE, "x": "y"}
    for who in (cast.ines, cast.sam):
        browser = desk(who)
        before = stored()
        for token in (*FORGED, {"csrfmiddlewaretoken": stranger}):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                body = "&".join(f"{key}={value}" for key, value in {**typed, **token}.items())
                kind = "application/x-www-form-urlencoded"
                answer = browser.browser.generic(method, path_of(name, scene[2].ref), body, content_type=kind)
                assert answer.status_code == 403, (method, token)
        assert stored() == before
        assert browser.signed_in
        assert unlocked.is_unlocked()
    assert scene[2].tip.state == State.RECEIVED


@pytest.mark.parametrize("origin", ["null", "https://elsewhere.example", "http://testserver:81", "http://elsewhere"])
def test_a_form_that_says_it_comes_from_elsewhere_is_refused_even_with_the_check(
    origin: str, desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    fields = browser.get("/inbox").form("/lock").fields
    assert browser.browser.post("/lock", fields, HTTP_ORIGIN=origin).status_code == 403
    assert unlocked.is_unlocked()
    assert browser.browser.post("/lock", fields, HTTP_ORIGIN="http://testserver").status_code == 302
