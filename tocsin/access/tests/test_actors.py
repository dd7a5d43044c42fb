"""Whoever acts: names for the log, the office under which something is done, and refusal as the usual case."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.access.actors import PUBLIC_DOOR, REPORTER, WORKER, Actor, ActorKind
from tocsin.access.permissions import ALLOWED, NOT_FOR_STAFF, Permission, Role
from tocsin.common.errors import NotPermitted

OFFICES = st.frozensets(st.sampled_from(list(Role)))
PERMISSIONS = st.sampled_from(list(Permission))
PROGRAMS = (PUBLIC_DOOR, WORKER)


def staff(*roles: Role, ref: str = "12") -> Actor:
    return Actor(ActorKind.STAFF, ref, frozenset(roles))


def test_the_audit_log_calls_staff_by_number_programs_by_name_and_reporters_by_nothing() -> None:
    assert staff().name == "staff:12"
    assert WORKER.name == "program:worker"
    assert PUBLIC_DOOR.name == "program:public-door"
    assert REPORTER.name == "reporter"
    assert REPORTER.ref == "", "a reporter has no handle that could be written down"


def test_only_staff_have_a_number() -> None:
    assert staff(ref="7").staff_id == staff(ref="7").require_staff() == 7
    for actor in (REPORTER, *PROGRAMS):
        assert actor.staff_id is None
        with pytest.raises(NotPermitted, match="Only a member of staff"):
            actor.require_staff()


@given(roles=OFFICES, permission=PERMISSIONS)
def test_something_is_done_under_the_first_office_that_allows_it(
    roles: frozenset[Role], permission: Permission
) -> None:
    actor = staff(*roles)
    fitting = [role for role in Role if role in roles and permission in ALLOWED[role]]
    assert actor.may(permission) is bool(fitting)
    if fitting:
        assert actor.role_for(permission) is fitting[0]
        actor.require(permission)
    else:
        for ask in (actor.role_for, actor.require):
            with pytest.raises(NotPermitted, match="Nothing was changed"):
                ask(permission)


def test_the_order_of_offices_is_that_of_the_table_and_not_of_the_grants() -> None:
    both = staff(Role.SUPERVISOR, Role.TRIAGE)
    assert both.role_for(Permission.REMIT_CONFIRM) is Role.TRIAGE
    assert staff(Role.TRIAGE, Role.SUPERVISOR).role_for(Permission.REMIT_CONFIRM) is Role.TRIAGE
    assert both.role_for(Permission.TIP_CLOSE) is Role.SUPERVISOR


@given(permission=PERMISSIONS)
def test_who_holds_no_office_may_do_nothing(permission: Permission) -> None:
    nobody = staff()
    assert not nobody.may(permission)
    with pytest.raises(NotPermitted):
        nobody.require(permission)


@given(roles=OFFICES, more=OFFICES, permission=PERMISSIONS)
def test_one_more_office_takes_no_right_away(
    roles: frozenset[Role], more: frozenset[Role], permission: Permission
) -> None:
    if staff(*roles).may(permission):
        assert staff(*roles, *more).may(permission)


@pytest.mark.parametrize(
    ("actor", "role"), [(REPORTER, Role.REPORTER), (PUBLIC_DOOR, Role.PUBLIC_DOOR), (WORKER, Role.WORKER)]
)
def test_programs_and_reporters_hold_their_own_office_and_no_other(actor: Actor, role: Role) -> None:
    assert actor.roles == {role} <= NOT_FOR_STAFF
    assert {permission for permission in Permission if actor.may(permission)} == ALLOWED[role]


def test_an_actor_cannot_be_given_offices_on_the_way() -> None:
    actor = staff(Role.INTAKE)
    for name, value in {"roles": frozenset(Role), "ref": "1", "kind": ActorKind.PROGRAM}.items():
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(actor, name, value)


def test_there_is_no_actor_without_a_kind_a_ref_and_offices() -> None:
    assert not [each.name for each in dataclasses.fields(Actor) if each.default is not dataclasses.MISSING]
    assert not [each.name for each in dataclasses.fields(Actor) if each.default_factory is not dataclasses.MISSING]
