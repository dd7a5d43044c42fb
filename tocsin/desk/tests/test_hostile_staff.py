"""Staff who try what is not theirs: every role, every action, every state. Refused with a page, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from tests.installation import Installation, TestClock
from tests.people import Cast, come_in, hire
from tests.stories import Reported, send_report, waiting
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import NOT_FOR_STAFF, Role
from tocsin.common import clock
from tocsin.desk.screens import tip as tip_screen
from tocsin.desk.tip_actions import BY_NAME
from tocsin.ledger.models import AuditRecord
from tocsin.tips import reading, services
from tocsin.tips.workflow import TIP_LIFE, State

pytestmark = pytest.mark.django_db
REFUSALS = {403, 404, 409, 422}
R, S = Role, State
OPEN = set(State) - {S.CLOSED, S.WITHDRAWN, S.EXPIRED}
READERS = {R.INTAKE, R.TRIAGE, R.INVESTIGATOR, R.SUPERVISOR}
WITH_TEXT = set(State) - {S.EXPIRED}

# Who may press what, and where: written down a second time on purpose, so that a change of the rules shows here.
MAY: dict[str, tuple[set[Role], set[State]]] = {
    "acknowledge": ({R.INTAKE, R.TRIAGE}, {S.RECEIVED}),
    "flag-urgent": ({R.INTAKE, R.TRIAGE}, OPEN),
    "dictate": ({R.INTAKE}, set(S) - {S.WITHDRAWN, S.EXPIRED}),
    "begin-triage": ({R.TRIAGE}, {S.ACKNOWLEDGED}),
    "ask": ({R.TRIAGE, R.INVESTIGATOR}, {S.IN_TRIAGE, S.LINKED, S.UNDER_VERIFICATION, S.REFERRED}),
    "resume": ({R.TRIAGE}, {S.NEED_INFO}),
    "start-verification": ({R.SUPERVISOR}, {S.IN_TRIAGE}),
    "propose-outcome": ({R.INVESTIGATOR}, {S.UNDER_VERIFICATION}),
    "confirm-urgent": ({R.INTAKE, R.TRIAGE}, OPEN),
    "hand-off": ({R.INTAKE, R.TRIAGE}, OPEN),
    "refuse-remit": ({R.TRIAGE}, {S.IN_TRIAGE}),
    "refuse-protected": ({R.TRIAGE}, {S.IN_TRIAGE}),
    "keep-longer": ({R.SUPERVISOR}, {S.CLOSED}),
    "lift-interest": (set(), set()),  # nobody declared any on these tips
    "declare-interest": (READERS, set(State)),
    "add-note": (READERS, WITH_TEXT),
    "correct-note": (set(), set()),  # there is no note of theirs
    "give-feedback": ({R.INTAKE}, {S.OUTCOME_SET}),
    "close": ({R.SUPERVISOR}, {S.FEEDBACK_GIVEN}),
    "reopen": ({R.SUPERVISOR}, {S.CLOSED}),
    "extend-feedback": (set(), set()),  # a date out of bounds was typed; see the tests of clocks
    "approve": (set(), set()),  # nothing waits on these tips; see the tests of proposals below
    "refuse": (set(), set()),
    "step-aside": (set(), set()),
}


@pytest.fixture(autouse=True)
def everybody_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may read has given a reason: these tests are about what is decided, ``test_why`` is about reading."""
    for module in (reading, tip_screen):
        monkeypatch.setattr(module, "may_read", lambda _actor, _tip: True)


STAFF_ROLES = [role for role in Role if role not in NOT_FOR_STAFF]
TYPED = {
    "text": "Typed by somebody who must not.",
    "reason": "Typed by somebody who must not.",
    "interest": "no",
    "sure": "yes",
    "door": "4",
    "ground": "0",
    "body": "000-0001",
    "said": "Typed by somebody who must not.",
    "staff": "1",
    "note": "NOSUCHNOTE",
    "version": "1",
    "until": (clock.now() + timedelta(days=60)).date().isoformat(),
    "proposal": "NOSUCHPROPOSAL",
}


OF_SIGNING_IN = ("sessions.Session", "access.DeskSession", "access.SignInRecord")


def stored() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but the log of readings and the sessions."""
    models = [model for model in apps.get_models() if model._meta.label not in ("ledger.AuditRecord", *OF_SIGNING_IN)]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def decisions() -> list[str]:
    """The lines of the audit log that are no readings."""
    readings = ("tip.read", "inbox.read", "sign-in", "tip.replies_read")
    return list(AuditRecord.objects.exclude(action__in=readings).order_by("id").values_list("action", flat=True))


def browser_of(actor: Actor) -> Client:
    """A browser of a person who has signed in; form checks are another test's matter."""
    browser = Client(raise_request_exception=False)
    come_in(browser, actor)
    return browser


