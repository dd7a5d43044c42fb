"""A case under an order keeps everything in it; a case whose time is over says nothing any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from tests.databases import in_threads
from tests.installation import Installation, TestClock
from tests.people import Cast, hire, staff_of
from tests.stories import Reported, bring_to, case_of, send_report, waiting, write_to_staff
from tocsin.access.actors import RETENTION, WORKER, Actor
from tocsin.access.permissions import Role
from tocsin.cases import opening, outcome, persons, recipient, referral_letters, work
from tocsin.cases.ending import end_cases
from tocsin.cases.models import Case, Finding, Hearing, Person, Referral, ReferralMessage, Task
from tocsin.cases.originals import originals_of
from tocsin.cases.reading import read_case
from tocsin.cases.referral_reading import letter_of, read_referral
from tocsin.cases.tests.conftest import SANITISED, Sent, send
from tocsin.cases.tests.test_a_case import FOUND, link, now, proposal_on
from tocsin.cases.workflow import CaseState
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import mailbox, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.discarding import refuse_protected
from tocsin.tips.expiry import expire_overdue
from tocsin.tips.handoff import hand_off
from tocsin.tips.hold_steps import end_due_holds
from tocsin.tips.hold_workflow import HOLD_LIFE
from tocsin.tips.holds import ask_hold, ask_to_end_hold, decide_hold, holds_in_force, orders_in_clear
from tocsin.tips.models import LegalHold, Tip
from tocsin.tips.workflow import State
from tocsin.vault.unlocked import lock_now
from tocsin.workflow.models import Proposal, StepRecord, Voice
from tocsin.workflow.proposals import waiting_proposal

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]
ORDER, SECRET = "Court of Sample City, 17 Gs 4/31", "the lorry of the old dairy"


@pytest.fixture
def rosa(db: None) -> Actor:
    """Rights officer."""
    return hire("rosa", Role.RIGHTS_OFFICER)


def ask(actor: Actor, handle: str, *, days: int = 100) -> LegalHold:
    day = local_today() + timedelta(days=days)
    return ask_hold(actor=actor, handle=handle, order=ORDER, ends_on=day, reason="The court asked for it.")


def agree(actor: Actor, hold: LegalHold) -> LegalHold:
    proposal = waiting_proposal(life=HOLD_LIFE, subject_ref=hold.ref)
    assert proposal is not None
    return decide_hold(actor=actor, hold=hold, proposal=proposal, approve=True, reason="")


def held(cast: Cast, rosa: Actor, handle: str, *, days: int = 100) -> LegalHold:
    return agree(cast.sam, ask(rosa, handle, days=days))


@pytest.fixture
def two(tip_in: TipIn, cast: Cast) -> tuple[Case, Reported, Reported]:
    """A case with two reports."""
    first, second = tip_in(State.LINKED), tip_in(State.IN_TRIAGE)
    link(cast, case_of(first), second)
    return case_of(first), first, second


def closed(cast: Cast, case: Case, found: str = "unsubstantiated_good_faith") -> Case:
    """The case with words everywhere, decided and closed, its reporters told."""
    outcome.begin_verification(actor=cast.sam, case=now(case), legal_basis="Sample law, section 4")
    work.write_finding(actor=cast.ivo, case=now(case), found=FOUND)
    work.assign(actor=cast.sam, case=now(case), person=staff_of(cast.ivo), role="investigator")
    task = work.set_task(actor=cast.ivo, case=now(case), what=SECRET, assignee=staff_of(cast.ivo), due_on=None)
    work.finish_task(actor=cast.ivo, task=task, result=SECRET)
    ann = persons.note_person(actor=cast.ivo, case=now(case), who=SECRET, role="She drives it.")
    persons.propose_concerned(actor=cast.ivo, person=ann, reason=SECRET)
    outcome.propose_case_outcome(actor=cast.ivo, case=now(case), outcome=found, reason=SECRET)
    outcome.decide_case_proposal(
        actor=cast.sam, case=now(case), proposal=proposal_on(case), approve=True, reason=SECRET
    )
    outcome.tell_reporters(actor=cast.ines, case=now(case), text="Thank you.")
    outcome.close_case(actor=cast.sam, case=now(case), reason=SECRET)
    return now(case)


# Orders about a case


@pytest.mark.parametrize("first", ["rights officer", "supervisor"])
def test_an_order_about_a_case_marks_it_and_every_report_in_it(
    first: str, two: tuple[Case, Reported, Reported], cast: Cast, rosa: Actor
) -> None:
    case, one, other = two
    asking, deciding = (rosa, cast.sam) if first == "rights officer" else (cast.sam, rosa)
    hold = ask(asking, case.ref.lower())
    assert (now(case).legal_hold, one.tip.legal_hold) == (False, False)
    with pytest.raises(NotPermitted):
        agree(asking, hold)
    agree(deciding, hold)
    assert (now(case).legal_hold, one.tip.legal_hold, other.tip.legal_hold) == (True, True, True)
    assert AuditRecord.objects.get(action="case.hold.ask").subject == f"case:{case.ref}"
    ask_to_end_hold(actor=asking, hold=hold, reason="It is over.")
    agree(deciding, hold)
    assert (now(case).legal_hold, one.tip.legal_hold, other.tip.legal_hold) == (False, False, False)


def test_an_order_is_read_with_its_reason_by_two_offices_and_leaves_a_line(
    two: tuple[Case, Reported, Reported], cast: Cast, rosa: Actor
) -> None:
    case = two[0]
    hold = ask(rosa, case.ref)
    (line,) = orders_in_clear(cast.sam, "case", case.ref)
    assert (line.order, line.reason) == (ORDER, "The court asked for it.")
    agree(cast.sam, hold)
    (line,) = orders_in_clear(rosa, "case", case.ref)
    assert (line.order, line.reason) == (ORDER, "The court asked for it.")
    read = AuditRecord.objects.filter(action="hold.read", subject=f"case:{case.ref}")
    assert [each.actor for each in read] == [cast.sam.name, rosa.name]
    assert orders_in_clear(cast.ivo, "case", case.ref) == []
    told = str([list(model._default_manager.values()) for model in (LegalHold, Proposal, StepRecord, AuditRecord)])
    assert ORDER not in told


def test_who_has_an_interest_in_a_report_has_no_part_in_an_order_about_its_case(
    two: tuple[Case, Reported, Reported], cast: Cast, rosa: Actor
) -> None:
    case, _first, second = two
    hold = ask(rosa, case.ref)
    services.declare_interest(actor=cast.sam, tip=second.tip, has_interest=True)
    assert not holds_in_force(cast.sam).exists()
    with pytest.raises(NotPermitted):
        agree(cast.sam, hold)
    with pytest.raises(RuleBroken, match="no report or case"):
        ask(cast.sam, case.ref)
    opening.declare_interest_in_case(actor=cast.lea, case=case)
    with pytest.raises(NotPermitted):
        agree(cast.lea, hold)


def test_a_report_that_comes_into_a_held_case_is_held_and_none_leaves_it(
    tip_in: TipIn, cast: Cast, rosa: Actor
) -> None:
    first, second = tip_in(State.LINKED), tip_in(State.IN_TRIAGE)
    case = case_of(first)
    hold = ask(rosa, case.ref)
    with pytest.raises(Conflict, match="order holds this case"):
        opening.take_out_tip(actor=cast.sam, case=case, tip=first.tip, reason="Another lorry.")
    agree(cast.sam, hold)
    link(cast, now(case), second)
    assert second.tip.legal_hold
    with pytest.raises(Conflict, match="order holds this case"):
        opening.take_out_tip(actor=cast.sam, case=case, tip=second.tip, reason="Another lorry.")
    assert second.tip.in_case


def test_a_report_stays_held_while_its_own_order_or_its_cases_is_in_force(
    two: tuple[Case, Reported, Reported], cast: Cast, rosa: Actor, set_clock: Callable[..., TestClock]
) -> None:
    stopped = set_clock()
    case, first, second = two
    held(cast, rosa, case.ref, days=10)
    held(cast, rosa, first.ref, days=20)
    stopped.forward(days=11)
    assert end_due_holds(actor=WORKER) == 1
    assert (now(case).legal_hold, first.tip.legal_hold, second.tip.legal_hold) == (False, True, False)
    stopped.forward(days=10)
    end_due_holds(actor=WORKER)
    assert not first.tip.legal_hold


def test_under_an_order_neither_case_nor_report_nor_letter_ends(
    tip_in: TipIn, cast: Cast, rosa: Actor, set_clock: Callable[..., TestClock], unlocked_desk: Installation
) -> None:
    reported = tip_in(State.LINKED)
    sent = send(cast, case_of(reported), reported)
    outcome.take_back_case(actor=cast.sam, case=answered(sent).case, reason="It came.")
    case = closed_after_referral(cast, sent)
    held(cast, rosa, case.ref)
    Tip.objects.update(expires_on=local_today())
    Case.objects.update(closed_on=local_today() - timedelta(days=400))
    assert (expire_overdue(actor=WORKER), end_cases(actor=WORKER)) == (0, 0)
    assert letter_of(sent.referral).text == SANITISED
    LegalHold.objects.update(ends_on=local_today() - timedelta(days=1))
    assert (end_due_holds(actor=WORKER), expire_overdue(actor=WORKER), end_cases(actor=WORKER)) == (1, 1, 1)
    assert (reported.tip.state, now(case).state, bytes(sent.referral.letter)) == ("expired", "expired", b"")


def answered(sent: Sent) -> Sent:
    """The recipient opened it and said what they do, in words."""
    recipient.open_referral(keys=sent.keys)
    recipient.answer_referral(keys=sent.keys, disposition="taken_up", text=SECRET, attempt=new_ref())
    return sent


def closed_after_referral(cast: Cast, sent: Sent) -> Case:
    outcome.propose_case_outcome(
        actor=cast.ivo, case=sent.case, outcome="unsubstantiated_good_faith", reason="Nothing was found."
    )
    proposal = proposal_on(sent.case)
    outcome.decide_case_proposal(actor=cast.sam, case=sent.case, proposal=proposal, approve=True, reason="")
    outcome.tell_reporters(actor=cast.ines, case=sent.case, text="Thank you.")
    outcome.close_case(actor=cast.sam, case=sent.case, reason="Done.")
    return sent.case


@pytest.mark.usefixtures("shared_database")
def test_of_order_and_end_of_a_case_at_once_never_both(cast: Cast, unlocked_desk: Installation) -> None:
    rosa, reported = hire("rosa", Role.RIGHTS_OFFICER), send_report()
    bring_to(State.LINKED, reported=reported, cast=cast)
    case = closed(cast, case_of(reported))
    Tip.objects.update(expires_on=local_today())
    expire_overdue(actor=WORKER)
    Case.objects.update(closed_on=local_today() - timedelta(days=90))
    hold = ask(rosa, case.ref)
    in_threads([lambda: agree(cast.sam, hold), lambda: end_cases(actor=WORKER)])
    connection.close()
    assert (now(case).state == CaseState.EXPIRED) != now(case).legal_hold


# The end of a case


def words_in_the_rows() -> list[str]:
    """The names of the columns that still hold sealed words about cases, people and texts to others."""
    columns = (
        (Case, "about"), (Finding, "text"), (Task, "what"), (Task, "result"), (Person, "who"), (Hearing, "said"),
        (Referral, "letter"), (Referral, "copy"), (ReferralMessage, "blob"), (ReferralMessage, "copy"),
    )  # fmt: skip
    found = [f"{model.__name__}.{name}" for model, name in columns if model._default_manager.exclude(**{name: b""})]
    kinds = ("case", "person", "referral")
    found += ["StepRecord"] * StepRecord.objects.filter(subject_kind__in=kinds).exclude(reason=b"").count()
    found += ["Proposal"] * Proposal.objects.filter(subject_kind__in=kinds).exclude(payload=b"").count()
    found += ["Voice"] * Voice.objects.filter(proposal__subject_kind__in=kinds).exclude(reason=b"").count()
    return found


def test_a_case_ends_with_its_last_report_and_only_who_did_what_stays(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., TestClock], tip_in: TipIn
) -> None:
    stopped = set_clock()
    case = closed(cast, case_of(tip_in(State.LINKED)))
    steps = StepRecord.objects.filter(subject_kind="case").count()
    assert words_in_the_rows()
    leaves = Pending.objects.count()
    lock_now()
    stopped.forward(days=89)
    assert (expire_overdue(actor=WORKER), end_cases(actor=WORKER)) == (0, 0)
    assert now(case).state == CaseState.CLOSED
    stopped.forward(days=1)
    assert (expire_overdue(actor=WORKER), end_cases(actor=WORKER)) == (1, 1)
    assert (now(case).state, now(case).outcome, words_in_the_rows()) == (
        CaseState.EXPIRED, "unsubstantiated_good_faith", [],
    )  # fmt: skip
    assert StepRecord.objects.filter(subject_kind="case").count() == steps + 1
    assert AuditRecord.objects.get(action="case.expire").actor == WORKER.name
    assert Pending.objects.count() == leaves + 1, "the report alone is counted in public"
    assert Proposal.objects.get(subject_kind="person").state == "overtaken"
    unlocked_desk.unlock()
    opened = read_case(cast.sam, case.ref)
    assert (opened.title, opened.findings[0].texts, opened.tasks[0].what, opened.persons[0].who) == ("", {}, "", "")
    with pytest.raises(Conflict):
        outcome.reopen_case(actor=cast.sam, case=now(case), reason="A new witness.")
    assert end_cases(actor=WORKER) == 0


def test_a_case_lives_while_a_report_of_it_does_and_as_long_as_its_outcome_asks(
    two: tuple[Case, Reported, Reported], cast: Cast
) -> None:
    case, first, second = two
    closed(cast, case, "substantiated")
    Tip.objects.filter(ref=first.ref).update(expires_on=local_today())
    Case.objects.update(closed_on=local_today() - timedelta(days=6 * 366))
    assert (expire_overdue(actor=WORKER), end_cases(actor=WORKER)) == (1, 0), "the second report lives"
    Tip.objects.filter(ref=second.ref).update(expires_on=local_today())
    Case.objects.update(closed_on=local_today() - timedelta(days=400))
    assert (expire_overdue(actor=WORKER), end_cases(actor=WORKER)) == (1, 0), "what was confirmed is kept for years"
    Case.objects.update(closed_on=local_today() - timedelta(days=6 * 366))
    assert end_cases(actor=WORKER) == 1


def test_an_empty_case_ends_after_the_days_of_what_was_not_confirmed(tip_in: TipIn, cast: Cast) -> None:
    reported = tip_in(State.LINKED)
    case = case_of(reported)
    opening.take_out_tip(actor=cast.sam, case=case, tip=reported.tip, reason="Another lorry.")
    outcome.close_case(actor=cast.sam, case=now(case), reason="Nothing is left in it.")
    assert end_cases(actor=WORKER) == 0
    Case.objects.update(closed_on=local_today() - timedelta(days=90))
    assert end_cases(actor=WORKER) == 1
    assert reported.tip.state == State.IN_TRIAGE


def test_no_person_ends_a_case(tip_in: TipIn, cast: Cast, rosa: Actor) -> None:
    for actor in (cast.sam, cast.lea, cast.ada, cast.ivo, rosa):
        with pytest.raises(NotPermitted):
            end_cases(actor=actor)


def test_an_end_of_a_case_that_is_interrupted_did_not_happen(
    tip_in: TipIn, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("killed here")

    closed(cast, case_of(tip_in(State.LINKED)))
    Tip.objects.update(expires_on=local_today())
    expire_overdue(actor=WORKER)
    Case.objects.update(closed_on=local_today() - timedelta(days=90))
    before = rows()
    monkeypatch.setattr("tocsin.cases.ending.destroy_words", broken)
    with pytest.raises(OSError, match="killed"):
        end_cases(actor=WORKER)
    assert rows() == before
    monkeypatch.undo()
    assert end_cases(actor=WORKER) == 1


def rows() -> dict[str, list[dict[str, Any]]]:
    """A copy of the database."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


