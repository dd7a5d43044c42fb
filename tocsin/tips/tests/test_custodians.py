"""A custodian's key belongs to one person: claimed with the key, confirmed by somebody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from tests.identities import hire_custodian, key_of, turn
from tests.installation import CUSTODIANS, Installation
from tests.people import hire, staff_of
from tocsin.access.actors import SETUP, Actor
from tocsin.access.permissions import ALLOWED, Permission, Role
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord
from tocsin.tips import custodians
from tocsin.tips.identity_selectors import key_slots, own_seat
from tocsin.tips.models import CustodianSeat, IdentityRequest, SeatState
from tocsin.vault.keyfiles import WrongPassphrase
from tocsin.workflow.selectors import waiting_for


@pytest.fixture
def nina(db: None) -> Actor:
    """Somebody with the office and without a recorded key."""
    return hire("nina", Role.CUSTODIAN)


def claim(actor: Actor, home: Installation, slot: str = "kim", key: str = "", passphrase: str = "") -> CustodianSeat:
    return custodians.claim_seat(
        actor=actor,
        slot=slot,
        key_file=key_of(home, key or slot),
        passphrase=passphrase or CUSTODIANS[key or slot],
    )


def confirm(actor: Actor, seat: CustodianSeat) -> CustodianSeat:
    return custodians.decide_claim(actor=actor, seat=seat, approve=True, reason="")


def test_a_key_is_claimed_by_one_person_and_confirmed_by_another(
    nina: Actor, ada: Actor, installation: Installation
) -> None:
    seat = claim(nina, installation)
    assert (seat.state, own_seat(nina)) == (SeatState.CLAIMED, seat)
    assert waiting_for(ada).filter(subject_ref=seat.ref).exists()
    assert confirm(ada, seat).state == SeatState.HELD
    assert [(slot.name, slot.holder is not None) for slot in key_slots(ada)] == [
        ("kim", True), ("lou", False), ("max", False)
    ]  # fmt: skip
    actions = list(AuditRecord.objects.filter(subject=f"custodian:{seat.ref}").values_list("action", flat=True))
    assert actions == [
        "custodian.claim", "custodian.confirm.propose", "custodian.confirm.approve", "custodian.confirm"
    ]  # fmt: skip


def test_a_claim_alone_opens_nothing(nina: Actor, allowed: IdentityRequest, unlocked_desk: Installation) -> None:
    claim(nina, unlocked_desk)
    with pytest.raises(NotPermitted):
        turn(nina, allowed, unlocked_desk, "kim")


def test_nobody_confirms_the_own_claim(installation: Installation, db: None) -> None:
    both = hire("both", Role.CUSTODIAN, Role.ADMINISTRATOR)
    seat = claim(both, installation)
    assert not waiting_for(both).exists()
    with pytest.raises(NotPermitted):
        confirm(both, seat)
    with pytest.raises(NotPermitted):
        custodians.decide_claim(actor=both, seat=seat, approve=False, reason="x")


def test_a_claim_needs_the_key_and_its_passphrase(nina: Actor, installation: Installation) -> None:
    for key, passphrase in (("lou", CUSTODIANS["lou"]), ("kim", CUSTODIANS["lou"]), ("kim", "")):
        with pytest.raises(WrongPassphrase):
            custodians.claim_seat(actor=nina, slot="kim", key_file=key_of(installation, key), passphrase=passphrase)
    assert AuditRecord.objects.filter(action="custodian.key_refused").count() == 3
    with pytest.raises(RuleBroken):
        claim(nina, installation, slot="nobody", key="kim")


def test_nobody_holds_two_keys_and_no_key_has_two_holders(
    nina: Actor, kim: Actor, ada: Actor, installation: Installation
) -> None:
    with pytest.raises(Conflict):
        claim(kim, installation, slot="lou")
    with pytest.raises(Conflict):
        claim(nina, installation, slot="kim")
    held = CustodianSeat.objects.get()
    for same in ({"slot": held.slot, "staff_id": nina.staff_id}, {"slot": "lou", "staff_id": kim.staff_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CustodianSeat.objects.create(
                ref="X" * 20, public=held.public, claimed_at=held.claimed_at, state="held", **same
            )


def test_of_two_claims_of_one_key_one_is_confirmed(nina: Actor, ada: Actor, installation: Installation) -> None:
    first, second = claim(nina, installation), claim(hire("noel", Role.CUSTODIAN), installation)
    confirm(ada, first)
    with pytest.raises(Conflict):
        confirm(ada, second)
    refused = custodians.decide_claim(actor=ada, seat=second, approve=False, reason="It was handed to Nina.")
    assert refused.state == SeatState.ENDED


def test_a_refusal_needs_its_reason(nina: Actor, ada: Actor, installation: Installation) -> None:
    seat = claim(nina, installation)
    with pytest.raises(RuleBroken):
        custodians.decide_claim(actor=ada, seat=seat, approve=False, reason=" ")


@pytest.mark.parametrize("end", ["holder", "administrator"])
def test_an_ended_seat_opens_nothing_any_more(
    end: str, kim: Actor, ada: Actor, allowed: IdentityRequest, unlocked_desk: Installation
) -> None:
    seat = CustodianSeat.objects.get(staff_id=kim.require_staff())
    custodians.end_seat(actor=kim if end == "holder" else ada, seat=seat, reason="Kim leaves the office.")
    with pytest.raises(NotPermitted):
        turn(kim, allowed, unlocked_desk, "kim")
    assert claim(hire("nina", Role.CUSTODIAN), unlocked_desk).state == SeatState.CLAIMED


def test_others_do_not_end_a_seat(kim: Actor, lou: Actor, leo: Actor, installation: Installation) -> None:
    seat = CustodianSeat.objects.get(staff_id=kim.require_staff())
    for other in (lou, leo):
        with pytest.raises(NotPermitted):
            custodians.end_seat(actor=other, seat=seat, reason="x")


def test_somebody_who_reads_reports_claims_no_key(installation: Installation, db: None) -> None:
    reader = hire("reader", Role.CUSTODIAN, Role.SUPERVISOR)
    with pytest.raises(NotPermitted):
        claim(reader, installation)


def test_only_the_program_that_makes_an_installation_appoints(
    ada: Actor, nina: Actor, installation: Installation
) -> None:
    assert {role for role in Role if Permission.SEAT_APPOINT in ALLOWED[role]} == {Role.SETUP}
    with pytest.raises(NotPermitted):
        custodians.appoint_custodian(actor=ada, staff=staff_of(nina), slot="kim")
    assert custodians.appoint_custodian(actor=SETUP, staff=staff_of(nina), slot="kim").state == SeatState.HELD


def test_the_tries_of_a_claim_are_limited(nina: Actor, installation: Installation) -> None:
    for _time in range(5):
        with pytest.raises(WrongPassphrase):
            claim(nina, installation, passphrase="not the right one")
    with pytest.raises(NotPermitted, match="Too many"):
        claim(nina, installation)


def test_the_list_of_keys_asks_the_store_as_often_for_three_as_for_one(
    ada: Actor, installation: Installation, django_assert_num_queries: Callable[[int], object]
) -> None:
    hire_custodian("kim")
    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context manager of pytest-django
        key_slots(ada)
    for name in ("lou", "max"):
        hire_custodian(name)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # as above
        key_slots(ada)
