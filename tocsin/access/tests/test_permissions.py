"""The table of who may do what, held against the rules that it must never break."""

from __future__ import annotations

import pytest

from tocsin.access.models import RoleGrant
from tocsin.access.permissions import ALLOWED, NOT_FOR_STAFF, Permission, Role

P, R = Permission, Role
HANDLERS = (R.INTAKE, R.TRIAGE, R.INVESTIGATOR, R.SUPERVISOR)
# What shows, or lets somebody act on, what a reporter wrote.
CONTENT = {
    each
    for each in P
    if each.value.split(".")[0] in ("tip", "mailbox", "remit", "outcome", "feedback", "case", "person")
    or each is P.DESK_UNLOCK
}
NEVER_CONTENT = (
    R.LEGAL_OFFICER, R.AWARD_ASSESSOR, R.AWARD_APPROVER, R.PAYER, R.CUSTODIAN, R.RIGHTS_OFFICER,
    R.BIOSECURITY_OFFICER, R.PUBLISHER, R.INSPECTOR, R.ADMINISTRATOR, R.WORKER,
)  # fmt: skip


def who_may(*permissions: Permission) -> set[Role]:
    return {role for role in Role if ALLOWED[role] & set(permissions)}


def names_identity(permission: str) -> bool:
    """Whether a permission is about who a reporter is."""
    return bool({"identity", "name", "contact", "reveal"} & set(permission.replace("_", ".").split(".")))


def test_every_office_has_its_line_in_the_table() -> None:
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize("permission", Permission, ids=str)
def test_every_permission_is_allowed_to_somebody(permission: Permission) -> None:
    assert who_may(permission), f"{permission}: nobody may do this, so no code can need it."


def test_two_permissions_never_share_a_name() -> None:
    assert len({each.value for each in Permission}) == len(Permission.__members__)


@pytest.mark.parametrize("role", NEVER_CONTENT, ids=str)
def test_who_needs_no_content_reaches_none(role: Role) -> None:
    assert not ALLOWED[role] & CONTENT
    assert not [each for each in ALLOWED[role] if each.name.startswith("TIP_")]


def test_exactly_the_four_handling_offices_read_reports_and_unlock_them() -> None:
    assert who_may(P.TIP_READ) == who_may(P.TIP_LIST) == who_may(P.DESK_UNLOCK) == set(HANDLERS)


# To ask shows nothing: others allow it, others open it, and it is shown to a custodian.
ASKING = {P.IDENTITY_LIST, P.IDENTITY_REQUEST}


@pytest.mark.parametrize("role", HANDLERS, ids=str)
def test_no_handler_reaches_an_identity(role: Role) -> None:
    assert {each for each in ALLOWED[role] if names_identity(each)} <= ASKING


def test_custodians_alone_bring_keys_and_read_no_report() -> None:
    assert who_may(P.IDENTITY_AGREE) == {R.CUSTODIAN}
    assert who_may(P.IDENTITY_REQUEST) == {R.INVESTIGATOR, R.SUPERVISOR}


@pytest.mark.parametrize("role", Role, ids=str)
def test_asking_allowing_and_opening_are_three_offices(role: Role) -> None:
    assert len(ALLOWED[role] & {P.IDENTITY_REQUEST, P.IDENTITY_ALLOW, P.IDENTITY_AGREE}) <= 1


def test_the_administrator_has_no_part_in_an_identity() -> None:
    assert not [each for each in ALLOWED[R.ADMINISTRATOR] if names_identity(each)]


def test_the_search_for_identity_permissions_finds_them() -> None:
    found = ("identity.open", "tip.reveal_name", "identity_open", "tip.read_contact")
    assert all(map(names_identity, found))
    assert not any(map(names_identity, ("tip.read", "mailbox.write", "desk.enter")))


@pytest.mark.parametrize("role", Role, ids=str)
def test_only_the_offices_of_people_enter_the_desk(role: Role) -> None:
    assert (Permission.DESK_ENTER in ALLOWED[role]) is (role not in NOT_FOR_STAFF)


@pytest.mark.parametrize("role", Role, ids=str)
def test_no_single_office_both_proposes_and_decides_an_outcome(role: Role) -> None:
    assert not {P.OUTCOME_PROPOSE, P.OUTCOME_DECIDE} <= ALLOWED[role]


def test_a_mailbox_is_the_reporters_alone() -> None:
    assert who_may(P.MAILBOX_READ, P.MAILBOX_WRITE, P.TIP_WITHDRAW) == {R.REPORTER}


def test_what_was_sent_to_a_recipient_is_answered_by_the_recipient_alone() -> None:
    assert who_may(P.REFERRAL_READ, P.REFERRAL_ANSWER) == {R.RECIPIENT}
    assert ALLOWED[R.RECIPIENT] == {P.REFERRAL_READ, P.REFERRAL_ANSWER}


def test_the_ledger_is_written_and_keys_are_made_by_the_worker_alone() -> None:
    assert who_may(P.LEDGER_WRITE, P.KEYS_ROTATE) == {R.WORKER}


def test_the_public_door_can_receive_and_nothing_else() -> None:
    assert ALLOWED[R.PUBLIC_DOOR] == {P.TIP_RECEIVE}


def test_offices_of_programs_and_reporters_cannot_be_chosen_for_staff() -> None:
    assert {R.PUBLIC_DOOR, R.WORKER, R.REPORTER, R.SETUP, R.RECIPIENT} == NOT_FOR_STAFF
    choices = RoleGrant._meta.get_field("role").choices
    assert choices is not None
    assert {value for value, _label in choices} == {role.value for role in Role if role not in NOT_FOR_STAFF}
