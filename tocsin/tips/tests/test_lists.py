"""Lists by filter and order: every tip once, whatever changes meanwhile; what the store computes is what is meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people import Cast
from tocsin.access.actors import Actor
from tocsin.tips import deadlines, services
from tocsin.tips.inbox import InboxPage, inbox, inbox_page, oldest_unread
from tocsin.tips.models import Tip
from tocsin.tips.models.tip import NOTHING_DUE
from tocsin.tips.tests.conftest import bare_tip
from tocsin.tips.wanted import Sort, Wanted
from tocsin.tips.workflow import OPEN, State

pytestmark = pytest.mark.django_db
BareTips = Callable[..., list[Tip]]
TODAY = date(2031, 3, 5)
DAYS = st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))
TIPS = st.lists(st.tuples(st.booleans(), DAYS, st.sampled_from(["other", "animal_deaths", "plant_pest"])), max_size=14)


def refs(page: InboxPage) -> list[str]:
    return [tip.ref for tip in page.tips]


def leafed(actor: Actor, wanted: Wanted, size: int, between: Callable[[InboxPage], None] | None = None) -> list[str]:
    """All handles as somebody sees them who leafs through the list; ``between`` happens after each page."""
    seen: list[str] = []
    after = ""
    for _page in range(60):
        page = inbox_page(actor, wanted, after=after, size=size)
        seen += refs(page)
        after = page.next_after
        if not after:
            return seen
        if between:
            between(page)
    raise AssertionError("the pages never end")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(told=TIPS, size=st.integers(1, 4), sort=st.sampled_from(Sort))
def test_every_order_puts_urgent_first_and_shows_every_tip_once(
    told: list[tuple[bool, date, str]], size: int, sort: Sort, tara: Actor
) -> None:
    with transaction.atomic():
        tips = [bare_tip(urgent=urgent, acknowledge_by=due, category=category) for urgent, due, category in told]
        for tip in tips:
            tip.save()
        keys: dict[Sort, Callable[[Tip], Any]] = {
            Sort.OLDEST: lambda tip: tip.pk,
            Sort.NEWEST: lambda tip: -tip.pk,
            Sort.DUE: lambda tip: (tip.acknowledge_by, tip.pk),
            Sort.CATEGORY: lambda tip: (tip.category, tip.pk),
        }
        expected = [tip.ref for tip in sorted(tips, key=lambda tip: (not tip.urgent, keys[sort](tip)))]
        assert leafed(tara, Wanted(sort=sort), size) == expected
        assert [tip.ref for tip in inbox(tara, Wanted(sort=sort))] == expected
        transaction.set_rollback(True)


@pytest.mark.parametrize("sort", Sort)
def test_the_last_tip_of_a_page_may_change_its_place_and_no_other_is_missed_or_seen_twice(
    sort: Sort, ines: Actor, bare_tips: BareTips
) -> None:
    tips = bare_tips(
        *({"acknowledge_by": TODAY + timedelta(days=day % 4), "category": f"c{day % 3}"} for day in range(12))
    )

    def moves_away(page: InboxPage) -> None:
        Tip.objects.filter(pk=page.tips[-1].pk).update(
            urgent=True, acknowledge_by=TODAY - timedelta(days=9), category="aaa"
        )

    assert sorted(leafed(ines, Wanted(sort=sort), 2, moves_away)) == sorted(tip.ref for tip in tips)


@pytest.mark.parametrize("sort", ["", "newest"])
def test_finished_tips_go_by_the_date_on_which_they_came(sort: str, ines: Actor, bare_tips: BareTips) -> None:
    hours = [datetime(2031, 1, day, 9, tzinfo=UTC) for day in (5, 2, 9, 2, 7)]
    tips = bare_tips(*({"state": State.CLOSED, "received_hour": hour} for hour in hours))
    in_order = [tip.ref for tip in sorted(tips, key=lambda tip: (tip.received_hour, tip.pk), reverse=sort == "newest")]
    assert leafed(ines, Wanted(state="closed", sort=sort), 2) == in_order


@pytest.mark.parametrize(
    "after", ["{}.", "{}.1", "{}.0.", "{}.x.y", "{}.0.2031-99-99", "{}.0.\x00", "{}.0." + "x" * 900, "{}..", "{}.1.é"]
)
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("state", ["", "closed"])
def test_a_place_that_somebody_has_bent_still_shows_a_page(
    after: str, sort: Sort, state: str, ines: Actor, bare_tips: BareTips
) -> None:
    tips = bare_tips({}, {}, {"state": State.CLOSED})
    page = inbox_page(ines, Wanted.read({"state": state, "sort": sort}), after=after.format(tips[0].ref), size=5)
    assert set(refs(page)) <= {tip.ref for tip in tips}


# What the store computes


@pytest.mark.parametrize("paused_on", [None, TODAY])
@pytest.mark.parametrize("feedback_by", [None, TODAY + timedelta(days=40)])
@pytest.mark.parametrize("state", State)
def test_the_store_and_the_code_agree_on_what_is_open_and_what_is_due(
    state: State, feedback_by: date | None, paused_on: date | None, bare_tips: BareTips
) -> None:
    (tip,) = bare_tips({"state": state, "feedback_by": feedback_by, "paused_on": paused_on})
    tip.refresh_from_db()
    assert tip.is_open is (state in OPEN), f"{state}: Tip.is_open needs a migration that knows it"
    due = None if paused_on else deadlines.next_date(tip)
    assert tip.due_order == (due or NOTHING_DUE), f"{state}: Tip.due_order needs a migration that knows it"


def test_a_list_is_read_along_its_index(ines: Actor) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by what it has counted; a test has too few rows")
    for sort, name in (("", "arrival"), ("newest", "arrival"), ("due", "due"), ("category", "category")):
        listed = inbox(ines, Wanted(sort=sort, channel="web", replies="unread")).filter(urgent__in=[False])
        order = [column for column in listed.query.order_by if column != "-urgent"]
        plan = listed.order_by(*order).values("pk")[:26].explain()
        assert f"INDEX tip_open_{name}" in plan, plan
        assert "TEMP B-TREE" not in plan, f"{name} is sorted anew for every page: {plan}"


# Filters


def listed(actor: Actor, **asked: str) -> set[str]:
    return {tip.ref for tip in inbox(actor, Wanted.read(asked))}


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        ({"urgent": "yes"}, {"urgent": True}),
        ({"replies": "unread"}, {"unread_replies": 2}),
        ({"mark": "drill"}, {"drill": True}),
        ({"category": "plant_pest"}, {"category": "plant_pest"}),
        ({"channel": "letter"}, {"channel": "letter"}),
        ({"state": "in_triage"}, {"state": State.IN_TRIAGE}),
        ({"due": "overdue"}, {"acknowledge_by": date(2001, 1, 1)}),
        ({"since": "2031-03-04"}, {"received_hour": datetime(2031, 3, 4, 9, tzinfo=UTC)}),
        ({"until": "2031-03-02"}, {"received_hour": datetime(2031, 3, 2, 9, tzinfo=UTC)}),
    ],
)
def test_each_filter_keeps_what_it_names(
    asked: dict[str, str], values: dict[str, Any], ines: Actor, bare_tips: BareTips
) -> None:
    meant, _other = bare_tips(values, {"acknowledge_by": date(2099, 1, 1)})
    assert listed(ines, **asked) == {meant.ref}


def test_soon_is_today_to_two_days_ahead_and_overdue_is_before(ines: Actor, bare_tips: BareTips) -> None:
    today = deadlines.local_today()
    tips = bare_tips(*({"acknowledge_by": today + timedelta(days=days)} for days in range(-2, 5)))
    assert listed(ines, due="overdue") == {tip.ref for tip in tips[:2]}
    assert listed(ines, due="soon") == {tip.ref for tip in tips[2:5]}


def test_a_day_is_one_of_the_place_where_the_authority_sits(ines: Actor, bare_tips: BareTips) -> None:
    evening = datetime(2031, 3, 3, 17, tzinfo=UTC)  # 01:00 of the next day in Shanghai
    (tip,) = bare_tips({"received_hour": evening})
    assert listed(ines, since="2031-03-04", until="2031-03-04") == {tip.ref}
    assert listed(ines, until="2031-03-03") == set()


def test_waiting_for_a_decision_is_told_to_who_may_decide_and_not_to_who_proposed(
    cast: Cast, tip_in: Callable[[State], Any]
) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="already_known", reason="Known.")
    assert listed(cast.sam, mark="waiting") == {reported.ref}
    for nobody in (cast.ivo, cast.ines, cast.tara):
        assert listed(nobody, mark="waiting") == set()


ANYTHING = st.one_of(
    st.text(max_size=12), st.sampled_from(["yes", "closed", "overdue", "2031-02-30", "9999-12-31", "\x00"])
)


@given(told=st.dictionaries(st.sampled_from([*Wanted().__dataclass_fields__]), ANYTHING))
def test_whatever_an_address_asks_for_is_a_filter_that_can_be_written_and_read_again(told: dict[str, str]) -> None:
    wanted = Wanted.read(told)
    assert Wanted.of_query(wanted.query()) == wanted
    assert len(wanted.query()) <= 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(told=st.dictionaries(st.sampled_from([*Wanted().__dataclass_fields__]), ANYTHING))
def test_whatever_an_address_asks_for_the_store_answers(told: dict[str, str], sam: Actor) -> None:
    inbox_page(sam, Wanted.read(told), after="", size=3)


def test_a_finished_state_asks_for_nothing_that_only_open_tips_have() -> None:
    asked = {"state": "closed", "whose": "queue", "due": "overdue", "mark": "waiting", "sort": "due", "urgent": "yes"}
    assert Wanted.read(asked) == Wanted(state="closed", urgent="yes")
    assert not Wanted(state="closed").can_ask("due", "overdue")
    assert Wanted().can_ask("due", "overdue")


# The oldest unread


def test_the_oldest_unread_is_the_one_that_came_first_urgent_or_not(cast: Cast, bare_tips: BareTips) -> None:
    assert oldest_unread(cast.ines) is None
    _read, first, urgent, _last = bare_tips(
        {"state": State.IN_TRIAGE, "acknowledged_on": TODAY}, {}, {"urgent": True}, {}
    )
    assert oldest_unread(cast.ines) == first
    services.declare_interest(actor=cast.ines, tip=first, has_interest=True)
    assert oldest_unread(cast.ines) == urgent
    assert oldest_unread(cast.sam) == first
    assert oldest_unread(cast.ada) is None
