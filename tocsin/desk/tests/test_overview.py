"""The supervisor's first screen: what is overdue cannot be overlooked, and nothing is shown to those it is not for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import Reported, bring_to, send_report
from tests.visitor import Page
from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.clocks.marking import mark_due
from tocsin.clocks.models import Deadline
from tocsin.clocks.selectors import has_clock, overdue_counts, standings
from tocsin.clocks.tests.conftest import bare_clock
from tocsin.common import clock
from tocsin.common.errors import NotPermitted
from tocsin.desk.clock_words import row_words
from tocsin.desk.names import short_ref
from tocsin.desk.tests.conftest import Desk
from tocsin.tips import services
from tocsin.tips.models import Tip
from tocsin.tips.workflow import State
from tocsin.ui.tests.markup import Page as Markup
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
TipIn = Callable[[State], Reported]
SetClock = Callable[..., TestClock]
BEGUN = datetime(2026, 3, 5, 3, tzinfo=UTC)


def rows_of(page: Page, caption: str) -> str:
    """The text from a heading on."""
    return page.plain.partition(caption)[2]


def test_it_is_where_a_supervisor_arrives_and_nobody_else(desk: OpenDesk, cast: Cast) -> None:
    assert "Overview" in desk(cast.sam).get("/").plain
    for other in (cast.ines, cast.tara, cast.ivo, cast.ada, hire("rita", Role.RIGHTS_OFFICER)):
        browser = desk(other)
        assert "What is overdue, and for how long" not in browser.get("/").plain
        assert browser.get("/overview").status == 403


@pytest.mark.usefixtures("patient_sessions")
def test_a_report_is_on_it_the_moment_its_day_is_over_whether_a_worker_ran_or_not(
    desk: OpenDesk, cast: Cast, installation: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    reported = send_report()
    browser = desk(cast.sam)
    page = browser.get("/overview")
    assert "Nothing is overdue, and nothing is due within two days." in page.plain
    time.moment = datetime(2026, 3, 12, 15, 59, tzinfo=UTC)
    page = browser.get("/overview")
    assert "0 overdue" in page.plain
    assert "Due today" in page.plain
    time.forward(minutes=1)
    page = browser.get("/overview")
    assert "1 overdue" in page.plain
    assert f"Report {short_ref(reported.ref)}" in rows_of(page, "Longest overdue")
    assert "1 day overdue" in page.plain
    for days, place in ((1, (1, 0, 0)), (3, (0, 1, 0)), (9, (0, 0, 1))):
        time.moment = datetime(2026, 3, 12, 16, tzinfo=UTC) + timedelta(days=days)
        few, some, many = place
        told = f"Reading by a person Up to 2 days: {few} 3 to 7 days: {some} Longer: {many} All overdue: 1"
        assert told in browser.get("/overview").plain


def test_it_counts_what_it_lists(desk: OpenDesk, cast: Cast, unlocked_desk: Installation, set_clock: SetClock) -> None:
    time = set_clock(BEGUN)
    unread, urgent = send_report(), send_report()
    for state in (State.ACKNOWLEDGED, State.IN_TRIAGE, State.NEED_INFO, State.UNDER_VERIFICATION):
        bring_to(state, reported=send_report(), cast=cast)
    services.flag_urgent(actor=cast.ines, tip=urgent.tip, reason="Danger.")
    time.forward(minutes=61)
    waits = send_report()
    bring_to(State.UNDER_VERIFICATION, reported=waits, cast=cast)
    services.propose_outcome(actor=cast.ivo, tip=waits.tip, outcome="substantiated", reason="Seen.")
    page = desk(cast.sam).get("/overview")
    assert "1 overdue" in page.plain
    assert "1 urgent, not handed over" in page.plain
    assert "1 wait for your decision" in page.plain
    assert f"Waits longest to be read: Report {short_ref(unread.ref)}" in page.plain
    assert "1 minute overdue" in page.plain
    assert short_ref(urgent.ref) in rows_of(page, "Urgent, not handed over to an emergency body")
    time.forward(days=95)
    late = desk(cast.sam).get("/overview")
    assert "8 overdue" in late.plain, "reading twice, urgent, triage, four answers, and not the one that stood still"
    assert "1 due within two days" not in late.plain


def test_a_wait_for_the_reporter_counts_against_nobody(tip_in: TipIn, cast: Cast, set_clock: SetClock) -> None:
    time = set_clock(BEGUN)
    tip_in(State.NEED_INFO)
    time.forward(days=60)
    assert [each.overdue for each in standings(cast.sam)] == []
    answer = Deadline.objects.get(clock="answer")
    assert row_words(answer).words == "The waiting time is over"
    assert overdue_counts(cast.sam, date(2026, 3, 1), date(2026, 12, 31)) != []
    assert "answer" not in {each.clock for each in overdue_counts(cast.sam, date(2026, 3, 1), date(2026, 12, 31))}


def test_the_figures_of_a_period_count_late_and_still_overdue_apart(
    cast: Cast, unlocked_desk: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    in_time, late, never, taken_back, later = (send_report() for _each in range(5))
    services.acknowledge(actor=cast.ines, tip=in_time.tip)
    time.forward(days=9)
    services.acknowledge(actor=cast.ines, tip=late.tip)
    figures = {each.clock: each for each in overdue_counts(cast.sam, date(2026, 3, 12), date(2026, 3, 12))}
    assert (figures["acknowledge"].due, figures["acknowledge"].late, figures["acknowledge"].still_overdue) == (5, 1, 3)
    assert overdue_counts(cast.sam, date(2026, 3, 13), date(2026, 3, 13)) == []
    for other in (cast.ines, cast.ada, WORKER):
        with pytest.raises(NotPermitted):
            overdue_counts(other, date(2026, 3, 12), date(2026, 3, 12))
    assert {never.tip.state, taken_back.tip.state, later.tip.state} == {State.RECEIVED}


def test_what_a_supervisor_declared_an_interest_in_is_neither_listed_nor_counted(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    own = send_report()
    services.declare_interest(actor=cast.sam, tip=own.tip, has_interest=True)
    time.forward(days=9)
    for who, seen in ((cast.sam, False), (cast.lea, True)):
        page = desk(who).get("/overview")
        assert (short_ref(own.ref) in page.plain) is seen
        assert ("1 overdue" in page.plain) is seen


def test_a_locked_desk_shows_all_of_it_and_no_word_of_a_report(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    send_report("A lorry without plates.")
    time.forward(days=9)
    browser = desk(cast.sam)
    before = browser.get("/overview").plain
    unlocked.lock_now()
    after = browser.get("/overview").plain
    assert "1 overdue" in after
    assert "lorry" not in before + after


@pytest.mark.usefixtures("patient_sessions")
def test_the_number_of_queries_is_the_same_however_much_is_open(
    desk: OpenDesk, cast: Cast, installation: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    browser = desk(cast.sam)
    counts = []
    for number in (2, 7):
        for _each in range(number):
            send_report()
        time.forward(days=9)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/overview").status == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] < 30


def test_the_drawing_says_in_words_what_it_draws(
    desk: OpenDesk, cast: Cast, installation: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    send_report()
    time.forward(days=30)
    for _each in range(3):
        send_report()
    page = desk(cast.sam).get("/overview")
    assert "Received 4 under 1 week: 3 · 4 to 13 weeks: 1" in page.plain
    read = Markup(page.body.decode())
    assert read.faults == []
    bar = read.find("svg", class_="tocsin-bar")[0]
    assert bar["aria-hidden"] == "true"
    parts = [(each["class"], int(each["x"]), int(each["width"])) for each in read.find("rect") if "x" in each]
    assert parts == [("tocsin-age-1", 0, 750), ("tocsin-age-3", 750, 250)]


def test_others_read_above_their_inbox_what_is_overdue_in_their_office(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    send_report()
    bring_to(State.ACKNOWLEDGED, reported=send_report(), cast=cast)
    assert "In your office:" not in desk(cast.ines).get("/inbox").plain
    time.forward(days=9)
    assert "In your office: Reading by a person (1)" in desk(cast.ines).get("/inbox").plain
    assert "In your office: Triage (1)" in desk(cast.tara).get("/inbox").plain
    assert "In your office:" not in desk(cast.ivo).get("/inbox").plain


def test_lists_can_ask_for_what_is_overdue_or_due_soon(
    cast: Cast, unlocked_desk: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    first, second = send_report(), send_report()
    bring_to(State.ACKNOWLEDGED, reported=second, cast=cast)

    def asked(due: str, name: str = "") -> set[str]:
        return set(Tip.objects.filter(has_clock("tip", due=due, name=name)).values_list("ref", flat=True))

    assert asked("") == {first.ref, second.ref}
    assert asked("overdue") == set()
    time.forward(days=6)
    assert asked("soon") == {first.ref}
    assert asked("overdue") == asked("overdue", "triage") == {second.ref}
    time.forward(days=2)
    assert asked("overdue") == {first.ref, second.ref}
    assert asked("overdue", "acknowledge") == {first.ref}
    assert asked("overdue", "<script>") == set()


@pytest.mark.parametrize(
    ("left", "words", "tone"),
    [
        (timedelta(minutes=59, seconds=1), "59 minutes left", "yellow"),
        (timedelta(minutes=1, seconds=1), "1 minute left", "yellow"),
        (timedelta(0), "0 minutes overdue", "red"),
        (timedelta(minutes=-61), "1 hour overdue", "red"),
        (timedelta(hours=-47), "47 hours overdue", "red"),
        (timedelta(hours=-49), "2 days overdue", "red"),
    ],
)
def test_hours_are_told_in_words(set_clock: SetClock, left: timedelta, words: str, tone: str) -> None:
    set_clock(BEGUN)
    told = row_words(bare_clock("urgent", due=clock.now() + left))
    assert (told.words, told.tone) == (words, tone)


def test_marked_or_not_the_screen_is_the_same(
    desk: OpenDesk, cast: Cast, installation: Installation, set_clock: SetClock
) -> None:
    time = set_clock(BEGUN)
    send_report()
    time.forward(days=9)
    browser = desk(cast.sam)
    before = browser.get("/overview").plain.partition("Counts")[0]
    mark_due(actor=WORKER)
    after = browser.get("/overview").plain.partition("Counts")[0]
    assert before.replace("Notices", "") == after.replace("Notices (1)", "")
