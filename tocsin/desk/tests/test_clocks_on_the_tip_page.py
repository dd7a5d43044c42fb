"""The clocks on the page of a report: what runs, why it moved, and putting off the answer by a button."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import Reported, write_to_staff
from tocsin.access.actors import Actor
from tocsin.desk.tests.conftest import Desk
from tocsin.tips.workflow import State
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
TipIn = Callable[[State], Reported]
SetClock = Callable[..., TestClock]
BEGUN = datetime(2026, 3, 5, 3, tzinfo=UTC)


@pytest.mark.usefixtures("patient_sessions")
def test_a_stopped_clock_says_why_by_whom_and_until_when(
    desk: OpenDesk, tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    reported = tip_in(State.NEED_INFO)
    browser = desk(cast.tara)
    page = browser.get(f"/tips/{reported.ref}")
    assert "Stopped until 4 April 2026 at the latest" in page.plain
    assert "Question asked on 5 March 2026; stopped until 4 April 2026 at the latest – Tara" in page.plain
    time.forward(days=3)
    write_to_staff(reported, "On Monday.")
    assert "Question asked on 5 March 2026; stood still for 3 days – Tara" in browser.get(f"/tips/{reported.ref}").plain


def test_a_supervisor_puts_the_answer_off_by_the_button_and_reads_why_later(
    desk: OpenDesk, tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    set_clock(BEGUN)
    reported = tip_in(State.UNDER_VERIFICATION)
    browser, address = desk(cast.sam), f"/tips/{reported.ref}"
    page = browser.get(address)
    assert "It can be put off once, to 5 July 2026 at the latest." in page.plain
    refused = browser.send(page, "/extend-feedback", until="2026-08-01", text="We wait.", reason="Laboratory.")
    assert refused.status == 422
    assert "Choose a day after 2026-06-05 and not after 2026-07-05." in refused.plain
    assert refused.form("/extend-feedback").fields["reason"] == "Laboratory."
    assert refused.form("/extend-feedback").fields["until"] == "2026-08-01"
    done = browser.send(refused, "/extend-feedback", until="2026-07-05")
    assert "The answer is put off." in done.plain
    assert "Put off from 5 June 2026 to 5 July 2026 – Sam Laboratory." in done.plain
    assert "/extend-feedback" not in done.body.decode(), "once"
    unlocked.lock_now()
    locked = browser.get(address)
    assert "Put off from 5 June 2026 to 5 July 2026" in locked.plain
    assert "Laboratory." not in locked.plain


@pytest.mark.usefixtures("patient_sessions")
def test_a_date_that_has_passed_has_no_button_and_a_page_from_before_is_refused(
    desk: OpenDesk, tip_in: TipIn, cast: Cast, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    reported = tip_in(State.UNDER_VERIFICATION)
    browser, address = desk(cast.sam), f"/tips/{reported.ref}"
    page = browser.get(address)
    time.moment = datetime(2026, 6, 6, 3, tzinfo=UTC)
    assert "/extend-feedback" not in browser.get(address).body.decode()
    late = browser.send(page, "/extend-feedback", until="2026-07-05", text="We wait.", reason="Laboratory.")
    assert late.status == 409
    assert "This date has passed." in late.plain


def test_twice_at_once_puts_off_once(desk: OpenDesk, tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    set_clock(BEGUN)
    reported = tip_in(State.UNDER_VERIFICATION)
    browser = desk(cast.sam)
    page = browser.get(f"/tips/{reported.ref}")
    for status in (200, 409):
        answer = browser.send(page, "/extend-feedback", until="2026-07-01", text="We wait.", reason="Laboratory.")
        assert answer.status == status
    assert reported.tip.messages.count() == 1


def test_a_locked_desk_shows_dates_and_no_reason(
    desk: OpenDesk, installation: Installation, cast: Cast, set_clock: SetClock, reported: Reported
) -> None:
    set_clock()
    page = desk(cast.ines).get(f"/tips/{reported.ref}")
    assert "Reading by a person" in page.plain
