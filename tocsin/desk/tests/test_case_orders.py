"""Orders about a case on the desk, and a case whose time is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.people import Cast, hire
from tests.stories import Reported, case_of
from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.cases.ending import end_cases
from tocsin.cases.models import Case
from tocsin.cases.workflow import CaseState
from tocsin.desk.tests.conftest import Desk
from tocsin.tips.deadlines import local_today
from tocsin.tips.expiry import expire_overdue
from tocsin.tips.holds import ask_hold
from tocsin.tips.models import LegalHold, Tip
from tocsin.tips.workflow import State
from tocsin.vault.unlocked import lock_now

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
TipIn = Callable[[State], Reported]


@pytest.fixture
def rosa(db: None) -> Actor:
    """Rights officer."""
    return hire("rosa", Role.RIGHTS_OFFICER)


def ordered(actor: Actor, case: Case, number: str = "17 Gs 4/31") -> LegalHold:
    day = local_today() + timedelta(days=50)
    return ask_hold(actor=actor, handle=case.ref, order=number, ends_on=day, reason="The court asked for it.")


def test_a_supervisor_asks_from_the_page_of_a_case_and_a_rights_officer_agrees(
    desk: OpenDesk, cast: Cast, rosa: Actor, tip_in: TipIn
) -> None:
    reported = tip_in(State.LINKED)
    case, sam = case_of(reported), desk(cast.sam)
    page = sam.get(f"/cases/{case.ref}")
    assert f'href="/holds?about={case.ref}"' in page.body.decode()
    form = sam.get(f"/holds?about={case.ref}")
    assert form.form("/holds").fields["handle"] == case.ref
    day = (local_today() + timedelta(days=50)).isoformat()
    typed = {"order": "17 Gs 4/31", "ends_on": day, "reason": "The court asked for it."}
    asked = sam.send(form, "/holds", **typed)
    assert f"Case {case.ref[:4]}" in asked.plain
    assert f'href="/cases/{case.ref}"' in asked.body.decode()
    sam.send(form, "/holds", **typed)
    assert LegalHold.objects.count() == 1, "sending the same page again asks for nothing new"
    officer, ref = desk(rosa), LegalHold.objects.get().ref
    shown = officer.get(f"/holds/{ref}")
    assert f"/cases/{case.ref}" not in shown.body.decode(), "a rights officer does not reach the case"
    assert "In force" in officer.send(shown, "/approve").plain
    page = sam.get(f"/cases/{case.ref}")
    for word in ("Legal hold", "17 Gs 4/31", "The court asked for it.", "In force"):
        assert word in page.plain
    assert "Put under a legal hold" in page.plain, "the history of the case says so"
    assert "Take out of the case" not in page.plain
    assert "Legal hold" in sam.get(f"/tips/{reported.ref}").plain
    assert "Put under a legal hold" in sam.get(f"/tips/{reported.ref}").plain


def test_others_see_the_mark_and_not_the_order(desk: OpenDesk, cast: Cast, rosa: Actor, tip_in: TipIn) -> None:
    case = case_of(tip_in(State.LINKED))
    ordered(rosa, case)
    Case.objects.update(legal_hold=True)
    page = desk(cast.ivo).get(f"/cases/{case.ref}").plain
    assert "Legal hold" in page
    assert "17 Gs" not in page
    assert "The court asked" not in page
    assert "Ask for a legal hold" not in page
    lock_now()
    locked = desk(cast.sam).get(f"/cases/{case.ref}").plain
    assert "Legal hold" in locked
    assert "17 Gs" not in locked


def test_the_page_costs_the_same_with_one_order_and_with_many(
    desk: OpenDesk, cast: Cast, rosa: Actor, tip_in: TipIn
) -> None:
    case, sam = case_of(tip_in(State.LINKED)), desk(cast.sam)
    ordered(rosa, case)

    def cost() -> int:
        with CaptureQueriesContext(connection) as told:
            assert sam.get(f"/cases/{case.ref}").status == 200
        return len(told)

    cost()
    once = cost()
    for number in range(6):
        ordered(rosa, case, f"{number} Gs")
    assert cost() == once


def test_a_destroyed_case_says_so_and_offers_nothing(desk: OpenDesk, cast: Cast, tip_in: TipIn) -> None:
    case = case_of(tip_in(State.LINKED))
    Tip.objects.update(state=State.CLOSED, ended_on=local_today(), expires_on=local_today())
    Case.objects.update(state=CaseState.CLOSED, closed_on=local_today() - timedelta(days=400))
    assert (expire_overdue(actor=WORKER), end_cases(actor=WORKER)) == (1, 1)
    sam = desk(cast.sam)
    page = sam.get(f"/cases/{case.ref}")
    assert "Its time is over." in page.plain
    assert "Destroyed case" in page.plain
    assert "What you can do" not in page.plain
    assert "Destroy: its time is over" in page.plain
    assert case.ref not in sam.get("/cases").body.decode()
    assert f"/cases/{case.ref}" in sam.get("/cases?state=expired").body.decode()
    lock_now()
    assert "Its time is over." in desk(cast.sam).get(f"/cases/{case.ref}").plain
