"""The shortest use of each service about colleagues, for the test that holds every service to its audit line."""

from __future__ import annotations

from tests.architecture.case_stories import Story, TipIn
from tests.people import Cast, staff_of
from tocsin.access.actors import SETUP, Actor
from tocsin.staffing import services, workflow
from tocsin.staffing.models import Member
from tocsin.staffing.services import register_member
from tocsin.workflow.models import Proposal


def _member(actor: Actor) -> Member:
    return register_member(actor=SETUP, staff=staff_of(actor))


def _proposed(cast: Cast) -> tuple[Member, Proposal]:
    member = _member(cast.ines)
    proposal = services.propose_change(
        actor=cast.ada, member=member, step=workflow.GRANT.name, reason="x", role="triage"
    )
    return member, proposal


def _decided(cast: Cast, _tip_in: TipIn) -> object:
    member, proposal = _proposed(cast)
    return services.decide_about(actor=cast.sam, member=member, proposal=proposal, approve=True, reason="")


def _left(cast: Cast, _tip_in: TipIn) -> object:
    member, proposal = _proposed(cast)
    services.leave_decision_about(actor=cast.sam, member=member, proposal=proposal, reason="x")
    return None


def _invited(cast: Cast, _tip_in: TipIn) -> object:
    told = {"username": "new", "display_name": "New", "reason": "x"}
    proposal = services.propose_person(actor=cast.ada, roles=["triage"], **told)
    member = Member.objects.get(ref=proposal.subject_ref)
    done = services.decide_about(actor=cast.sam, member=member, proposal=proposal, approve=True, reason="")
    assert done.member.staff is not None
    services.note_first_sign_in(actor=done.member.staff.as_actor())
    return None


STAFF_STORIES: dict[str, Story] = {
    "services.register_member": lambda c, _at: _member(c.ines),
    "services.propose_person": _invited,
    "services.propose_change": lambda c, _at: _proposed(c),
    "services.decide_about": _decided,
    "services.leave_decision_about": _left,
    "services.suspend": lambda c, _at: services.suspend(actor=c.ada, member=_member(c.ines), reason="x"),
    "services.note_first_sign_in": _invited,
}
