"""Whose queue the tips of a case are in: that of the people who have a part in it, while they are open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.people import Cast, staff_of
from tests.stories import Reported, case_of
from tocsin.cases.work import assign, unassign
from tocsin.tips.models import Tip
from tocsin.tips.queues import own_among
from tocsin.tips.reading import may_read
from tocsin.tips.workflow import State

pytestmark = pytest.mark.django_db


def test_people_of_a_case_have_its_open_tips_in_their_queue_and_nobody_elses(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported, other = tip_in(State.LINKED), tip_in(State.LINKED)
    both = [reported.tip, other.tip]
    assert own_among(cast.ivo, both) == set()
    assign(actor=cast.sam, case=case_of(reported), person=staff_of(cast.ivo), role="investigator")
    assert own_among(cast.ivo, both) == {reported.tip.pk}
    Tip.objects.filter(pk=reported.tip.pk).update(state=State.CLOSED)
    assert own_among(cast.ivo, both) == set()


def test_who_leaves_the_case_is_asked_why_again(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.LINKED)
    assign(actor=cast.sam, case=case_of(reported), person=staff_of(cast.ivo), role="investigator")
    assert may_read(cast.ivo, reported.tip)
    unassign(actor=cast.sam, case=case_of(reported), person=staff_of(cast.ivo))
    assert not may_read(cast.ivo, reported.tip)
