"""Who a reporter is: asked for, agreed by two custodians, shown once, told to the reporter, found nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from tests.installation import CUSTODIANS, Installation
from tests.people import hire
from tests.stories import CONTACT, Reported
from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Permission, Role
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import identities, identity_life, mailbox
from tocsin.tips.identities import Order
from tocsin.tips.models import Declaration, IdentityRequest, RequestState
from tocsin.vault.keyfiles import WrongPassphrase

pytestmark = pytest.mark.usefixtures("unlocked_desk")


@pytest.fixture
def kim(db: None) -> Actor:
    """First custodian."""
    return hire("kim", Role.CUSTODIAN)


@pytest.fixture
def lou(db: None) -> Actor:
    """Second custodian."""
    return hire("lou", Role.CUSTODIAN)


@pytest.fixture
def asked(lea: Actor, reported: Reported) -> IdentityRequest:
    """A request that waits."""
    return _ask(lea, reported)


def _ask(actor: Actor, reported: Reported, order: Order | None = None) -> IdentityRequest:
    return identities.request_identity(
        actor=actor, tip=reported.tip, reason="A court asks.", ground="Act 1, s. 2", order=order
    )


def _agree(actor: Actor, request: IdentityRequest, name: str, home: Installation, passphrase: str = "") -> str | None:
    key = (home.home / "handover" / f"{name}.key").read_bytes()
    return identities.agree(actor=actor, request=request, key_file=key, passphrase=passphrase or CUSTODIANS[name])


def _actions() -> list[str]:
    return list(AuditRecord.objects.order_by("id").values_list("action", flat=True))


def _kinds(reported: Reported) -> list[str]:
    return [message.kind for message in mailbox.read_mailbox(reported.keys).messages]


def test_two_custodians_open_it_once_and_the_reporter_is_told(
    asked: IdentityRequest, kim: Actor, lou: Actor, reported: Reported, installation: Installation
) -> None:
    leaves = Pending.objects.count()
    assert _agree(kim, asked, "kim", installation) is None
    asked.refresh_from_db()
    shown = _agree(lou, asked, "lou", installation)
    assert shown is not None
    assert CONTACT in shown
    asked.refresh_from_db()
    assert (asked.state, bytes(asked.half_opened)) == (RequestState.OPENED, b"")
    with pytest.raises(Conflict):
        _agree(lou, asked, "lou", installation)
    assert Pending.objects.count() == leaves + 1
    assert _kinds(reported) == ["notice"]
    assert [a for a in _actions() if a.startswith("identity.")] == [
        "identity.asked", "identity.first_agreed", "identity.opened"
    ]  # fmt: skip


def test_the_plain_identity_stands_nowhere(
    asked: IdentityRequest, kim: Actor, lou: Actor, installation: Installation
) -> None:
    _agree(kim, asked, "kim", installation)
    _agree(lou, asked, "lou", installation)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in row:
                    data = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    assert CONTACT.encode() not in data, table


def test_the_same_custodian_does_not_agree_twice(
    asked: IdentityRequest, kim: Actor, installation: Installation
) -> None:
    _agree(kim, asked, "kim", installation)
    with pytest.raises(NotPermitted):
        _agree(kim, asked, "lou", installation)


def test_two_people_with_one_key_open_nothing(
    asked: IdentityRequest, kim: Actor, lou: Actor, installation: Installation
) -> None:
    _agree(kim, asked, "kim", installation)
    with pytest.raises(Conflict):
        _agree(lou, asked, "kim", installation)
    asked.refresh_from_db()
    assert asked.state == RequestState.FIRST_AGREED


def test_a_page_from_before_the_first_agreement_still_meets_the_rules(
    asked: IdentityRequest, kim: Actor, lou: Actor, installation: Installation
) -> None:
    stale = IdentityRequest.objects.get(pk=asked.pk)
    _agree(kim, asked, "kim", installation)
    with pytest.raises(NotPermitted):
        _agree(kim, stale, "kim", installation)
    assert _agree(lou, stale, "lou", installation)


def test_nobody_decides_what_they_asked(reported: Reported, installation: Installation) -> None:
    both = hire("both", Role.SUPERVISOR, Role.LEGAL_OFFICER, Role.CUSTODIAN)
    asked = _ask(both, reported)
    assert asked not in identities.requests_visible_to(both)
    with pytest.raises(NotPermitted):
        _agree(both, asked, "kim", installation)


def test_nobody_decides_with_an_interest(asked: IdentityRequest, kim: Actor, installation: Installation) -> None:
    Declaration.objects.create(tip=asked.tip, staff_id=kim.require_staff(), has_interest=True, declared_at=clock.now())
    assert asked not in identities.requests_visible_to(kim)
    with pytest.raises(NotPermitted):
        _agree(kim, asked, "kim", installation)


def test_a_wrong_passphrase_leaves_a_trace(asked: IdentityRequest, kim: Actor, installation: Installation) -> None:
    with pytest.raises(WrongPassphrase):
        _agree(kim, asked, "kim", installation, "not the right one")
    assert _actions()[-1] == "identity.wrong_passphrase"


def test_a_refusal_is_logged_and_ends_it(
    asked: IdentityRequest, kim: Actor, lou: Actor, installation: Installation
) -> None:
    leaves = Pending.objects.count()
    _agree(kim, asked, "kim", installation)
    identities.refuse(actor=lou, request=asked, reason="The ground does not carry it.")
    asked.refresh_from_db()
    assert (asked.state, bytes(asked.half_opened)) == (RequestState.REFUSED, b"")
    assert _actions()[-1] == "identity.refused"
    assert Pending.objects.count() == leaves + 1
    with pytest.raises(Conflict):
        _agree(lou, asked, "lou", installation)


def test_a_request_runs_out(asked: IdentityRequest, kim: Actor, installation: Installation) -> None:
    _agree(kim, asked, "kim", installation)
    IdentityRequest.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    asked.refresh_from_db()
    with pytest.raises(Conflict):
        _agree(kim, asked, "kim", installation)
    assert identity_life.end_requests(actor=WORKER) == 1
    asked.refresh_from_db()
    assert (asked.state, bytes(asked.half_opened)) == (RequestState.EXPIRED, b"")


def test_an_order_defers_the_notice_until_it_ends(
    lea: Actor, kim: Actor, lou: Actor, reported: Reported, installation: Installation
) -> None:
    asked = _ask(lea, reported, Order("12/2026", clock.now().date() + timedelta(days=9)))
    _agree(kim, asked, "kim", installation)
    _agree(lou, asked, "lou", installation)
    assert (_kinds(reported), identity_life.end_requests(actor=WORKER)) == ([], 0)
    IdentityRequest.objects.update(notice_on=clock.now().date() - timedelta(days=2))
    assert (identity_life.end_requests(actor=WORKER), identity_life.end_requests(actor=WORKER)) == (1, 0)
    assert _kinds(reported) == ["notice"]


def test_an_order_without_number_or_with_a_distant_end_is_refused(lea: Actor, reported: Reported) -> None:
    for order in (Order("", clock.now().date() + timedelta(days=9)), Order("1", clock.now().date() + timedelta(500))):
        with pytest.raises(RuleBroken):
            _ask(lea, reported, order)


@pytest.mark.parametrize("role", [Role.INTAKE, Role.TRIAGE, Role.INVESTIGATOR, Role.ADMINISTRATOR])
def test_handlers_and_administrators_reach_no_identity(
    role: Role, asked: IdentityRequest, installation: Installation
) -> None:
    person = hire("person", role)
    assert not person.may(Permission.IDENTITY_REQUEST)
    with pytest.raises(NotPermitted):
        _agree(person, asked, "kim", installation)
