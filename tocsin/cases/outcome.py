"""From the start of verification to the closed case. Every step takes the tips of the case along."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases import conditions
from tocsin.cases import workflow as life
from tocsin.cases.models import Case
from tocsin.cases.papers import CasePapers
from tocsin.cases.taking import locked_working, require_case, take_case, tips_of
from tocsin.cases.workflow import CASE_LIFE, CASE_OUTCOMES, TIP_OUTCOMES
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.tips import services as tip_services
from tocsin.tips import workflow as tip_life
from tocsin.tips.lawful import require_extra_fact
from tocsin.tips.selectors import open_reason
from tocsin.tips.taking import fitting, required, take
from tocsin.tips.workflow import State
from tocsin.workflow.models import Proposal, ProposalState
from tocsin.workflow.proposals import decide, propose, step_aside

ENDED = frozenset({State.CLOSED, State.WITHDRAWN})
UNDECIDED = frozenset({State.LINKED, State.UNDER_VERIFICATION, State.REFERRED})


@transaction.atomic
def begin_verification(*, actor: Actor, case: Case, legal_basis: str, extra_fact: str = "") -> Case:
    """Open the checking of facts; the supervisor names the legal basis, and for acts that are usually lawful the fact
    that would make this one unlawful.
    """
    reason = legal_basis
    for tip in tips_of(case):
        reason = require_extra_fact(actor=actor, tip=tip, legal_basis=legal_basis, extra_fact=extra_fact)
    taken = take_case(actor=actor, case=case, step=life.BEGIN_VERIFICATION, reason=reason)
    for tip in tips_of(case):
        if tip.state == State.LINKED:
            take(actor=actor, tip=tip, step=tip_life.CASE_VERIFIES, reason=reason)
    return taken


@transaction.atomic
def refer_case(*, actor: Actor, case: Case, reason: str) -> Case:
    """Pass the case on to another body; its tips wait for that body's answer."""
    taken = take_case(actor=actor, case=case, step=life.REFER, reason=reason)
    for tip in tips_of(case):
        if tip.state in (State.LINKED, State.UNDER_VERIFICATION):
            take(actor=actor, tip=tip, step=tip_life.CASE_REFERS, reason=reason)
    return taken


@transaction.atomic
def take_back_case(*, actor: Actor, case: Case, reason: str) -> Case:
    """Take the case up again, on the other body's answer or because none came."""
    taken = take_case(actor=actor, case=case, step=life.TAKE_BACK, reason=reason)
    for tip in tips_of(case):
        if tip.state in (State.LINKED, State.REFERRED):
            take(actor=actor, tip=tip, step=tip_life.CASE_VERIFIES, reason=reason)
    return taken


@transaction.atomic
def propose_case_outcome(
    *, actor: Actor, case: Case, outcome: str, reason: str, differing: Mapping[str, str] | None = None
) -> Proposal:
    """The investigator proposes what came of the case. ``differing``: handle of a tip → its own outcome.

    Raises ``RuleBroken`` when evidence is missing or somebody concerned was not heard.
    """
    reason = required(reason, missing=_("Write down the reason. Nothing was proposed."))
    fresh = locked_working(actor, case)
    told = _checked(fresh, outcome, dict(differing or {}))
    conditions.require_for_outcome(fresh, [outcome, *told.values()])
    return _propose(actor, fresh, life.SET_OUTCOME.name, {"outcome": outcome, "differing": told, "reason": reason})


def _checked(case: Case, outcome: str, differing: dict[str, str]) -> dict[str, str]:
    if outcome not in CASE_OUTCOMES:
        raise RuleBroken(_("Choose one of the outcomes. Nothing was proposed."))
    known = {tip.ref for tip in tips_of(case)}
    told = {ref: own for ref, own in differing.items() if own and own != outcome}
    if set(told) - known or set(told.values()) - set(TIP_OUTCOMES):
        raise RuleBroken(_("An outcome was chosen for a report that is not in this case. Nothing was proposed."))
    return told


def _propose(actor: Actor, case: Case, step: str, told: Mapping[str, object]) -> Proposal:
    require_case(actor, case)
    payload = CasePapers(case.ref).seal(json.dumps(told, ensure_ascii=False))
    return propose(actor=actor, life=CASE_LIFE, subject=case, step=CASE_LIFE.step(step), payload=payload)


def proposed_for(case: Case, proposal: Proposal) -> dict[str, object]:
    """What a proposal on this case says, in clear: ``outcome``, ``differing``, ``reason`` as far as it has them."""
    told: dict[str, object] = json.loads(open_reason(case.ref, bytes(proposal.payload)))
    return told


