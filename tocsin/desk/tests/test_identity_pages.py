"""The screens on which an identity is asked for, checked, opened once and refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.identities import GROUND, LAWFUL, REASON, allow, ask, hire_custodian, hire_officer, key_of, turn
from tests.installation import CUSTODIANS, Installation, TestClock
from tests.people import Cast, hire
from tests.stories import CONTACT, Reported, say_why
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.permissions import Role
from tocsin.desk.screens.identity_opening import SHOWN_SECONDS
from tocsin.desk.tests.conftest import Desk
from tocsin.ledger.models import AuditRecord
from tocsin.tips import identity_requests
from tocsin.tips.deadlines import local_today
from tocsin.tips.identity_requests import Order
from tocsin.tips.models import CustodianSeat, Declaration, IdentityRequest, RequestState
from tocsin.tips.reading import give_reason
from tocsin.ui.uploads import KeyFileInMemory
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]


@pytest.fixture
def people(installation: Installation) -> dict[str, Actor]:
    """leo (legal officer), kim and lou (custodians)."""
    return {"leo": hire_officer(), "kim": hire_custodian("kim"), "lou": hire_custodian("lou")}


@pytest.fixture
def waiting(ivo: Actor, people: dict[str, Actor], reported: Reported, unlocked_desk: Installation) -> IdentityRequest:
    """A request that waits for two keys."""
    return allow(people["leo"], ask(ivo, reported))


def bring_key(browser: Desk, page: Page, at: str, *, content: bytes, **typed: str) -> Page:
    """Send the form with a file, as a browser does."""
    form = page.form(at)
    sent: dict[str, Any] = {**form.fields, "interest": "no", **typed}
    sent["key_file"] = SimpleUploadedFile("anything.key", content)
    return Page(browser.browser.post(form.action, sent, follow=True))


def bring(browser: Desk, home: Installation, address: str, name: str) -> Page:
    """The custodian's turn as it should be."""
    content = key_of(home, name)
    at = f"{address}/open"
    return bring_key(browser, browser.get(address), at, content=content, passphrase=CUSTODIANS[name])


def test_the_whole_way_through_the_screens(
    desk: OpenDesk, ivo: Actor, people: dict[str, Actor], reported: Reported, unlocked_desk: Installation
) -> None:
    say_why(ivo, reported)
    investigator, at = desk(ivo), f"/tips/{reported.ref}/identity"
    assert at in investigator.get(f"/tips/{reported.ref}").body.decode()
    page = investigator.send(investigator.get(at), at, reason=REASON, ground=GROUND)
    assert "waits for the legal check" in page.plain
    address = f"/identities/{IdentityRequest.objects.get().ref}"

    officer = desk(people["leo"])
    assert "Waiting for me (1)" in officer.get("/").plain
    assert address in officer.get("/waiting").body.decode()
    page = officer.get(address)
    assert REASON in page.plain
    assert "Open the report" not in page.plain
    page = officer.send(page, f"{address}/allow", reason=LAWFUL, interest="no")
    assert "waits for two custodians" in page.plain

    first, second = desk(people["lou"]), desk(people["kim"])
    for browser in (first, second):
        assert address in browser.get("/waiting").body.decode()
    page = bring(first, unlocked_desk, address, "lou")
    assert "Your key is in." in page.plain
    assert CONTACT not in page.plain
    page = bring(second, unlocked_desk, address, "kim")
    assert CONTACT in page.plain
    assert "What the reporter left" in page.plain

    for browser in (first, second, investigator, officer):
        page = browser.get(address)
        assert "Opened" in page.plain
        assert CONTACT not in page.plain
        assert "Told on" in page.plain


def test_the_page_that_shows_it_is_kept_by_no_browser_and_leaves_by_itself(
    desk: OpenDesk, people: dict[str, Actor], waiting: IdentityRequest, unlocked_desk: Installation
) -> None:
    turn(people["kim"], waiting, unlocked_desk, "kim")
    browser, address = desk(people["lou"]), f"/identities/{waiting.ref}"
    before = browser.get(address)
    shown = bring_key(
        browser, before, f"{address}/open", content=key_of(unlocked_desk, "lou"), passphrase=CUSTODIANS["lou"]
    )
    assert CONTACT in shown.plain
    headers = shown.response.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Refresh"] == f"{SHOWN_SECONDS}; url={address}"
    # Sent once more, as "load again" does, it shows nothing.
    again = bring_key(
        browser, before, f"{address}/open", content=key_of(unlocked_desk, "lou"), passphrase=CUSTODIANS["lou"]
    )
    assert again.status == 409
    assert CONTACT not in again.plain
    assert browser.browser.get(f"{address}/open").status_code == 405


