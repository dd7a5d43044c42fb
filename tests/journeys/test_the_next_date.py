"""What a reporter reads about the next date: before it, while it stands still, when it was put off, when it passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.installation import TestClock
from tests.people import Cast
from tests.stories import Reported
from tests.visitor import Page, Visitor
from tocsin.policy.active import get_pack
from tocsin.tips import services
from tocsin.tips.workflow import State

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
TipIn = Callable[[State], Reported]
SetClock = Callable[..., TestClock]
BEGUN = datetime(2026, 3, 5, 3, tzinfo=UTC)


def mailbox_of(reported: Reported, language: str = "en") -> Page:
    return Visitor(language).open_mailbox(reported.words)


def test_before_its_time_the_mailbox_names_the_day_and_nothing_else(tip_in: TipIn, set_clock: SetClock) -> None:
    set_clock(BEGUN)
    page = mailbox_of(tip_in(State.RECEIVED))
    assert "You hear from us by 12 March 2026 at the latest." in page.plain
    assert "late" not in page.plain.replace("at the latest", "")
    assert get_pack().oversight_body.name.text("en") not in page.plain


def test_a_date_that_has_passed_is_admitted_and_the_way_to_complain_is_named(
    tip_in: TipIn, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    reported = tip_in(State.RECEIVED)
    time.moment = datetime(2026, 3, 12, 15, 59, tzinfo=UTC)
    assert "You hear from us by 12 March 2026" in mailbox_of(reported).plain, "the last day counts whole"
    time.forward(minutes=1)
    page = mailbox_of(reported)
    assert "We should have told you something by 12 March 2026. We did not: we are late." in page.plain
    assert "You hear from us by" not in page.plain
    body = get_pack().oversight_body
    for told in (body.name.text("en"), body.phone, body.website):
        assert told in page.plain


def test_a_stopped_clock_is_explained_and_the_whole_wait_is_in_the_date(tip_in: TipIn, set_clock: SetClock) -> None:
    time = set_clock(BEGUN)
    reported = tip_in(State.NEED_INFO)
    page = mailbox_of(reported)
    assert "the time for our result stands still, but not after 4 April 2026" in page.plain
    assert "It is not held against you." in page.plain
    assert "You hear from us by 5 July 2026 at the latest." in page.plain
    time.forward(days=31)
    later = mailbox_of(reported)
    assert "stands still" not in later.plain
    assert "You hear from us by 5 July 2026 at the latest." in later.plain


def test_a_date_that_was_put_off_is_told_with_its_reason(tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    set_clock(BEGUN)
    reported = tip_in(State.UNDER_VERIFICATION)
    services.extend_feedback(
        actor=cast.sam,
        tip=reported.tip,
        until=date(2026, 7, 1).isoformat(),
        reason="Only for the file.",
        text="A laboratory needs until July.",
    )
    page = mailbox_of(reported)
    assert "You hear from us by 1 July 2026 at the latest. This date was put off once." in page.plain
    assert "A laboratory needs until July." in page.plain
    assert "Only for the file." not in page.plain


@pytest.mark.parametrize("state", [State.FEEDBACK_GIVEN, State.CLOSED, State.WITHDRAWN])
def test_where_nothing_is_owed_no_date_stands(tip_in: TipIn, set_clock: SetClock, state: State) -> None:
    time = set_clock(BEGUN)
    reported = tip_in(state)
    time.forward(days=400)
    page = mailbox_of(reported)
    assert "You hear from us by" not in page.plain
    assert "we are late" not in page.plain


def test_the_answer_ends_the_pause_and_the_date_comes_nearer(tip_in: TipIn, set_clock: SetClock) -> None:
    time = set_clock(BEGUN)
    reported = tip_in(State.NEED_INFO)
    time.forward(days=4)
    visitor = Visitor()
    page = visitor.write(visitor.open_mailbox(reported.words), "On Monday.")
    assert "You hear from us by 9 June 2026 at the latest." in page.plain
    assert "stands still" not in page.plain


def test_the_mailbox_asks_a_fixed_number_of_questions(tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    time = set_clock(BEGUN)
    plain, put_off = tip_in(State.IN_TRIAGE), tip_in(State.IN_TRIAGE)
    services.extend_feedback(actor=cast.sam, tip=put_off.tip, until=date(2026, 7, 1).isoformat(), reason="r", text="t")
    counts = []
    for reported in (plain, put_off):
        visitor = Visitor()
        visitor.open_mailbox(reported.words)
        with CaptureQueriesContext(connection) as queries:
            visitor.get("mailbox/messages")
        counts.append(len(queries))
    time.moment += timedelta(days=1)
    assert counts[0] == counts[1]
