"""One table of headers for every address, every method and every error page of both doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django.fixtures import Settings

from tests.hygiene.doors import CSP, DESK, DESK_CSP, METHODS, PUBLIC, Heard, Listening, ListeningVisitor, address, names
from tests.installation import Installation
from tests.people import PASSWORD, Cast
from tests.stories import Reported
from tests.visitor import Page
from tocsin.common.errors import Busy
from tocsin.desk.screens import tip as tip_screen
from tocsin.desk.tests.conftest import Desk
from tocsin.public.views import pages, report
from tocsin.ui import middleware

pytestmark = pytest.mark.django_db
FIXED = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
NEVER = {"Server", "X-Powered-By", "ETag", "Last-Modified", "Expires", "X-Request-ID", "Link", "Refresh"}
ONCE_IN_A_WHILE = {
    "Content-Type",
    "Content-Length",
    "Content-Language",
    "Content-Disposition",
    "Vary",
    "Location",
    "Allow",
    "Retry-After",
    "Clear-Site-Data",
}


def assert_guarded(heard: Heard, csp: str = CSP) -> None:
    """The fixed headers with their values, none of the forbidden, and no header that nobody thought of."""
    asked = f"{heard.method} {heard.address} ({heard.status})"
    fixed = {**FIXED, "Content-Security-Policy": csp}
    wrong = {name: heard.headers.get(name) for name, value in fixed.items() if heard.headers.get(name) != value}
    assert not wrong, f"{asked}: {wrong}"
    known = {name.lower() for name in (*fixed, *ONCE_IN_A_WHILE)}
    assert not {name for name in heard.headers if name.lower() not in known}, asked
    assert not NEVER & set(heard.headers), asked
    assert heard.headers["Content-Length"].isdecimal(), asked
    if heard.is_page:
        assert heard.headers["Content-Type"] == "text/html; charset=utf-8", asked
    assert heard.is_page or heard.status < 400 or heard.method == "HEAD", (
        f"{asked}: an empty page tells nobody anything"
    )


def assert_one_cookie(heard: Heard, name: str, same_site: str) -> None:
    """At most the session: hidden from scripts, for this site, gone with the browser."""
    asked = f"{heard.method} {heard.address}"
    assert set(heard.cookies) <= {name}, asked
    for cookie in heard.cookies.values():
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", same_site), asked
        if cookie.value:
            assert cookie["httponly"] is True, asked
            assert (cookie["max-age"], cookie["expires"]) == ("", ""), asked


@pytest.mark.parametrize(("policy", "scripts"), [(CSP, None), (DESK_CSP, "'self'")], ids=["public", "desk"])
def test_the_policy_allows_no_script_at_the_public_door_own_ones_at_the_desk_and_no_other_host(
    policy: str, scripts: str | None
) -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules.get("script-src") == scripts
    assert not {"script-src-elem", "script-src-attr", "worker-src", "connect-src", "object-src"} & set(rules)
    assert not [value for value in rules.values() if "unsafe" in value or "//" in value or "*" in value]


@pytest.mark.parametrize("mailbox_open", [False, True])
@pytest.mark.parametrize("name", names(PUBLIC))
def test_every_address_of_the_public_door_answers_every_method_with_the_same_headers(
    name: str, mailbox_open: bool, reported: Reported, installation: Installation
) -> None:
    installation.publish()
    for method in METHODS:
        visitor = ListeningVisitor()
        if mailbox_open:
            visitor.open_mailbox(reported.words)
        visitor.browser.generic(method, address(PUBLIC, name), "x=1", "application/x-www-form-urlencoded")
        assert visitor.heard[-1].status < 500
        for heard in visitor.heard:
            assert_guarded(heard)
            assert_one_cookie(heard, "session", "Lax")


def signed_in(username: str) -> Listening:
    """A listening browser in which somebody has signed in."""
    staff = Desk()
    staff.browser = browser = Listening()
    staff.sign_in(username, PASSWORD, at="/sign-in")
    assert staff.signed_in
    return browser


@pytest.mark.parametrize("who", ["", "sam", "ada"])
@pytest.mark.parametrize("name", names(DESK))
def test_every_address_of_the_desk_answers_every_method_with_the_same_headers(
    name: str, who: str, cast: Cast, reported: Reported, unlocked_desk: Installation, desk_door: Installation
) -> None:
    for method in METHODS:
        browser = signed_in(who) if who else Listening()
        path = address(DESK, name, ref=reported.ref)
        browser.generic(method, path, "x=1", "application/x-www-form-urlencoded")
        assert browser.last.status < 500
        for heard in browser.heard:
            assert_guarded(heard, DESK_CSP)
            assert_one_cookie(heard, "desk", "Strict")


def test_choosing_a_language_at_the_desk_sets_a_cookie_that_no_script_reads(desk_door: Installation) -> None:
    staff = Desk()
    staff.browser = browser = Listening()
    staff.send(staff.get("/sign-in"), "/language", language="zh-hans")
    (cookie,) = [heard.cookies["desk-language"] for heard in browser.heard if "desk-language" in heard.cookies]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("zh-hans", True, "Strict")


@pytest.mark.parametrize("door", [PUBLIC, DESK])
def test_behind_tls_the_cookie_is_secure_and_browsers_are_told_to_stay_with_tls(
    door: str, settings: Settings, request: pytest.FixtureRequest, installation: Installation
) -> None:
    if door == DESK:
        request.getfixturevalue("desk_door")
    path = address(door, "report" if door == PUBLIC else "sign-in")
    plain, safe = Listening(), Listening()
    plain.get(path)
    settings.SESSION_COOKIE_SECURE = True
    safe.get(path, secure=True)
    (cookie,) = safe.last.cookies.values()
    assert cookie["secure"] is True
    assert safe.last.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert "Strict-Transport-Security" not in plain.last.headers


def break_down(*_: object, **__: object) -> None:
    raise RuntimeError("a fault in our own code")


def be_busy(*_: object, **__: object) -> None:
    raise Busy("The store is full.")


def lose_the_store(*_: object, **__: object) -> None:
    raise OperationalError("gone")


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door closes its connection when the store fails; the test goes on with the one that it has."""
    monkeypatch.setattr(middleware, "connection", SimpleNamespace(close=lambda: None))


