"""Sending the guided form: twice, late, in two tabs, in two languages, while the store is busy. No word is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.installation import Installation
from tests.visitor import ENOUGH, WHAT, Guided, Visitor
from tocsin.common.errors import Busy
from tocsin.intake import attempts
from tocsin.public import sessions
from tocsin.public.views import report
from tocsin.tips.content import TipContent
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def open_desk(unlocked_desk: Installation) -> Installation:
    """What was stored can be compared with what was typed."""
    return unlocked_desk


def stored() -> TipContent:
    return content_of(Tip.objects.get())


def test_sending_twice_gives_the_same_words_and_one_tip() -> None:
    walk = Guided.open()
    walk.walk("send", {**ENOUGH, "identity": {"mode": "named"}})
    second = walk.other_tab()
    first, again = walk.press("send"), second.press("send")
    assert first.status == again.status == 200
    assert len(first.words) == 9
    assert first.words == again.words
    assert first.preformatted == again.preformatted
    assert Tip.objects.count() == 1


def test_sending_again_in_another_language_is_the_same_report() -> None:
    walk = Guided.open()
    walk.walk("when")
    walk.press("unknown")
    walk.walk("send")
    again = walk.other_tab()
    first = walk.press("send")
    again.switch("zh-hans")
    assert again.press("send").preformatted == first.preformatted
    assert Tip.objects.count() == 1


def test_two_tabs_of_one_form_do_not_mix() -> None:
    left = Guided.open()
    left.walk("told")
    right = left.other_tab()
    left.press(heard="said the left")
    right.press(heard="said the right")
    words = []
    for tab, other in ((left, "the right"), (right, "the left")):
        tab.walk("send")
        assert other not in tab.page.text
        words.append(tab.press("send").words)
    assert {content_of(tip).answers["heard"] for tip in Tip.objects.all()} == {"said the left", "said the right"}
    assert words[0] != words[1]
    assert all(Visitor().open_mailbox(each).status == 200 for each in words)


@pytest.fixture
def days_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``days_pass(2)``: tickets see a later time; sessions, which somebody keeps alive in another tab, do not."""

    def to(days: float) -> None:
        later = time.time() + days * 24 * 3600
        monkeypatch.setattr(attempts, "time", SimpleNamespace(time=lambda: later))

    return to


def test_after_more_than_a_day_nothing_is_lost_and_sending_once_more_works(days_pass: Callable[[float], None]) -> None:
    walk = Guided.open()
    walk.walk("how")
    days_pass(1.5)
    walk.walk("send")
    refused = walk.press("send")
    assert refused.status == 403
    assert "open for more than a day" in refused.plain
    assert Tip.objects.count() == 0
    assert len(walk.press("send").words) == 9
    assert stored().answers == {"what": WHAT}


def test_a_report_that_was_stored_shows_its_words_when_it_is_sent_again_days_later(
    days_pass: Callable[[float], None],
) -> None:
    walk = Guided.open()
    walk.walk("send")
    again = walk.other_tab()
    first = walk.press("send")
    days_pass(3)
    assert again.press("send").words == first.words
    assert Tip.objects.count() == 1


def test_somebody_who_thinks_for_longer_than_a_session_loses_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Guided.open()
    walk.walk("told")
    later = time.time() + 3600
    monkeypatch.setattr(sessions, "time", SimpleNamespace(time=lambda: later))
    refused = walk.press(heard="a long thought")
    assert (refused.status, walk.at, walk.form.fields["heard"]) == (403, "told", "a long thought")
    walk.walk("send")
    assert len(walk.press("send").words) == 9
    assert stored().answers == {"what": WHAT, "heard": "a long thought"}


def test_when_the_store_is_busy_the_same_page_can_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_told: object) -> None:
        raise Busy("The store is busy.")

    walk = Guided.open()
    walk.walk("send")
    with monkeypatch.context() as patch:
        patch.setattr(report, "accept_tip", refuse)
        refused = walk.press("send")
    assert refused.status == 503
    assert refused.response.headers["Retry-After"] == "60"
    assert "The store is busy." in refused.plain
    assert Tip.objects.count() == 0
    assert len(walk.press("send").words) == 9
    assert stored().answers == {"what": WHAT}


def test_a_report_whose_beginning_is_missing_is_asked_for_it_with_a_reason() -> None:
    walk = Guided.open()
    page = walk.press("send", at="send")
    assert (page.status, walk.at) == (422, "risk")
    assert "Choose an answer." in page.plain
    assert Tip.objects.count() == 0
    walk.walk("send")
    assert len(walk.press("send").words) == 9