def test_the_key_can_be_pasted_where_no_file_can_be_chosen(
    desk: OpenDesk, people: dict[str, Actor], waiting: IdentityRequest, unlocked_desk: Installation
) -> None:
    browser, address = desk(people["kim"]), f"/identities/{waiting.ref}"
    key = key_of(unlocked_desk, "kim").decode()
    page = browser.send(
        browser.get(address), f"{address}/open", interest="no", key_text=key, passphrase=CUSTODIANS["kim"]
    )
    assert "Your key is in." in page.plain


def test_one_answer_for_a_wrong_passphrase_a_colleagues_key_no_key_and_a_huge_one(
    desk: OpenDesk, people: dict[str, Actor], waiting: IdentityRequest, unlocked_desk: Installation
) -> None:
    browser, address = desk(people["kim"]), f"/identities/{waiting.ref}"
    own, other = key_of(unlocked_desk, "kim"), key_of(unlocked_desk, "lou")
    answers = set()
    for content, passphrase in (
        (own, "a wrong passphrase"),
        (other, CUSTODIANS["lou"]),
        (b"no key", CUSTODIANS["kim"]),
        (own + b" " * KeyFileInMemory.LARGEST, CUSTODIANS["kim"]),
    ):
        page = bring_key(browser, browser.get(address), f"{address}/open", content=content, passphrase=passphrase)
        answers.add((page.status, page.plain.split("There is a problem")[1][:120]))
    assert len(answers) == 1
    assert {status for status, _text in answers} == {403}
    page = bring_key(browser, browser.get(address), f"{address}/open", content=own, passphrase=CUSTODIANS["kim"])
    assert "Your key is in." in page.plain


def test_somebody_who_does_not_say_whether_they_have_an_interest_does_nothing(
    desk: OpenDesk, people: dict[str, Actor], waiting: IdentityRequest, unlocked_desk: Installation
) -> None:
    browser, address = desk(people["kim"]), f"/identities/{waiting.ref}"
    page = bring_key(
        browser,
        browser.get(address),
        f"{address}/open",
        content=key_of(unlocked_desk, "kim"),
        passphrase=CUSTODIANS["kim"],
        interest="",
    )
    assert page.status == 422
    assert IdentityRequest.objects.get().first_id is None


@pytest.mark.parametrize(("who", "form"), [("kim", "open"), ("leo", "refuse"), ("kim", "decline")])
def test_an_interest_shuts_the_person_out(
    who: str, form: str, desk: OpenDesk, people: dict[str, Actor], waiting: IdentityRequest
) -> None:
    browser, address = desk(people[who]), f"/identities/{waiting.ref}"
    browser.send(browser.get(address), f"{address}/{form}", interest="yes", reason="x")
    assert browser.get(address).status == 404
    assert waiting.ref not in browser.get("/identities").body.decode()
    assert "Nothing waits for your decision." in browser.get("/waiting").plain
    assert Declaration.objects.get(staff_id=people[who].require_staff(), has_interest=True).tip_id == waiting.tip_id
    assert IdentityRequest.objects.get().state == RequestState.ALLOWED


def test_a_refusal_and_its_reason_stand_on_the_page(
    desk: OpenDesk, ivo: Actor, people: dict[str, Actor], reported: Reported, unlocked_desk: Installation
) -> None:
    asked = ask(ivo, reported)
    officer, address = desk(people["leo"]), f"/identities/{asked.ref}"
    page = officer.get(address)
    form = page.form(f"{address}/allow")
    page = Page(
        officer.browser.post(f"{address}/refuse", {**form.fields, "interest": "no", "reason": "No."}, follow=True)
    )
    assert "Refused" in page.plain
    assert "No." in desk(ivo).get(address).plain
    inspector = desk(hire("ina", Role.INSPECTOR))
    page = inspector.get("/identities?state=refused")
    assert address in page.body.decode()
    assert "Refused 1" in page.plain
    page = inspector.get(address)
    assert "sees who decided and when" in page.plain
    assert "No." not in page.plain
    assert REASON not in page.plain


