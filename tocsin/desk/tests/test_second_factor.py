"""From the password to the desk: nothing opens in between, and everybody keeps a way in."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.urls import get_resolver, resolve, reverse
from pytest_django.fixtures import Settings

from tests.installation import Installation, TestClock
from tests.passkeys import SoftPasskey
from tests.people import PASSWORD, code_of, come_in, staff_of
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.factors import app_codes
from tocsin.access.factors.selectors import factors_of, has_factor
from tocsin.access.factors.services import new_recovery_codes, reset_factors
from tocsin.access.models import DeskSession, SignInRecord
from tocsin.access.permissions import Role
from tocsin.access.services import add_staff, give_password
from tocsin.desk.tests.conftest import Desk
from tocsin.ledger.models import AuditRecord
from tocsin.policy.active import get_pack
from tocsin.ui.tests.markup import Page as Markup
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
URLCONF = "tocsin.desk.urls"
NAMES = sorted(name for name in get_resolver(URLCONF).reverse_dict if isinstance(name, str))
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def kim(desk_door: Installation, db: None) -> Actor:
    """An intake officer who was never here before."""
    return add_staff(
        by="program:tests", username="kim", display_name="Kim", password=PASSWORD, roles=[Role.INTAKE]
    ).as_actor()


def path_of(name: str) -> str:
    known: Any = get_resolver(URLCONF).reverse_dict[name]
    return reverse(name, urlconf=URLCONF, kwargs=dict.fromkeys(known[3], "x"))


def secret_on(page: Page) -> str:
    """The secret that the page shows as text, as the desk keeps it."""
    (found,) = re.findall(r'class="tocsin-secret"[^>]*>([A-Z2-7 ]+)<', page.body.decode())
    return app_codes.seal_secret(base64.b32decode(found.replace(" ", "")))


def enrol_app(browser: Desk, username: str = "kim") -> Page:
    browser.give_password(username)
    page = browser.get("/sign-in/enrol/app")
    return browser.send(page, "/enrol/app", code=app_codes.code_at(secret_on(page), app_codes.step_now()))


def recovery_codes_on(page: Page) -> list[str]:
    return re.findall(r"<li>(\d{5} \d{5})</li>", page.body.decode())


def passkey_options(page: Page) -> str:
    (form,) = [attrs for tag, attrs in Markup(page.body.decode()).elements if tag == "form" and "data-options" in attrs]
    return form["data-options"]


@pytest.mark.parametrize("name", [name for name in NAMES if resolve(path_of(name), URLCONF).func.door == "desk"])  # type: ignore[attr-defined]  # a mark of tocsin.desk.doors
def test_the_password_alone_opens_no_page_of_the_desk(name: str, kim: Actor, ines: Actor) -> None:
    for username in ("kim", "ines"):
        browser = Desk()
        browser.give_password(username)
        answer = browser.browser.get(path_of(name))
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in?next=")
        assert not browser.signed_in


def test_djangos_session_alone_opens_nothing(kim: Actor, ines: Actor) -> None:
    """Whoever could write a session of Django would still lack the row that only both factors make."""
    browser = Desk()
    come_in(browser.browser, ines)
    assert browser.get("/ledger").status == 200
    DeskSession.objects.all().delete()
    assert "Sign-in name" in browser.get("/ledger").plain
    assert SESSION_KEY not in browser.browser.session


def test_who_comes_for_the_first_time_sets_up_an_app_and_gets_codes_once(kim: Actor) -> None:
    browser = Desk()
    choice = browser.give_password("kim", at="/sign-in?next=/ledger")
    assert "Welcome, Kim" in choice.plain
    page = browser.get("/sign-in/enrol/app")
    assert 'src="data:image/png;base64,' in page.body.decode()
    wrong = browser.send(page, "/enrol/app", code="123")
    assert (wrong.status, secret_on(wrong) is not None) == (422, True)
    shown = enrol_app(browser)
    codes = recovery_codes_on(shown)
    assert len(codes) == 10
    assert browser.signed_in
    assert 'href="/"' in shown.body.decode()
    assert not recovery_codes_on(browser.get("/your-sign-in"))
    assert [record.event for record in SignInRecord.objects.order_by("id")] == ["enrolled", "signed-in"]


def test_a_reload_of_the_page_with_the_codes_makes_no_second_app(kim: Actor) -> None:
    browser = Desk()
    browser.give_password("kim")
    page = browser.get("/sign-in/enrol/app")
    sent = {**page.form("/enrol/app").fields, "code": app_codes.code_at(secret_on(page), app_codes.step_now())}
    browser.browser.post("/sign-in/enrol/app", sent)
    again = browser.browser.post("/sign-in/enrol/app", sent)
    assert again.status_code in (302, 403)
    assert len(factors_of(kim).devices) == 1


def test_who_has_a_second_factor_cannot_set_up_another_before_showing_it(ines: Actor, desk_door: Installation) -> None:
    browser = Desk()
    browser.give_password("ines")
    for path in ("/sign-in/enrol", "/sign-in/enrol/app", "/sign-in/enrol/passkey", "/sign-in/own-password"):
        answer = browser.browser.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/second-factor")


def test_the_pages_between_are_closed_to_strangers_and_after_a_quarter_of_an_hour(
    ines: Actor, desk_door: Installation, set_clock: Callable[..., TestClock]
) -> None:
    clock = set_clock(MORNING)
    paths = ["/sign-in/second-factor", "/sign-in/enrol", "/sign-in/enrol/app", "/sign-in/own-password"]
    browser = Desk()
    assert {browser.browser.get(path).headers["Location"] for path in paths} == {"/sign-in"}
    page = browser.give_password("ines")
    clock.forward(minutes=15, seconds=1)
    late = browser.send(page, "/second-factor", code=code_of("ines"))
    assert "Sign-in name" in late.plain
    assert not browser.signed_in


def test_wrong_codes_get_one_answer_and_are_limited(ines: Actor, desk_door: Installation) -> None:
    browser = Desk()
    page = browser.give_password("ines")
    told = {browser.send(page, "/second-factor", code=code).plain for code in ("1", "000000", "00000 00000", "x")}
    assert len(told) == 1
    browser.send(page, "/second-factor", code="2")
    late = browser.send(page, "/second-factor", code=code_of("ines"))
    assert (late.status, "Too many attempts" in late.plain) == (403, True)
    elsewhere = Desk()
    assert "Too many" in elsewhere.send(elsewhere.give_password("ines"), "/second-factor", code="1").plain


def test_a_recovery_code_lets_in_and_leads_to_where_a_lost_device_is_taken_away(
    ines: Actor, desk_door: Installation
) -> None:
    codes = new_recovery_codes(actor=ines)
    browser = Desk()
    page = browser.send(browser.give_password("ines"), "/second-factor", code=codes[0])
    assert "9 left" in page.plain
    assert "password and recovery code" in page.plain
    other = Desk()
    assert other.send(other.give_password("ines"), "/second-factor", code=codes[0]).status == 403


def test_a_passkey_is_set_up_and_signs_in_alone(kim: Actor) -> None:
    browser, key = Desk(), SoftPasskey()
    browser.give_password("kim")
    page = browser.get("/sign-in/enrol/passkey")
    shown = browser.send(page, "/enrol/passkey", name="phone", answer=key.register(passkey_options(page)))
    assert len(recovery_codes_on(shown)) == 10
    other = Desk()
    start = other.get("/sign-in?next=/ledger")
    back = other.send(start, "/sign-in/passkey", answer=key.sign_in(passkey_options(start)))
    assert "Newest signature" in back.plain
    assert SignInRecord.objects.filter(event="signed-in", detail="passkey").count() == 1
    third = Desk()
    second = third.give_password("kim")
    third.send(second, "/second-factor", answer=key.sign_in(passkey_options(second)))
    assert third.signed_in


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"response": 7}', "x" * 50_000])
def test_a_hostile_passkey_gets_the_sign_in_page_back(answer: str, kim: Actor) -> None:
    browser = Desk()
    refused = browser.send(browser.get("/sign-in"), "/sign-in/passkey", answer=answer)
    assert (refused.status, browser.signed_in) == (403, False)
    assert "not taken" in refused.plain


def test_under_a_bare_address_the_page_offers_no_passkey(kim: Actor, settings: Settings) -> None:
    settings.TOCSIN_PASSKEY_HOST = "desk.example.org"
    browser = Desk()
    assert "passkey" not in browser.get("/sign-in").plain
    browser.give_password("kim")
    assert "(recommended)" not in browser.get("/sign-in/enrol").plain
    assert "do not work under this address" in browser.get("/sign-in/enrol/passkey").plain


def test_a_password_that_was_handed_over_is_changed_before_anything_else(kim: Actor, ada: Actor) -> None:
    given = give_password(actor=ada, staff=staff_of(kim))
    browser = Desk()
    page = browser.give_password("kim", given)
    assert "Choose your own password" in page.plain
    assert browser.send(page, "/own-password", password=given, again=given).status == 422
    page = browser.send(page, "/own-password", password="kims own password", again="kims own password")
    assert "Set up your second factor" in page.plain
    assert Desk().give_password("kim", given).status == 403


def test_a_new_password_does_not_replace_the_second_factor(ines: Actor, ada: Actor, desk_door: Installation) -> None:
    given = give_password(actor=ada, staff=staff_of(ines))
    browser = Desk()
    second = browser.give_password("ines", given)
    page = browser.send(second, "/second-factor", code=code_of("ines"))
    assert "Choose your own password" in page.plain
    assert not browser.signed_in
    browser.send(page, "/own-password", password="inesself-chosen", again="inesself-chosen")
    assert browser.signed_in


def test_stopping_half_way_leaves_nothing_behind(ines: Actor, desk_door: Installation) -> None:
    browser = Desk()
    page = browser.give_password("ines")
    browser.send(page, "/sign-in/stop")
    assert browser.browser.get("/sign-in/second-factor").headers["Location"] == "/sign-in"


def test_a_reset_in_between_ends_what_was_half_way(ines: Actor, ada: Actor, desk_door: Installation) -> None:
    browser = Desk()
    page = browser.give_password("ines")
    code = code_of("ines")
    reset_factors(actor=ada, staff=staff_of(ines))
    after = browser.send(page, "/second-factor", code=code)
    assert "Set up your second factor" in after.plain
    assert not browser.signed_in


def test_the_way_in_is_changed_after_the_password_was_typed_again(
    desk: OpenDesk, ines: Actor, set_clock: Callable[..., TestClock], settings: Settings
) -> None:
    clock = set_clock(MORNING)
    browser, other = desk(ines), desk(ines)
    clock.forward(minutes=6)
    page = browser.get("/your-sign-in/app")
    assert "Is it still you?" in page.plain
    assert browser.send(page, "/confirm", password="not hers").status == 403
    page = browser.send(page, "/confirm", password=PASSWORD)
    before = browser.browser.cookies[settings.SESSION_COOKIE_NAME].value
    done = browser.send(page, "/your-sign-in/app", code=app_codes.code_at(secret_on(page), app_codes.step_now()))
    assert len(recovery_codes_on(done)) == 10
    assert browser.browser.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert browser.get("/ledger").status == 200
    ended = other.get("/ledger")
    assert "your second factor was changed" in ended.plain


def test_buttons_ask_for_the_password_too(desk: OpenDesk, ines: Actor, set_clock: Callable[..., TestClock]) -> None:
    clock = set_clock(MORNING)
    browser = desk(ines)
    page = browser.get("/your-sign-in")
    clock.forward(minutes=6)
    assert "Is it still you?" in browser.send(page, "/recovery-codes").plain
    assert factors_of(ines).codes_left == 0


def test_changing_the_password_keeps_this_browser_and_ends_the_others(desk: OpenDesk, ines: Actor) -> None:
    browser, other = desk(ines), desk(ines)
    page = browser.get("/your-sign-in/password")
    new = "a password of her own"
    assert browser.send(page, "/password", present="wrong", password=new, again=new).status == 403
    assert browser.send(page, "/password", present=PASSWORD, password=new, again="x").status == 422
    done = browser.send(page, "/password", present=PASSWORD, password=new, again=new)
    assert "Your sign-in" in done.plain
    assert "password was changed" in other.get("/ledger").plain
    assert Desk().give_password("ines").status == 403


def test_signing_out_everywhere(desk: OpenDesk, ines: Actor) -> None:
    browser, other = desk(ines), desk(ines)
    page = browser.send(browser.get("/your-sign-in"), "/end-sessions")
    assert "signed out everywhere" in page.plain
    assert "signed out everywhere" in other.get("/ledger").plain


def test_a_browser_that_was_left_alone_is_told_why_it_is_out(
    desk: OpenDesk, ines: Actor, set_clock: Callable[..., TestClock]
) -> None:
    clock = set_clock(MORNING)
    browser = desk(ines)
    clock.forward(minutes=31)
    page = browser.get("/ledger")
    assert "was not used for a while" in page.plain
    assert page.form("/sign-in").fields["next"] == "/ledger"
    assert SignInRecord.objects.filter(event="ended", detail="idle").count() == 1


def test_the_last_one_to_sign_out_locks_the_reports(
    desk: OpenDesk, ines: Actor, ada: Actor, unlocked_desk: Installation
) -> None:
    first, last = desk(ines), desk(ada)
    first.send(first.get("/ledger"), "/sign-out")
    assert unlocked.is_unlocked()
    last.send(last.get("/ledger"), "/sign-out")
    assert not unlocked.is_unlocked()
    assert AuditRecord.objects.filter(action="desk.lock", detail={"why": "empty"}).exists()


def test_every_page_says_until_when_the_reports_are_open(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    clock = set_clock(MORNING)
    unlocked_desk.unlock(unlocked.LockRule())
    browser = desk(ines)
    for minutes in (0, 10, 20):
        clock.forward(minutes=minutes)
        due = clock.moment.astimezone(get_pack().calendar.zone)
        assert f"Unlocked until {due + timedelta(minutes=30):%H:%M} if nobody works" in browser.get("/ledger").plain
    clock.forward(minutes=29)
    assert "Unlocked until" in browser.get("/ledger").plain


def test_the_warning_about_a_key_file_stands_on_every_page(
    desk: OpenDesk, ines: Actor, installation: Installation
) -> None:
    unlocked.unlock(installation.unit_private, installation.home / "keys" / "desk", unlocked.UNATTENDED)
    browser = desk(ines)
    for path in ("/ledger", "/inbox", "/unlock"):
        page = browser.get(path)
        assert "Whoever holds that file and a copy of this installation reads every report" in page.plain
    assert "Unlocked by a key file, without automatic lock" in page.plain


def test_the_log_of_sign_ins_is_open_to_those_who_watch(desk: OpenDesk, ines: Actor, ada: Actor) -> None:
    page = desk(ada).get("/sign-ins")
    assert (page.status, "Ada" in page.plain) == (200, True)
    assert desk(ines).get("/sign-ins").status == 403
    for query in ("?before=x", "?before=-1", "?before=99999999999999999999", "?person=' OR 1=1", "?person=1&before=2"):
        assert desk(ada).get(f"/sign-ins{query}").status == 200


def test_people_of_a_demonstration_find_their_codes_and_of_an_installation_do_not(
    ines: Actor, desk_door: Installation, settings: Settings
) -> None:
    assert Desk().get("/demo-codes").status == 404
    assert "demonstration" not in Desk().get("/sign-in").plain
    settings.TOCSIN_DEMO = True
    page = Desk().get("/demo-codes")
    assert code_of("ines") in page.plain
    browser = Desk()
    second = browser.give_password("ines")
    assert code_of("ines") in second.plain


def test_the_script_is_ours_and_the_policy_lets_nothing_else_run(ines: Actor, desk_door: Installation) -> None:
    answer = Desk().browser.get("/sign-in")
    rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    assert (rules["script-src"], rules["default-src"]) == ("'self'", "'none'")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", answer.content.decode(), re.DOTALL)
    assert scripts == [""]


def test_a_passkeys_options_survive_their_way_into_the_page(kim: Actor) -> None:
    browser = Desk()
    options = json.loads(passkey_options(browser.get("/sign-in")))
    assert options["publicKey"]["rpId"] == "testserver"
    assert not has_factor(kim.require_staff())
