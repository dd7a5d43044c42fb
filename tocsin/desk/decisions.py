"""The panel of a waiting proposal: what is proposed, who agreed, and what this person can say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from tocsin.access.actors import Actor
from tocsin.workflow.models import Proposal, Voice
from tocsin.workflow.registry import life_of
from tocsin.workflow.selectors import agreed, waiting_for


@dataclass(frozen=True)
class Panel:
    """``detail``: what exactly is proposed, in a few words; ``reason``: the proposer's. ``missing``: how many people
    must still agree.
    """

    proposal: Proposal
    step: str | Promise
    detail: str
    reason: str
    agreed: Sequence[Voice]
    missing: int
    may_decide: bool
    is_own: bool


def panel(actor: Actor, proposal: Proposal, *, detail: str = "", reason: str = "") -> Panel:
    """How ``proposal`` looks to ``actor``."""
    voices = agreed(proposal)
    return Panel(
        proposal=proposal,
        step=life_of(proposal.subject_kind).step(proposal.step).label,
        detail=detail,
        reason=reason,
        agreed=voices,
        missing=len(proposal.seats.split()) - len(voices),
        may_decide=waiting_for(actor, proposal.subject_kind).filter(pk=proposal.pk).exists(),
        is_own=proposal.proposer_id == actor.staff_id,
    )
