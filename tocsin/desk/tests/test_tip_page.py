"""The page of one tip: what it shows to whom, and every button on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.installation import Installation
from tests.people import Cast
from tests.stories import bring_to, say_why, send_report, waiting, write_to_staff
from tests.visitor import Page
from tocsin.access.actors import Actor
from tocsin.access.permissions import ALLOWED, Role
from tocsin.desk.tests.conftest import Desk
from tocsin.desk.tip_actions import ACTIONS, actions_for
from tocsin.ledger.models import AuditRecord
from tocsin.tips import mailbox, services
from tocsin.tips.content import Particulars
from tocsin.tips.workflow import TIP_LIFE, State
from tocsin.vault import unlocked
from tocsin.workflow.proposals import waiting_proposal

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]


BESIDE = {"declare-interest", "add-note"}  # offered to everybody who reads, in every state


def offered(page: Page) -> set[str]:
    """What takes the tip further, without what everybody may do at any time."""
    return {form.action.rsplit("/", 1)[1] for form in page.forms if form.action.startswith("/tips/")} - BESIDE


def test_reading_a_tip_shows_what_was_written_and_leaves_a_trace(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    told = send_report("A lorry without plates.", where="Old dairy", contact="Mia, number 7")
    page = desk(ines).get(f"/tips/{told.ref}")
    assert "A lorry without plates." in page.plain
    assert "Old dairy" in page.plain
    assert "Mia" not in page.plain
    assert "only two custodians together can open it" in page.plain
    assert AuditRecord.objects.filter(action="tip.read", subject=f"tip:{told.ref}", actor=ines.name).exists()


def test_what_the_reporter_told_beside_the_story_reaches_staff(
    desk: OpenDesk, ines: Actor, unlocked_desk: Installation
) -> None:
    before = send_report("The first report.")
    told = send_report(
        flags=("protection", "second_hand"),
        particulars=Particulars(mode="anonymous_with_token", earlier=before.ref, award="yes"),
    )
    page = desk(ines).get(f"/tips/{told.ref}")
    assert "Danger" in page.plain
    assert "Somebody may be in danger" in page.plain
    assert "The reporter heard it from somebody else." in page.plain
    assert "Without my name, but with a chance of an award" in page.plain
    assert "Asks for an award" in page.plain
    assert f'href="/tips/{before.ref}"' in page.body.decode()
    assert "Beside the story" not in desk(ines).get(f"/tips/{before.ref}").plain


def test_a_locked_desk_shows_dates_and_no_words(desk: OpenDesk, ines: Actor, installation: Installation) -> None:
    told = send_report("A lorry without plates.")
    page = desk(ines).get(f"/tips/{told.ref}")
    assert page.status == 200
    assert "lorry" not in page.plain
    assert offered(page) == set()
    assert not AuditRecord.objects.filter(action="tip.read").exists()


def test_each_person_is_offered_what_their_role_allows_and_nothing_else(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    address = f"/tips/{told.ref}"
    for outside in (cast.tara, cast.ivo):
        say_why(outside, told)
    assert offered(desk(cast.ines).get(address)) == {"acknowledge", "flag-urgent", "hand-off", "dictate"}
    assert offered(desk(cast.tara).get(address)) == {"acknowledge", "flag-urgent", "hand-off"}
    assert offered(desk(cast.ivo).get(address)) == set()
    bring_to(State.IN_TRIAGE, reported=told, cast=cast)
    assert offered(desk(cast.tara).get(address)) == {
        *("ask", "refuse-remit", "refuse-protected", "flag-urgent", "hand-off")
    }
    assert offered(desk(cast.sam).get(address)) == {"start-verification", "extend-feedback"}


def test_the_whole_road_can_be_walked_by_buttons(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    address = f"/tips/{told.ref}"

    def press(who: Actor, name: str, **typed: str) -> Page:
        browser = desk(who)
        page = browser.send(browser.get(address), f"/{name}", **typed)
        assert page.status == 200, page.plain
        return page

    press(cast.ines, "acknowledge")
    press(cast.tara, "begin-triage", interest="no")
    press(cast.tara, "ask", text="On which day?")
    write_to_staff(told, "On Monday.")
    assert "On Monday." in desk(cast.tara).get(address).plain
    press(cast.sam, "start-verification", reason="Section 4")
    press(cast.ivo, "lists", do="take")
    press(cast.ivo, "propose-outcome", outcome="substantiated", reason="We found the cages.")
    press(cast.sam, "approve")
    press(cast.ines, "give-feedback", text="You were right. Thank you.")
    press(cast.sam, "close", reason="Dealt with.")
    assert told.tip.state == State.CLOSED
    press(cast.sam, "reopen", reason="A new fact.")
    assert (told.tip.state, told.tip.outcome) == (State.IN_TRIAGE, "")


def test_the_proposer_is_not_offered_the_decision_and_cannot_force_it(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    services.flag_urgent(actor=cast.ines, tip=told.tip, reason="Danger.")
    bring_to(State.FEEDBACK_GIVEN, reported=told, cast=cast)
    services.close(actor=cast.sam, tip=told.tip, reason="Dealt with.")
    browser = desk(cast.sam)
    page = browser.get(f"/tips/{told.ref}")
    assert "approve" not in offered(page)
    token = page.form("/sign-out").fields["csrfmiddlewaretoken"]
    forced = browser.browser.post(
        f"/tips/{told.ref}/approve", {"csrfmiddlewaretoken": token, "proposal": waiting(told.tip).ref}
    )
    assert forced.status_code == 403
    assert told.tip.state == State.FEEDBACK_GIVEN
    other = desk(cast.lea)
    other.send(other.get(f"/tips/{told.ref}"), "/approve")
    assert told.tip.state == State.CLOSED


def test_refusing_needs_a_reason_and_keeps_what_was_typed_elsewhere(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    bring_to(State.UNDER_VERIFICATION, reported=told, cast=cast)
    services.propose_outcome(actor=cast.ivo, tip=told.tip, outcome="already_known", reason="Known since May.")
    browser = desk(cast.sam)
    page = browser.send(browser.get(f"/tips/{told.ref}"), "/refuse", reason="  ")
    assert page.status == 422
    assert waiting_proposal(life=TIP_LIFE, subject_ref=told.ref) is not None
    browser.send(page, "/refuse", reason="Show me the earlier report.")
    assert waiting_proposal(life=TIP_LIFE, subject_ref=told.ref) is None
    assert told.tip.state == State.UNDER_VERIFICATION


def test_what_was_typed_comes_back_when_a_rule_is_broken(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    bring_to(State.UNDER_VERIFICATION, reported=told, cast=cast)
    browser = desk(cast.ivo)
    page = browser.send(
        browser.get(f"/tips/{told.ref}"), "/propose-outcome", outcome="made_up", reason="A long reason typed by hand."
    )
    assert page.status == 422
    assert page.form("/propose-outcome").fields["reason"] == "A long reason typed by hand."


def test_two_people_at_once_the_second_is_told(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    browser = desk(cast.ines)
    page = browser.get(f"/tips/{told.ref}")
    services.acknowledge(actor=cast.tara, tip=told.tip)
    answer = browser.send(page, "/acknowledge")
    assert answer.status == 409
    assert "changed in the meantime" in answer.plain


def test_declaring_an_interest_shuts_the_person_out(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    bring_to(State.ACKNOWLEDGED, reported=told, cast=cast)
    browser = desk(cast.tara)
    silent = browser.send(browser.get(f"/tips/{told.ref}"), "/begin-triage")
    assert silent.status == 422
    page = browser.send(silent, "/begin-triage", interest="yes")
    assert "Inbox" in page.plain
    assert told.tip.state == State.ACKNOWLEDGED
    assert browser.get(f"/tips/{told.ref}").status == 404


def test_locking_in_the_middle_refuses_the_step(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    browser = desk(cast.ines)
    page = browser.get(f"/tips/{told.ref}")
    unlocked.lock_now()
    answer = browser.send(page, "/acknowledge")
    assert answer.status == 409
    assert "locked" in answer.plain
    assert told.tip.state == State.RECEIVED


def test_opening_a_tip_marks_its_replies_as_read(desk: OpenDesk, cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    write_to_staff(told, "One more thing.")
    browser = desk(cast.ines)
    assert "New reply" in browser.get("/inbox").plain
    browser.get(f"/tips/{told.ref}")
    assert "New reply" not in browser.get("/inbox").plain


def test_a_withdrawn_unread_tip_shows_that_its_text_is_gone(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    mailbox.withdraw(keys=told.keys)
    say_why(cast.ines, told)
    page = desk(cast.ines).get(f"/tips/{told.ref}")
    assert page.status == 200
    assert "Its text was destroyed" in page.plain


def test_an_unknown_tip_and_an_unknown_action_are_not_found(
    desk: OpenDesk, cast: Cast, unlocked_desk: Installation
) -> None:
    told = send_report()
    browser = desk(cast.ines)
    assert browser.get("/tips/NOSUCHTIP").status == 404
    token = browser.get("/inbox").form("/sign-out").fields["csrfmiddlewaretoken"]
    assert browser.browser.post(f"/tips/{told.ref}/explode", {"csrfmiddlewaretoken": token}).status_code == 404


def test_every_step_of_staff_has_a_button() -> None:
    others = ALLOWED[Role.REPORTER] | ALLOWED[Role.WORKER]
    by_staff = {step.name for step in TIP_LIFE.steps if step.needs not in others}
    with_the_case = {"open_case", "link", "unlink", "share"} | {name for name in by_staff if name.startswith("case_")}
    assert {step.name for action in ACTIONS for step in action.steps} == by_staff - with_the_case


def test_the_buttons_agree_with_what_the_services_allow(cast: Cast, unlocked_desk: Installation) -> None:
    told = send_report()
    for state in (State.RECEIVED, State.ACKNOWLEDGED):
        if told.tip.state != state:
            services.acknowledge(actor=cast.ines, tip=told.tip)
        for actor in (cast.ines, cast.tara, cast.ivo, cast.sam, cast.ada):
            names = {action.name for action in actions_for(actor, told.tip)}
            may = {step.name for step in TIP_LIFE.open_from(state) if not step.four_eyes and actor.may(step.needs)}
            may -= {"confirm_urgent", "open_case", "unlink"}  # offered elsewhere on the page, or on another one
            assert names == {name.replace("_", "-") for name in may}
