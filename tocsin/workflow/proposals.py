"""Four eyes as one mechanism: somebody proposes, others decide, nobody speaks twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import ALLOWED, Permission, Role
from tocsin.clocks.definitions import Stage
from tocsin.clocks.notices import Letter, tell
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import record_audit, record_audits
from tocsin.policy.active import get_pack, pack_of
from tocsin.workflow.locks import lock_subject
from tocsin.workflow.models import Proposal, ProposalState, StepRecord, Verdict, Voice
from tocsin.workflow.registry import life_of
from tocsin.workflow.steps import Life, Step

PROPOSAL_LIFETIME = timedelta(days=14)
PROPOSAL_TOPIC = "proposal"


def propose(*, actor: Actor, life: Life, subject: Any, step: Step, payload: bytes) -> Proposal:
    """Ask for a four-eyes step. One proposal at a time may wait for a subject.

    How many people must agree comes from the step and the pack under which the subject arrived. Raises
    ``NotPermitted`` without the right to propose, ``Conflict`` when the state is not right or another proposal is
    waiting.
    """
    if step not in life.steps:
        raise RuleBroken(_("This step does not belong to this life."))
    if step.proposed_with is None or not step.four_eyes:
        raise RuleBroken(_("This step is not taken by proposal."))
    role = actor.role_for(step.proposed_with)
    with transaction.atomic():
        fresh: Any = lock_subject(subject)
        _require_free(actor, life, fresh, step)
        moment = clock.now()
        proposal = Proposal.objects.create(
            ref=new_ref(),
            subject_kind=life.kind,
            subject_ref=fresh.ref,
            step=step.name,
            payload=payload,
            proposer_id=actor.require_staff(),
            proposed_at=moment,
            expires_at=moment + PROPOSAL_LIFETIME,
            seats=" ".join(step.seats(_pack_of(fresh))),
        )
        _speak(actor, proposal, Verdict.PROPOSED)
        record_audit(
            actor=actor.name,
            role=role.value,
            action=f"{life.kind}.{step.name}.propose",
            subject=f"{life.kind}:{fresh.ref}",
        )
    return proposal


def _require_free(actor: Actor, life: Life, subject: Any, step: Step) -> None:
    """The step fits the subject, the person had no earlier part in it, and nothing else waits for it."""
    if subject.state not in step.sources:
        raise Conflict(_("This was changed in the meantime. Nothing was proposed. Look at it again."))
    if step.barred_by and getattr(subject, step.barred_by):
        raise Conflict(_("This was changed in the meantime and now needs another step. Nothing was proposed."))
    refuse_involved(actor, life, subject.ref, step)
    expire_proposals(life=life, subject_ref=subject.ref)
    if waiting_proposal(life=life, subject_ref=subject.ref) is not None:
        raise Conflict(_("A proposal is already waiting for a second person. Decide that one first."))


def decide(*, actor: Actor, life: Life, proposal: Proposal, approve: bool, reason: bytes) -> Proposal:
    """Approve or refuse a proposal; ``reason`` is sealed already.

    One refusal ends it. It is approved when every seat is filled by a person of their own; until then it stays open
    and waits for the others. The caller takes an approved step in the same transaction.

    Raises ``NotPermitted`` for the proposer, for people without the right and for those with an earlier part in the
    matter, ``Conflict`` when it no longer waits or the person has spoken already.
    """
    step = life.step(proposal.step)
    with transaction.atomic():
        fresh = _open_for(actor, life, proposal, step)
        others = _approvers(fresh)
        role = _role_in(fresh, actor)
        if approve and not _can_sit(_seats(fresh), [*others, actor]):
            raise NotPermitted(_("Somebody of your office has agreed already. Another office must decide now."))
        _speak(actor, fresh, Verdict.APPROVED if approve else Verdict.REFUSED, reason)
        if not approve:
            _end(fresh, ProposalState.REFUSED, actor)
        elif len(others) + 1 == len(_seats(fresh)):
            _end(fresh, ProposalState.APPROVED, actor)
        record_audit(
            actor=actor.name,
            role=role,
            action=f"{life.kind}.{step.name}.{'approve' if approve else 'refuse'}",
            subject=f"{life.kind}:{fresh.subject_ref}",
        )
    return fresh


def step_aside(*, actor: Actor, life: Life, proposal: Proposal, reason: bytes) -> Proposal:
    """Leave a decision to others; ``reason`` is sealed already. A proposer who steps aside takes the proposal back.

    Raises as ``decide``.
    """
    step = life.step(proposal.step)
    with transaction.atomic():
        if proposal.proposer_id == actor.require_staff():
            fresh = _still_open(proposal)
            _end(fresh, ProposalState.WITHDRAWN, None)
            role, word = actor.role_for(step.proposed_with or step.needs).value, "take_back"
        else:
            fresh = _open_for(actor, life, proposal, step)
            role, word = _role_in(fresh, actor), "step_aside"
            _speak(actor, fresh, Verdict.RECUSED, reason)
        record_audit(
            actor=actor.name,
            role=role,
            action=f"{life.kind}.{step.name}.{word}",
            subject=f"{life.kind}:{fresh.subject_ref}",
        )
    return fresh


def refuse_involved(actor: Actor, life: Life, subject_ref: str, step: Step) -> None:
    """Raise ``NotPermitted`` for whoever had a part in this subject to which ``step`` wants strangers."""
    if step.strangers_to and involved(life, step).filter(subject_ref=subject_ref).filter(_by(actor)).exists():
        raise NotPermitted(_("You had a part in this matter before, so somebody else must decide it."))


def involved(life: Life, step: Step) -> models.QuerySet[StepRecord]:
    """The earlier steps whose people have no part in ``step``."""
    return StepRecord.objects.filter(subject_kind=life.kind, step__in=step.strangers_to)


def _by(actor: Actor) -> models.Q:
    return models.Q(actor=actor.name) | models.Q(proposed_by=actor.name)


def _pack_of(subject: Any) -> Any:
    version = getattr(subject, "pack_version", "")
    return pack_of(version) if version else get_pack()


def _still_open(proposal: Proposal) -> Proposal:
    fresh = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if fresh.state != ProposalState.OPEN or fresh.expires_at <= clock.now():
        raise Conflict(_("This proposal no longer waits for a decision. Nothing was changed."))
    return fresh


def _open_for(actor: Actor, life: Life, proposal: Proposal, step: Step) -> Proposal:
    if proposal.subject_kind != life.kind:
        raise Conflict(_("This proposal belongs to something else. Nothing was changed."))
    if not any(actor.may(seat) for seat in _seats(proposal)):
        raise NotPermitted(_("Your role does not allow this. Nothing was changed."))
    fresh = _still_open(proposal)
    if fresh.proposer_id == actor.require_staff():
        raise NotPermitted(_("You proposed this, so somebody else must decide it."))
    if Voice.objects.filter(proposal=fresh, staff_id=actor.require_staff()).exists():
        raise Conflict(_("You have decided on this already. Nobody decides twice."))
    refuse_involved(actor, life, fresh.subject_ref, step)
    return fresh


def _seats(proposal: Proposal) -> tuple[Permission, ...]:
    return tuple(Permission(name) for name in proposal.seats.split())


def _role_in(proposal: Proposal, actor: Actor) -> str:
    return next(actor.role_for(seat).value for seat in _seats(proposal) if actor.may(seat))


def _approvers(proposal: Proposal) -> list[Actor]:
    """Those who agreed so far, with the roles that they hold today."""
    people = Staff.objects.filter(voices__proposal=proposal, voices__verdict=Verdict.APPROVED)
    return [person.as_actor() for person in people]


def _can_sit(seats: Sequence[Permission], people: Sequence[Actor]) -> bool:
    """Whether everybody can have a seat of their own. At most a handful of people: every order is tried."""
    return any(
        all(person.may(seat) for person, seat in zip(people, order, strict=True))
        for order in permutations(seats, len(people))
    )


def _speak(actor: Actor, proposal: Proposal, verdict: Verdict, reason: bytes = b"") -> None:
    Voice.objects.create(
        proposal=proposal, staff_id=actor.require_staff(), verdict=verdict, reason=reason, at=clock.now()
    )


def _end(proposal: Proposal, state: ProposalState, decider: Actor | None) -> None:
    proposal.state, proposal.decided_at = state, clock.now()
    proposal.decider_id = decider.require_staff() if decider else None
    proposal.save(update_fields=["state", "decided_at", "decider"])


def waiting_proposal(*, life: Life, subject_ref: str) -> Proposal | None:
    """The proposal that waits for others on this subject, if there is one that has not run out."""
    return Proposal.objects.filter(
        subject_kind=life.kind, subject_ref=subject_ref, state=ProposalState.OPEN, expires_at__gt=clock.now()
    ).first()


def expire_proposals(*, life: Life, subject_ref: str) -> None:
    """Mark the proposals on this subject whose time has run out."""
    Proposal.objects.filter(
        subject_kind=life.kind, subject_ref=subject_ref, state=ProposalState.OPEN, expires_at__lte=clock.now()
    ).update(state=ProposalState.EXPIRED)


@transaction.atomic
def expire_due_proposals(*, actor: Actor) -> int:
    """Mark every proposal whose time has run out, each with its line in the audit log; how many there were."""
    role = actor.role_for(Permission.CLOCKS_MARK).value
    over = Proposal.objects.select_for_update().filter(state=ProposalState.OPEN, expires_at__lte=clock.now())
    rows = list(over.values_list("pk", "subject_kind", "subject_ref", "step"))
    ended = Proposal.objects.filter(pk__in=[row[0] for row in rows])
    tell(_to_proposers(ended))
    ended.update(state=ProposalState.EXPIRED)
    record_audits(
        [
            AuditRow(actor=actor.name, role=role, action=f"{kind}.{step}.expire", subject=f"{kind}:{ref}")
            for _pk, kind, ref, step in rows
        ]
    )
    return len(rows)


def _to_proposers(over: models.QuerySet[Proposal]) -> list[Letter]:
    """One notice for each proposal to whoever made it, in the first office in which they may propose.

    ``over`` locks nothing: a lock would reach the proposers' rows too.
    """
    letters = []
    for each in over.select_related("proposer").prefetch_related("proposer__grants"):
        held = {grant.role for grant in each.proposer.grants.all()}
        role = next((role for role in _proposing_offices(each) if role in held), None)
        if role is not None:
            letters.append(
                Letter(each.proposer_id, role, each.subject_kind, each.subject_ref, PROPOSAL_TOPIC, Stage.OVERDUE)
            )
    return letters


def _proposing_offices(proposal: Proposal) -> list[str]:
    needs = life_of(proposal.subject_kind).step(proposal.step).proposed_with
    return [role.value for role in Role if needs is not None and needs in ALLOWED[role]]


def overtake_proposals(*, life: Life, subject_ref: str, proposer_id: int | None = None) -> None:
    """Close what waits on this subject, of one proposer or of all, so that another proposal may be made.

    For a subject that left the state which the step needs, and for somebody who turns out to have an interest.
    """
    waiting = Proposal.objects.filter(subject_kind=life.kind, subject_ref=subject_ref, state=ProposalState.OPEN)
    if proposer_id is not None:
        waiting = waiting.filter(proposer_id=proposer_id)
    waiting.update(state=ProposalState.OVERTAKEN)
