"""Every office against every address of the desk: a new address without a line in this table fails.

The table is written by hand on purpose: it is what somebody decided, and both the marks on the views and real requests
are held against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver, reverse

from tests.installation import Installation
from tests.people import hire
from tests.stories import Reported
from tocsin.access.permissions import ALLOWED, NOT_FOR_STAFF, Role
from tocsin.desk.tests.test_hostile_staff import browser_of
from tocsin.tips.workflow import State

R = Role
URLCONF = "tocsin.desk.urls"
STAFF = frozenset(Role) - NOT_FOR_STAFF
HANDLERS = frozenset({R.INTAKE, R.TRIAGE, R.INVESTIGATOR, R.SUPERVISOR})
WATCHERS = HANDLERS | {R.ADMINISTRATOR, R.INSPECTOR}
ASKERS = frozenset({R.INVESTIGATOR, R.SUPERVISOR})
HAVE_A_PART = ASKERS | {R.LEGAL_OFFICER, R.RIGHTS_OFFICER, R.CUSTODIAN, R.INSPECTOR}
KEEP_KEYS = frozenset({R.CUSTODIAN, R.RIGHTS_OFFICER, R.ADMINISTRATOR, R.INSPECTOR})
STRANGERS = frozenset({"alive", "sign-in", "sign-in-with-passkey", "stop-sign-in", "demo-codes", "language"})
HALF_WAY = frozenset({"second-factor", "own-password", "enrol", "enrol-app", "enrol-passkey"})  # the password was right
ENDING = {"sign-out", "lock", "end-sessions"}

# Name of the address → who may come in. What a person may do there is the services' decision.
MAY_ENTER: dict[str, frozenset[Role]] = {
    "home": STAFF,
    "sign-out": STAFF,
    "lock": STAFF,
    "waiting": STAFF,
    "unlock": HANDLERS,
    "inbox": HANDLERS,
    "inbox-lists": HANDLERS,
    "filter-save": HANDLERS,
    "filter-remove": HANDLERS,
    "keys": STAFF,
    "why": HANDLERS,
    "tip": HANDLERS,
    "tip-file": HANDLERS,
    "tip-act": HANDLERS,
    "tip-case": HANDLERS,
    "cases": HANDLERS,
    "case": HANDLERS,
    "case-act": HANDLERS,
    "case-person": HANDLERS,
    "case-person-act": HANDLERS,
    "holds": frozenset({R.SUPERVISOR, R.RIGHTS_OFFICER}),
    "hold": frozenset({R.SUPERVISOR, R.RIGHTS_OFFICER}),
    "hold-act": frozenset({R.SUPERVISOR, R.RIGHTS_OFFICER}),
    "ending": frozenset({R.SUPERVISOR}),
    "call": frozenset({R.INTAKE}),
    "visit": frozenset({R.INTAKE}),
    "letter": frozenset({R.INTAKE}),
    "written-down": frozenset({R.INTAKE}),
    "ledger": WATCHERS,
    "identity-ask": ASKERS,
    "identities": HAVE_A_PART,
    "identity": HAVE_A_PART,
    "identity-act": HAVE_A_PART,
    "identity-open": frozenset({R.CUSTODIAN}),
    "custodians": KEEP_KEYS,
    "custodian": KEEP_KEYS,
    "custodian-act": KEEP_KEYS,
    "overview": frozenset({R.SUPERVISOR}),
    "notices": STAFF,
    "notices-read": STAFF,
    "case-refer": ASKERS,
    "case-referrals": HANDLERS,
    "case-correct": frozenset({R.SUPERVISOR}),
    "referrals": frozenset({R.SUPERVISOR}),
    "referral": HANDLERS,
    "referral-draft": ASKERS,
    "referral-act": ASKERS,
    "your-sign-in": STAFF,
    "confirm": STAFF,
    "add-app": STAFF,
    "add-passkey": STAFF,
    "remove-factor": STAFF,
    "recovery-codes": STAFF,
    "password": STAFF,
    "end-sessions": STAFF,
    "sign-in-log": frozenset({R.ADMINISTRATOR, R.INSPECTOR}),
    "staff": frozenset({R.ADMINISTRATOR, R.SUPERVISOR, R.INSPECTOR}),
    "staff-new": frozenset({R.ADMINISTRATOR}),
    "staff-member": frozenset({R.ADMINISTRATOR, R.SUPERVISOR, R.INSPECTOR}),
    "staff-act": frozenset({R.ADMINISTRATOR, R.SUPERVISOR, R.INSPECTOR}),
}
PATTERNS: Any = get_resolver(URLCONF).reverse_dict
NAMES = sorted(name for name in PATTERNS if isinstance(name, str))


def views() -> dict[str, Any]:
    patterns: list[Any] = get_resolver(URLCONF).url_patterns
    return {pattern.name: pattern.callback for pattern in patterns}


def test_every_address_has_its_line_and_every_line_its_address() -> None:
    assert set(MAY_ENTER) | STRANGERS | HALF_WAY == set(NAMES), (
        f"without a decision: {sorted(set(NAMES) - set(MAY_ENTER) - STRANGERS - HALF_WAY)}; "
        f"lines about nothing: {sorted(set(MAY_ENTER) | STRANGERS - set(NAMES))}"
    )


@pytest.mark.parametrize("name", sorted(MAY_ENTER))
def test_the_marks_on_a_view_let_in_whom_the_table_lets_in(name: str) -> None:
    needed = set(views()[name].needs)
    assert {role for role in STAFF if needed <= ALLOWED[role]} == MAY_ENTER[name]


def test_no_address_shows_a_report_to_an_office_that_needs_none() -> None:
    for name in ("tip", "case", "case-person", "inbox", "cases"):
        assert not MAY_ENTER[name] & {R.ADMINISTRATOR, R.PAYER, R.CUSTODIAN, R.INSPECTOR, R.PUBLISHER}


def test_the_one_address_that_shows_an_identity_is_a_custodians_and_nobody_elses() -> None:
    assert MAY_ENTER["identity-open"] == {R.CUSTODIAN}


@pytest.mark.django_db
@pytest.mark.parametrize("role", sorted(STAFF))
def test_real_requests_of_an_office_end_as_the_table_says(
    role: Role, tip_in: Callable[[State], Reported], desk_door: Installation
) -> None:
    reported = tip_in(State.IN_TRIAGE)
    browser = browser_of(hire(f"only-{role.value}", role))
    for name, roles in MAY_ENTER.items():
        if name in ENDING:
            continue  # for everybody, and they end what this test needs
        known = {"ref": reported.ref, "action": "acknowledge"}
        parts = {part: known.get(part, "x") for part in PATTERNS.getlist(name)[0][0][0][1]}
        path = reverse(name, urlconf=URLCONF, kwargs=parts)
        looked, sent = browser.get(path).status_code, browser.post(path).status_code
        if role in roles:  # what is sent may be refused by a service all the same
            assert looked != 403, f"{name} keeps {role} out"
        else:
            assert {looked, sent} <= {403, 405}, f"{name} answers {looked} and {sent} to {role}"
