"""Own lists: taking, leaving and giving tips moves no state, and opens nothing that was not one's work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.databases import in_threads
from tests.people import Cast, hire, staff_of
from tests.stories import Reported
from tocsin.access.actors import REPORTER, WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import services
from tocsin.tips.holding import MOST_AT_ONCE, Moved, give_tips, leave_tips, may_take, people_to_give_to, take_tips
from tocsin.tips.inbox import count_on_list
from tocsin.tips.models import Tip
from tocsin.tips.queues import holds, own_among
from tocsin.tips.tests.conftest import bare_tip
from tocsin.tips.workflow import State
from tocsin.workflow.models import StepRecord

pytestmark = pytest.mark.django_db
BareTips = Callable[..., list[Tip]]


def fresh(tip: Tip) -> Tip:
    return Tip.objects.get(pk=tip.pk)


def lines(action: str) -> list[tuple[str, str, str]]:
    rows = AuditRecord.objects.filter(action=action).order_by("id")
    return [(row.actor, row.subject, row.detail.get("to", "")) for row in rows]


def test_taking_puts_it_on_ones_list_with_a_line_for_each_and_changes_nothing_else(
    cast: Cast, bare_tips: BareTips
) -> None:
    tips = bare_tips({}, {}, {"urgent": True})
    before = {tip.pk: (tip.state, tip.outcome, tip.urgent, tip.acknowledge_by) for tip in tips}
    assert take_tips(actor=cast.ines, refs=[tip.ref for tip in tips]) == Moved(3, 0)
    assert all(holds(cast.ines, fresh(tip)) for tip in tips)
    assert count_on_list(cast.ines) == 3
    after = {tip.pk: (tip.state, tip.outcome, tip.urgent, tip.acknowledge_by) for tip in Tip.objects.all()}
    assert after == before
    assert lines("tip.take") == [(cast.ines.name, f"tip:{tip.ref}", "") for tip in sorted(tips, key=lambda tip: tip.pk)]
    assert not StepRecord.objects.exists()
    assert not Pending.objects.exists()


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("role", [Role.INTAKE, Role.TRIAGE, Role.INVESTIGATOR, Role.SUPERVISOR])
def test_only_the_work_of_ones_own_office_can_be_taken(role: Role, state: State, bare_tips: BareTips) -> None:
    """Otherwise taking would open any tip without a reason."""
    who, (tip,) = hire("somebody", role), bare_tips({"state": state})
    offices = {
        Role.INTAKE: {"received", "outcome_set"},
        Role.TRIAGE: {"acknowledged", "in_triage", "need_info", "linked"},
        Role.INVESTIGATOR: {"under_verification"},
        Role.SUPERVISOR: {"referred", "feedback_given"},
    }
    allowed = state in offices[role]
    assert may_take(who, tip) is allowed
    assert take_tips(actor=who, refs=[tip.ref]) == (Moved(1, 0) if allowed else Moved(0, 1))
    assert holds(who, fresh(tip)) is allowed


def test_nobody_takes_what_somebody_else_has(cast: Cast, bare_tips: BareTips) -> None:
    other, (tip,) = hire("other", Role.INTAKE), bare_tips({})
    take_tips(actor=cast.ines, refs=[tip.ref])
    assert take_tips(actor=other, refs=[tip.ref]) == Moved(0, 1)
    assert leave_tips(actor=other, refs=[tip.ref]) == Moved(0, 1)
    assert holds(cast.ines, fresh(tip))
    leave_tips(actor=cast.ines, refs=[tip.ref])
    assert take_tips(actor=other, refs=[tip.ref]) == Moved(1, 0)


def test_what_was_left_is_in_the_queue_of_the_office_again(cast: Cast, bare_tips: BareTips) -> None:
    other, (tip,) = hire("other", Role.INTAKE), bare_tips({})
    take_tips(actor=cast.ines, refs=[tip.ref])
    assert own_among(other, [tip]) == set()
    leave_tips(actor=cast.ines, refs=[tip.ref])
    assert own_among(other, [tip]) == {tip.pk}
    assert (fresh(tip).holder, fresh(tip).held_for) == (None, "")
    assert lines("tip.leave") == [(cast.ines.name, f"tip:{tip.ref}", "")]


def test_a_supervisor_gives_a_tip_also_from_another_list_and_the_log_names_both(
    cast: Cast, bare_tips: BareTips
) -> None:
    other, (tip,) = hire("other", Role.INVESTIGATOR), bare_tips({"state": State.UNDER_VERIFICATION})
    take_tips(actor=other, refs=[tip.ref])
    assert give_tips(actor=cast.sam, refs=[tip.ref], to=staff_of(cast.ivo)) == Moved(1, 0)
    assert holds(cast.ivo, fresh(tip))
    assert own_among(cast.ivo, [tip]) == {tip.pk}
    assert own_among(other, [tip]) == set()
    assert lines("tip.give") == [(cast.sam.name, f"tip:{tip.ref}", cast.ivo.name)]


def test_only_a_supervisor_gives_and_never_to_themselves_or_to_who_reads_nothing(
    cast: Cast, bare_tips: BareTips
) -> None:
    (tip,) = bare_tips({})
    for who in (cast.ines, cast.tara, cast.ivo, cast.ada):
        with pytest.raises(NotPermitted):
            give_tips(actor=who, refs=[tip.ref], to=staff_of(cast.tara))
        with pytest.raises(NotPermitted):
            people_to_give_to(who)
    for nobody in (cast.sam, cast.ada, hire("pat", Role.PAYER)):
        with pytest.raises(RuleBroken):
            give_tips(actor=cast.sam, refs=[tip.ref], to=staff_of(nobody))
    gone = staff_of(cast.tara)
    gone.is_active = False
    gone.save()
    with pytest.raises(RuleBroken):
        give_tips(actor=cast.sam, refs=[tip.ref], to=gone)
    assert fresh(tip).holder is None
    assert {who.username for who in people_to_give_to(cast.sam)} == {"ines", "ivo", "lea"}


def test_nobody_is_given_what_they_declared_an_interest_in_or_what_is_finished(cast: Cast, bare_tips: BareTips) -> None:
    shut, done, fit = bare_tips({}, {"state": State.CLOSED}, {})
    services.declare_interest(actor=cast.ines, tip=shut, has_interest=True)
    refs = [shut.ref, done.ref, fit.ref]
    assert give_tips(actor=cast.sam, refs=refs, to=staff_of(cast.ines)) == Moved(1, 2)
    assert {tip.pk for tip in Tip.objects.filter(holder=cast.ines.staff_id)} == {fit.pk}


def test_who_has_an_interest_or_no_right_takes_nothing(cast: Cast, bare_tips: BareTips) -> None:
    (tip,) = bare_tips({})
    services.declare_interest(actor=cast.ines, tip=tip, has_interest=True)
    with pytest.raises(NotPermitted):
        take_tips(actor=cast.ines, refs=[tip.ref])
    for who in (cast.ada, REPORTER, WORKER):
        with pytest.raises(NotPermitted):
            take_tips(actor=who, refs=[tip.ref])


@pytest.mark.parametrize("refs", [[], [""], ["\x00"], ["' OR 1=1"], ["é" * 30], ["B" * 900]])
def test_made_up_choices_take_nothing(refs: list[str], ines: Actor, bare_tips: BareTips) -> None:
    bare_tips({})
    with pytest.raises(RuleBroken):
        take_tips(actor=ines, refs=refs)
    assert not Tip.objects.exclude(holder=None).exists()


def test_no_more_than_a_hundred_at_once_and_one_named_twice_is_one(ines: Actor, bare_tips: BareTips) -> None:
    tips = bare_tips(*({} for _ in range(MOST_AT_ONCE + 1)))
    with pytest.raises(RuleBroken, match="at most 100"):
        take_tips(actor=ines, refs=[tip.ref for tip in tips])
    assert take_tips(actor=ines, refs=[tips[0].ref] * 500) == Moved(1, 0)


def test_what_goes_on_to_another_office_leaves_the_list(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    take_tips(actor=cast.tara, refs=[reported.ref])
    services.begin_triage(actor=cast.tara, tip=reported.tip, has_interest=False)
    assert holds(cast.tara, reported.tip)
    services.start_verification(actor=cast.sam, tip=reported.tip, legal_basis="Section 4")
    assert not holds(cast.tara, reported.tip)
    assert count_on_list(cast.tara) == 0
    assert may_take(cast.ivo, reported.tip)


@pytest.mark.usefixtures("shared_database")
def test_two_people_at_once_one_takes_it() -> None:
    people = [hire(f"ines{number}", Role.INTAKE) for number in range(3)]
    tips = [bare_tip() for _ in range(4)]
    for tip in tips:
        tip.save()
    refs = [tip.ref for tip in tips]

    def take(who: Actor) -> Callable[[], Any]:
        return lambda: take_tips(actor=who, refs=refs)

    outcomes = in_threads([take(who) for who in people])
    moved = [outcome for outcome in outcomes if isinstance(outcome, Moved)]
    assert sorted(each.done for each in moved)[-1:] == [4]
    assert sum(each.done for each in moved) == 4
    assert len(set(Tip.objects.values_list("holder", flat=True))) == 1
    assert AuditRecord.objects.filter(action="tip.take").count() == 4
