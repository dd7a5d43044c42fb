"""Proposing and deciding what concerns people, and suspending somebody at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.factors.services import reset_factors
from tocsin.access.models import Staff
from tocsin.access.permissions import Role
from tocsin.access.services import add_staff, fresh_password, give_password, grant_role, set_active, withdraw_role
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.staffing import rules, workflow
from tocsin.staffing.models import Member
from tocsin.staffing.papers import MemberPapers, from_payload, to_payload
from tocsin.staffing.workflow import MEMBER_LIFE, MemberState
from tocsin.workflow.models import Proposal, ProposalState
from tocsin.workflow.proposals import decide, propose, step_aside
from tocsin.workflow.services import Move, take_step


@dataclass(frozen=True)
class Decided:
    """``member`` as it stands now; ``password``: what the person gets for one sign-in, shown once, often empty."""

    member: Member
    password: str = ""


@transaction.atomic
def register_member(*, actor: Actor, staff: Staff) -> Member:
    """Note somebody who was there before two people could decide: for programs that set an installation up."""
    member = Member.objects.create(
        ref=new_ref(), username=staff.username, display_name=staff.display_name, noted_at=clock.now()
    )
    changes = {"staff": staff}
    return _take(actor, member, Move(workflow.REGISTER, changes=changes))


@transaction.atomic
def propose_person(*, actor: Actor, username: str, display_name: str, roles: Iterable[str], reason: str) -> Proposal:
    """Propose somebody new with these roles. Raises ``RuleBroken`` for an unfit name, role or no reason."""
    actor.require(workflow.ADD.proposed_with or workflow.ADD.needs)
    username, display_name = rules.require_new_name(username, display_name)
    chosen = sorted({rules.role_named(code).value for code in roles})
    if not chosen:
        raise RuleBroken(_("Choose at least one role. Nothing was proposed."))
    told = {"roles": chosen, "reason": rules.require_reason(reason)}
    member = Member.objects.create(ref=new_ref(), username=username, display_name=display_name, noted_at=clock.now())
    return propose(actor=actor, life=MEMBER_LIFE, subject=member, step=workflow.ADD, payload=to_payload(told))


@transaction.atomic
def propose_change(*, actor: Actor, member: Member, step: str, reason: str, role: str = "") -> Proposal:
    """Propose one of ``workflow.CHANGES`` for somebody else; ``role`` for those about a role."""
    wanted = next((each for each in workflow.CHANGES if each.name == step), None)
    if wanted is None:
        raise RuleBroken(_("This cannot be proposed. Nothing was changed."))
    rules.require_other(actor, member)
    told = {"reason": rules.require_reason(reason)}
    if wanted in (workflow.GRANT, workflow.WITHDRAW):
        told["role"] = rules.role_named(role).value
    _require_sense(member, wanted.name, told)
    return propose(actor=actor, life=MEMBER_LIFE, subject=member, step=wanted, payload=to_payload(told))


@transaction.atomic
def decide_about(*, actor: Actor, member: Member, proposal: Proposal, approve: bool, reason: str) -> Decided:
    """Approve or refuse what was proposed for somebody else; an approved change happens in the same moment."""
    _require_own(member, proposal)
    rules.require_other(actor, member)
    sealed = MemberPapers().seal(reason if approve else rules.require_reason(reason))
    decided = decide(actor=actor, life=MEMBER_LIFE, proposal=proposal, approve=approve, reason=sealed)
    if decided.state == ProposalState.REFUSED and proposal.step == workflow.ADD.name:
        return Decided(_take(actor, member, Move(workflow.DROP)))
    if decided.state != ProposalState.APPROVED:
        return Decided(member)
    return _carry_out(actor, member, decided)


@transaction.atomic
def leave_decision_about(*, actor: Actor, member: Member, proposal: Proposal, reason: str) -> None:
    """Leave a decision to others; whoever proposed it takes the proposal back."""
    _require_own(member, proposal)
    left = step_aside(actor=actor, life=MEMBER_LIFE, proposal=proposal, reason=MemberPapers().seal(reason))
    if left.state == ProposalState.WITHDRAWN and proposal.step == workflow.ADD.name:
        _take(actor, member, Move(workflow.DROP))


@transaction.atomic
def suspend(*, actor: Actor, member: Member, reason: str) -> Member:
    """Close somebody's account at once, until two people open it again. For the hour in which nobody else is there."""
    rules.require_other(actor, member)
    text = rules.require_reason(reason)
    staff = _account(member)
    actor.require(workflow.SUSPEND.needs)
    rules.require_administrators_left(staff, fewest=1)
    done = _take(actor, member, Move(workflow.SUSPEND, reason=text))
    set_active(actor=actor, staff=staff, is_active=False)
    return done