@transaction.atomic
def decide_case_proposal(*, actor: Actor, case: Case, proposal: Proposal, approve: bool, reason: str) -> Case:
    """Approve or refuse what was proposed for this case; the step is taken once all have agreed."""
    _require_own(case, proposal)
    if not approve:
        required(reason, missing=_("Write down why you refuse. Nothing was changed."))
    require_case(actor, case)
    told = json.loads(open_reason(case.ref, bytes(proposal.payload)))
    sealed = CasePapers(case.ref).seal(fitting(reason))
    decided = decide(actor=actor, life=CASE_LIFE, proposal=proposal, approve=approve, reason=sealed)
    if decided.state != ProposalState.APPROVED:
        return case
    if proposal.step == life.SET_OUTCOME.name:
        return _set_outcome(actor, case, told, decided)
    return _close_urgent(actor, case, told["reason"], decided)


def _require_own(case: Case, proposal: Proposal) -> None:
    if (proposal.subject_kind, proposal.subject_ref) != (CASE_LIFE.kind, case.ref):
        raise Conflict(_("This proposal belongs to another case. Nothing was changed."))


@transaction.atomic
def leave_case_decision(*, actor: Actor, case: Case, proposal: Proposal, reason: str) -> Proposal:
    """Leave a decision on this case to others; whoever proposed it takes the proposal back."""
    _require_own(case, proposal)
    reason = required(reason, missing=_("Write down why. Nothing was changed."))
    require_case(actor, case)
    return step_aside(actor=actor, life=CASE_LIFE, proposal=proposal, reason=CasePapers(case.ref).seal(reason))


def _set_outcome(actor: Actor, case: Case, told: Mapping[str, object], decided: Proposal) -> Case:
    """Two have agreed. The conditions are asked again: they may have changed since it was proposed."""
    outcome, reason = str(told["outcome"]), str(told["reason"])
    differing = _checked(case, outcome, dict(told["differing"]))  # type: ignore[call-overload]  # sealed by _propose
    conditions.require_for_outcome(case, [outcome, *differing.values()])
    changes: dict[str, object] = {"outcome": outcome}
    taken = take_case(actor=actor, case=case, step=life.SET_OUTCOME, reason=reason, changes=changes, approval=decided)
    for tip in tips_of(case):
        if tip.state in UNDECIDED:
            own = {"outcome": differing.get(tip.ref, outcome)}
            take(actor=actor, tip=tip, step=tip_life.CASE_DECIDES, reason=reason, changes=own, approval=decided)
    return taken


@transaction.atomic
def tell_reporters(*, actor: Actor, case: Case, text: str) -> int:
    """Tell every reporter of the case who was not told yet; returns how many. A short text is enough."""
    require_case(actor, case)
    waiting = [tip for tip in tips_of(case) if tip.state == State.OUTCOME_SET]
    if not waiting:
        raise Conflict(_("Everybody who reported this was told already. Nothing was sent."))
    for tip in waiting:
        tip_services.give_feedback(actor=actor, tip=tip, text=text)
    return len(waiting)


@transaction.atomic
def close_case(*, actor: Actor, case: Case, reason: str) -> Case | Proposal:
    """Close a case whose reporters were told. An urgent one needs a second person; an empty one is just put away."""
    tips = tips_of(case)
    closing = {"closed_on": local_day(clock.now(), get_pack())}
    if not tips:
        return take_case(actor=actor, case=case, step=life.CLOSE_EMPTY, reason=reason, changes=closing)
    _require_told(case)
    if case.urgent:
        reason = required(reason, missing=_("Write down the reason. Nothing was proposed."))
        return _propose(actor, case, life.CLOSE_URGENT.name, {"reason": reason})
    taken = take_case(actor=actor, case=case, step=life.CLOSE, reason=reason, changes=closing)
    for tip in tips:
        if tip.state == State.FEEDBACK_GIVEN:
            take(actor=actor, tip=tip, step=tip_life.CLOSE, reason=reason)
    return taken


def _require_told(case: Case) -> None:
    waiting = [tip for tip in tips_of(case) if tip.state not in ENDED | {State.FEEDBACK_GIVEN}]
    if waiting:
        raise RuleBroken(
            _("%(n)s of the reports still wait for their outcome or answer. Tell the reporters first; then close.")
            % {"n": len(waiting)}
        )


def _close_urgent(actor: Actor, case: Case, reason: str, decided: Proposal) -> Case:
    _require_told(case)
    closing = {"closed_on": local_day(clock.now(), get_pack())}
    taken = take_case(actor=actor, case=case, step=life.CLOSE_URGENT, reason=reason, changes=closing, approval=decided)
    for tip in tips_of(case):
        if tip.state == State.FEEDBACK_GIVEN:
            take(actor=actor, tip=tip, step=tip_life.CASE_CLOSES_URGENT, reason=reason, approval=decided)
    return taken


@transaction.atomic
def reopen_case(*, actor: Actor, case: Case, reason: str) -> Case:
    """Open a closed case again for a new fact. Earlier outcomes are taken off; the history keeps them."""
    actor.require(Permission.TIP_REOPEN)
    changes = {"outcome": "", "closed_on": None}
    taken = take_case(actor=actor, case=case, step=life.REOPEN, reason=reason, changes=changes)
    for tip in tips_of(case):
        if tip.state == State.CLOSED:
            take(actor=actor, tip=tip, step=tip_life.CASE_REOPENS, reason=reason, changes={"outcome": ""})
    return taken
