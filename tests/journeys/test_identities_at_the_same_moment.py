"""Custodians, officers and askers who act at the same moment, and forms that are sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.databases import in_threads
from tests.identities import allow, ask, hire_custodian, hire_officer, key_of, stored, turn
from tests.installation import CUSTODIANS, Installation
from tests.people import Cast, hire
from tests.stories import CONTACT, Reported
from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import custodians, identity_opening, identity_requests, mailbox
from tocsin.tips.identity_notice import end_requests
from tocsin.tips.models import CustodianSeat, IdentityRequest, RequestState, SeatState, TipMessage
from tocsin.tips.workflow import State

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("shared_database")]
TipIn = Callable[[State], Reported]


@pytest.fixture
def reported(tip_in: TipIn) -> Reported:
    return tip_in(State.IN_TRIAGE)


@pytest.fixture
def allowed(cast: Cast, reported: Reported) -> IdentityRequest:
    return allow(hire_officer(), ask(cast.ivo, reported))


@pytest.fixture(autouse=True)
def all_tries_left() -> None:
    identity_opening.attempts.forget_all()


def won_and_told(outcomes: list[Any]) -> tuple[list[Any], list[Any]]:
    """What succeeded, and who was told that somebody was faster; anything else fails the test."""
    told = [each for each in outcomes if isinstance(each, Conflict | NotPermitted)]
    won = [each for each in outcomes if not isinstance(each, Exception)]
    assert len(told) + len(won) == len(outcomes), outcomes
    return won, told


def test_of_two_who_ask_at_once_one_does(cast: Cast, reported: Reported) -> None:
    won, told = won_and_told(in_threads([lambda: ask(cast.ivo, reported), lambda: ask(cast.sam, reported)]))
    assert (len(won), len(told)) == (1, 1)
    assert IdentityRequest.objects.count() == 1
    assert AuditRecord.objects.filter(action="identity.ask").count() == 1


def test_a_request_sent_twice_by_a_double_click_is_one(cast: Cast, reported: Reported) -> None:
    won, told = won_and_told(in_threads([lambda: ask(cast.ivo, reported)] * 3))
    assert (len(won), len(told)) == (1, 2)
    assert IdentityRequest.objects.count() == 1


def test_of_an_officer_who_allows_and_one_who_refuses_one_does(cast: Cast, reported: Reported) -> None:
    asked, leo, lars = ask(cast.ivo, reported), hire_officer(), hire_officer("lars")
    won, told = won_and_told(
        in_threads(
            [
                lambda: allow(leo, asked),
                lambda: identity_requests.refuse_request(actor=lars, request=asked, reason="No."),
            ]
        )
    )
    # Whoever refuses second stops what was allowed: then both have acted, one after the other.
    assert stored(asked).state == RequestState.REFUSED or (len(won), len(told)) == (1, 1)
    assert stored(asked).state in (RequestState.ALLOWED, RequestState.REFUSED)


def test_two_custodians_at_the_same_moment_open_it_once_and_together(
    allowed: IdentityRequest, reported: Reported, unlocked_desk: Installation
) -> None:
    people = {name: hire_custodian(name) for name in ("kim", "lou")}
    calls = [lambda name=name: turn(people[name], allowed, unlocked_desk, name) for name in people]
    outcomes = in_threads(calls)
    assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
    assert sorted(outcomes, key=str) == sorted([None, CONTACT], key=str)
    assert stored(allowed).state == RequestState.OPENED
    assert TipMessage.objects.filter(kind="notice").count() == 1


def test_of_three_custodians_at_once_two_open_it_and_one_is_told(
    allowed: IdentityRequest, unlocked_desk: Installation
) -> None:
    people = {name: hire_custodian(name) for name in ("kim", "lou", "max")}
    calls = [lambda name=name: turn(people[name], allowed, unlocked_desk, name) for name in people]
    won, told = won_and_told(in_threads(calls))
    assert (sorted(won, key=str), len(told)) == (sorted([None, CONTACT], key=str), 1)
    names = [bytes(leaf)[1:33] for leaf in Pending.objects.values_list("leaf", flat=True)]
    assert len(set(names)) == len(names)


def test_the_second_key_sent_twice_opens_once(allowed: IdentityRequest, unlocked_desk: Installation) -> None:
    kim, lou = hire_custodian("kim"), hire_custodian("lou")
    turn(kim, allowed, unlocked_desk, "kim")
    before = Pending.objects.count()
    won, told = won_and_told(in_threads([lambda: turn(lou, allowed, unlocked_desk, "lou")] * 3))
    assert (won, len(told)) == ([CONTACT], 2)
    assert Pending.objects.count() == before + 1


def test_the_first_key_sent_twice_counts_once(allowed: IdentityRequest, unlocked_desk: Installation) -> None:
    kim = hire_custodian("kim")
    won, told = won_and_told(in_threads([lambda: turn(kim, allowed, unlocked_desk, "kim")] * 3))
    assert (won, len(told)) == ([None], 2)
    assert stored(allowed).state == RequestState.ALLOWED


def test_an_opening_and_a_refusal_at_once_end_in_one_of_the_two(
    allowed: IdentityRequest, unlocked_desk: Installation
) -> None:
    kim, lou, max_ = (hire_custodian(name) for name in ("kim", "lou", "max"))
    turn(kim, allowed, unlocked_desk, "kim")
    outcomes: list[Any] = in_threads(
        [
            lambda: turn(lou, allowed, unlocked_desk, "lou"),
            lambda: identity_opening.refuse_to_open(actor=max_, request=allowed, reason="No."),
        ]
    )
    won, told = won_and_told(outcomes)
    assert (len(won), len(told)) == (1, 1)
    opened = stored(allowed).state == RequestState.OPENED
    assert opened == (won == [CONTACT])
    assert opened == TipMessage.objects.filter(kind="notice").exists()


def test_an_opening_a_withdrawal_and_the_workers_round_at_once_do_not_lock_each_other_out(
    allowed: IdentityRequest, reported: Reported, unlocked_desk: Installation
) -> None:
    kim, lou = hire_custodian("kim"), hire_custodian("lou")
    turn(kim, allowed, unlocked_desk, "kim")
    calls: list[Callable[[], Any]] = [
        lambda: turn(lou, allowed, unlocked_desk, "lou"),
        lambda: mailbox.withdraw(keys=reported.keys),
        lambda: end_requests(actor=WORKER),
        lambda: mailbox.write_to_staff(keys=reported.keys, text="One thing more.", attempt="ATTEMPT"),
    ]
    outcomes = in_threads(calls)
    assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, Conflict)], outcomes
    end_requests(actor=WORKER)
    assert stored(allowed).state in (RequestState.OPENED, RequestState.EXPIRED)
    assert (stored(allowed).state == RequestState.OPENED) == (outcomes[0] == CONTACT)
    assert bytes(stored(allowed).half_opened) == b""


def test_two_rounds_of_two_workers_tell_the_reporter_once(
    allowed: IdentityRequest, unlocked_desk: Installation
) -> None:
    for name in ("kim", "lou"):
        turn(hire_custodian(name), allowed, unlocked_desk, name)
    yesterday = clock.now().date().replace(year=2020)
    IdentityRequest.objects.update(told_on=None, notice_after=yesterday)
    TipMessage.objects.all().delete()
    outcomes = in_threads([lambda: end_requests(actor=WORKER)] * 3)
    assert sorted(outcomes, key=str) == [0, 0, 1]
    assert TipMessage.objects.filter(kind="notice").count() == 1


def test_of_two_claims_of_one_key_confirmed_at_once_one_is(cast: Cast, unlocked_desk: Installation) -> None:
    def claim(name: str) -> CustodianSeat:
        return custodians.claim_seat(
            actor=hire(name, Role.CUSTODIAN),
            slot="kim",
            key_file=key_of(unlocked_desk, "kim"),
            passphrase=CUSTODIANS["kim"],
        )

    seats, rita = [claim("nina"), claim("noel")], hire("rita", Role.RIGHTS_OFFICER)

    def confirm(actor: Actor, seat: CustodianSeat) -> Callable[[], CustodianSeat]:
        return lambda: custodians.decide_claim(actor=actor, seat=seat, approve=True, reason="")

    won, told = won_and_told(in_threads([confirm(cast.ada, seats[0]), confirm(rita, seats[1])]))
    assert (len(won), len(told)) == (1, 1)
    assert CustodianSeat.objects.filter(state=SeatState.HELD).count() == 1