@transaction.atomic
def note_first_sign_in(*, actor: Actor) -> None:
    """An invited person came with both factors: from now on they work here. For everybody else it changes nothing."""
    member = Member.objects.filter(staff_id=actor.require_staff(), state=MemberState.INVITED).first()
    if member is not None:
        _take(actor, member, Move(workflow.BEGIN))


def _carry_out(actor: Actor, member: Member, approval: Proposal) -> Decided:
    told = from_payload(approval.payload)
    step = MEMBER_LIFE.step(approval.step)
    if step is workflow.ADD:
        return _add(actor, member, told, approval)
    staff = _account(member)
    _require_sense(member, step.name, told)
    done = _take(actor, member, Move(step, reason=told["reason"]), approval)
    if step is workflow.GRANT:
        grant_role(by=actor.name, staff=staff, role=Role(told["role"]))
    elif step is workflow.WITHDRAW:
        withdraw_role(actor=actor, staff=staff, role=Role(told["role"]))
    elif step is workflow.RESET_FACTOR:
        reset_factors(actor=actor, staff=staff)
    elif step is workflow.RESET_PASSWORD:
        return Decided(done, give_password(actor=actor, staff=staff))
    else:
        set_active(actor=actor, staff=staff, is_active=step is workflow.REACTIVATE)
    return Decided(done)


def _add(actor: Actor, member: Member, told: dict[str, Any], approval: Proposal) -> Decided:
    password, roles = fresh_password(), [Role(code) for code in told["roles"]]
    named = {"username": member.username, "display_name": member.display_name}
    staff = add_staff(by=actor.name, password=password, roles=roles, temporary=True, **named)
    done = _take(actor, member, Move(workflow.ADD, reason=told["reason"], changes={"staff": staff}), approval)
    return Decided(done, password)


def _require_sense(member: Member, step: str, told: dict[str, Any]) -> None:
    """What can change between proposal and decision is asked both times."""
    staff = _account(member)
    if step == workflow.GRANT.name and rules.holds(staff, Role(told["role"])):
        raise RuleBroken(_("This person holds that role already. Nothing was changed."))
    if step == workflow.WITHDRAW.name:
        if not rules.holds(staff, Role(told["role"])):
            raise RuleBroken(_("This person does not hold that role. Nothing was changed."))
        if told["role"] == Role.ADMINISTRATOR.value:
            rules.require_administrators_left(staff)
    if step == workflow.DEACTIVATE.name:
        rules.require_administrators_left(staff)


def _account(member: Member) -> Staff:
    if member.staff is None:
        raise Conflict(_("This person has no account yet. Nothing was changed."))
    return member.staff


def _require_own(member: Member, proposal: Proposal) -> None:
    if (proposal.subject_kind, proposal.subject_ref) != (MEMBER_LIFE.kind, member.ref):
        raise Conflict(_("This proposal is about somebody else. Nothing was changed."))


def _take(actor: Actor, member: Member, move: Move, approval: Proposal | None = None) -> Member:
    done: Member = take_step(
        actor=actor, life=MEMBER_LIFE, subject=member, move=move, papers=MemberPapers(), approval=approval
    )
    return done
