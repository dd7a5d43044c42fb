"""Tor Browser at its safest, and others that do not say where they come from, can report and read their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.hygiene.doors import PUBLIC, Listening, ListeningVisitor, address, names
from tests.hygiene.test_hostile_values import rows
from tests.installation import Installation
from tests.people import PASSWORD
from tests.stories import Reported
from tests.visitor import Page, Visitor
from tocsin.access.actors import Actor
from tocsin.desk.tests.conftest import Desk
from tocsin.tips.models import Tip, TipMessage
from tocsin.tips.selectors import content_of

pytestmark = pytest.mark.django_db
WHAT = "Somebody empties barrels into the brook."
HOSTS = {"tls": "testserver", "onion": "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion"}
# What a browser says of where a form comes from. ``None``: it leaves the header out.
HIDING: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no origin": {"HTTP_ORIGIN": "null"},
    "no origin, safest, with fetch metadata": {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "same-origin"},
    "an empty referrer": {"HTTP_REFERER": ""},
    "no origin and an empty referrer": {"HTTP_ORIGIN": "null", "HTTP_REFERER": ""},
    "no script, no languages": {"HTTP_ORIGIN": "null", "HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.5", "HTTP_DNT": "1"},
}
FOREIGN: dict[str, dict[str, Any]] = {
    "another origin": {"HTTP_ORIGIN": "https://elsewhere.example"},
    "our name as part of another": {"HTTP_ORIGIN": "https://testserver.elsewhere.example"},
    "our name with another port": {"HTTP_ORIGIN": "https://testserver:8443"},
    "our name without tls": {"HTTP_ORIGIN": "http://testserver"},
    "an origin in capitals": {"HTTP_ORIGIN": "NULL"},
    "two origins": {"HTTP_ORIGIN": "null, https://elsewhere.example"},
    "an empty origin": {"HTTP_ORIGIN": ""},
    "another referrer": {"HTTP_REFERER": "https://elsewhere.example/"},
    "a referrer without tls": {"HTTP_REFERER": "http://testserver/en/report"},
    "a broken referrer": {"HTTP_REFERER": "https://[::1"},
    "a referrer that is no address": {"HTTP_REFERER": "null"},
}


class TlsVisitor(Visitor):
    """A visitor behind TLS, whose browser adds ``headers`` to every form that it sends."""

    def __init__(self, headers: dict[str, Any], *, secure: bool = True, host: str = "testserver") -> None:
        super().__init__()
        self.browser = _Browser(headers, secure=secure, host=host)


class _Browser(Client):
    def __init__(self, headers: dict[str, Any], *, secure: bool, host: str) -> None:
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False, SERVER_NAME=host)
        self.headers_of_forms, self.secure = headers, secure

    def generic(self, method: str, path: Any, *arguments: Any, **more: Any) -> Any:
        """Everything over TLS; forms with the headers."""
        said = self.headers_of_forms if method == "POST" else {}
        return super().generic(method, path, *arguments, **{**more, **said, "secure": self.secure})


@pytest.fixture(params=["tls", "onion"])
def hiding(request: pytest.FixtureRequest, settings: Settings) -> Callable[[str], TlsVisitor]:
    """A visitor behind TLS, or at an onion address without it, whose browser hides where it comes from."""
    host = HOSTS[request.param]
    settings.ALLOWED_HOSTS = list(HOSTS.values())
    settings.SESSION_COOKIE_SECURE = request.param == "tls"
    return lambda what: TlsVisitor(HIDING[what], secure=request.param == "tls", host=host)


@pytest.mark.parametrize("what", HIDING)
def test_a_browser_that_hides_where_it_comes_from_can_send_a_report(
    what: str, hiding: Callable[[str], TlsVisitor], unlocked_desk: Installation
) -> None:
    receipt = hiding(what).tell(WHAT)
    assert receipt.status == 200
    assert len(receipt.words) == 9
    assert content_of(Tip.objects.get()).answers["what"] == WHAT


@pytest.mark.parametrize("what", HIDING)
def test_a_browser_that_hides_where_it_comes_from_can_use_the_mailbox(
    what: str, hiding: Callable[[str], TlsVisitor], reported: Reported, installation: Installation
) -> None:
    visitor = hiding(what)
    box = visitor.open_mailbox(reported.words)
    assert box.status == 200
    assert "Your mailbox" in box.plain
    assert visitor.write(box, "One thing more.").status == 200
    assert TipMessage.objects.count() == 1
    installation.publish()
    pasted = visitor.send(visitor.get("verify"), "/verify", typed={"receipt": reported.promise.decode()})
    assert "is in the public ledger" in pasted.plain
    assert visitor.send(visitor.get("mailbox/take-back"), "/mailbox/take-back").status == 200
    assert visitor.send(visitor.get("mailbox/messages"), "/mailbox/leave").status == 200
    assert visitor.get("mailbox/messages").status == 403


@pytest.mark.parametrize("what", HIDING)
def test_hiding_does_not_replace_the_form_check(
    what: str, hiding: Callable[[str], TlsVisitor], installation: Installation
) -> None:
    visitor = hiding(what)
    page, other = visitor.open_form(), hiding(what).open_form()
    for token in ("", "x" * 64, other.form("/report").fields["csrfmiddlewaretoken"]):
        refused = visitor.send(page, typed={"what": WHAT, "csrfmiddlewaretoken": token})
        assert refused.status == 403
        assert refused.form("/report").fields["what"] == WHAT
    assert rows() == (0, 0, 0, 0)


@pytest.mark.parametrize("what", HIDING)
def test_a_form_from_another_site_brings_no_session_and_is_refused(
    what: str, hiding: Callable[[str], TlsVisitor], installation: Installation
) -> None:
    attacker, victim = hiding(what), hiding(what)
    fields = attacker.open_form().form("/report").fields
    refused = Page(victim.browser.post("/en/report", {**fields, "what": WHAT}))
    assert refused.status == 403
    victim.open_form()
    assert Page(victim.browser.post("/en/report", {**fields, "what": WHAT})).status == 403
    assert rows() == (0, 0, 0, 0)


@pytest.mark.parametrize("what", FOREIGN)
def test_a_form_that_says_it_comes_from_elsewhere_is_refused_and_keeps_the_text(
    what: str, installation: Installation
) -> None:
    refused = TlsVisitor(FOREIGN[what]).tell(WHAT)
    assert refused.status == 403
    assert refused.form("/report").fields["what"] == WHAT
    assert rows() == (0, 0, 0, 0)


@pytest.mark.parametrize("secure", [True, False])
def test_a_browser_that_says_where_it_comes_from_is_served_too(secure: bool, installation: Installation) -> None:
    scheme = "https" if secure else "http"
    said = {"HTTP_ORIGIN": f"{scheme}://testserver", "HTTP_REFERER": f"{scheme}://testserver/en/report"}
    assert TlsVisitor(said, secure=secure).tell(WHAT).status == 200
    del said["HTTP_ORIGIN"]
    assert TlsVisitor(said, secure=secure).tell(WHAT).status == 200


@pytest.mark.parametrize("name", names(PUBLIC))
def test_no_address_of_the_public_door_changes_anything_without_the_form_check(
    name: str, reported: Reported, installation: Installation
) -> None:
    visitor = ListeningVisitor()
    visitor.open_mailbox(reported.words)
    before = rows()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        data = "words=x&text=x&what=x&receipt=x"
        visitor.browser.generic(method, address(PUBLIC, name), data, "application/x-www-form-urlencoded")
        assert visitor.heard[-1].status == 403, method
    assert rows() == before
    assert reported.tip.state == "received"


@pytest.mark.parametrize("what", ["no origin", "nothing"])
def test_the_desk_is_stricter_because_its_browsers_have_nothing_to_hide(
    what: str, ada: Actor, desk_door: Installation
) -> None:
    staff = Desk()
    staff.browser = Listening()
    form = Page(staff.browser.get("/sign-in", secure=True)).form("/sign-in")
    data = {**form.fields, "username": "ada", "password": PASSWORD}
    assert Page(staff.browser.post("/sign-in", data, secure=True, **HIDING[what])).status == 403
    own: dict[str, Any] = {"HTTP_ORIGIN": "https://testserver"}
    assert staff.browser.post("/sign-in", data, secure=True, **own).status_code == 302
