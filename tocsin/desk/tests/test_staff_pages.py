"""The pages about colleagues: who sees them, what they offer, and that two people are needed there too."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from tests.installation import Installation
from tests.people import Cast, hire, staff_of
from tests.stories import Reported, bring_to
from tests.visitor import Page
from tocsin.access.actors import SETUP, Actor
from tocsin.access.permissions import Role
from tocsin.desk.tests.conftest import Desk
from tocsin.ledger.models import AuditRecord
from tocsin.staffing.models import Member
from tocsin.staffing.services import register_member
from tocsin.staffing.workflow import MemberState
from tocsin.tips.workflow import State
from tocsin.ui.tests.markup import Page as Markup

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
URLCONF = "tocsin.desk.urls"


@pytest.fixture
def team(cast: Cast) -> Cast:
    for actor in (cast.ines, cast.tara, cast.ivo, cast.sam, cast.lea, cast.ada, hire("abe", Role.ADMINISTRATOR)):
        register_member(actor=SETUP, staff=staff_of(actor))
    return cast


def page_of(actor: Actor) -> str:
    return f"/staff/{Member.objects.get(staff_id=actor.require_staff()).ref}"


def test_a_newcomer_is_proposed_decided_and_comes_in(team: Cast, desk: OpenDesk) -> None:
    ada, sam = desk(team.ada), desk(team.sam)
    form = ada.get("/staff/new")
    proposed = ada.send(
        form, "/staff/new", display_name="Nora New", username="nora", roles="triage", reason="More work."
    )
    assert "Waiting for a second person" in proposed.plain
    assert "Triage officer" in proposed.plain
    assert not [form for form in proposed.forms if form.action.endswith("/approve")]
    queue = sam.get("/waiting")
    (address,) = re.findall(r'href="(/staff/\w+)"', queue.body.decode())
    shown = sam.send(sam.get(address), "/approve")
    (password,) = re.findall(r'class="tocsin-secret"[^>]*>([0-9a-f-]+)<', shown.body.decode())
    assert password not in sam.get(address).body.decode()
    nora = Desk()
    own = nora.give_password("nora", password)
    assert "Choose your own password" in own.plain
    assert (
        "Set up your second factor"
        in nora.send(own, "/own-password", password="noras own one", again="noras own one").plain
    )


def test_a_refused_form_comes_back_as_typed(team: Cast, desk: OpenDesk) -> None:
    ada = desk(team.ada)
    back = ada.send(ada.get("/staff/new"), "/staff/new", display_name="Nora", username="Nora!", reason="Because.")
    assert (back.status, back.form("/staff/new").fields["display_name"]) == (422, "Nora")
    assert "small letters" in back.plain
    assert Markup(back.body.decode()).faults == []


def test_nobody_finds_a_form_about_themselves(team: Cast, desk: OpenDesk) -> None:
    page = desk(team.ada).get(page_of(team.ada))
    assert "This is you" in page.plain
    assert not [form for form in page.forms if "/staff/" in form.action]


def test_an_inspector_sees_and_changes_nothing(team: Cast, desk: OpenDesk) -> None:
    otto = desk(hire("otto", Role.INSPECTOR))
    page = otto.get(page_of(team.ines))
    assert page.status == 200
    assert not [form for form in page.forms if "/staff/" in form.action]
    token = page.form("/sign-out").fields
    for action in ("grant", "suspend", "reset-factor", "approve"):
        answer = otto.browser.post(f"{page_of(team.ines)}/{action}", {**token, "reason": "x", "role": "triage"})
        assert answer.status_code in (403, 409)
    assert otto.browser.post("/staff/new", token).status_code == 403
    assert staff_of(team.ines).is_active


def test_a_lost_device_is_reset_by_two_and_the_person_sets_up_a_new_one(team: Cast, desk: OpenDesk) -> None:
    ada, lea = desk(team.ada), desk(team.lea)
    ada.send(ada.get(page_of(team.ines)), "/reset-factor", reason="The phone fell into the lake.")
    again = ada.get(page_of(team.ines))
    assert "Take the proposal back" in again.plain
    lea.send(lea.get(page_of(team.ines)), "/approve")
    ines = Desk()
    assert "Set up your second factor" in ines.give_password("ines").plain
    assert "The phone fell into the lake." in ada.get(page_of(team.ines)).plain


def test_suspending_takes_effect_in_the_other_browser(team: Cast, desk: OpenDesk) -> None:
    ada, ines = desk(team.ada), desk(team.ines)
    assert ines.get("/inbox").status == 200
    ada.send(ada.get(page_of(team.ines)), "/suspend", reason="Strange sign-ins.")
    assert "Sign-in name" in ines.get("/inbox").plain
    assert Member.objects.get(staff=staff_of(team.ines)).state == MemberState.SUSPENDED


def test_deciding_twice_by_double_click_gives_one_answer(team: Cast, desk: OpenDesk) -> None:
    ada, sam = desk(team.ada), desk(team.sam)
    ada.send(ada.get(page_of(team.ines)), "/grant", role="triage", reason="x")
    page = sam.get(page_of(team.ines))
    sam.send(page, "/approve")
    assert sam.send(page, "/approve").status == 409
    assert AuditRecord.objects.filter(action="member.grant").count() == 1


def test_unknown_people_and_actions_are_not_there(team: Cast, desk: OpenDesk) -> None:
    ada = desk(team.ada)
    assert ada.get("/staff/NOSUCHPERSON").status == 404
    token = ada.get("/staff").form("/sign-out").fields
    assert ada.browser.post(f"{page_of(team.ines)}/promote", token).status_code == 404


def test_the_list_costs_the_same_for_few_and_for_many(team: Cast, desk: OpenDesk) -> None:
    ada = desk(team.ada)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert ada.get("/staff").status == 200
        return len(caught)

    few = queries()
    for number in range(8):
        register_member(actor=SETUP, staff=staff_of(hire(f"person-{number}", Role.TRIAGE, Role.INTAKE)))
    assert queries() == few


def test_the_administrator_reads_no_word_of_a_report_anywhere(
    team: Cast, desk: OpenDesk, report: Callable[..., Reported], unlocked_desk: Installation
) -> None:
    unlocked_desk.unlock()
    reported = report(what="Heliotrope barrels.", contact="Mirabel Osterwind")
    bring_to(State.UNDER_VERIFICATION, reported=reported, cast=team)
    ada, names = desk(team.ada), get_resolver(URLCONF).reverse_dict
    for name in [each for each in names if isinstance(each, str)]:
        parts = {"ref": reported.ref, "action": "acknowledge"}
        path = reverse(
            name, urlconf=URLCONF, kwargs={part: parts.get(part, "x") for part in names.getlist(name)[0][0][0][1]}
        )
        for answer in (ada.browser.get(path), ada.browser.post(path)):
            shown = Page(answer)
            assert "Heliotrope" not in shown.body.decode(), name
            assert "Mirabel" not in shown.body.decode(), name
    assert ada.signed_in
