"""The case on the desk: every form on it, who sees it, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation, TestClock
from tests.people import Cast, staff_of
from tests.stories import Reported, case_of, incoming
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.cases import opening, outcome, persons, work
from tocsin.cases.models import Assignment, Case, Finding, Person, Task
from tocsin.cases.tests.test_a_case import FOUND, link
from tocsin.cases.workflow import CaseState
from tocsin.common.errors import Conflict
from tocsin.desk.case_actions import BY_NAME
from tocsin.desk.tests.conftest import Desk
from tocsin.intake import services as intake
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.deadlines import local_today
from tocsin.tips.workflow import State
from tocsin.vault import unlocked

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
TipIn = Callable[[State], Reported]


@pytest.fixture
def case(tip_in: TipIn, cast: Cast) -> Case:
    """A case with one tip."""
    return case_of(tip_in(State.LINKED))


def press(browser: Desk, case: Case, action: str, **typed: str) -> Page:
    return browser.send(browser.get(f"/cases/{case.ref}"), f"/{action}", **typed)


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def test_a_case_is_opened_from_the_page_of_a_report(tip_in: TipIn, cast: Cast, desk: OpenDesk) -> None:
    reported, browser = tip_in(State.IN_TRIAGE), desk(cast.tara)
    page = browser.get(f"/tips/{reported.ref}")
    assert f'href="/tips/{reported.ref}/case"' in page.body.decode()
    form = browser.get(f"/tips/{reported.ref}/case")
    refused = browser.send(form, "/case", way="new", title=" ", reason="More will come.")
    assert refused.status == 422
    assert "Give the case a title." in refused.plain
    assert "More will come." in refused.plain, "what was typed is still there"
    opened = browser.send(form, "/case", way="new", title="The old dairy", reason="More will come.")
    assert "The old dairy" in opened.plain
    assert case_of(reported).state == CaseState.OPEN
    assert "In the case" in browser.get(f"/tips/{reported.ref}").plain


def test_a_second_report_is_put_in_by_two(case: Case, tip_in: TipIn, cast: Cast, desk: OpenDesk) -> None:
    second, browser = tip_in(State.IN_TRIAGE), desk(cast.tara)
    form = browser.get(f"/tips/{second.ref}/case")
    assert "The old dairy" in form.plain
    for chosen in ("", "nothing", "A" * 20):
        assert "Choose a case." in browser.send(form, "/case", way="link", case=chosen, reason="Same lorry.").plain
    page = browser.send(form, "/case", way="link", case=case.ref, reason="The same lorry.")
    assert "Put into a case – The old dairy" in page.plain
    other = desk(cast.sam)
    done = other.send(other.get(f"/tips/{second.ref}"), "/approve")
    assert "You approved the proposal." in done.plain
    assert second.tip.in_case
    assert case_of(second) == case


def test_every_form_of_a_case_does_its_work(case: Case, cast: Cast, desk: OpenDesk) -> None:
    sam, ivo, ines = desk(cast.sam), desk(cast.ivo), desk(cast.ines)
    press(sam, case, "rename", title="The dairy by the river", summary="Cages at night.")
    press(sam, case, "assign", person=cast.ivo.ref, part="lead")
    press(sam, case, "set-task", what="Ask the register.", assignee=cast.ivo.ref, due_on="")
    press(sam, case, "begin-verification", reason="Sample law, section 4")
    assert now(case).state == CaseState.UNDER_VERIFICATION
    found = {"checked": "The register", "result": "Let in March.", "source": "Register", "bearing": "supports"}
    press(ivo, case, "write-finding", reliability="A", credibility="1", independent="yes", **found)
    press(ivo, case, "note-person", who="The tenant", role="Has the key")
    task, person = Task.objects.get(), Person.objects.get()
    ivo.browser.post(
        f"/cases/{case.ref}/finish-task",
        {**ivo.get(f"/cases/{case.ref}").form("/finish-task").fields, "task": task.ref, "result": "They answered."},
    )
    press(ivo, case, "propose-outcome", outcome="substantiated", reason="The cages were found.")
    done = sam.send(sam.get(f"/cases/{case.ref}"), "/approve")
    assert "You approved the proposal." in done.plain
    press(ines, case, "tell-reporters", text="What you saw was right.")
    page = press(sam, case, "close", reason="Done.")
    assert now(case).state == CaseState.CLOSED
    for told in ("The dairy by the river", "Cages at night.", "They answered.", "Let in March.", "The tenant", "Done."):
        assert told in page.plain
    assert person.state == "mentioned"
    assert Assignment.objects.get().role == "lead"
    press(sam, case, "reopen", reason="A new witness.")
    assert now(case).state == CaseState.OPEN


def test_a_person_is_concerned_heard_and_taken_out_on_screens(case: Case, cast: Cast, desk: OpenDesk) -> None:
    sam, ivo = desk(cast.sam), desk(cast.ivo)
    press(sam, case, "begin-verification", reason="Law")
    press(ivo, case, "note-person", who="The tenant", role="Has the key")
    path = f"/case-people/{Person.objects.get().ref}"
    refused = ivo.send(ivo.get(path), "/propose-concerned", reason="He has the key.")
    assert "One report is not enough" in refused.plain
    work.write_finding(actor=cast.ivo, case=now(case), found=FOUND)
    ivo.send(ivo.get(path), "/propose-concerned", reason="The register names him.")
    assert "The register names him." in sam.get(path).plain
    sam.send(sam.get(path), "/approve")
    assert "Not heard yet" in sam.get(path).plain
    late = (local_today() + timedelta(days=400)).isoformat()
    assert "within 180 days" in sam.send(sam.get(path), "/defer-hearing", until=late, reason="He runs.").plain
    assert "This is not a day." in sam.send(sam.get(path), "/defer-hearing", until="soon", reason="He runs.").plain
    ivo.send(ivo.get(path), "/hear", kind="spoken", held_on=local_today().isoformat(), said="He denies it.")
    assert "He denies it." in sam.get(path).plain
    sam.send(sam.get(path), "/clear", reason="A namesake.")
    gone = sam.send(sam.get(path), "/expunge", reason="A namesake.")
    assert "Taken out" in gone.plain
    assert "The tenant" not in gone.plain
    assert "He denies it." not in sam.get(path).plain, "what was said is destroyed everywhere"


def test_while_the_desk_is_locked_a_case_shows_nothing_that_was_written(case: Case, cast: Cast, desk: OpenDesk) -> None:
    browser = desk(cast.sam)
    unlocked.lock_now()
    page, listed = browser.get(f"/cases/{case.ref}"), browser.get("/cases")
    for each in (page, listed):
        assert "The old dairy" not in each.plain
        assert "locked" in each.plain or "sealed" in each.plain
    assert browser.get(f"/tips/{case.members.get().tip.ref}/case").status == 200


def test_days_and_times_are_those_of_the_office(
    tip_in: TipIn, cast: Cast, desk: OpenDesk, set_clock: Callable[..., TestClock]
) -> None:
    set_clock(datetime(2031, 3, 3, 17, 30, tzinfo=UTC))  # half past one on the fourth in Shanghai
    case = case_of(tip_in(State.LINKED))
    outcome.begin_verification(actor=cast.sam, case=case, legal_basis="Law")
    page = desk(cast.sam).get(f"/cases/{case.ref}").plain
    assert "4 March 2031, 01:30" in page
    assert "3 March 2031" not in page


def test_reading_a_case_is_written_down(case: Case, cast: Cast, desk: OpenDesk) -> None:
    desk(cast.sam).get(f"/cases/{case.ref}")
    line = AuditRecord.objects.get(action="case.read")
    assert (line.actor, line.subject) == (cast.sam.name, f"case:{case.ref}")
    assert line.detail == {"tips": case.members.get().tip.ref}


def test_an_interest_closes_the_case_at_once(case: Case, cast: Cast, desk: OpenDesk) -> None:
    browser = desk(cast.ivo)
    assert "Tick the box" in press(browser, case, "declare-interest").plain
    page = press(browser, case, "declare-interest", sure="yes")
    assert "The old dairy" not in page.plain
    assert browser.get(f"/cases/{case.ref}").status == 404


def test_an_administrator_sees_no_case(case: Case, cast: Cast, desk: OpenDesk, desk_door: Installation) -> None:
    browser = desk(cast.ada)
    for path in ("/cases", f"/cases/{case.ref}"):
        assert browser.get(path).status == 403
    for action in BY_NAME:
        assert browser.browser.post(f"/cases/{case.ref}/{action}", {}).status_code == 403


def test_an_unknown_action_and_an_unknown_case_are_not_found(case: Case, cast: Cast, desk: OpenDesk) -> None:
    browser = desk(cast.sam)
    fields = browser.get(f"/cases/{case.ref}").form("/rename").fields
    assert browser.browser.post(f"/cases/{case.ref}/nothing", fields).status_code == 404
    for ref in ("A" * 20, "x", "%00"):
        assert browser.get(f"/cases/{ref}").status == 404
        assert browser.get(f"/case-people/{ref}").status == 404


def test_a_page_from_before_changes_nothing(case: Case, tip_in: TipIn, cast: Cast, desk: OpenDesk) -> None:
    second, browser = tip_in(State.IN_TRIAGE), desk(cast.sam)
    link(cast, case, second)
    fields = browser.get(f"/cases/{case.ref}").form("/take-out").fields
    told = {**fields, "tip": second.ref, "reason": "Another lorry."}
    codes = [browser.browser.post(f"/cases/{case.ref}/take-out", told).status_code for _again in range(2)]
    assert codes == [302, 409]
    assert not second.tip.in_case


def test_two_reports_may_get_outcomes_of_their_own(case: Case, tip_in: TipIn, cast: Cast, desk: OpenDesk) -> None:
    second, ivo, sam = tip_in(State.IN_TRIAGE), desk(cast.ivo), desk(cast.sam)
    link(cast, case, second)
    press(sam, case, "begin-verification", reason="Law")
    told = {"outcome": "unsubstantiated_good_faith", "reason": "Nothing.", f"tip-{second.ref}": "already_known"}
    page = press(ivo, case, "propose-outcome", **told)
    assert "Already known" in page.plain
    sam.send(sam.get(f"/cases/{case.ref}"), "/approve")
    assert second.tip.outcome == "already_known"


def test_a_case_page_costs_the_same_queries_for_few_and_for_many(
    case: Case, tip_in: TipIn, cast: Cast, desk: OpenDesk
) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(path).status == 200
        return len(caught)

    def one_more_of_everything() -> None:
        second = tip_in(State.IN_TRIAGE)
        intake.add_files(keys=second.keys, files=[incoming(second.ref.encode())])
        link(cast, case, second)
        work.write_finding(actor=cast.ivo, case=now(case), found=FOUND)
        work.set_task(actor=cast.sam, case=case, what="Ask.", assignee=person.staff, due_on=None)
        persons.note_person(actor=cast.ivo, case=now(case), who="Somebody", role="")

    browser = desk(cast.sam)
    person = work.assign(actor=cast.sam, case=case, person=staff_of(cast.ivo), role="lead")
    one_more_of_everything()
    few = queries(f"/cases/{case.ref}"), queries("/cases")
    for _again in range(3):
        one_more_of_everything()
        opening.open_case(actor=cast.tara, tip=tip_in(State.IN_TRIAGE).tip, title="Another", reason="Another.")
    assert (queries(f"/cases/{case.ref}"), queries("/cases")) == few
    assert Finding.objects.count() == 4


def test_hostile_text_is_shown_as_text(case: Case, cast: Cast, desk: OpenDesk) -> None:
    browser = desk(cast.sam)
    page = press(browser, case, "rename", title="<script>alert(1)</script>", summary="{{ 7|add:7 }} <img src=x>")
    assert b"<script>alert" not in page.body
    assert b"<img" not in page.body
    long = press(browser, case, "rename", title="x" * 121, summary="")
    assert "longer than 120 characters" in long.plain


def test_the_tip_of_a_case_cannot_be_decided_past_it(case: Case, cast: Cast, desk: OpenDesk) -> None:
    tip = case.members.get().tip
    press(desk(cast.sam), case, "begin-verification", reason="Law")
    assert "Propose an outcome" not in desk(cast.ivo).get(f"/tips/{tip.ref}").plain
    with pytest.raises(Conflict, match="another step"):
        services.propose_outcome(actor=cast.ivo, tip=tip, outcome="substantiated", reason="Past the case.")
