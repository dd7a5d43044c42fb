"""What waits for this person's decision, and what became of the person's own proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.desk.subjects import address_of, title_of
from tocsin.workflow.models import Proposal, ProposalState
from tocsin.workflow.registry import life_of
from tocsin.workflow.selectors import proposed_by, waiting_for

MOST = 100
TONES = {
    ProposalState.OPEN: "yellow",
    ProposalState.APPROVED: "green",
    ProposalState.REFUSED: "red",
}


@dataclass(frozen=True)
class Row:
    """One proposal without its content: a list is not the place where things are opened."""

    proposal: Proposal
    step: str | Promise
    title: str
    url: str
    tone: str
    until: datetime


@require_safe
@needs()
def waiting(request: StaffRequest) -> HttpResponse:
    """Proposals of every kind, those that run out first on top."""
    mine, own = waiting_for(request.actor)[:MOST], proposed_by(request.actor)[:MOST]
    told = {"rows": [_row(each) for each in mine], "own": [_row(each) for each in own]}
    return render(request, "desk/waiting.html", context(request, here="waiting", **told))


def _row(proposal: Proposal) -> Row:
    kind, ref = proposal.subject_kind, proposal.subject_ref
    step = life_of(kind).step(proposal.step).label
    tone = TONES.get(ProposalState(proposal.state), "grey")
    return Row(proposal, step, title_of(kind, ref), address_of(kind, ref), tone, proposal.expires_at)