def press(browser: Client, reported: Reported, action: str, **typed: str) -> Page:
    outcome = "not_within_remit" if action == "refuse-remit" else "substantiated"
    return Page(browser.post(f"/tips/{reported.ref}/{action}", {**TYPED, "outcome": outcome, **typed}))


def test_the_table_above_knows_every_action_and_every_role() -> None:
    assert set(MAY) == set(BY_NAME)
    assert {role for roles, _states in MAY.values() for role in roles} < set(STAFF_ROLES)
    assert len(STAFF_ROLES) >= 14


@pytest.mark.parametrize("state", State)
def test_no_role_can_do_what_is_not_its_own_in_any_state(
    state: State, tip_in: Callable[[State], Reported], desk_door: Installation
) -> None:
    reported = tip_in(state)
    people = {role: hire(f"only-{role}", role) for role in STAFF_ROLES}
    browsers = {role: browser_of(actor) for role, actor in people.items()}
    before, decided, tried = stored(), decisions(), 0
    for action, (roles, states) in MAY.items():
        for role in STAFF_ROLES:
            if role in roles and state in states:
                continue
            page = press(browsers[role], reported, action)
            assert page.status in REFUSALS, f"{role} may {action} in {state}"
            assert "<h1" in page.body.decode(), f"{role} {action}: no page"
            tried += 1
    assert tried > 150
    assert stored() == before
    assert decisions() == decided


@pytest.mark.parametrize("action", [name for name, (roles, _states) in MAY.items() if roles])
def test_the_table_above_is_not_too_strict(
    action: str, tip_in: Callable[[State], Reported], desk_door: Installation
) -> None:
    roles, states = MAY[action]
    for role in sorted(roles):
        browser = browser_of(hire(f"only-{role}", role))
        for state in sorted(states):
            reported = tip_in(state)
            assert press(browser, reported, action).status == 302, f"{role} may not {action} in {state}"


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_somebody_without_a_right_to_the_list_finds_no_tip_by_guessing_its_handle(
    role: Role, reported: Reported, unlocked_desk: Installation, desk_door: Installation
) -> None:
    browser = browser_of(hire("somebody", role))
    page, nobody = Page(browser.get(f"/tips/{reported.ref}")), Page(browser.get("/tips/BCDFBCDFBCDFBCDFBCDF"))
    reads = role in (R.INTAKE, R.TRIAGE, R.INVESTIGATOR, R.SUPERVISOR)
    assert (page.status, nobody.status) == ((200, 404) if reads else (403, 403))
    if not reads:
        assert page.plain == nobody.plain
        assert "cages" not in page.plain


@pytest.fixture
def proposed(cast: Cast, tip_in: Callable[[State], Reported], desk_door: Installation) -> tuple[Reported, Reported]:
    """Two tips on which ivo has proposed an outcome."""
    both = tip_in(State.UNDER_VERIFICATION), tip_in(State.UNDER_VERIFICATION)
    for reported in both:
        services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="The cages.")
    return both


Decide = Callable[..., Page]


@pytest.fixture(params=["approve", "refuse"])
def decide(request: pytest.FixtureRequest) -> Decide:
    """``decide(who, tip, proposal)`` presses the button with this proposal's handle."""

    def pressed(who: Actor, reported: Reported, proposal: str, **typed: str) -> Page:
        return press(browser_of(who), reported, request.param, proposal=proposal, **typed)

    return pressed


def assert_unchanged_by(decide: Callable[[], Page], *statuses: int) -> None:
    before, decided = stored(), decisions()
    page = decide()
    assert page.status in statuses
    assert stored() == before
    assert decisions() == decided


@pytest.mark.parametrize("role", [role for role in STAFF_ROLES if role is not Role.SUPERVISOR])
def test_no_other_role_decides_a_proposal(role: Role, proposed: tuple[Reported, Reported], decide: Decide) -> None:
    reported, who = proposed[0], hire("somebody", role)
    assert_unchanged_by(lambda: decide(who, reported, waiting(reported.tip).ref), 403)


def test_a_proposal_of_another_tip_decides_nothing(
    cast: Cast, proposed: tuple[Reported, Reported], decide: Decide
) -> None:
    here, there = proposed
    assert_unchanged_by(lambda: decide(cast.sam, here, waiting(there.tip).ref), 409)
    bare = send_report("Without a proposal.")
    assert_unchanged_by(lambda: decide(cast.sam, bare, waiting(there.tip).ref), 409)


