"""The screens of what is passed on: writing beside the reports, sending, answering, the list of a supervisor."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.installation import Installation
from tests.people import Cast
from tests.stories import TOLD, Reported, case_of, send_report
from tests.visitor import Page
from tocsin.access.actors import WORKER, Actor
from tocsin.cases import opening, recipient
from tocsin.cases.models import Case, Referral, ReferralMessage
from tocsin.cases.referral_clock import remind_referrals
from tocsin.cases.referral_reading import letter_of
from tocsin.cases.tests.conftest import SANITISED, Sent, a_draft, send
from tocsin.cases.workflow import CaseState
from tocsin.common import clock
from tocsin.desk.referral_view import recipient_path
from tocsin.desk.tests.conftest import Desk
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.deadlines import local_today
from tocsin.tips.workflow import State
from tocsin.vault import unlocked
from tocsin.vault.codes import candidate_seeds
from tocsin.vault.referral_codes import RecipientKeys

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
LETTER = {
    "recipient": "Customs office",
    "purpose": "To check whether animals enter without papers.",
    "law": "Sample law, section 9",
    "text": SANITISED,
}


@pytest.fixture
def linked(tip_in: Callable[[State], Reported]) -> Reported:
    """A report in a case that was not passed on."""
    return tip_in(State.LINKED)


@pytest.fixture
def sent(linked: Reported, cast: Cast) -> Sent:
    """The same, sent to customs."""
    return send(cast, case_of(linked), linked)


def write(browser: Desk, case: Case, reported: Reported, **typed: Any) -> Page:
    """Fill in the form of a new text and save it."""
    page = browser.get(f"/cases/{case.ref}/refer")
    return browser.send(page, "/refer", tip=reported.ref, **{**LETTER, **typed})


def ticked(page: Page) -> list[str]:
    """The keys of all boxes for marks on a page."""
    return re.findall(r'name="looked" type="checkbox" value="([0-9a-f]{16})"', page.body.decode())


def post(browser: Desk, page: Page, form: str, **typed: Any) -> Page:
    """Send a form with lists in it."""
    found = page.form(form)
    return Page(browser.browser.post(found.action, {**found.fields, **typed}, follow=True))


def test_the_form_shows_what_was_seen_and_begins_with_it(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report(TOLD, where="Old dairy, flat 3", contact="Mia Example")
    services.acknowledge(actor=cast.ines, tip=told.tip)
    services.begin_triage(actor=cast.tara, tip=told.tip, has_interest=False)
    case = opening.open_case(actor=cast.tara, tip=told.tip, title="Dairy", reason="A case.")
    page = desk(cast.ivo).get(f"/cases/{case.ref}/refer")
    assert page.status == 200
    assert page.form("/refer").fields["text"] == TOLD
    assert "Seen, heard or read by the reporter" in page.plain
    assert "Old dairy, flat 3" in page.plain
    assert "Mia" not in page.plain
    assert "The reporter’s own words" in page.plain
    assert "<mark" in page.body.decode()
    assert ticked(page) == [], "there is nothing to confirm before it was saved"


def test_the_whole_road_on_the_screens(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    ivo, sam = desk(cast.ivo), desk(cast.sam)
    page = write(ivo, case_of(linked), linked, text="My brother saw it. Animals are brought in.")
    assert "First person" in page.plain
    assert "Relation" in page.plain
    referral = Referral.objects.get()
    keys = ticked(page)
    assert len(keys) == 2
    page = post(ivo, page, "/text", looked=keys, tip=linked.ref, go="check")
    assert "Looked at by Ivo" in page.plain
    page = post(ivo, page, "/text", text="Animals are brought in at night.", tip=linked.ref, go="on")
    assert "A supervisor sends it." in page.plain
    assert not [form for form in page.forms if form.action.endswith("/send")]
    page = sam.get(f"/referrals/{referral.ref}")
    page = sam.send(page, "/send")
    assert len(page.words) == 9
    assert "stored nowhere" in page.plain
    (seed,) = candidate_seeds(" ".join(page.words))
    keys_of_recipient = RecipientKeys.derive(seed)
    assert recipient.open_referral(keys=keys_of_recipient).text == "Animals are brought in at night."
    recipient.answer_referral(keys=keys_of_recipient, disposition="taken_up", text="We go there.", attempt="ONE")
    assert "Passed on (1)" in sam.get("/").plain
    page = sam.get(f"/referrals/{referral.ref}")
    assert "We go there." in page.plain
    assert "We take it up" in page.plain
    assert "Passed on (1)" not in sam.get("/").plain
    page = sam.send(page, "/take-back", reason="Customs took it up.")
    assert "The case is taken up again." in page.plain
    assert case_of(linked).state == CaseState.UNDER_VERIFICATION


def test_new_words_are_shown_once(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    sam = desk(cast.sam)
    write(sam, case_of(linked), linked)
    page = sam.get(f"/referrals/{Referral.objects.get().ref}")
    first = sam.send(page, "/send")
    again = sam.send(page, "/send")
    assert len(first.words) == 9
    assert (again.status, again.words) == (409, [])
    assert not any(word in sam.get("/referrals").words for word in first.words)
    page = sam.get(f"/referrals/{Referral.objects.get().ref}")
    assert page.words == []
    fresh = sam.send(page, "/new-code", reason="The page was closed too early.")
    assert len(fresh.words) == 9
    assert fresh.words != first.words
    refused = sam.send(page, "/new-code", reason="")
    assert (refused.status, refused.words) == (422, [])


def test_a_double_click_on_save_writes_one_draft(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    ivo = desk(cast.ivo)
    page = ivo.get(f"/cases/{case_of(linked).ref}/refer")
    for _time in range(2):
        assert ivo.send(page, "/refer", tip=linked.ref, **LETTER).status == 200
    assert Referral.objects.count() == 1


def test_sending_with_open_marks_is_refused_and_says_how_many(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    sam = desk(cast.sam)
    write(sam, case_of(linked), linked, text="My brother saw it.")
    page = sam.get(f"/referrals/{Referral.objects.get().ref}")
    assert "2 marks were not looked at yet." in page.plain
    page = sam.send(page, "/send")
    assert page.status == 422
    assert "Nothing was sent." in page.plain
    assert case_of(linked).state == CaseState.OPEN


def test_of_two_who_write_the_second_sees_both_texts(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    ivo, sam = desk(cast.ivo), desk(cast.sam)
    write(ivo, case_of(linked), linked)
    path = f"/referrals/{Referral.objects.get().ref}/text"
    old = ivo.get(path)
    sam.send(sam.get(path), "/text", text="Sam was faster.", tip=linked.ref)
    page = ivo.send(old, "/text", text="Ivo was slower.", tip=linked.ref)
    assert page.status == 409
    assert page.form("/text").fields["text"] == "Ivo was slower."
    assert "Sam was faster." in page.plain
    assert letter_of(Referral.objects.get()).text == "Sam was faster."
    page = ivo.send(page, "/text", tip=linked.ref)
    assert letter_of(Referral.objects.get()).text == "Ivo was slower."


@pytest.mark.parametrize("day", ["31.12.2026", "2026-13-01", "tomorrow", "0", "２０２６-01-01", "9" * 50])
def test_a_day_that_is_none_is_explained_and_the_text_stays(
    day: str, desk: OpenDesk, linked: Reported, cast: Cast
) -> None:
    page = write(desk(cast.ivo), case_of(linked), linked, expires_on=day)
    assert page.status == 422
    assert page.form("/refer").fields["text"] == SANITISED
    assert not Referral.objects.exists()


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "²"])
def test_a_damaged_page_changes_and_sends_nothing(version: str, desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    sam = desk(cast.sam)
    write(sam, case_of(linked), linked)
    ref = Referral.objects.get().ref
    assert sam.send(sam.get(f"/referrals/{ref}/text"), "/text", version=version, text="Gone").status == 409
    assert sam.send(sam.get(f"/referrals/{ref}"), "/send", version=version).status == 409
    assert letter_of(Referral.objects.get()).text == SANITISED


def test_a_text_that_is_too_long_comes_back_whole(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    long = "No papers were seen. " * 1000
    page = write(desk(cast.ivo), case_of(linked), linked, text=long)
    assert page.status == 422
    assert page.form("/refer").fields["text"].strip() == long.strip()


def test_hundreds_of_marks_can_be_worked_off(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    ivo = desk(cast.ivo)
    text = ". ".join(f"Mr Name{chr(65 + n // 26)}{chr(97 + n % 26)}x came" for n in range(400))
    page = write(ivo, case_of(linked), linked, text=text)
    assert "more marks follow" in page.plain
    for _round in range(2):
        page = post(ivo, page, "/text", looked=ticked(page), tip=linked.ref)
        assert page.status == 200
    assert "Every mark was looked at." in page.plain


@pytest.mark.parametrize("who", ["ines", "tara", "ada"])
def test_others_write_and_change_nothing(who: str, desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    browser = desk(getattr(cast, who))
    assert browser.get(f"/cases/{sent.case_ref}/refer").status == 403
    assert browser.get("/referrals").status == 403
    token = browser.get("/").form("/sign-out").fields["csrfmiddlewaretoken"]
    for path in (f"referrals/{sent.ref}/recall", f"referrals/{sent.ref}/send", f"cases/{sent.case_ref}/correct"):
        answer = browser.browser.post(f"/{path}", {"csrfmiddlewaretoken": token, "reason": "x", "text": "x"})
        assert answer.status_code == 403
    assert sent.referral.state == "sent"
    reads = browser.get(f"/referrals/{sent.ref}")
    assert (reads.status, SANITISED in reads.plain) == ((403, False) if who == "ada" else (200, True))


def test_an_investigator_reads_it_and_has_no_button_of_a_supervisor(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    page = desk(cast.ivo).get(f"/referrals/{sent.ref}")
    assert {form.action.rsplit("/", 1)[1] for form in page.forms if form.action.startswith("/referrals/")} == set()


def test_what_is_not_there_or_not_to_be_seen_is_not_found(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    sam, lea = desk(cast.sam), desk(cast.lea)
    services.declare_interest(actor=cast.lea, tip=sent.reported.tip, has_interest=True)
    for browser, ref, case in ((sam, "NOSUCH", "NOSUCH"), (lea, sent.ref, sent.case_ref)):
        for path in (f"referrals/{ref}", f"referrals/{ref}/text", f"cases/{case}/refer", f"cases/{case}/referrals"):
            assert browser.get(f"/{path}").status == 404, path
    token = sam.get("/").form("/sign-out").fields["csrfmiddlewaretoken"]
    assert sam.browser.post(f"/referrals/{sent.ref}/explode", {"csrfmiddlewaretoken": token}).status_code == 404
    assert "Customs" not in lea.get("/referrals").plain


def test_a_locked_desk_shows_states_and_no_words(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    sam = desk(cast.sam)
    unlocked.lock_now()
    for path in (
        "referrals",
        f"referrals/{sent.ref}",
        f"cases/{sent.case_ref}/referrals",
        f"cases/{sent.case_ref}/refer",
    ):
        page = sam.get(f"/{path}")
        assert page.status == 200, path
        assert "Customs" not in page.plain
        assert SANITISED not in page.plain


def test_a_reply_shows_its_marks_first(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    sam = desk(cast.sam)
    page = sam.send(sam.get(f"/referrals/{sent.ref}"), "/reply", text="The neighbour saw it.")
    assert page.status == 422
    assert page.form("/reply").fields["text"] == "The neighbour saw it."
    page = post(sam, page, "/reply", looked=ticked(page))
    assert "The recipient finds your message beside the text." in page.plain
    assert ReferralMessage.objects.count() == 1


def test_a_correction_goes_into_every_copy_from_the_log(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    sam = desk(cast.sam)
    path = f"/cases/{sent.case_ref}/referrals"
    assert sam.send(sam.get(path), "/correct", text=" ").status == 422
    page = sam.send(sam.get(path), "/correct", text="It was not used for animals, my friend says.")
    assert page.status == 422
    page = post(sam, page, "/correct", looked=ticked(page))
    assert "The correction stands in every copy" in page.plain
    (line,) = recipient.open_referral(keys=sent.keys).messages
    assert line.kind == "correction"


def test_who_must_be_told_by_hand_stands_on_the_page_until_it_is_done(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    sam = desk(cast.sam)
    recipient.open_referral(keys=sent.keys)
    page = sam.send(sam.get(f"/referrals/{sent.ref}"), "/recall", reason="To the wrong office.")
    assert "can read it no more" in page.plain
    sam.send(sam.get(f"/cases/{sent.case_ref}/referrals"), "/correct", text="It was not so.")
    assert "Tell by hand" in sam.get("/referrals").plain
    page = sam.get(f"/referrals/{sent.ref}")
    assert "Tell the recipient by other means" in page.plain
    page = sam.send(page, "/told", told_on="2999-01-01")
    assert page.status == 422
    page = sam.send(sam.get(f"/referrals/{sent.ref}"), "/told", message="OTHER")
    assert page.status == 409
    page = sam.send(sam.get(f"/referrals/{sent.ref}"), "/told", told_on=local_today().isoformat())
    assert "Tell the recipient by other means" not in page.plain


def test_reminders_and_what_is_overdue_stand_on_the_supervisors_list(
    desk: OpenDesk, sent: Sent, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Referral.objects.update(expires_on=local_today() + timedelta(days=365))
    for ahead, word, button in ((31, "Remind", "reminded"), (60, "Answer overdue", "no-answer")):
        then = clock.now() + timedelta(days=ahead)
        monkeypatch.setattr("tocsin.common.clock.now", lambda then=then: then)
        remind_referrals(actor=WORKER)
        sam = desk(cast.sam)
        assert word in sam.get("/referrals").plain
        page = sam.get(f"/referrals/{sent.ref}")
        page = sam.send(page, f"/{button}", reason="Called three times.")
        assert page.status == 200
        assert "Done" in page.plain
    assert sent.referral.state == "unanswered"


def test_pages_cost_the_same_however_much_there_is(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    sam = desk(cast.sam)
    paths = (
        "/referrals",
        f"/cases/{sent.case_ref}/referrals",
        f"/referrals/{sent.ref}",
        f"/cases/{sent.case_ref}/refer",
    )

    def cost() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert sam.get(path).status == 200
            counts.append(len(queries))
        return counts

    cost()
    one = cost()
    for number in range(3):
        send(cast, sent.case, sent.reported, recipient=f"Office {number}")
        recipient.open_referral(keys=sent.keys)
        recipient.write_to_sender(keys=sent.keys, text=f"Message {number}", attempt=f"ATTEMPT{number}")
    cost()
    assert cost() == one


def test_hostile_words_are_shown_as_words(desk: OpenDesk, linked: Reported, cast: Cast) -> None:
    sam = desk(cast.sam)
    nasty = "<script>alert(1)</script> {{ 7|add:1 }} {% csrf_token %} \u202egnp.exe ]]> &lt;"
    page = write(sam, case_of(linked), linked, text=nasty, recipient=nasty, purpose=nasty, law=nasty)
    assert page.status == 200
    assert "<script>" not in page.body.decode()
    assert "Invisible signs" in page.plain
    page = sam.get(f"/referrals/{Referral.objects.get().ref}")
    assert "<script>" not in page.body.decode()


def test_every_reading_is_written_down_and_no_word_of_it(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    before = AuditRecord.objects.count()
    desk(cast.ivo).get(f"/referrals/{sent.ref}")
    lines = list(AuditRecord.objects.order_by("id"))[before:]
    assert [line.action for line in lines if line.subject == f"referral:{sent.ref}"] == ["referral.read"]
    assert "Customs" not in "".join(f"{line.detail}{line.subject}{line.action}" for line in lines)


def test_the_desk_names_the_address_of_the_public_door() -> None:
    from django.utils.translation import override

    for language in ("en", "zh-hans"):
        with override(language):
            assert recipient_path(language) == reverse("referral-sign-in", urlconf="tocsin.public.urls")


def test_a_draft_leads_to_its_own_page_and_a_sent_text_is_not_changed(desk: OpenDesk, sent: Sent, cast: Cast) -> None:
    page = desk(cast.ivo).get(f"/referrals/{sent.ref}/text")
    assert "The text that was sent" in page.plain
    assert a_draft(sent.reported).text == SANITISED
