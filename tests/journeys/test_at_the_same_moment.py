"""Two people who act on one tip at the same moment: one wins, the other is told, and there is one trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.databases import in_threads
from tests.people import Cast
from tests.stories import Reported, case_of, waiting
from tocsin.cases import opening, outcome
from tocsin.cases.models import Case, CaseTip
from tocsin.common.errors import Conflict
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import mailbox, services
from tocsin.tips.models import Tip, TipMessage
from tocsin.tips.workflow import State
from tocsin.workflow.models import Proposal, ProposalState, StepRecord

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("shared_database")]


def won_and_told(outcomes: list[Any]) -> tuple[list[Any], list[Any]]:
    """Who succeeded, who was told that somebody was faster; anything else fails the test."""
    told = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    won = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(told) + len(won) == len(outcomes), outcomes
    return won, told


def test_of_two_who_decide_at_once_one_does(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    tip, proposal = reported.tip, waiting(reported.tip)

    def decide(actor: Any, approve: bool) -> Callable[[], Tip]:
        return lambda: services.decide_proposal(
            actor=actor, tip=tip, proposal=proposal, approve=approve, reason="I say so."
        )

    won, told = won_and_told(in_threads([decide(cast.sam, True), decide(cast.lea, True)]))
    assert (len(won), len(told)) == (1, 1)
    assert reported.tip.state == State.OUTCOME_SET
    assert StepRecord.objects.filter(step="set_outcome").count() == 1
    assert AuditRecord.objects.filter(action="tip.set_outcome.approve").count() == 1
    assert Proposal.objects.get().state == ProposalState.APPROVED


def test_yes_and_no_at_once_leave_one_of_the_two(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    tip, proposal = reported.tip, waiting(reported.tip)
    outcomes = in_threads(
        [
            lambda: services.decide_proposal(actor=cast.sam, tip=tip, proposal=proposal, approve=True, reason=""),
            lambda: services.decide_proposal(actor=cast.lea, tip=tip, proposal=proposal, approve=False, reason="No."),
        ]
    )
    assert tuple(map(len, won_and_told(outcomes))) == (1, 1)
    decided = Proposal.objects.get()
    assert (decided.state == ProposalState.APPROVED) == (reported.tip.state == State.OUTCOME_SET)


def test_of_two_who_propose_at_once_one_does(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    tip = reported.tip
    outcomes = in_threads(
        [
            lambda outcome=outcome: services.propose_outcome(actor=cast.ivo, tip=tip, outcome=outcome, reason="Seen.")  # type: ignore[misc]  # the default binds the loop's value
            for outcome in ("substantiated", "already_known", "insufficient_information")
        ]
    )
    assert tuple(map(len, won_and_told(outcomes))) == (1, 2)
    assert Proposal.objects.filter(state=ProposalState.OPEN).count() == 1


def test_of_two_who_acknowledge_at_once_one_does(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.RECEIVED)
    tip = reported.tip
    outcomes = in_threads(
        [
            lambda: services.acknowledge(actor=cast.ines, tip=tip),
            lambda: services.acknowledge(actor=cast.tara, tip=tip),
        ]
    )
    assert tuple(map(len, won_and_told(outcomes))) == (1, 1)
    assert StepRecord.objects.count() == 1
    assert Pending.objects.count() == 2
    assert reported.tip.event_count == 2


def test_reading_and_taking_back_at_once_end_in_one_story(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.RECEIVED)
    tip = reported.tip
    by_desk, by_reporter = in_threads(
        [
            lambda: bool(services.acknowledge(actor=cast.ines, tip=tip)),
            lambda: mailbox.withdraw(keys=reported.keys),
        ]
    )
    assert not isinstance(by_reporter, Exception), by_reporter
    after = reported.tip
    assert after.state == State.WITHDRAWN
    destroyed = by_reporter is True
    assert destroyed == isinstance(by_desk, Exception), (by_desk, by_reporter)
    assert destroyed == (bytes(after.content) == b"")


def test_the_same_answer_from_two_tabs_is_stored_once(tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.NEED_INFO)

    def answer() -> None:
        mailbox.write_to_staff(keys=reported.keys, text="On Monday.", attempt="THESAMEATTEMPT")

    outcomes = in_threads([answer] * 4)
    assert outcomes == [None] * 4
    assert TipMessage.objects.filter(kind="answer").count() == 1
    assert reported.tip.unread_replies == 1


def test_events_of_one_tip_that_happen_at_once_get_numbers_of_their_own(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    tip, before = reported.tip, reported.tip.event_count

    def add(n: int) -> Callable[[], Any]:
        return lambda: mailbox.write_to_staff(keys=reported.keys, text=f"more {n}", attempt=f"MORE{n}")

    calls: list[Callable[[], Any]] = [add(n) for n in range(4)]
    calls.append(lambda: services.ask_reporter(actor=cast.ivo, tip=tip, text="Where?"))
    outcomes = in_threads(calls)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    names = [bytes(leaf)[1:33] for leaf in Pending.objects.values_list("leaf", flat=True)]
    assert len(set(names)) == len(names)
    assert reported.tip.event_count == before + 5
    assert reported.tip.unread_replies == 4


def test_of_two_who_decide_a_case_at_once_one_does_and_its_tips_move_once(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.LINKED)
    case = outcome.begin_verification(actor=cast.sam, case=case_of(reported), legal_basis="Law")
    proposal = outcome.propose_case_outcome(
        actor=cast.ivo, case=case, outcome="unsubstantiated_good_faith", reason="Nothing was found."
    )

    def decide(actor: Any) -> Callable[[], object]:
        return lambda: outcome.decide_case_proposal(
            actor=actor, case=case, proposal=proposal, approve=True, reason="I say so."
        )

    won, told = won_and_told(in_threads([decide(cast.sam), decide(cast.lea)]))
    assert (len(won), len(told)) == (1, 1)
    assert reported.tip.state == State.OUTCOME_SET
    assert StepRecord.objects.filter(step="case_decides").count() == 1


def test_of_two_who_open_a_case_from_one_tip_one_does(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.IN_TRIAGE)
    tip = reported.tip

    def open_one(actor: Any) -> Callable[[], object]:
        return lambda: opening.open_case(actor=actor, tip=tip, title="The dairy", reason="More will come.")

    won, told = won_and_told(in_threads([open_one(cast.tara), open_one(cast.sam)]))
    assert (len(won), len(told)) == (1, 1)
    assert Case.objects.count() == 1
    assert CaseTip.objects.count() == 1


def test_a_tip_is_not_put_into_a_case_that_is_decided_at_the_same_moment(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    first, second = tip_in(State.LINKED), tip_in(State.IN_TRIAGE)
    case = outcome.begin_verification(actor=cast.sam, case=case_of(first), legal_basis="Law")
    link = opening.propose_link(actor=cast.tara, case=case, tip=second.tip, reason="The same lorry.")
    decision = outcome.propose_case_outcome(
        actor=cast.ivo, case=case, outcome="unsubstantiated_good_faith", reason="Nothing."
    )
    acts: list[Callable[[], object]] = [
        lambda: opening.decide_link(actor=cast.lea, tip=second.tip, proposal=link, approve=True, reason=""),
        lambda: outcome.decide_case_proposal(actor=cast.sam, case=case, proposal=decision, approve=True, reason=""),
    ]
    won_and_told(in_threads(acts))
    assert second.tip.in_case == CaseTip.objects.filter(tip=second.tip).exists()
    if second.tip.in_case:
        assert second.tip.state in (State.OUTCOME_SET, State.UNDER_VERIFICATION, State.LINKED)
    else:
        assert second.tip.state == State.IN_TRIAGE
