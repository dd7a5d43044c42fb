"""What staff do with a tip, one service at a time: what is refused, what is written to whom, what is left undone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.installation import Installation
from tests.people import Cast, hire
from tests.stories import Reported, send_report, waiting, write_to_staff
from tocsin.access.actors import Actor
from tocsin.access.permissions import Role
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import services, taking
from tocsin.tips.content import message_place
from tocsin.tips.models import Declaration, Tip, TipMessage
from tocsin.tips.selectors import open_reason, read_tip
from tocsin.tips.taking import LONGEST_MESSAGE
from tocsin.tips.workflow import REMIT_OUTCOMES, VERIFIED_OUTCOMES, Outcome, State
from tocsin.vault.opening import CannotOpen, open_message
from tocsin.workflow.models import Proposal, StepRecord, Voice

pytestmark = pytest.mark.django_db
TipIn = Callable[[State], Reported]
NOTHING = ["", "  \n", "\x00\x07"]
TOO_LONG = "x" * (LONGEST_MESSAGE + 1)


def stored() -> tuple[int, ...]:
    """How many rows each kind of trace has; nothing may be added by what is refused."""
    return tuple(
        table.objects.count() for table in (StepRecord, AuditRecord, Pending, Proposal, TipMessage, Declaration)
    )


def refused(kind: type[RuleBroken], act: Callable[[], object], reported: Reported, match: str = ".") -> None:
    before, row = stored(), Tip.objects.filter(ref=reported.ref).values().get()
    with pytest.raises(kind, match=match) as caught:
        act()
    assert type(caught.value) is kind
    assert (stored(), Tip.objects.filter(ref=reported.ref).values().get()) == (before, row)


# Own interests


def test_taking_a_tip_into_triage_declares_that_there_is_no_interest(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    services.begin_triage(actor=cast.tara, tip=reported.tip, has_interest=False)
    declared = Declaration.objects.get()
    assert (declared.tip, declared.staff_id, declared.has_interest) == (reported.tip, cast.tara.staff_id, False)


def test_a_declaration_without_its_step_is_not_kept(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    other = hire("other", Role.TRIAGE)
    refused(Conflict, lambda: services.begin_triage(actor=other, tip=reported.tip, has_interest=False), reported)


def test_only_triage_declares_by_taking_a_tip_into_triage(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    for actor in (cast.ines, cast.sam, cast.ada):
        for interest in (True, False):
            declare = partial(services.begin_triage, actor=actor, tip=reported.tip, has_interest=interest)
            refused(NotPermitted, declare, reported)


def test_who_reads_no_tips_declares_nothing_and_marks_nothing(ada: Actor, reported: Reported) -> None:
    refused(NotPermitted, lambda: services.declare_interest(actor=ada, tip=reported.tip, has_interest=True), reported)
    refused(NotPermitted, lambda: services.mark_replies_read(actor=ada, tip=reported.tip), reported)


# Messages


def test_a_message_opens_for_the_reporter_and_the_unit_and_for_nobody_else(
    cast: Cast, tip_in: TipIn, installation: Installation
) -> None:
    reported, stranger = tip_in(State.IN_TRIAGE), send_report()
    services.ask_reporter(actor=cast.tara, tip=reported.tip, text="  On which\r\nday?\x00 ")
    message = TipMessage.objects.get()
    blob, place = bytes(message.blob), message_place(message.ref)
    for private in (reported.keys.mail_private, installation.unit_private):
        assert open_message(private, blob, place) == b"On which\nday?"
    for private in (stranger.keys.mail_private, installation.custodian_private("kim")):
        with pytest.raises(CannotOpen):
            open_message(private, blob, place)
    assert (message.kind, message.staff_id) == ("question", cast.tara.staff_id)
    assert (message.written_hour.minute, message.written_hour.second, message.written_hour.microsecond) == (0, 0, 0)


@pytest.mark.parametrize("text", [*NOTHING, TOO_LONG], ids=["empty", "white", "controls", "too long"])
def test_no_question_and_no_answer_without_words(text: str, cast: Cast, tip_in: TipIn) -> None:
    asked, decided = tip_in(State.IN_TRIAGE), tip_in(State.OUTCOME_SET)
    refused(RuleBroken, lambda: services.ask_reporter(actor=cast.tara, tip=asked.tip, text=text), asked)
    refused(RuleBroken, lambda: services.give_feedback(actor=cast.ines, tip=decided.tip, text=text), decided)


def test_the_longest_answer_that_is_allowed_arrives_whole(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.OUTCOME_SET)
    services.give_feedback(actor=cast.ines, tip=reported.tip, text="é" * LONGEST_MESSAGE)
    told = read_tip(cast.ines, reported.ref).messages[-1]
    assert (told.kind, told.text) == ("feedback", "é" * LONGEST_MESSAGE)


def test_a_step_whose_message_cannot_be_sealed_is_not_taken(
    cast: Cast, tip_in: TipIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuleBroken("no randomness")

    asked, checked, decided = tip_in(State.IN_TRIAGE), tip_in(State.UNDER_VERIFICATION), tip_in(State.OUTCOME_SET)
    monkeypatch.setattr(services, "seal_message", broken)
    refused(RuleBroken, lambda: services.ask_reporter(actor=cast.tara, tip=asked.tip, text="?"), asked)
    refused(RuleBroken, lambda: services.ask_reporter(actor=cast.tara, tip=checked.tip, text="?"), checked)
    refused(RuleBroken, lambda: services.give_feedback(actor=cast.ines, tip=decided.tip, text="!"), decided)


def test_who_may_not_take_the_step_writes_nothing_into_the_mailbox(cast: Cast, tip_in: TipIn) -> None:
    asked, decided = tip_in(State.IN_TRIAGE), tip_in(State.OUTCOME_SET)
    refused(NotPermitted, lambda: services.ask_reporter(actor=cast.ines, tip=asked.tip, text="?"), asked)
    refused(NotPermitted, lambda: services.give_feedback(actor=cast.sam, tip=decided.tip, text="!"), decided)


def test_replies_are_marked_as_read_once(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    for text in ("One.", "Two."):
        write_to_staff(reported, text)
    assert reported.tip.unread_replies == 2
    for _ in range(2):
        services.mark_replies_read(actor=cast.ines, tip=reported.tip)
    assert reported.tip.unread_replies == 0
    line = AuditRecord.objects.get(action="tip.replies_read")
    assert (line.actor, line.role, line.subject) == (cast.ines.name, "intake", f"tip:{reported.ref}")


# Reasons


@pytest.mark.parametrize("reason", NOTHING, ids=["empty", "white", "controls"])
def test_a_reason_that_nobody_can_see_is_no_reason(reason: str, cast: Cast, tip_in: TipIn) -> None:
    new, triage, asked = tip_in(State.RECEIVED), tip_in(State.IN_TRIAGE), tip_in(State.NEED_INFO)
    told, done, checked = tip_in(State.FEEDBACK_GIVEN), tip_in(State.CLOSED), tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=checked.tip, outcome="substantiated", reason="Seen.")
    acts: list[tuple[Reported, Callable[[], object]]] = [
        (new, lambda: services.flag_urgent(actor=cast.ines, tip=new.tip, reason=reason)),
        (triage, lambda: services.start_verification(actor=cast.sam, tip=triage.tip, legal_basis=reason)),
        (triage, lambda: refuse(cast.tara, triage, reason)),
        (asked, lambda: services.resume_triage(actor=cast.tara, tip=asked.tip, reason=reason)),
        (told, lambda: services.close(actor=cast.sam, tip=told.tip, reason=reason)),
        (done, lambda: services.reopen(actor=cast.sam, tip=done.tip, reason=reason)),
        (checked, lambda: decide(cast.sam, checked, False, reason)),
    ]
    for reported, act in acts:
        refused(RuleBroken, act, reported, match="Write down")


def test_a_reason_is_kept_as_it_was_written_and_has_an_end(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.FEEDBACK_GIVEN)
    refused(RuleBroken, lambda: services.close(actor=cast.sam, tip=reported.tip, reason=TOO_LONG), reported, "too long")
    services.close(actor=cast.sam, tip=reported.tip, reason=" Dealt\r\nwith \x00– 完 ")
    assert read_tip(cast.sam, reported.ref).history[-1].reason == "Dealt\nwith – 完"


# Outcomes and two people


def refuse(actor: Actor, reported: Reported, reason: str = "Not ours.", outcome: str = "not_within_remit") -> object:
    return services.refuse_remit(actor=actor, tip=reported.tip, outcome=outcome, reason=reason)


def decide(actor: Actor, reported: Reported, approve: bool, reason: str = "") -> Tip:
    proposal = waiting(reported.tip)
    return services.decide_proposal(actor=actor, tip=reported.tip, proposal=proposal, approve=approve, reason=reason)


@pytest.mark.parametrize("outcome", [*sorted(set(Outcome) - set(VERIFIED_OUTCOMES)), "", "knowingly_false", "\x00"])
def test_only_what_checking_can_find_is_proposed(outcome: str, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    refused(
        RuleBroken,
        lambda: services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome=outcome, reason="Seen."),
        reported,
    )


@pytest.mark.parametrize("outcome", [*sorted(set(Outcome) - REMIT_OUTCOMES), "", "knowingly_false"])
def test_only_two_outcomes_end_a_tip_before_it_is_checked(outcome: str, cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    refused(RuleBroken, lambda: refuse(cast.tara, reported, outcome=outcome), reported)


@pytest.mark.parametrize("outcome", sorted(REMIT_OUTCOMES))
def test_triage_alone_says_of_a_calm_tip_that_it_is_not_for_this_office(
    outcome: str, cast: Cast, tip_in: TipIn
) -> None:
    reported = tip_in(State.IN_TRIAGE)
    refuse(cast.tara, reported, outcome=outcome)
    assert (reported.tip.state, reported.tip.outcome) == (State.OUTCOME_SET, outcome)


def urgent(reported: Reported, cast: Cast) -> None:
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger.")


def test_an_urgent_tip_is_refused_by_two_people(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    urgent(reported, cast)
    refuse(cast.tara, reported, "Not ours.", "refused_protected_activity")
    assert (reported.tip.state, reported.tip.outcome) == (State.IN_TRIAGE, "")
    refused(NotPermitted, lambda: decide(cast.tara, reported, True), reported, match="somebody else")
    decide(cast.sam, reported, True)
    assert (reported.tip.state, reported.tip.outcome) == (State.OUTCOME_SET, "refused_protected_activity")
    last = read_tip(cast.ines, reported.ref).history[-1]
    assert (last.proposed_by, last.actor, last.reason) == (cast.tara.name, cast.sam.name, "Not ours.")


def test_an_urgent_tip_is_closed_by_two_people_and_keeps_its_outcome(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.FEEDBACK_GIVEN)
    urgent(reported, cast)
    services.close(actor=cast.sam, tip=reported.tip, reason="Dealt with.")
    assert reported.tip.state == State.FEEDBACK_GIVEN
    decide(cast.lea, reported, True)
    assert (reported.tip.state, reported.tip.outcome, reported.tip.urgent) == (State.CLOSED, "substantiated", True)


def test_a_page_from_before_the_mark_of_urgency_ends_nothing(cast: Cast, tip_in: TipIn) -> None:
    triage, told = tip_in(State.IN_TRIAGE), tip_in(State.FEEDBACK_GIVEN)
    old_triage, old_told = triage.tip, told.tip
    for reported in (triage, told):
        urgent(reported, cast)
    refused(
        Conflict,
        lambda: services.refuse_remit(actor=cast.tara, tip=old_triage, outcome="not_within_remit", reason="x"),
        triage,
        match="another step",
    )
    refused(Conflict, lambda: services.close(actor=cast.sam, tip=old_told, reason="x"), told, match="another step")


def test_the_mark_of_urgency_does_not_move_a_tip_and_is_not_told_to_the_public(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.IN_TRIAGE)
    leaves = Pending.objects.count()
    urgent(reported, cast)
    assert (reported.tip.state, reported.tip.urgent) == (State.IN_TRIAGE, True)
    assert Pending.objects.count() == leaves


def test_a_refusal_is_sealed_with_its_reason_and_leaves_the_tip_where_it_is(cast: Cast, tip_in: TipIn) -> None:
    reported, other = tip_in(State.UNDER_VERIFICATION), tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    decide(cast.sam, reported, False, "Show me the photograph.")
    assert (reported.tip.state, reported.tip.outcome) == (State.UNDER_VERIFICATION, "")
    reason = bytes(Voice.objects.get(verdict="refused").reason)
    assert open_reason(reported.ref, reason) == "Show me the photograph."
    with pytest.raises(CannotOpen):
        open_reason(other.ref, reason)


def test_an_approval_whose_step_fails_is_not_kept(cast: Cast, tip_in: TipIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise Conflict("somebody was faster")

    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    monkeypatch.setattr(taking, "take_step", broken)
    refused(Conflict, lambda: decide(cast.sam, reported, True), reported)
    assert waiting(reported.tip).decider_id is None


def test_a_tip_that_is_opened_again_loses_its_outcome_and_the_history_keeps_it(cast: Cast, tip_in: TipIn) -> None:
    reported = tip_in(State.CLOSED)
    services.reopen(actor=cast.sam, tip=reported.tip, reason="A new witness.")
    assert (reported.tip.state, reported.tip.outcome) == (State.IN_TRIAGE, "")
    names = [line.step.name for line in read_tip(cast.sam, reported.ref).history]
    assert names[-4:] == ["set_outcome", "give_feedback", "close", "reopen"]
    refuse(cast.tara, reported)
    assert (reported.tip.state, reported.tip.outcome) == (State.OUTCOME_SET, "not_within_remit")


def test_what_somebody_with_an_interest_proposed_waits_for_nobody_any_more(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    proposal = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    services.declare_interest(actor=cast.ivo, tip=reported.tip, has_interest=True)
    with pytest.raises(Conflict):
        services.decide_proposal(actor=cast.sam, tip=reported.tip, proposal=proposal, approve=True, reason="")
    assert reported.tip.state == State.UNDER_VERIFICATION
