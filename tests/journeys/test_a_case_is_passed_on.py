"""What another body does with its nine words on the public door, and what nobody else can do there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from tests.hygiene.doors import ListeningVisitor
from tests.hygiene.test_equal_answers import CHANGING, Answered
from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, case_of
from tests.visitor import Page, Visitor
from tocsin.access.actors import WORKER
from tocsin.cases import referral_ending, referral_letters
from tocsin.cases.models import Referral, ReferralMessage
from tocsin.cases.referral_clock import expire_referrals
from tocsin.cases.referral_reading import read_referral
from tocsin.cases.tests.conftest import SANITISED, Sent, send
from tocsin.cases.workflow import CaseState
from tocsin.common import clock
from tocsin.ledger.models import AuditRecord
from tocsin.tips.workflow import State
from tocsin.vault.codes import candidate_seeds, new_seed, words_of

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
ENDED = "This is no longer open"


@pytest.fixture
def sent(tip_in: Callable[[State], Reported], cast: Cast) -> Sent:
    """A case of one report, sent to customs, not opened yet."""
    reported = tip_in(State.LINKED)
    return send(cast, case_of(reported), reported)


@dataclass
class Office:
    """The recipient in its browser; ``page`` is what it sees."""

    visitor: Visitor
    page: Page

    @classmethod
    def open(cls, words: str, language: str = "en") -> Office:
        """Type the nine words."""
        visitor = Visitor(language)
        return cls(visitor, visitor.send(visitor.get("referral"), "/referral", typed={"words": words}))

    def press(self, form: str, **typed: str) -> Page:
        """Send one of the forms on the page."""
        self.page = self.visitor.send(self.page, form, typed=typed)
        return self.page


def test_the_office_reads_answers_asks_and_is_answered(sent: Sent, cast: Cast) -> None:
    customs = Office.open(sent.words)
    assert customs.page.status == 200
    for told in (
        SANITISED,
        "Customs office",
        "Sample law, section 9",
        "To check whether animals enter",
        "Sample Authority",
    ):
        assert told in customs.page.plain
    assert sent.reported.ref not in customs.page.body.decode()
    assert sent.case_ref not in customs.page.body.decode()
    page = customs.press("/referral/write", text="Is it urgent?")
    assert "Is it urgent?" in page.plain
    page = customs.press("/referral/answer", disposition="not_taken_up", text="No animals cross the border there.")
    assert "We do not take it up" in page.plain
    assert not [form for form in page.forms if form.action.endswith("/answer")]
    referral_letters.reply_to_recipient(actor=cast.sam, referral=sent.referral, text="No, it is not.", looked=())
    assert "No, it is not." in customs.visitor.get("referral/text").plain
    page = customs.press("/referral/write", text="Thank you.")
    assert "Thank you." in page.plain
    opened = read_referral(cast.sam, sent.ref)
    assert [each.row.kind for each in opened.messages] == ["message", "disposition", "reply", "message"]
    page = customs.press("/referral/leave")
    assert customs.visitor.get("referral/text").status == 403


def test_a_double_click_answers_once(sent: Sent) -> None:
    customs = Office.open(sent.words)
    before = customs.page
    for _time in range(2):
        page = customs.visitor.send(before, "/referral/answer", typed={"disposition": "taken_up", "text": "Yes."})
        assert page.status == 200
    assert ReferralMessage.objects.count() == 1


def test_a_second_answer_from_an_old_page_comes_back_as_a_text(sent: Sent) -> None:
    customs = Office.open(sent.words)
    old = customs.page
    customs.press("/referral/answer", disposition="taken_up", text="Yes.")
    page = customs.visitor.send(old, "/referral/answer", typed={"disposition": "not_taken_up", "text": "No!"})
    assert page.status == 409
    assert page.form("/write").fields["text"] == "No!"
    assert sent.referral.disposition == "taken_up"


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"disposition": "", "text": "We think."}, 422),
        ({"disposition": "needs_more", "text": ""}, 422),
        ({"disposition": "explode", "text": "x"}, 422),
        ({"disposition": "taken_up", "text": "y" * 20_001}, 422),
        ({"disposition": "taken_up", "text": "y" * 300_000}, 422),
        ({"disposition": "taken_up", "text": "mine", "ticket": "canary"}, 403),
        ({"disposition": "taken_up", "text": "mine", "ticket": ""}, 403),
        ({"disposition": "taken_up", "text": "mine", "csrfmiddlewaretoken": "x" * 64}, 403),
    ],
)
def test_whatever_is_wrong_the_text_comes_back_and_nothing_is_stored(
    typed: dict[str, str], status: int, sent: Sent
) -> None:
    customs = Office.open(sent.words)
    page = customs.press("/referral/answer", **typed)
    assert page.status == status
    assert page.form("/referral/answer").fields["text"] == typed["text"]
    assert sent.referral.disposition == ""
    assert not ReferralMessage.objects.exists()
    assert customs.press("/referral/answer", disposition="taken_up", text="Mended.").status == 200
    assert sent.referral.disposition == "taken_up"


def test_the_choice_stays_when_the_text_is_missing(sent: Sent) -> None:
    page = Office.open(sent.words).press("/referral/answer", disposition="passed_on", text="")
    assert page.form("/referral/answer").fields["disposition"] == "passed_on"


def test_five_megabytes_are_refused_with_a_page(sent: Sent) -> None:
    page = Office.open(sent.words).press("/referral/answer", disposition="taken_up", text="y" * 5_000_000)
    assert page.status == 413
    assert sent.referral.disposition == ""


def test_files_are_left_aside(sent: Sent, settings: Settings, installation: Installation) -> None:
    customs = Office.open(sent.words)
    form = customs.page.form("/referral/answer")
    file = SimpleUploadedFile("plan-of-the-canary.exe", b"canary" * 1000)
    sent_with = {**form.fields, "disposition": "taken_up", "text": "Yes.", "file": file}
    answer = customs.visitor.browser.post(form.action, sent_with, follow=True)
    assert answer.status_code == 200
    assert b"canary" not in answer.content
    assert not [path for path in settings.TOCSIN_EVIDENCE_DIR.rglob("*") if path.is_file()]
    as_text = SimpleUploadedFile("answer.txt", b"a file in the place of the text")
    answer = customs.visitor.browser.post(
        "/en/referral/write", {**customs.visitor.get("referral/text").form("/write").fields, "text": as_text}
    )
    assert answer.status_code == 422


def test_an_answer_that_took_too_long_comes_back_behind_the_words(sent: Sent) -> None:
    customs = Office.open(sent.words)
    stale = customs.page
    customs.press("/referral/leave")
    page = customs.visitor.send(stale, "/referral/answer", typed={"disposition": "taken_up", "text": "A long story."})
    assert page.status == 403
    assert page.form("/referral").fields["text"] == "A long story."
    wrong = customs.visitor.send(page, "/referral", typed={"words": "abandon"})
    assert wrong.form("/referral").fields["text"] == "A long story."
    page = customs.visitor.send(wrong, "/referral", typed={"words": sent.words})
    assert page.form("/referral/answer").fields["text"] == "A long story."


# ── the ends ──


def test_after_a_recall_there_is_one_plain_sentence_and_no_text(sent: Sent, cast: Cast) -> None:
    customs = Office.open(sent.words)
    referral_ending.recall_referral(actor=cast.sam, referral=sent.referral, reason="To the wrong office.")
    for page in (
        customs.visitor.get("referral/text"),
        Office.open(sent.words).page,
        customs.press("/referral/answer", disposition="taken_up", text="We wrote this."),
    ):
        assert ENDED in page.plain
        assert SANITISED not in page.plain
        assert "Customs" not in page.plain
        assert "wrong office" not in page.plain
    assert "We wrote this." in customs.page.plain, "what was typed is not lost"
    assert customs.page.status == 409


def test_after_the_last_day_nothing_can_be_read(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    then = clock.now() + timedelta(days=61)
    monkeypatch.setattr("tocsin.common.clock.now", lambda: then)
    for _before_and_after in range(2):
        page = Office.open(sent.words).page
        assert ENDED in page.plain
        assert SANITISED not in page.plain
        expire_referrals(actor=WORKER)
    assert bytes(Referral.objects.get().copy) == b""
    lines = AuditRecord.objects.filter(actor=f"recipient:{sent.ref}").values_list("action", flat=True)
    assert list(lines) == ["referral.opened_too_late"] * 2


def test_a_reporter_sees_only_that_it_was_passed_on(sent: Sent) -> None:
    mia = Visitor()
    page = mia.open_mailbox(sent.reported.words)
    assert "Being checked or passed on" in page.plain
    assert "Customs" not in page.plain


# ── words that open nothing ──


def try_words(words: str, language: str = "en") -> Answered:
    """Send ``words`` from a fresh browser."""
    visitor = ListeningVisitor(language)
    form = visitor.get("referral").form("/referral")
    with CaptureQueriesContext(connection) as queries:
        visitor.browser.post(form.action, {**form.fields, "words": words})
    heard = visitor.heard[-1]
    return Answered(
        heard.status,
        tuple(sorted((name, value) for name, value in heard.headers.items() if name != "Date")),
        len(heard.body),
        CHANGING.sub(r'\1"…"', heard.text),
        tuple((name, len(cookie.value)) for name, cookie in heard.cookies.items()),
        len(queries),
    )


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_all_words_that_open_nothing_get_one_and_the_same_answer(sent: Sent, language: str) -> None:
    (near,) = candidate_seeds(sent.words)
    codes = {
        "of nobody": " ".join(words_of(new_seed(), "en")),
        "one bit beside": " ".join(words_of(bytes([near[0] ^ 1]) + near[1:], "en")),
        "a reporter's": sent.reported.words,
    }
    answers = {name: try_words(words, language) for name, words in codes.items()}
    usual = answers["of nobody"]
    assert (usual.status, usual.queries) == (422, 1)
    assert [name for name, answer in answers.items() if answer != usual] == []
    for words in codes.values():
        assert words not in usual.page


def test_words_that_open_cost_the_same_question_and_the_redirect_says_nothing(sent: Sent, cast: Cast) -> None:
    found = try_words(sent.words)
    referral_ending.recall_referral(actor=cast.sam, referral=sent.referral, reason="Enough.")
    ended = try_words(sent.words)
    assert found == ended
    assert (found.status, found.queries) == (302, 1)
    assert dict(found.headers)["Location"] == "/en/referral/text"


def test_a_slip_of_the_pen_asks_nobody(sent: Sent) -> None:
    answer = try_words(" ".join(["xylophonist", *sent.words.split()[1:]]))
    assert (answer.status, answer.queries) == (422, 0)


def test_a_recipients_words_open_no_mailbox_and_an_open_mailbox_no_referral(sent: Sent) -> None:
    assert Visitor().open_mailbox(sent.words).status == 422
    mia = Visitor()
    mia.open_mailbox(sent.reported.words)
    assert mia.get("referral/text").status == 403
    assert mia.get("mailbox/messages").status == 200
    customs = Office.open(sent.words)
    assert customs.visitor.get("mailbox/messages").status == 403


def test_the_pages_need_the_words(sent: Sent) -> None:
    stranger = Visitor()
    for path in ("referral/text",):
        page = stranger.get(path)
        assert page.status == 403
        assert SANITISED not in page.plain
    for path in ("answer", "write", "leave"):
        assert stranger.browser.post(f"/en/referral/{path}", {"text": "x"}).status_code == 403
    assert sent.referral.state == "sent"


def test_a_text_whose_row_is_gone_closes_without_a_trace(sent: Sent) -> None:
    customs = Office.open(sent.words)
    Referral.objects.all().delete()
    page = customs.visitor.get("referral/text")
    assert page.status == 403
    assert SANITISED not in page.plain


def test_no_page_of_the_public_door_links_here(sent: Sent) -> None:
    """Reporters are not led to a page for offices; it is told to those whom it concerns."""
    for path in ("", "report", "mailbox", "about", "verify"):
        assert not re.search(r'href="[^"]*/referral', Visitor().get(path).body.decode())
    assert sent.case.state == CaseState.REFERRED
