"""The inbox as people work with it: queue and list, filters that are kept, what is chosen, and the question why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation
from tests.people import Cast, staff_of
from tests.stories import Reported, bring_to, send_report, write_to_staff
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.desk.screens import inbox as screen
from tocsin.desk.tests.conftest import Desk
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.holding import take_tips
from tocsin.tips.models import ReadingReason, SavedFilter, Tip
from tocsin.tips.queues import holds
from tocsin.tips.workflow import State
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
WHY = "The inspector asked for it."


def post(browser: Desk, path: str, **typed: object) -> Page:
    """Send a form with the check of the page that is open."""
    token = browser.get("/inbox").form("/sign-out").fields["csrfmiddlewaretoken"]
    return Page(browser.browser.post(path, {"csrfmiddlewaretoken": token, **typed}, follow=True))


# Queue and words


def test_only_ones_own_queue_shows_words_and_the_rest_says_that_it_is_not_in_it(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    unread, in_triage = send_report("Words for intake."), send_report("Words for triage.")
    bring_to(State.IN_TRIAGE, reported=in_triage, cast=cast)
    page = desk(cast.tara).get("/inbox")
    assert "Words for triage." in page.plain
    assert "Words for intake." not in page.plain
    assert page.plain.count("not in your queue") == 1
    assert "Words for triage." in desk(cast.tara).get("/inbox?whose=queue").plain
    trace = AuditRecord.objects.filter(action="inbox.read").first()
    assert trace is not None
    assert unread.ref not in trace.detail["tips"]


@pytest.mark.parametrize(
    "query", ["", "state=closed", "category=plant_pest", "whose=list", "urgent=yes", "since=2100-01-01", "state=<b>"]
)
def test_the_oldest_unread_report_is_one_line_away_whatever_is_filtered(
    query: str, desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    oldest, _newer = send_report("One."), send_report("Two.")
    page = desk(cast.ines).get(f"/inbox?{query}")
    assert "Waits longest to be read" in page.plain
    assert f"/tips/{oldest.ref}" in page.body.decode().split("tocsin-oldest")[1].split("</p>")[0]
    for reported in (oldest, _newer):
        services.acknowledge(actor=cast.ines, tip=reported.tip)
    assert "Every report has been read by somebody." in desk(cast.ines).get(f"/inbox?{query}").plain


def test_pages_of_a_filtered_and_sorted_list_go_on_in_it(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "PAGE", 2)
    for number in range(5):
        send_report(f"Report number {number}.", category="plant_pest")
        send_report(f"Another number {number}.")
    browser, address, seen = desk(ines), "/inbox?category=plant_pest&sort=newest", list[int]()
    while address:
        page = browser.get(address)
        assert "Another number" not in page.plain
        seen += [number for number in reversed(range(5)) if f"Report number {number}." in page.plain]
        following = page.body.decode().split('rel="next" href="')
        address = "/inbox" + following[1].split('"')[0].replace("&amp;", "&") if len(following) > 1 else ""
    assert seen == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("address", ["/inbox", "/inbox?whose=queue&sort=due", "/inbox?state=received&replies=unread"])
def test_no_page_of_the_list_asks_the_store_more_often_when_there_is_more(
    address: str, desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    counts = []
    browsers = [desk(who) for who in (cast.ines, cast.sam)]
    for _round in range(3):
        for _number in range(5):
            reported = send_report()
            write_to_staff(reported, "More.")
        take_tips(actor=cast.ines, refs=[reported.ref])
        told = []
        for browser in browsers:
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address).status == 200
            told.append(len(queries))
        counts.append(told)
    assert counts[0] == counts[1] == counts[2]


def test_no_page_of_a_tip_asks_the_store_more_often_when_there_are_more_tips(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser, counts = desk(ines), []
    for _round in range(2):
        reported, *_more = [send_report() for _number in range(4)]
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(f"/tips/{reported.ref}").status == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Saved filters


def test_a_filter_is_saved_found_again_and_removed(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    browser = desk(ines)
    page = browser.send(browser.get("/inbox?urgent=yes&due=soon"), "/inbox/filters", name="Hurry")
    assert "Saved filters: Hurry" in page.plain
    assert 'href="?urgent=yes&amp;due=soon" aria-current="page"' in page.body.decode()
    assert "Hurry" in browser.get("/inbox").plain
    page = browser.send(page, "/remove")
    assert "Hurry" not in page.plain
    assert not SavedFilter.objects.exists()


def test_a_locked_desk_calls_a_saved_filter_by_what_it_asks_for(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    browser.send(browser.get("/inbox?urgent=yes&due=overdue"), "/inbox/filters", name="Hurry")
    unlocked.lock_now()
    page = browser.get("/inbox")
    assert "Saved filters: Urgent · Overdue" in page.plain
    assert "Hurry" not in page.plain


def test_a_name_that_is_refused_stays_in_its_field_with_the_filter_open(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    browser = desk(ines)
    long = "A name that is longer than forty characters, indeed"
    page = browser.send(browser.get("/inbox?urgent=yes"), "/inbox/filters", name=long)
    assert page.status == 422
    assert "longer than 40 characters" in page.plain
    assert page.form("/inbox/filters").fields["name"] == long
    assert 'id="filters" open' in page.body.decode()


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "'\"><b onmouseover=x>", "\u202eabc", "x&amp;y"])
def test_a_hostile_name_stays_text(hostile: str, desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    browser = desk(ines)
    page = browser.send(browser.get("/inbox?urgent=yes"), "/inbox/filters", name=hostile)
    assert hostile in page.plain
    assert "<script>alert" not in page.body.decode()
    assert "<b onmouseover" not in page.body.decode()


def test_nobody_removes_the_filter_of_somebody_else(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    browser = desk(cast.ines)
    browser.send(browser.get("/inbox?urgent=yes"), "/inbox/filters", name="Hurry")
    kept = SavedFilter.objects.get()
    post(desk(cast.tara), f"/inbox/filters/{kept.ref}/remove")
    assert SavedFilter.objects.filter(pk=kept.pk).exists()


# Several at once


def test_chosen_reports_go_on_ones_list_and_off_it_and_nothing_else_happens(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    told = [send_report(), send_report()]
    browser = desk(ines)
    page = post(browser, "/inbox/lists", tips=[each.ref for each in told], do="take")
    assert "2 reports are now on your list." in page.plain
    assert page.plain.count("On your list") == 2
    assert "My list 2" in page.plain
    assert {each.tip.state for each in told} == {State.RECEIVED}
    page = post(browser, "/inbox/lists", tips=[told[0].ref], do="leave", list="whose=list")
    assert "1 report was taken off your list." in page.plain
    assert [holds(ines, each.tip) for each in told] == [False, True]


def test_what_could_not_be_taken_is_said(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    unread, in_triage = send_report(), send_report()
    bring_to(State.IN_TRIAGE, reported=in_triage, cast=cast)
    page = post(desk(cast.ines), "/inbox/lists", tips=[unread.ref, in_triage.ref], do="take")
    assert "1 report is now on your list." in page.plain
    assert "1 stayed where it was" in page.plain


def test_choosing_nothing_is_said_and_the_list_stays(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    send_report("Still here.")
    page = post(desk(ines), "/inbox/lists", do="take", list="urgent=yes")
    assert page.status == 422
    assert "Choose at least one report" in page.plain
    assert "Shown: Without the filter Urgent" in page.plain


def test_a_supervisor_gives_a_report_and_the_investigator_finds_it(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report("For ivo alone.")
    bring_to(State.IN_TRIAGE, reported=told, cast=cast)
    services.start_verification(actor=cast.sam, tip=told.tip, legal_basis="Section 4")
    post(desk(cast.sam), "/inbox/lists", tips=[told.ref], do="give", to=staff_of(cast.ivo).pk)
    page = desk(cast.ivo).get("/inbox?whose=queue")
    assert "For ivo alone." in page.plain


@pytest.mark.parametrize("to", ["", "0", "99999", "x", "-1", "\x00", "²", "9" * 40, "1 OR 1=1"])
def test_a_made_up_person_is_given_nothing(to: str, desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    page = post(desk(cast.sam), "/inbox/lists", tips=[told.ref], do="give", to=to)
    assert page.status == 404
    assert told.tip.holder is None


@pytest.mark.parametrize("do", ["acknowledge", "close", "approve", "replies", "", "\x00", "delete"])
def test_there_is_nothing_else_that_can_be_done_with_several_at_once(
    do: str, desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = [send_report(), send_report()]
    write_to_staff(told[0], "More.")
    before = list(Tip.objects.order_by("pk").values())
    page = post(desk(cast.ines), "/inbox/lists", tips=[each.ref for each in told], do=do)
    assert page.status == 422
    assert list(Tip.objects.order_by("pk").values()) == before


# Why


def test_a_report_outside_ones_queue_asks_why_first_and_opens_then(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report("What was written.")
    browser = desk(cast.tara)
    page = browser.get(f"/tips/{told.ref}")
    assert "Why do you open this report?" in page.plain
    assert "What was written." not in page.plain
    assert not AuditRecord.objects.filter(action="tip.read").exists()
    page = browser.send(page, f"/why/{told.ref}", reason="x")
    assert page.status == 422
    assert page.form(f"/why/{told.ref}").fields["reason"] == "x"
    page = browser.send(page, f"/why/{told.ref}", reason=WHY)
    assert "What was written." in page.plain
    assert WHY not in page.plain
    assert "What was written." in browser.get(f"/tips/{told.ref}").plain
    assert AuditRecord.objects.filter(action="tip.reading_reason").count() == 1


def test_ones_own_queue_is_not_asked_why(desk: OpenDesk, ines: Actor, unlocked_desk: Installation) -> None:
    told = send_report("What was written.")
    browser = desk(ines)
    assert "What was written." in browser.get(f"/why/{told.ref}").plain
    assert not ReadingReason.objects.exists()


def test_replies_stay_unread_until_somebody_may_read_them(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    write_to_staff(told, "One more thing.")
    desk(cast.tara).get(f"/tips/{told.ref}")
    assert told.tip.unread_replies == 1


def test_nobody_acts_on_what_they_have_not_said_why_they_open(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report("What was written.")
    page = post(desk(cast.tara), f"/tips/{told.ref}/flag-urgent", reason="A long reason typed by hand.")
    assert page.status == 409
    assert "A long reason typed by hand." in page.plain
    assert "What was written." not in page.plain
    assert not told.tip.urgent


def test_an_investigator_can_take_what_nobody_has_instead_of_giving_a_reason(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report("What was written.")
    bring_to(State.IN_TRIAGE, reported=told, cast=cast)
    services.start_verification(actor=cast.sam, tip=told.tip, legal_basis="Section 4")
    browser = desk(cast.ivo)
    page = browser.get(f"/tips/{told.ref}")
    assert "Or take it over" in page.plain
    page = browser.send(page, "/inbox/lists", do="take")
    assert "What was written." in page.plain
    assert holds(cast.ivo, told.tip)


def test_who_may_not_see_a_report_is_not_asked_why(desk: OpenDesk, cast: Cast, reported: Reported) -> None:
    services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=True)
    browser = desk(cast.tara)
    assert browser.get(f"/why/{reported.ref}").status == 404
    assert post(browser, f"/why/{reported.ref}", reason=WHY).status == 404
    assert desk(cast.ada).get(f"/why/{reported.ref}").status == 403
    assert not ReadingReason.objects.exists()


# Keys


def test_keys_can_be_switched_off_and_on_and_the_script_comes_and_goes_with_them(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    told = send_report()
    browser = desk(ines)
    script = '<script src="/static/desk/keys.js" defer></script>'
    for address in ("/inbox", f"/tips/{told.ref}"):
        assert script in browser.get(address).body.decode()
    page = browser.send(browser.get("/keys"), "/keys", keys="off")
    assert "Single keys are switched off for you." in page.plain
    for address in ("/inbox", f"/tips/{told.ref}"):
        assert "<script" not in browser.get(address).body.decode()
    browser.send(browser.get("/keys"), "/keys", keys="on")
    assert script in browser.get("/inbox").body.decode()


def test_the_way_back_leads_to_the_list_from_which_the_report_was_opened(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    send_report()
    browser = desk(ines)
    listed = browser.get("/inbox?whose=queue&sort=due").body.decode()
    address = listed.split('data-row href="')[1].split('"')[0].replace("&amp;", "&")
    assert 'href="/inbox?whose=queue&amp;sort=due"' in browser.get(address).body.decode()


@pytest.mark.parametrize("bent", ["%00", "//elsewhere.example", "state=closed%26x", "a&" * 600, "list=" * 300])
def test_a_bent_way_back_leads_to_a_list_of_ours(
    bent: str, desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    told = send_report()
    page = desk(ines).get(f"/tips/{told.ref}?list={bent}")
    assert page.status in (200, 400)
    assert "elsewhere" not in page.body.decode()
