"""The reading list: order, what a locked desk shows, filters, pages, traces."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation, TestClock
from tests.stories import send_report
from tocsin.access.actors import Actor
from tocsin.desk.deadline_words import deadline_words
from tocsin.desk.screens import inbox as screen
from tocsin.desk.tests.conftest import Desk
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]


def test_a_locked_desk_lists_what_is_due_but_not_what_was_written(desk: OpenDesk, ines: Actor) -> None:
    send_report("The secret sentence of this report.", category="animal_deaths")
    page = desk(ines).get("/inbox")
    assert "Many animals fall ill or die" in page.plain
    assert "secret sentence" not in page.plain


def test_an_unlocked_desk_shows_the_first_words_and_writes_one_trace(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    first, second = send_report("The first words of it."), send_report("Other words.")
    page = desk(ines).get("/inbox")
    assert "The first words of it." in page.plain
    trace = AuditRecord.objects.get(action="inbox.read")
    assert trace.actor == ines.name
    assert set(trace.detail["tips"].split()) == {first.ref, second.ref}


def test_a_long_text_is_cut_and_hostile_text_stays_text(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    send_report("<script>alert(1)</script> " + "word " * 400)
    body = desk(ines).get("/inbox").body.decode()
    assert "<script>alert" not in body
    assert "…" in body


def test_urgent_comes_first_then_the_oldest(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    old, middle, new = (send_report(text) for text in ("Old one.", "Middle one.", "New one."))
    services.flag_urgent(actor=ines, tip=new.tip, reason="Danger.")
    body = desk(ines).get("/inbox").plain
    assert body.index("New one.") < body.index("Old one.") < body.index("Middle one.")
    assert (old.tip.urgent, middle.tip.urgent) == (False, False)


def test_pages_go_on_behind_the_last_tip_and_show_each_tip_once(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "PAGE", 2)
    told = [send_report(f"Report number {number}.") for number in range(5)]
    services.flag_urgent(actor=ines, tip=told[4].tip, reason="Danger.")
    services.flag_urgent(actor=ines, tip=told[3].tip, reason="Danger.")
    services.flag_urgent(actor=ines, tip=told[2].tip, reason="Danger.")
    browser, address, seen = desk(ines), "/inbox", []
    for _page in range(3):
        page = browser.get(address)
        seen += [number for number in range(5) if f"Report number {number}." in page.plain]
        following = page.body.decode().split('rel="next" href="')
        address = "/inbox" + following[1].split('"')[0] if len(following) > 1 else ""
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert address == ""


def test_the_filter_keeps_one_state_and_counts_all(
    desk: OpenDesk, ines: Actor, tara: Actor, unlocked_desk: Installation
) -> None:
    read, unread = send_report("This one was read."), send_report("This one was not.")
    services.acknowledge(actor=ines, tip=read.tip)
    page = desk(tara).get("/inbox?state=acknowledged")
    assert "This one was read." in page.plain
    assert "This one was not." not in page.plain
    assert "Received 1" in page.plain
    assert unread.tip.state == "received"


def test_a_made_up_filter_or_page_shows_the_open_list(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    send_report("Still to be seen.")
    for query in ("state=<script>", "after=nothing", "state=received&after=%00"):
        assert "Still to be seen." in desk(ines).get(f"/inbox?{query}").plain


def test_the_number_of_queries_does_not_grow_with_the_list(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    counts = []
    for _round in range(2):
        for number in range(4):
            send_report(f"Report {number}.")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/inbox")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_somebody_with_an_interest_does_not_find_the_tip(
    desk: OpenDesk, tara: Actor, unlocked_desk: Installation
) -> None:
    told = send_report("About the cousin of tara.")
    browser = desk(tara)
    services.declare_interest(actor=tara, tip=told.tip, has_interest=True)
    assert "cousin" not in browser.get("/inbox").plain
    assert browser.get(f"/tips/{told.ref}").status == 404


def test_deadlines_are_told_in_words(
    db: None, installation: Installation, ines: Actor, set_clock: Callable[..., TestClock]
) -> None:
    time = set_clock(datetime(2026, 11, 2, 9, tzinfo=UTC))
    told = send_report("Wait and see.")
    assert deadline_words(told.tip).words == "7 days left"
    time.forward(days=6)
    assert (deadline_words(told.tip).words, deadline_words(told.tip).tone) == ("1 day left", "yellow")
    time.forward(days=1)
    assert deadline_words(told.tip).words == "Due today"
    time.forward(days=2)
    assert (deadline_words(told.tip).words, deadline_words(told.tip).tone) == ("2 days overdue", "red")


def test_locking_hides_the_words_at_once(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    send_report("Soon to be hidden.")
    browser = desk(ines)
    assert "Soon to be hidden." in browser.get("/inbox").plain
    unlocked.lock_now()
    assert "Soon to be hidden." not in browser.get("/inbox").plain


def test_staff_are_told_when_the_rules_have_ended(
    desk: OpenDesk, ines: Actor, set_clock: Callable[..., TestClock]
) -> None:
    told = "The rules of this office ended on"
    set_clock(datetime(2026, 11, 2, 9, tzinfo=UTC))
    assert told not in desk(ines).get("/inbox").plain
    set_clock(datetime(2099, 1, 1, tzinfo=UTC))
    assert told in desk(ines).get("/inbox").plain
