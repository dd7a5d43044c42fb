"""People who are named in a case. Being mentioned is not being suspected; a finding comes after a hearing."""

from __future__ import annotations

import json
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases import conditions
from tocsin.cases import workflow as life
from tocsin.cases.models import Case, Hearing, Person
from tocsin.cases.models.person import HearingKind
from tocsin.cases.papers import CasePapers, seal_text
from tocsin.cases.referral_letters import take_out_of_copies
from tocsin.cases.taking import locked_working, note, require_case, take_person
from tocsin.cases.workflow import PERSON_LIFE
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.tips.deadlines import local_today
from tocsin.tips.selectors import open_reason
from tocsin.tips.taking import fitting, required
from tocsin.workflow.models import Proposal, ProposalState
from tocsin.workflow.proposals import decide, propose, step_aside

LONGEST_DEFERRAL = timedelta(days=180)
"""A hearing can be put off again, each time with a reason and by a supervisor."""


@transaction.atomic
def note_person(*, actor: Actor, case: Case, who: str, role: str) -> Person:
    """Note somebody whom a tip of the case names: ``who`` it is and what ``role`` they have in the story."""
    actor.require(Permission.CASE_WORK)
    fresh = locked_working(actor, case)
    ref = new_ref()
    told = {"who": required(who, missing=_("Write who is meant. Nothing was saved.")), "role": fitting(role)}
    person = Person.objects.create(
        case=fresh,
        ref=ref,
        who=seal_text("person", ref, told),
        noted_at=clock.now(),
        noted_by_id=actor.require_staff(),
    )
    note(actor, Permission.CASE_WORK, "case.person_noted", f"case:{case.ref}", person=ref)
    return person


@transaction.atomic
def propose_concerned(*, actor: Actor, person: Person, reason: str) -> Proposal:
    """Propose that somebody mentioned becomes a person concerned. Needs a second source or an official verification."""
    reason = required(reason, missing=_("Write down the reason. Nothing was proposed."))
    locked_working(actor, person.case)
    conditions.require_for_concern(person.case)
    payload = CasePapers(person.ref).seal(json.dumps({"reason": reason}, ensure_ascii=False))
    return propose(actor=actor, life=PERSON_LIFE, subject=person, step=life.MAKE_CONCERNED, payload=payload)


@transaction.atomic
def decide_concerned(*, actor: Actor, person: Person, proposal: Proposal, approve: bool, reason: str) -> Person:
    """Approve or refuse that somebody becomes a person concerned."""
    _require_own(person, proposal)
    if not approve:
        required(reason, missing=_("Write down why you refuse. Nothing was changed."))
    require_case(actor, person.case)
    sealed = CasePapers(person.ref).seal(fitting(reason))
    decided = decide(actor=actor, life=PERSON_LIFE, proposal=proposal, approve=approve, reason=sealed)
    if decided.state != ProposalState.APPROVED:
        return person
    conditions.require_for_concern(person.case)
    why = str(json.loads(open_reason(person.ref, bytes(proposal.payload)))["reason"])
    return take_person(actor=actor, person=person, step=life.MAKE_CONCERNED, reason=why, approval=decided)


@transaction.atomic
def leave_person_decision(*, actor: Actor, person: Person, proposal: Proposal, reason: str) -> Proposal:
    """Leave this decision to others; whoever proposed it takes the proposal back."""
    _require_own(person, proposal)
    reason = required(reason, missing=_("Write down why. Nothing was changed."))
    require_case(actor, person.case)
    return step_aside(actor=actor, life=PERSON_LIFE, proposal=proposal, reason=CasePapers(person.ref).seal(reason))


def _require_own(person: Person, proposal: Proposal) -> None:
    if (proposal.subject_kind, proposal.subject_ref) != (PERSON_LIFE.kind, person.ref):
        raise Conflict(_("This proposal belongs to somebody else. Nothing was changed."))


@transaction.atomic
def hear(*, actor: Actor, person: Person, kind: str, held_on: date | None, said: str) -> Hearing:
    """Write down how a person concerned was heard and what they said."""
    if kind not in HearingKind.values:
        raise RuleBroken(_("Say how the person was heard. Nothing was saved."))
    if held_on is None or held_on > local_today():
        raise RuleBroken(_("Give the day of the hearing, not later than today."))
    said = required(said, missing=_("Write down what the person said, or that they said nothing."))
    taken = take_person(actor=actor, person=person, step=life.HEAR, reason="", changes={"heard_on": held_on})
    ref = new_ref()
    return Hearing.objects.create(
        person=taken,
        ref=ref,
        kind=kind,
        held_on=held_on,
        said=seal_text("hearing", ref, {"said": said}),
        written_by_id=actor.require_staff(),
        written_at=clock.now(),
    )


def defer_hearing(*, actor: Actor, person: Person, until: date | None, reason: str) -> Person:
    """Put a hearing off to a day, with a reason: for as long as hearing the person would endanger the inquiry."""
    today = local_today()
    if until is None or not today < until <= today + LONGEST_DEFERRAL:
        raise RuleBroken(_("Give a day after today and within 180 days. A hearing can be put off again."))
    changes = {"hearing_off_until": until}
    return take_person(actor=actor, person=person, step=life.DEFER_HEARING, reason=reason, changes=changes)


def clear_person(*, actor: Actor, person: Person, reason: str) -> Person:
    """Say that nothing was found against somebody."""
    return take_person(actor=actor, person=person, step=life.CLEAR, reason=reason)


@transaction.atomic
def expunge_person(*, actor: Actor, person: Person, reason: str) -> Person:
    """Take somebody out of the case: who they are is destroyed, and what they said; that it happened stays.

    Every text about the case that went to others is corrected too (``referral_letters``).
    """
    take_out_of_copies(actor=actor, person=person)
    taken = take_person(actor=actor, person=person, step=life.EXPUNGE, reason=reason, changes={"who": b""})
    taken.hearings.update(said=b"")
    return taken
