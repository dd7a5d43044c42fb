"""Urgent reports: until when they must be handed to an emergency body, and what is noted when they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import Reported, read_with_reason
from tocsin.clocks.models import Deadline
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import mailbox, services
from tocsin.tips.handoff import bodies_of, hand_off, is_hand_off_overdue
from tocsin.tips.workflow import OPEN, State
from tocsin.workflow.models import StepRecord

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]
SAID = "Children in the old dairy, two men with cages."


def test_an_urgent_report_must_be_handed_over_within_the_hour_of_the_pack(
    cast: Cast, tip_in: TipIn, set_clock: Callable[..., TestClock]
) -> None:
    stopped, reported = set_clock(), tip_in(State.RECEIVED)
    assert not is_hand_off_overdue(reported.tip)
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger.")
    assert Deadline.objects.get(clock="urgent").due_at == clock.now() + timedelta(hours=1)
    stopped.forward(minutes=59)
    assert not is_hand_off_overdue(reported.tip)
    stopped.forward(minutes=2)
    assert is_hand_off_overdue(reported.tip)
    services.flag_urgent(actor=cast.tara, tip=reported.tip, reason="Again.")
    assert is_hand_off_overdue(reported.tip), "marking it again does not give it a new hour"
    hand_off(actor=cast.ines, tip=reported.tip, body="000-0001", said=SAID)
    assert not is_hand_off_overdue(reported.tip)


def test_a_hand_over_notes_whom_when_by_whom_and_what_was_said_sealed(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    leaves = Pending.objects.count()
    taken = hand_off(actor=cast.tara, tip=reported.tip, body="000-0002", said=f"  {SAID} ")
    assert (taken.state, taken.urgent) == (State.IN_TRIAGE, True), "what is handed over is urgent by that alone"
    assert taken.handed_off_at is not None
    record = StepRecord.objects.get(step="hand_off")
    assert (record.actor, record.role) == (cast.tara.name, "triage")
    assert SAID.encode() not in bytes(record.reason)
    assert read_with_reason(cast.sam, reported).history[-1].reason == f"Ambulance (sample number) (000-0002)\n{SAID}"
    assert Pending.objects.count() == leaves + 1
    assert SAID not in str(list(AuditRecord.objects.values()))


@pytest.mark.parametrize("state", sorted(OPEN), ids=str)
def test_it_can_be_handed_over_in_every_open_state(state: State, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(state)
    assert hand_off(actor=cast.ines, tip=reported.tip, body="000-0003", said=SAID).state == state


@pytest.mark.parametrize("state", [State.CLOSED, State.WITHDRAWN], ids=str)
def test_not_after_its_end(state: State, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(state)
    with pytest.raises(Conflict):
        hand_off(actor=cast.ines, tip=reported.tip, body="000-0001", said=SAID)


@pytest.mark.parametrize("body", ["", "110", "000-0010", "\x00", "000-0001 "])
def test_only_to_a_body_of_the_rules(body: str, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.RECEIVED)
    assert [each.number for each in bodies_of(reported.tip)] == ["000-0001", "000-0002", "000-0003"]
    with pytest.raises(RuleBroken, match="Choose the emergency body"):
        hand_off(actor=cast.ines, tip=reported.tip, body=body, said=SAID)


def test_not_without_what_was_said(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.RECEIVED)
    with pytest.raises(RuleBroken, match="what you said"):
        hand_off(actor=cast.ines, tip=reported.tip, body="000-0001", said=" \n")
    assert not reported.tip.urgent


def test_other_offices_hand_nothing_over(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.RECEIVED)
    for actor in (cast.ivo, cast.sam, cast.ada):
        with pytest.raises(NotPermitted):
            hand_off(actor=actor, tip=reported.tip, body="000-0001", said=SAID)


def test_what_was_handed_over_stays_when_it_is_taken_back_unread(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.RECEIVED)
    hand_off(actor=cast.ines, tip=reported.tip, body="000-0001", said=SAID)
    assert mailbox.withdraw(keys=reported.keys) is False
    assert read_with_reason(cast.sam, reported).content is not None


def test_a_suggestion_that_a_person_confirms_says_so_in_the_history(
    cast: Cast, tip_in: TipIn, unlocked_desk: Installation
) -> None:
    reported = tip_in(State.RECEIVED)
    services.confirm_urgent(actor=cast.ines, tip=reported.tip, reason="A child is alone there.")
    assert reported.tip.urgent
    assert Deadline.objects.filter(clock="urgent", ended_at=None).exists()
    line = read_with_reason(cast.sam, reported).history[-1]
    assert (line.step.name, line.reason) == ("confirm_urgent", "A child is alone there.")
    with pytest.raises(RuleBroken, match="reason"):
        services.confirm_urgent(actor=cast.ines, tip=reported.tip, reason=" ")
