"""What waits for whom."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.common import clock
from tocsin.workflow.models import Proposal, ProposalState, Verdict, Voice
from tocsin.workflow.proposals import involved
from tocsin.workflow.registry import Registered, lives

REMEMBERED = timedelta(days=30)


def waiting_for(actor: Actor, kind: str = "") -> QuerySet[Proposal]:
    """The proposals that ``actor`` may decide now, the one that runs out first on top; of one ``kind``, or all.

    Without the own ones, without those on which the person has spoken, and only on subjects that the person may see.
    """
    mine = Q()
    for entry in lives():
        if kind in ("", entry.life.kind):
            mine |= _of_kind(actor, entry)
    if not mine:
        return Proposal.objects.none()
    spoken = Voice.objects.filter(staff_id=actor.require_staff()).values("proposal_id")
    waiting = Proposal.objects.filter(mine, state=ProposalState.OPEN, expires_at__gt=clock.now())
    return waiting.exclude(pk__in=spoken).select_related("proposer").order_by("expires_at", "id")


def _of_kind(actor: Actor, entry: Registered) -> Q:
    """One look-up by handle for each waiting proposal: the things that a person may see can be a million."""
    steps = [step for step in entry.life.steps if step.decided_by(actor)]
    if not steps:
        return Q()
    same = OuterRef("subject_ref")
    found = Q(step__in=[step.name for step in steps if not step.strangers_to])
    for step in steps:
        if step.strangers_to:
            theirs = involved(entry.life, step).filter(Q(actor=actor.name) | Q(proposed_by=actor.name))
            found |= Q(step=step.name) & Q(~Exists(theirs.filter(subject_ref=same)))
    seen = entry.visible_to(actor).order_by().filter(ref=same)
    return Q(subject_kind=entry.life.kind) & found & Q(Exists(seen))


def proposed_by(actor: Actor) -> QuerySet[Proposal]:
    """What ``actor`` proposed and others have not decided, and what became of it in the last thirty days."""
    recent = Q(state=ProposalState.OPEN) | Q(proposed_at__gt=clock.now() - REMEMBERED)
    own = Proposal.objects.filter(recent, proposer_id=actor.require_staff())
    return own.select_related("decider").order_by("-proposed_at", "-id")


def agreed(proposal: Proposal) -> list[Voice]:
    """Who has agreed to a proposal so far, in order."""
    return list(proposal.voices.filter(verdict=Verdict.APPROVED).select_related("staff").order_by("id"))
