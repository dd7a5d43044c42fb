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


@pytest.mark.parametrize("fault", [None, OSError("the disk is full")])
def test_the_worker_ends_requests_in_its_round_whatever_becomes_of_the_ledger(
    fault: OSError | None, ivo: Actor, reported: Reported, unlocked_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(_desk: worker.LedgerDesk) -> int:
        if fault:
            raise fault
        return 0

    asked = ask(ivo, reported)
    IdentityRequest.objects.update(expires_at=clock.now())
    # On PostgreSQL it would close the test's own transaction.
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(worker, "publish_ledger", publish)
    worker._round(unlocked_desk.ledger())
    assert stored(asked).state == "expired"


def test_a_round_over_requests_that_fails_is_logged_and_the_worker_lives(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, db: None
) -> None:
    def broken(**_told: object) -> int:
        raise OSError("the disk is full")

    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(worker, "end_requests", broken)
    worker._round(installation.ledger())
    assert "It stays due; it will be tried again." in caplog.text