def test_a_case_with_a_destroyed_report_can_still_be_decided_and_closed(
    two: tuple[Case, Reported, Reported], cast: Cast
) -> None:
    case, first, second = two
    mailbox.withdraw(keys=second.keys)
    Tip.objects.filter(ref=second.ref).update(expires_on=local_today())
    assert expire_overdue(actor=WORKER) == 1
    assert closed(cast, case).state == CaseState.CLOSED
    assert (first.tip.state, second.tip.state) == (State.CLOSED, State.EXPIRED)
    outcome.reopen_case(actor=cast.sam, case=now(case), reason="A new witness.")
    assert (first.tip.state, second.tip.state) == (State.LINKED, State.EXPIRED)


# What hangs on a report elsewhere


def test_what_was_passed_on_goes_with_the_last_report_that_it_quotes(
    two: tuple[Case, Reported, Reported], cast: Cast
) -> None:
    case, first, second = two
    sent = answered(send(cast, case, first, second))
    referral_letters.reply_to_recipient(actor=cast.sam, referral=sent.referral, text="Thank you.", looked=[])
    Tip.objects.filter(ref=first.ref).update(state=State.CLOSED, expires_on=local_today())
    assert expire_overdue(actor=WORKER) == 1
    assert letter_of(sent.referral).text == SANITISED
    assert not recipient.open_referral(keys=sent.keys).has_ended
    Tip.objects.filter(ref=second.ref).update(state=State.CLOSED, expires_on=local_today())
    assert expire_overdue(actor=WORKER) == 1
    stored = sent.referral
    assert (bytes(stored.letter), bytes(stored.copy)) == (b"", b"")
    assert not ReferralMessage.objects.exclude(blob=b"", copy=b"").exists()
    assert not StepRecord.objects.filter(subject_kind="referral").exclude(reason=b"").exists()
    assert recipient.open_referral(keys=sent.keys).has_ended
    line = AuditRecord.objects.get(action="referral.empty")
    assert (line.actor, line.subject) == (RETENTION.name, f"referral:{sent.ref}")
    opened = read_referral(cast.sam, sent.ref)
    assert (opened.letter.text, [message.text for message in opened.messages]) == ("", ["", ""])
    with pytest.raises(Conflict):
        referral_letters.reply_to_recipient(actor=cast.sam, referral=stored, text="More.", looked=[])


