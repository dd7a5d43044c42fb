"""An answer that took longer than the mailbox stays open is shown again, behind the words, and can still be sent."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, bring_to
from tests.visitor import Page, Visitor
from tocsin.public import sessions
from tocsin.tips.models import TipMessage
from tocsin.tips.selectors import read_tip
from tocsin.tips.workflow import State

pytestmark = pytest.mark.django_db
ANSWER = "On Monday. <b>And</b> on\nTuesday, 星期二."


def hours_later(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """Sessions see a later time."""
    later = time.time() + hours * 3600
    monkeypatch.setattr(sessions, "time", SimpleNamespace(time=lambda: later))


@pytest.fixture
def asked(reported: Reported, cast: Cast, unlocked_desk: Installation) -> Reported:
    """A report about which the office has a question."""
    bring_to(State.NEED_INFO, reported=reported, cast=cast)
    return reported


def answers(reported: Reported, cast: Cast) -> list[str]:
    return [line.text or "" for line in read_tip(cast.tara, reported.ref).messages if not line.from_staff]


def kept(page: Page, form: str) -> str:
    return page.form(form).fields["text"]


def test_an_answer_in_a_mailbox_that_closed_meanwhile_comes_back_after_the_words(
    asked: Reported, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor()
    box = visitor.open_mailbox(asked.words)
    hours_later(monkeypatch, 1)
    closed = visitor.write(box, ANSWER)
    assert closed.status == 403
    assert "not used for 30 minutes" in closed.plain
    assert kept(closed, "/mailbox") == ANSWER
    assert TipMessage.objects.filter(staff=None).count() == 0
    wrong = visitor.send(closed, "/mailbox", typed={"words": "abandon"})
    assert (wrong.status, kept(wrong, "/mailbox")) == (422, ANSWER)
    again = visitor.send(wrong, "/mailbox", typed={"words": asked.words})
    assert (again.status, kept(again, "/mailbox/write")) == (200, ANSWER)
    assert answers(asked, cast) == []
    assert visitor.send(again, "/mailbox/write").status == 200
    assert answers(asked, cast) == [ANSWER]


def test_an_answer_whose_check_fails_in_an_open_mailbox_stays_in_its_form(asked: Reported, cast: Cast) -> None:
    visitor = Visitor()
    box = visitor.open_mailbox(asked.words)
    visitor.open_mailbox(asked.words)  # in another tab, so that the form in this one is an old one
    refused = visitor.write(box, ANSWER)
    assert (refused.status, kept(refused, "/mailbox/write")) == (403, ANSWER)
    assert answers(asked, cast) == []
    assert visitor.send(refused, "/mailbox/write").status == 200
    assert answers(asked, cast) == [ANSWER]


def test_an_answer_with_a_damaged_ticket_stays_in_its_form(asked: Reported, cast: Cast) -> None:
    visitor = Visitor()
    box = visitor.open_mailbox(asked.words)
    for damage in ("", "x", "A" * 80):
        refused = visitor.send(box, "/mailbox/write", typed={"text": ANSWER, "ticket": damage})
        assert (refused.status, kept(refused, "/mailbox/write")) == (403, ANSWER)
    assert answers(asked, cast) == []
    assert visitor.send(refused, "/mailbox/write").status == 200


def test_the_words_of_another_mailbox_do_not_send_the_answer_there_by_themselves(
    asked: Reported, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor()
    box = visitor.open_mailbox(asked.words)
    hours_later(monkeypatch, 1)
    closed = visitor.write(box, ANSWER)
    visitor.send(closed, "/mailbox", typed={"words": asked.words})
    assert TipMessage.objects.filter(staff=None).count() == 0


def test_nobody_without_the_words_is_shown_anything_but_what_they_sent_themselves(asked: Reported) -> None:
    stranger = Visitor()
    page = Page(stranger.browser.post("/en/mailbox/write", {"text": "mine"}))
    assert page.status == 403
    assert kept(page, "/mailbox") == "mine"
    assert "On which day was it?" not in page.plain


def test_signing_in_without_an_answer_shows_no_second_field(reported: Reported) -> None:
    page = Visitor().get("mailbox")
    assert set(page.form("/mailbox").fields) == {"csrfmiddlewaretoken", "words"}
