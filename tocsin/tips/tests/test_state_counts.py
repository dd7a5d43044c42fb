"""Counts by state: right after every change, undone with it, and never a reason to wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.databases import in_threads
from tests.installation import Installation
from tests.people import Cast
from tests.stories import send_report
from tocsin.access.actors import WORKER, Actor
from tocsin.common.errors import NotPermitted
from tocsin.tips import mailbox, services, state_counts
from tocsin.tips.inbox import counts_by_state
from tocsin.tips.models import StateCount, Tip
from tocsin.tips.tests.conftest import bare_tip
from tocsin.tips.workflow import State

BareTips = Callable[..., list[Tip]]


def counted() -> dict[str, int]:
    """What somebody would count by hand."""
    return dict(Counter(Tip.objects.values_list("state", flat=True)))


@pytest.mark.django_db
def test_every_trigger_is_there() -> None:
    assert state_counts.missing(connection) == [], (
        "A migration has altered the table of tips and, on SQLite, lost its triggers. End it with "
        "state_counts.install, as 0005 does."
    )


@pytest.mark.django_db
def test_the_counts_follow_whatever_is_written(bare_tips: BareTips) -> None:
    tips = bare_tips(*({} for _ in range(5)), {"state": State.CLOSED})
    assert state_counts.counts() == counted() == {"received": 5, "closed": 1}
    Tip.objects.filter(pk__in=[tip.pk for tip in tips[:2]]).update(state=State.IN_TRIAGE)
    Tip.objects.filter(pk=tips[2].pk).update(urgent=True)
    assert state_counts.counts() == counted()
    tips[3].state = State.CLOSED
    tips[3].save()
    tips[4].delete()
    assert state_counts.counts() == counted() == {"in_triage": 2, "received": 1, "closed": 2}


@pytest.mark.django_db
def test_what_is_taken_back_is_not_counted(bare_tips: BareTips) -> None:
    bare_tips({})
    with transaction.atomic():
        bare_tip().save()
        Tip.objects.update(state=State.CLOSED)
        transaction.set_rollback(True)
    assert state_counts.counts() == {"received": 1}


@pytest.mark.django_db
def test_the_doors_and_the_mailbox_count_too(cast: Cast, unlocked_desk: Installation) -> None:
    reported, gone = send_report(), send_report()
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    mailbox.withdraw(keys=gone.keys)
    assert state_counts.counts() == counted() == {"acknowledged": 1, "withdrawn": 1}


@pytest.mark.django_db
def test_one_shut_out_counts_what_they_see(cast: Cast, bare_tips: BareTips) -> None:
    first, *_others = bare_tips({}, {}, {"state": State.CLOSED})
    services.declare_interest(actor=cast.tara, tip=first, has_interest=True)
    assert counts_by_state(cast.tara) == {"received": 1, "closed": 1}
    assert counts_by_state(cast.sam) == {"received": 2, "closed": 1}
    assert counts_by_state(cast.ada) == {}


@pytest.mark.django_db
def test_counting_costs_the_same_for_one_tip_and_for_many(ines: Actor, bare_tips: BareTips) -> None:
    costs = []
    for number in (1, 60):
        bare_tips(*({} for _ in range(number)))
        with CaptureQueriesContext(connection) as queries:
            counts_by_state(ines)
        costs.append(len(queries))
    assert costs == [2, 2]
    assert StateCount.objects.count() <= 2


@pytest.mark.django_db
def test_folding_and_counting_anew_change_no_count(ines: Actor, bare_tips: BareTips) -> None:
    bare_tips({}, {}, {"state": State.CLOSED})
    Tip.objects.filter(state=State.CLOSED).update(state=State.IN_TRIAGE)
    before = state_counts.counts()
    state_counts.fold(actor=WORKER)
    state_counts.fold(actor=WORKER)
    assert state_counts.counts() == before == counted()
    assert set(StateCount.objects.values_list("lane", flat=True)) == {0}
    StateCount.objects.update(n=77)
    state_counts.recount()
    assert state_counts.counts() == before
    with pytest.raises(NotPermitted):
        state_counts.fold(actor=ines)


@pytest.mark.django_db
def test_a_door_that_may_write_tips_needs_no_right_to_the_counts() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE a_door_of_this_test")
        cursor.execute("GRANT SELECT, INSERT, UPDATE ON tips_tip TO a_door_of_this_test")
        cursor.execute("SET LOCAL ROLE a_door_of_this_test")
        bare_tip().save()
        Tip.objects.update(state=State.IN_TRIAGE)
        cursor.execute("RESET ROLE")
        assert state_counts.counts() == {"in_triage": 1}
        transaction.set_rollback(True)


@pytest.mark.usefixtures("shared_database")
def test_many_at_once_and_the_worker_folding_between_them_lose_no_tip() -> None:
    def store() -> None:
        for _ in range(4):
            bare_tip().save()

    def fold() -> None:
        for _ in range(4):
            state_counts.fold(actor=WORKER)

    outcomes = in_threads([store, store, fold, store, fold])
    stored = Tip.objects.count()
    assert stored == 12 or any(isinstance(outcome, Exception) for outcome in outcomes)
    assert state_counts.counts() == counted()