def test_the_asker_takes_it_back(desk: OpenDesk, ivo: Actor, waiting: IdentityRequest) -> None:
    browser, address = desk(ivo), f"/identities/{waiting.ref}"
    page = browser.send(browser.get(address), f"{address}/cancel", reason="We found them.")
    assert "Taken back" in page.plain


def test_a_written_order_shows_when_the_reporter_is_told(
    desk: OpenDesk, ivo: Actor, people: dict[str, Actor], reported: Reported, unlocked_desk: Installation
) -> None:
    browser, at = desk(ivo), f"/tips/{reported.ref}/identity"
    ends_on = (local_today() + timedelta(days=5)).isoformat()
    page = browser.send(browser.get(at), at, reason=REASON, ground=GROUND, order="12/2031", ends_on=ends_on)
    assert "12/2031" in page.plain
    assert "a written order defers it" in page.plain
    for wrong in ("", "tomorrow", "2031-02-30", "9" * 40):
        page = browser.send(browser.get(at), at, reason=REASON, ground=GROUND, order="1", ends_on=wrong)
        assert page.status == 422
        assert REASON in page.body.decode(), "what was typed is kept"


def test_on_a_locked_desk_the_paper_is_sealed_and_no_form_stands_there(
    desk: OpenDesk, people: dict[str, Actor], waiting: IdentityRequest
) -> None:
    unlocked.lock_now()
    for name in ("leo", "kim"):
        page = desk(people[name]).get(f"/identities/{waiting.ref}")
        assert page.status == 200
        assert REASON not in page.plain
        assert "the desk is locked" in page.plain
        assert not [form for form in page.forms if form.action.endswith(("/open", "/allow"))]


def test_other_offices_find_neither_form_nor_list(
    desk: OpenDesk, cast: Cast, waiting: IdentityRequest, reported: Reported
) -> None:
    for actor in (cast.ines, cast.tara, cast.ada):
        browser = desk(actor)
        assert browser.get(f"/tips/{reported.ref}/identity").status == 403
        assert browser.get("/identities").status == 403
        assert browser.get(f"/identities/{waiting.ref}").status == 403
        page = browser.get("/")
        for action in ("allow", "refuse", "decline", "cancel", "open"):
            form = page.form("/sign-out").fields
            sent = browser.browser.post(
                f"/identities/{waiting.ref}/{action}", {**form, "interest": "no", "reason": "x"}
            )
            assert sent.status_code == 403
    assert desk(cast.sam).get(f"/identities/{waiting.ref}").status == 404  # not theirs
    assert IdentityRequest.objects.get().state == RequestState.ALLOWED
    assert not Declaration.objects.filter(staff_id__in=[cast.ines.staff_id, cast.tara.staff_id]).exists()


def test_no_handler_ever_sees_the_identity_on_any_page(
    desk: OpenDesk, ivo: Actor, people: dict[str, Actor], waiting: IdentityRequest, unlocked_desk: Installation
) -> None:
    turn(people["kim"], waiting, unlocked_desk, "kim")
    assert turn(people["lou"], waiting, unlocked_desk, "lou") == CONTACT
    browser = desk(ivo)
    for path in ("/waiting", "/identities", f"/identities/{waiting.ref}", f"/tips/{waiting.tip.ref}", "/inbox"):
        assert CONTACT not in browser.get(path).body.decode()


def test_the_page_of_a_report_tells_of_its_requests(
    desk: OpenDesk, cast: Cast, ivo: Actor, waiting: IdentityRequest
) -> None:
    at = f"/tips/{waiting.tip.ref}"
    for outside in (cast.sam, ivo):
        give_reason(actor=outside, tip=waiting.tip, reason="For the story of this test.")
    assert "Waits for two custodians" in desk(cast.sam).get(at).plain
    assert f"/identities/{waiting.ref}" not in desk(cast.sam).get(at).body.decode()
    assert f"/identities/{waiting.ref}" in desk(ivo).get(at).body.decode()
    assert "The reporter’s identity" not in desk(cast.ines).get(at).plain


