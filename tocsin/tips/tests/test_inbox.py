"""The reading list: its order, its pages, the first words of each tip."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.installation import Installation
from tests.people import Cast, hire
from tests.stories import Reported, bring_to
from tocsin.access.actors import REPORTER, Actor
from tocsin.access.permissions import Role
from tocsin.common.errors import NotPermitted
from tocsin.ledger.models import AuditRecord
from tocsin.tips import mailbox, services
from tocsin.tips.inbox import EXCERPT, InboxPage, excerpts, inbox, inbox_page
from tocsin.tips.models import Declaration, Tip
from tocsin.tips.tests.conftest import bare_tip
from tocsin.tips.wanted import Wanted
from tocsin.tips.workflow import State
from tocsin.vault.unlocked import lock_now

pytestmark = pytest.mark.django_db
BareTips = Callable[..., list[Tip]]
# Each number is a tip: urgent or not, open or closed, shut to the reader or not.
LISTS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=12)


def refs(page: InboxPage) -> list[str]:
    return [tip.ref for tip in page.tips]


def all_pages(actor: Actor, size: int, state: str = "") -> list[list[str]]:
    """Leaf through the whole list as the screen does."""
    pages: list[list[str]] = []
    after = ""
    while len(pages) < 50:
        page = inbox_page(actor, Wanted(state=state), after=after, size=size)
        assert page.is_later is bool(pages)
        pages.append(refs(page))
        after = page.next_after
        if not after:
            return pages
    raise AssertionError("the pages never end")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(told=LISTS, size=st.integers(1, 5), state=st.sampled_from(["", "received", "closed"]))
def test_pages_show_every_tip_once_urgent_first_then_the_oldest(
    told: list[tuple[bool, bool, bool]], size: int, state: str, tara: Actor
) -> None:
    with transaction.atomic():
        expected: list[tuple[bool, int, str]] = []
        for urgent, closed, shut in told:
            tip = bare_tip(urgent=urgent, state=State.CLOSED if closed else State.RECEIVED)
            tip.save()
            if shut:
                Declaration.objects.create(
                    tip=tip, staff_id=tara.require_staff(), has_interest=True, declared_at=tip.received_hour
                )
            elif tip.state == (state or "received"):
                expected.append((not urgent, tip.pk, tip.ref))
        in_order = [ref for _urgent, _pk, ref in sorted(expected)]
        pages = all_pages(tara, size, state)
        assert [ref for page in pages for ref in page] == in_order
        assert [tip.ref for tip in inbox(tara, Wanted(state=state))] == in_order
        assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
        assert pages == [[]] or all(pages), "no empty last page"
        transaction.set_rollback(True)


def test_the_page_behind_the_last_urgent_tip_begins_with_the_oldest_other_one(ines: Actor, bare_tips: BareTips) -> None:
    old, urgent, new, also_urgent = bare_tips({}, {"urgent": True}, {}, {"urgent": True})
    assert all_pages(ines, 2) == [[urgent.ref, also_urgent.ref], [old.ref, new.ref]]
    assert all_pages(ines, 3) == [[urgent.ref, also_urgent.ref, old.ref], [new.ref]]
    assert all_pages(ines, 1) == [[urgent.ref], [also_urgent.ref], [old.ref], [new.ref]]


def test_what_arrives_between_two_pages_moves_nothing(ines: Actor, bare_tips: BareTips) -> None:
    first = bare_tips({}, {}, {}, {})
    page = inbox_page(ines, Wanted(), after="", size=2)
    urgent, late = bare_tips({"urgent": True}, {})
    Tip.objects.filter(pk=first[0].pk).update(state=State.CLOSED)
    following = inbox_page(ines, Wanted(), after=page.next_after, size=2)
    assert refs(following) == [first[2].ref, first[3].ref]
    assert refs(inbox_page(ines, Wanted(), after=following.next_after, size=2)) == [late.ref]
    assert refs(inbox_page(ines, Wanted(), after="", size=1)) == [urgent.ref]


def test_a_page_goes_on_behind_a_tip_that_has_left_the_list_meanwhile(ines: Actor, bare_tips: BareTips) -> None:
    first, second, third = bare_tips({}, {}, {})
    Tip.objects.filter(pk=second.pk).update(state=State.CLOSED)
    assert refs(inbox_page(ines, Wanted(), after=second.ref, size=5)) == [third.ref]
    assert refs(inbox_page(ines, Wanted(), after=first.ref, size=5)) == [third.ref]


@pytest.mark.parametrize("after", ["", "nothing", "\x00", "' OR 1=1", "BCDFGHJKMNPQRSTVWXYZ", "B" * 400])
def test_a_made_up_place_shows_the_first_page(after: str, ines: Actor, bare_tips: BareTips) -> None:
    tips = bare_tips({}, {})
    page = inbox_page(ines, Wanted(), after=after, size=5)
    assert (refs(page), page.next_after, page.is_later) == ([tip.ref for tip in tips], "", False)


def test_a_tip_that_one_may_not_see_is_no_place_in_the_list(cast: Cast, bare_tips: BareTips) -> None:
    first, shut, last = bare_tips({}, {}, {})
    services.declare_interest(actor=cast.tara, tip=shut, has_interest=True)
    page = inbox_page(cast.tara, Wanted(), after=shut.ref, size=5)
    assert (refs(page), page.is_later) == ([first.ref, last.ref], False)
    assert refs(inbox_page(cast.sam, Wanted(), after=shut.ref, size=5)) == [last.ref]


# The first words


def first_words(actor: Actor, *reported: Reported) -> dict[str, str]:
    return excerpts(actor, [each.tip for each in reported])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("short", "short"),
        ("two\nlines\n\n\tand   spaces", "two lines and spaces"),
        ("x" * EXCERPT, "x" * EXCERPT),
        ("x" * (EXCERPT + 1), "x" * EXCERPT + "…"),
        ("x" * (EXCERPT - 1) + " word", "x" * (EXCERPT - 1) + "…"),
        ("河" * (EXCERPT + 50), "河" * EXCERPT + "…"),
        ("<b>&", "<b>&"),
    ],
)
def test_the_first_words_are_one_line_and_cut_where_there_is_no_more_room(
    written: str, shown: str, ines: Actor, report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    reported = report(written)
    assert first_words(ines, reported) == {reported.ref: shown}


def test_one_page_of_first_words_is_one_line_in_the_log_that_names_each_tip(
    ines: Actor, report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    reported = [report("One."), report("Two."), report("Three.")]
    first_words(ines, *reported)
    line = AuditRecord.objects.get(action="inbox.read")
    assert (line.actor, line.role, line.subject) == (ines.name, "intake", "")
    assert line.detail == {"tips": " ".join(sorted(each.ref for each in reported))}


def test_no_words_are_given_whose_reading_cannot_be_written_down(
    ines: Actor, reported: Reported, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise OSError("no trace can be written")

    monkeypatch.setattr("tocsin.tips.inbox.record_audit", broken)
    with pytest.raises(OSError, match="no trace"):
        first_words(ines, reported)


def test_a_locked_desk_and_an_empty_page_show_no_words_and_leave_no_line(
    ines: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    assert excerpts(ines, []) == {}
    lock_now()
    assert first_words(ines, reported) == {}
    assert not AuditRecord.objects.filter(action="inbox.read").exists()


def test_a_destroyed_tip_has_no_words(
    ines: Actor, report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    gone, stays = report("Gone."), report("Stays.")
    mailbox.withdraw(keys=gone.keys)
    assert first_words(ines, gone, stays) == {stays.ref: "Stays."}


def test_who_may_not_read_is_refused_before_anything_is_opened(
    ada: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    for actor in (ada, hire("pat", Role.PAYER), REPORTER):
        with pytest.raises(NotPermitted):
            first_words(actor, reported)


def test_no_words_of_a_tip_with_an_own_interest_are_given_whoever_asks_for_them(
    cast: Cast, report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    shut, open_to_all = report("About the cousin of tara."), report("Something else.")
    for each in (shut, open_to_all):  # where both offices have work to do
        bring_to(State.IN_TRIAGE, reported=each, cast=cast)
    services.declare_interest(actor=cast.tara, tip=shut.tip, has_interest=True)
    assert first_words(cast.tara, shut, open_to_all) == {open_to_all.ref: "Something else."}
    assert set(first_words(cast.sam, shut, open_to_all)) == {shut.ref, open_to_all.ref}


def test_one_tip_that_does_not_open_hides_no_other(
    ines: Actor, report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    damaged, keyless, whole = report("Damaged."), report("Its month's key is gone."), report("Whole.")
    Tip.objects.filter(ref=damaged.ref).update(content=bytes(whole.tip.content))
    Tip.objects.filter(ref=keyless.ref).update(retention_id="2001-01")
    assert first_words(ines, damaged, keyless, whole) == {whole.ref: "Whole."}
