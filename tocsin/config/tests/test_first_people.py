"""The first people of an installation: custodians are recorded with the key that was handed to them."""

from __future__ import annotations

import pytest

from tests.identities import ask, stored
from tests.installation import Installation
from tests.stories import Reported
from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.common import clock
from tocsin.config import worker
from tocsin.config.demo_people import CUSTODIANS, PEOPLE
from tocsin.config.setup import Person, add_people
from tocsin.ledger.models import AuditRecord
from tocsin.tips.models import CustodianSeat, IdentityRequest
from tocsin.vault.installed import keyring

PASSWORD = "twelve characters or more"


@pytest.mark.django_db
def test_a_custodian_is_recorded_with_the_own_key(installation: Installation) -> None:
    add_people([Person("k.example", "Kim Example", PASSWORD, ["custodian"], seat="kim")])
    seat = CustodianSeat.objects.get()
    assert (seat.slot, seat.state, seat.staff) == ("kim", "held", Staff.objects.get(username="k.example"))
    assert bytes(seat.public) == keyring().custodians["kim"]
    assert AuditRecord.objects.get(action="custodian.appoint").actor == "program:init"


def test_the_demonstration_has_everybody_whom_an_opening_needs() -> None:
    roles = {role for person in PEOPLE for role in person.roles}
    assert {"investigator", "supervisor", "legal_officer", "custodian", "rights_officer"} <= roles
    assert {person.seat for person in PEOPLE if person.seat} == set(CUSTODIANS)


def test_the_worker_ends_requests_in_its_round(
    ivo: Actor, reported: Reported, unlocked_desk: Installation, db: None
) -> None:
    asked = ask(ivo, reported)
    IdentityRequest.objects.update(expires_at=clock.now())
    worker._round(unlocked_desk.ledger())
    assert stored(asked).state == "expired"