def test_reading_the_paper_leaves_a_trace(desk: OpenDesk, people: dict[str, Actor], waiting: IdentityRequest) -> None:
    before = AuditRecord.objects.filter(action="identity.read").count()
    desk(people["kim"]).get(f"/identities/{waiting.ref}")
    assert AuditRecord.objects.filter(action="identity.read").count() == before + 1


def test_lists_ask_the_store_as_often_for_one_request_as_for_many(
    desk: OpenDesk, ivo: Actor, people: dict[str, Actor], report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    ask(ivo, report("First."))
    browser = desk(people["leo"])
    counted = []
    for more in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get("/identities")
        counted.append(len(queries))
        for number in range(4 * (1 - more)):
            ask(ivo, report(f"Report {number}."))
    assert counted[0] == counted[1]


def test_the_list_goes_on_behind_the_last_one(
    desk: OpenDesk, ivo: Actor, people: dict[str, Actor], report: Callable[..., Reported],
    unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("tocsin.desk.screens.identities.PAGE", 2)
    requests = [ask(ivo, report(f"Report {number}.")) for number in range(3)]
    browser = desk(people["leo"])
    first = browser.get("/identities")
    assert requests[0].ref not in first.body.decode()
    assert requests[0].ref in browser.get(f"/identities?after={requests[1].ref}").body.decode()


HOSTILE = ["\0", "\u202e", "<script>alert(1)</script>", "x" * 100_000, "{{ x }}%s"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_hostile_text_is_shown_as_text_or_refused_with_a_sentence(
    text: str, desk: OpenDesk, ivo: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    browser, at = desk(ivo), f"/tips/{reported.ref}/identity"
    page = browser.send(browser.get(at), at, reason=f"a{text}", ground=f"b{text}", order=text, ends_on="2031-01-01")
    assert page.status in (200, 422)
    assert "<script>alert" not in page.body.decode()


# Custodians


def test_a_custodian_claims_the_key_and_the_administrator_confirms(
    desk: OpenDesk, ada: Actor, unlocked_desk: Installation
) -> None:
    nina = hire("nina", Role.CUSTODIAN)
    browser = desk(nina)
    page = bring_key(
        browser,
        browser.get("/custodians"),
        "/custodians",
        content=key_of(unlocked_desk, "max"),
        passphrase=CUSTODIANS["max"],
        slot="max",
    )
    assert "waits for somebody who confirms it" in page.plain
    seat = CustodianSeat.objects.get()
    administrator, address = desk(ada), f"/custodians/{CustodianSeat.objects.get().ref}"
    assert address in administrator.get("/waiting").body.decode()
    page = administrator.send(administrator.get(address), f"{address}/confirm")
    assert "Confirmed" in page.plain
    page = administrator.send(administrator.get(address), f"{address}/end", reason="Nina leaves.")
    assert "Ended" in page.plain
    seat.refresh_from_db()
    assert seat.state == "ended"


def test_others_see_no_custodians(desk: OpenDesk, cast: Cast, people: dict[str, Actor]) -> None:
    for actor in (cast.ines, cast.sam, people["leo"]):
        assert desk(actor).get("/custodians").status == 403


def test_pressing_lock_leads_a_custodian_to_a_page_of_their_own(
    desk: OpenDesk, people: dict[str, Actor], unlocked_desk: Installation
) -> None:
    browser = desk(people["kim"])
    assert browser.send(browser.get("/identities"), "/lock").status == 200
    assert not unlocked.is_unlocked()


def test_an_order_of_the_past_is_refused_with_what_was_typed(ivo: Actor, reported: Reported) -> None:
    with pytest.raises(Exception, match="written order"):
        identity_requests._order_in_words(Order("1", local_today() - timedelta(days=1)))


def test_days_are_those_of_the_place_where_the_authority_sits(
    desk: OpenDesk, ivo: Actor, reported: Reported, unlocked_desk: Installation, set_clock: Callable[..., TestClock]
) -> None:
    set_clock(datetime(2026, 11, 25, 20, 0, tzinfo=UTC))  # the seed pack's office is eight hours ahead
    asked = ask(ivo, reported)
    page = desk(ivo).get(f"/identities/{asked.ref}")
    assert "Asked on 26 November 2026" in page.plain
    assert "26 November 2026" in desk(ivo).get("/identities").plain
