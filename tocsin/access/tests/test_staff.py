"""Adding staff and giving offices: what is refused, what is stored, what is written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.installation import TestClock
from tests.people import PASSWORD, hire, staff_of
from tocsin.access import services
from tocsin.access.actors import Actor
from tocsin.access.models import Factor, RoleGrant, Staff
from tocsin.access.permissions import NOT_FOR_STAFF, Permission, Role
from tocsin.access.services import add_staff, grant_role
from tocsin.access.sessions import begin_session, end_session
from tocsin.common.errors import RuleBroken
from tocsin.ledger.models import AuditRecord

pytestmark = pytest.mark.django_db


def add(username: str = "kim", password: str = PASSWORD, *roles: Role) -> Staff:
    return add_staff(by="program:init", username=username, display_name="Kim", password=password, roles=roles)


def everything() -> tuple[int, int, int]:
    """How many people, offices and lines of the audit log there are."""
    return Staff.objects.count(), RoleGrant.objects.count(), AuditRecord.objects.count()


def test_whoever_is_added_holds_exactly_the_offices_named() -> None:
    kim = add("kim", PASSWORD, Role.INTAKE, Role.TRIAGE)
    assert kim.as_actor().roles == {Role.INTAKE, Role.TRIAGE}
    assert kim.is_active
    assert (kim.as_actor().name, str(kim)) == (f"staff:{kim.pk}", "Kim")
    assert add("lou").as_actor().roles == frozenset()


def test_a_password_is_stored_as_a_hash_only() -> None:
    stored = Staff.objects.get(pk=add().pk)
    assert PASSWORD not in stored.password
    assert stored.check_password(PASSWORD)
    assert not stored.check_password(PASSWORD + " ")


def test_a_taken_name_is_refused_and_its_owner_keeps_the_password(ines: Actor) -> None:
    before = everything()
    with pytest.raises(RuleBroken, match="already somebody") as refused:
        add("ines", "another good password", Role.ADMINISTRATOR)
    assert refused.value.status == 422
    assert everything() == before
    assert staff_of(ines).check_password(PASSWORD)
    assert staff_of(ines).as_actor().roles == {Role.INTAKE}


@pytest.mark.parametrize("weak", ["", "elevenchars", "83749287348927", "administrator"])
def test_a_weak_password_is_refused_with_the_reason_and_not_repeated(weak: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        add("kim", weak)
    assert str(refused.value).endswith(".")
    assert not weak or weak not in str(refused.value)
    assert everything() == (0, 0, 0)


@pytest.mark.parametrize("role", sorted(NOT_FOR_STAFF), ids=str)
def test_offices_of_programs_and_reporters_are_not_given_to_staff(role: Role, ines: Actor) -> None:
    before = everything()
    with pytest.raises(RuleBroken, match="cannot be given to staff"):
        grant_role(by="program:tests", staff=staff_of(ines), role=role)
    with pytest.raises(RuleBroken, match="cannot be given to staff"):
        add("kim", PASSWORD, Role.INTAKE, role)
    assert everything() == before, "somebody was added by halves"


def test_the_same_office_twice_changes_nothing(ines: Actor, set_clock: Callable[..., TestClock]) -> None:
    set_clock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    staff = staff_of(ines)
    grant_role(by="staff:1", staff=staff, role=Role.TRIAGE)
    before = everything()
    set_clock(datetime(2026, 4, 2, 9, 30, tzinfo=UTC))
    grant_role(by="staff:2", staff=staff, role=Role.TRIAGE)
    assert everything() == before
    grant = RoleGrant.objects.get(staff=staff, role=Role.TRIAGE)
    assert (grant.granted_by, grant.granted_at) == ("staff:1", datetime(2026, 3, 2, 9, 30, tzinfo=UTC))


def test_the_log_says_who_was_added_and_which_offices_by_whom() -> None:
    kim = add("kim", PASSWORD, Role.INTAKE, Role.TRIAGE)
    lines = AuditRecord.objects.order_by("id").values_list("actor", "action", "subject", "detail")
    assert list(lines) == [
        ("program:init", "role.grant", f"staff:{kim.pk}", {"role": "intake"}),
        ("program:init", "role.grant", f"staff:{kim.pk}", {"role": "triage"}),
        ("program:init", "staff.add", f"staff:{kim.pk}", {}),
    ]


def give(staff: Staff) -> None:
    grant_role(by="program:tests", staff=staff, role=Role.TRIAGE)


@pytest.mark.parametrize("act", [lambda _ines: add("kim"), give], ids=["add", "grant"])
def test_what_leaves_no_trace_is_not_done(
    act: Callable[[Staff], object], ines: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise OSError("no trace can be written")

    before = everything()
    monkeypatch.setattr(services, "record_audit", broken)
    with pytest.raises(OSError, match="no trace"):
        act(staff_of(ines))
    assert everything() == before


def test_the_database_itself_keeps_one_grant_for_each_office_of_a_person(ines: Actor) -> None:
    grant = RoleGrant.objects.get()
    again = RoleGrant(staff=grant.staff, role=grant.role, granted_at=grant.granted_at, granted_by="somebody")
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()
    again.role = Role.TRIAGE.value
    again.save()


def test_the_database_itself_keeps_one_person_for_each_name(ines: Actor) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Staff.objects.create_staff("ines", "Another Ines", PASSWORD)


def test_a_new_member_of_staff_comes_without_offices_and_active() -> None:
    kim = Staff.objects.create_staff("kim", "Kim", PASSWORD)
    assert (kim.username, kim.display_name, kim.is_active) == ("kim", "Kim", True)
    assert kim.has_usable_password()
    assert Staff.objects.get(username="kim").as_actor().roles == frozenset()


def test_who_has_left_holds_no_office_whatever_was_granted(sam: Actor) -> None:
    staff = staff_of(sam)
    staff.is_active = False
    gone = staff.as_actor()
    assert gone.roles == frozenset()
    assert gone.name == sam.name
    assert not [permission for permission in Permission if gone.may(permission)]


def test_there_is_no_superuser_and_no_way_round_the_table() -> None:
    names = {"is_superuser", "is_staff", "user_permissions", "groups", "has_perm", "create_superuser"}
    assert not [name for name in names if hasattr(Staff, name) or hasattr(Staff.objects, name)]


def test_the_log_says_when_somebody_signs_out() -> None:
    kim = hire("kim", Role.INTAKE)
    begin_session(actor=kim, key="kims-browser", factor=Factor.PASSKEY)
    end_session(actor=kim, key="kims-browser")
    line = AuditRecord.objects.get(action="sign-out")
    assert (line.actor, line.subject) == (kim.name, "")