Ask = Callable[[ListeningVisitor], object]
MANY = {f"field{number}": "x" for number in range(1100)}
PUBLIC_FAULTS: dict[str, tuple[int, Ask]] = {
    "too many fields": (400, lambda mia: mia.send(mia.open_form(), typed=MANY)),
    "a broken multipart body": (400, lambda mia: mia.browser.post("/en/report", "x", "multipart/form-data")),
    "another encoding": (400, lambda mia: mia.browser.post("/en/report", b"x", "multipart/form-data; charset=utf-7")),
    "another host": (400, lambda mia: mia.browser.get("/en/verify", HTTP_HOST="elsewhere.example")),
    "no form check": (403, lambda mia: mia.browser.post("/en/mailbox/write", {"text": "x"})),
    "no words": (403, lambda mia: mia.browser.get("/en/mailbox/messages")),
    "no such page": (404, lambda mia: mia.browser.get("/en/nowhere")),
    "no such file": (404, lambda mia: mia.browser.get("/log/tile/9/999")),
    "wrong method": (405, lambda mia: mia.browser.get("/en/mailbox/write")),
    "too big": (413, lambda mia: mia.tell("x" * 5_000_000)),
    "nothing written": (422, lambda mia: mia.tell("")),
    "wrong words": (422, lambda mia: mia.open_mailbox("abandon ability")),
    "a fault": (500, lambda mia: mia.browser.get("/en/")),
    "busy": (503, lambda mia: mia.tell("x")),
    "no store": (503, lambda mia: mia.browser.get("/healthz")),
}


@contextmanager
def public_faults(monkeypatch: pytest.MonkeyPatch, what: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        if what == "a fault":
            patch.setattr(pages, "context", break_down)
        elif what == "busy":
            patch.setattr(report, "accept_tip", be_busy)
        elif what == "no store":
            patch.setattr(pages, "HttpResponse", lose_the_store)
        yield


@pytest.mark.parametrize("what", PUBLIC_FAULTS)
def test_every_error_page_of_the_public_door_carries_the_same_headers(
    what: str, monkeypatch: pytest.MonkeyPatch, installation: Installation
) -> None:
    status, ask = PUBLIC_FAULTS[what]
    visitor = ListeningVisitor()
    with public_faults(monkeypatch, what):
        ask(visitor)
    heard = visitor.heard[-1]
    assert heard.status == status
    assert heard.is_page
    assert heard.markup.faults == []
    for each in visitor.heard:
        assert_guarded(each)
        assert_one_cookie(each, "session", "Lax")


def send_form(browser: Listening, at: str, to: str, typed: dict[str, Any]) -> None:
    """Post with the form check of the page ``at``."""
    token = Page(browser.get(at)).forms[0].fields["csrfmiddlewaretoken"]
    browser.post(to, {"csrfmiddlewaretoken": token, **typed})


DESK_FAULTS: dict[str, tuple[int, str, str, str, dict[str, Any]]] = {
    "too many fields": (400, "sam", "/inbox", "/lock", MANY),
    "no form check": (403, "sam", "/inbox", "/lock", {"csrfmiddlewaretoken": "x"}),
    "no right": (403, "ada", "/ledger", "/unlock", {}),
    "signed out": (403, "", "/sign-in", "/lock", {}),
    "no such tip": (404, "sam", "/inbox", "/tips/NOSUCHTIP/close", {}),
    "wrong method": (405, "sam", "/inbox", "/inbox", {}),
    "wrong state": (409, "sam", "/inbox", "/tips/{ref}/reopen", {"reason": "x"}),
    "too big": (413, "sam", "/inbox", "/lock", {"x": "x" * 5_000_000}),
    "no reason": (422, "ines", "/inbox", "/tips/{ref}/flag-urgent", {"reason": " "}),
    "a fault": (500, "sam", "/inbox", "/tips/{ref}/close", {}),
    "no store": (503, "sam", "/inbox", "/tips/{ref}/close", {}),
}


@pytest.mark.parametrize("what", DESK_FAULTS)
def test_every_error_page_of_the_desk_carries_the_same_headers(
    what: str, monkeypatch: pytest.MonkeyPatch, cast: Cast, reported: Reported, unlocked_desk: Installation,
    desk_door: Installation,
) -> None:  # fmt: skip
    status, who, at, to, typed = DESK_FAULTS[what]
    if what in ("a fault", "no store"):
        monkeypatch.setattr(tip_screen, "visible", break_down if what == "a fault" else lose_the_store)
    browser = signed_in(who) if who else Listening()
    send_form(browser, at, to.format(ref=reported.ref), typed)
    assert browser.last.status == status
    assert browser.last.is_page
    assert browser.last.markup.faults == []
    for heard in browser.heard:
        assert_guarded(heard, DESK_CSP)
        assert_one_cookie(heard, "desk", "Strict")
