"""Who works here, what was done about them, and what waits."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.staffing.models import Member
from tocsin.staffing.workflow import MEMBER_LIFE, MemberState
from tocsin.workflow.models import Proposal, ProposalState, StepRecord
from tocsin.workflow.proposals import waiting_proposal

_ORDER = [MemberState.PROPOSED, MemberState.INVITED, MemberState.SUSPENDED, MemberState.ACTIVE, MemberState.LEFT]


@dataclass(frozen=True)
class Colleagues:
    """Everybody, those first about whom something is to be done; ``waiting``: handles with an open proposal."""

    members: list[Member]
    waiting: frozenset[str]


def members(actor: Actor) -> Colleagues:
    """All members of staff with their roles. Raises ``NotPermitted`` without the right to see them."""
    actor.require(Permission.STAFF_LIST)
    rows = Member.objects.exclude(state=MemberState.DROPPED).select_related("staff").prefetch_related("staff__grants")
    found = sorted(rows, key=lambda member: (_ORDER.index(MemberState(member.state)), member.display_name.casefold()))
    waiting = Proposal.objects.filter(subject_kind=MEMBER_LIFE.kind, state=ProposalState.OPEN)
    return Colleagues(found, frozenset(waiting.values_list("subject_ref", flat=True)))


def member_named(actor: Actor, ref: str) -> Member:
    """One member of staff. Raises ``Member.DoesNotExist``, ``NotPermitted`` without the right to see them."""
    actor.require(Permission.STAFF_LIST)
    return Member.objects.select_related("staff").get(ref=ref)


def members_others_than(actor: Actor) -> QuerySet[Member]:
    """Those about whom ``actor`` may decide something: everybody but the actor."""
    if not actor.may(Permission.STAFF_DECIDE):
        return Member.objects.none()
    return Member.objects.filter(Q(staff__isnull=True) | ~Q(staff_id=actor.staff_id))


def history_of(actor: Actor, member: Member) -> list[StepRecord]:
    """Every step, oldest first."""
    actor.require(Permission.STAFF_LIST)
    return list(StepRecord.objects.filter(subject_kind=MEMBER_LIFE.kind, subject_ref=member.ref).order_by("id"))


def waiting_about(actor: Actor, member: Member) -> Proposal | None:
    """The proposal that waits for a decision about this person."""
    actor.require(Permission.STAFF_LIST)
    return waiting_proposal(life=MEMBER_LIFE, subject_ref=member.ref)