@pytest.mark.parametrize("made_up", ["", "x", "NOSUCHPROPOSAL", "1", "\x00", "' OR 1=1 --", "é" * 5000])
def test_a_made_up_proposal_decides_nothing(
    made_up: str, cast: Cast, proposed: tuple[Reported, Reported], decide: Decide
) -> None:
    assert_unchanged_by(lambda: decide(cast.sam, proposed[0], made_up), 409)


def test_nobody_decides_what_they_proposed_whatever_other_office_they_hold(
    tip_in: Callable[[State], Reported], desk_door: Installation, decide: Decide
) -> None:
    both = hire("two-offices", Role.INVESTIGATOR, Role.SUPERVISOR)
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=both, tip=reported.tip, outcome="substantiated", reason="Seen by myself.")
    assert_unchanged_by(lambda: decide(both, reported, waiting(reported.tip).ref), 403)


def test_an_expired_proposal_decides_nothing(
    cast: Cast, proposed: tuple[Reported, Reported], decide: Decide, set_clock: Callable[..., TestClock]
) -> None:
    ref = waiting(proposed[0].tip).ref
    set_clock().forward(days=15)
    assert_unchanged_by(lambda: decide(cast.sam, proposed[0], ref), 409)


def test_a_decided_proposal_is_not_decided_again(
    cast: Cast, proposed: tuple[Reported, Reported], decide: Decide
) -> None:
    reported = proposed[0]
    proposal = waiting(reported.tip)
    services.decide_proposal(actor=cast.sam, tip=reported.tip, proposal=proposal, approve=False, reason="No.")
    assert_unchanged_by(lambda: decide(cast.lea, reported, proposal.ref), 409)


def test_a_supervisor_with_an_interest_does_not_find_the_proposal(
    cast: Cast, proposed: tuple[Reported, Reported], decide: Decide
) -> None:
    reported = proposed[0]
    services.declare_interest(actor=cast.sam, tip=reported.tip, has_interest=True)
    assert_unchanged_by(lambda: decide(cast.sam, reported, waiting(reported.tip).ref), 404)


def test_somebody_who_was_let_go_decides_nothing_with_an_open_browser(
    cast: Cast, proposed: tuple[Reported, Reported]
) -> None:
    reported, browser = proposed[0], browser_of(cast.sam)
    Staff.objects.filter(pk=cast.sam.require_staff()).update(is_active=False)
    before = stored()
    page = press(browser, reported, "approve", proposal=waiting(reported.tip).ref)
    assert page.status == 403
    assert "signed out" in page.plain
    assert stored() == before


@pytest.mark.parametrize(
    "typed",
    [
        {"outcome": "withdrawn"},
        {"outcome": ""},
        {"outcome": "substantiated\x00"},
        {"outcome": "refused_protected_activity"},
        {"reason": ""},
        {"reason": " \n\t"},
        {"reason": "x" * 30_000},
    ],
    ids=ascii,
)
def test_a_proposal_with_a_made_up_outcome_or_without_a_reason_is_refused(
    typed: dict[str, str], cast: Cast, tip_in: Callable[[State], Reported], desk_door: Installation
) -> None:
    reported, browser = tip_in(State.UNDER_VERIFICATION), browser_of(cast.ivo)
    assert_unchanged_by(lambda: press(browser, reported, "propose-outcome", **typed), 422)


def test_fields_that_no_form_has_set_nothing(
    cast: Cast, tip_in: Callable[[State], Reported], desk_door: Installation
) -> None:
    reported, browser = tip_in(State.IN_TRIAGE), browser_of(cast.tara)
    sly = {"state": "closed", "urgent": "1", "ref": "X", "actor": "staff:1", "approval": "x", "changes": "{}"}
    assert press(browser, reported, "ask", **sly).status == 302
    tip = reported.tip
    assert (tip.state, tip.urgent, tip.outcome) == (State.NEED_INFO, False, "")
    assert TIP_LIFE.step("ask").target == State.NEED_INFO


def test_a_person_without_any_office_sees_one_page_and_no_report(
    reported: Reported, unlocked_desk: Installation, desk_door: Installation
) -> None:
    browser = browser_of(hire("nobody-yet"))
    for path in ("/", "/inbox", "/ledger", "/unlock", f"/tips/{reported.ref}"):
        page = Page(browser.get(path))
        assert page.status == 403, path
        assert "cages" not in page.plain