def test_a_refused_report_takes_along_what_was_written_of_it(tip_in: TipIn, cast: Cast) -> None:
    reported = tip_in(State.LINKED)
    case = case_of(reported)
    sent = send(cast, case, reported)
    opening.take_out_tip(actor=cast.sam, case=case, tip=reported.tip, reason="It is a protest.")
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    assert reported.tip.destroyed_on
    assert bytes(sent.referral.letter) == b""


def test_messages_of_the_reporter_are_read_beside_a_text_that_goes_out(tip_in: TipIn, cast: Cast) -> None:
    reported = tip_in(State.LINKED)
    write_to_staff(reported, "They came back at night.")
    (original,) = originals_of(cast.ivo, case_of(reported))
    assert list(original.messages) == ["They came back at night."]


@pytest.mark.parametrize("how", ["hand over", "a program suggested it"])
def test_a_report_that_becomes_urgent_makes_its_case_urgent(how: str, tip_in: TipIn, cast: Cast) -> None:
    reported = tip_in(State.LINKED)
    if how == "hand over":
        hand_off(actor=cast.tara, tip=reported.tip, body="000-0001", said="Somebody is locked in.")
    else:
        services.confirm_urgent(actor=cast.tara, tip=reported.tip, reason="Somebody is locked in.")
    assert case_of(reported).urgent


def test_a_refused_proposal_about_a_report_of_a_held_case_destroys_nothing(
    tip_in: TipIn, cast: Cast, rosa: Actor
) -> None:
    reported = tip_in(State.IN_TRIAGE)
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger.")
    refuse_protected(actor=cast.tara, tip=reported.tip, ground="0")
    held(cast, rosa, reported.ref)
    with pytest.raises(Conflict, match="order forbids"):
        services.decide_proposal(
            actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=True, reason=""
        )
