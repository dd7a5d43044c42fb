"""What every step of a request for an identity asks and leaves behind. No service: each is called by one."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.services import record_audit
from tocsin.tips.content import clean_text
from tocsin.tips.identity_life import IDENTITY_LIFE, WAITING, RequestPapers
from tocsin.tips.models import Declaration, IdentityRequest, Tip
from tocsin.tips.papers import TipPapers
from tocsin.tips.selectors import content_of
from tocsin.tips.workflow import State
from tocsin.vault.installed import keyring
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import decide, waiting_proposal
from tocsin.workflow.services import Move, take_step

LONGEST_REASON = 4_000


def fitting(text: str) -> str:
    """``text`` cleaned. Raises ``RuleBroken`` when nothing is left, or too much."""
    text = clean_text(text)
    if not text:
        raise RuleBroken(_("Write down the reason and the legal ground. Nothing was changed."))
    if len(text) > LONGEST_REASON:
        raise RuleBroken(_("This text is too long. Shorten it to 4,000 characters and send it again."))
    return text


def refuse_unfit(actor: Actor, tip: Tip, request: IdentityRequest) -> None:
    """Raise ``NotPermitted`` or ``Conflict`` when ``actor`` may not carry this request on, or nobody may any more."""
    refuse_interested(actor, request)
    if request.state not in WAITING or request.expires_at <= clock.now():
        raise Conflict(_("This request no longer waits. Nothing was changed."))
    refuse_ended(tip)
    took_part = [staff for staff in (request.requester_id, request.officer_id, request.first_id) if staff]
    if Declaration.objects.filter(tip=tip, staff_id__in=took_part, has_interest=True).exists():
        raise Conflict(
            _("Somebody who took part in this request has an interest in the matter. Refuse it; somebody else can ask.")
        )


def refuse_ended(tip: Tip) -> None:
    """Raise ``Conflict`` for a report that was taken back or destroyed: contact with its reporter has ended."""
    if tip.state == State.WITHDRAWN or tip.destroyed_on is not None:
        raise Conflict(_("The reporter took this report back, so the identity stays closed. Nothing was changed."))


def waiting_in(request: IdentityRequest) -> Proposal:
    """The proposal that waits on this request. Raises ``Conflict`` when none does."""
    proposal = waiting_proposal(life=IDENTITY_LIFE, subject_ref=request.ref)
    if proposal is None:
        raise Conflict(_("This request no longer waits. Nothing was changed."))
    return proposal


def speak(actor: Actor, request: IdentityRequest, *, approve: bool, reason: str = "") -> Proposal:
    """Approve or refuse what waits on this request."""
    proposal = waiting_in(request)
    return decide(actor=actor, life=IDENTITY_LIFE, proposal=proposal, approve=approve, reason=sealed(request, reason))


def take_counted(
    *, actor: Actor, tip: Tip, request: IdentityRequest, move: Move, approval: Proposal | None = None
) -> IdentityRequest:
    """Take a step that the public ledger counts, under the report's own pseudonym. ``tip`` is locked."""
    events = TipPapers(ref=tip.ref, k_events=content_of(tip).k_events, keyring=keyring())
    papers = RequestPapers(request.ref, tip=tip, events=events)
    taken: IdentityRequest = take_step(
        actor=actor, life=IDENTITY_LIFE, subject=request, move=move, papers=papers, approval=approval
    )
    return taken


def ended() -> dict[str, object]:
    """Field changes when a request ends: what the first key left goes at once."""
    return {"half_opened": b"", "ended_at": clock.now()}


def note_on_tip(actor: Actor, permission: Permission, request: IdentityRequest, action: str) -> None:
    """A line in the audit log on the report itself, so that its own trail tells of the request."""
    record_audit(
        actor=actor.name,
        role=actor.role_for(permission).value,
        action=action,
        subject=f"tip:{request.tip.ref}",
        detail={"request": request.ref},
    )


def take(actor: Actor, request: IdentityRequest, move: Move, approval: Proposal | None = None) -> IdentityRequest:
    """Take a step that the public ledger does not count."""
    taken: IdentityRequest = take_step(
        actor=actor,
        life=IDENTITY_LIFE,
        subject=request,
        move=move,
        papers=RequestPapers(request.ref),
        approval=approval,
    )
    return taken


def sealed(request: IdentityRequest, text: str) -> bytes:
    """``text`` sealed to the unit as a paper of ``request``."""
    return RequestPapers(request.ref).seal(text)


def refuse_interested(actor: Actor, request: IdentityRequest) -> None:
    """Nobody decides where they declared an interest (invariant 3)."""
    own = Declaration.objects.filter(tip_id=request.tip_id, staff_id=actor.require_staff(), has_interest=True)
    if own.exists():
        raise NotPermitted(_("You have no access to this report."))
