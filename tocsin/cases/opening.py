"""Opening a case from a tip, putting further tips into it, taking them out."""

from __future__ import annotations

import json

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases import workflow as life
from tocsin.cases.models import Case, CaseDeclaration, CaseTip
from tocsin.cases.papers import seal_text
from tocsin.cases.taking import locked_working, note, require_case, take_case
from tocsin.cases.workflow import CASE_LIFE, CaseState
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.tips import workflow as tip_life
from tocsin.tips.models import Tip
from tocsin.tips.selectors import open_reason
from tocsin.tips.taking import fitting, papers_of, refuse_interested, required, take
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.models import Proposal, ProposalState
from tocsin.workflow.proposals import decide, overtake_proposals, propose

LONGEST_TITLE = 120


def title_from(text: str) -> str:
    """A title of one line. Raises ``RuleBroken`` when it is missing or too long."""
    title = " ".join(required(text, missing=_("Give the case a title. Nothing was changed.")).split())
    if len(title) > LONGEST_TITLE:
        raise RuleBroken(_("The title is longer than 120 characters. Shorten it; nothing was changed."))
    return title


@transaction.atomic
def open_case(*, actor: Actor, tip: Tip, title: str, summary: str = "", reason: str) -> Case:
    """Open a case from its first tip, which is in it from then on.

    Raises ``NotPermitted`` without the right, ``Conflict`` when the tip is in a case or no longer in triage.
    """
    actor.require(Permission.CASE_OPEN)
    refuse_interested(actor, tip)
    ref = new_ref()
    case = Case.objects.create(
        ref=ref,
        category=tip.category,
        pack_version=tip.pack_version,
        unit=tip.unit,
        about=seal_text("about", ref, {"title": title_from(title), "summary": fitting(summary)}),
        urgent=tip.urgent,
        opened_on=local_day(clock.now(), get_pack()),
        opened_by_id=actor.require_staff(),
    )
    note(actor, Permission.CASE_OPEN, "case.open", f"case:{ref}", tip=tip.ref)
    taken = take(actor=actor, tip=tip, step=tip_life.OPEN_CASE, reason=reason, changes={"in_case": True})
    _add(actor, case, taken)
    return case


@transaction.atomic
def rename_case(*, actor: Actor, case: Case, title: str, summary: str) -> Case:
    """Write title and summary anew."""
    actor.require(Permission.CASE_WORK)
    fresh = locked_working(actor, case)
    fresh.about = seal_text("about", case.ref, {"title": title_from(title), "summary": fitting(summary)})
    fresh.save(update_fields=["about"])
    note(actor, Permission.CASE_WORK, "case.rename", f"case:{case.ref}")
    return fresh


@transaction.atomic
def propose_link(*, actor: Actor, case: Case, tip: Tip, reason: str) -> Proposal:
    """Propose that a tip speaks of the same facts as a case; somebody else confirms it."""
    locked_working(actor, case)
    refuse_interested(actor, tip)
    reason = required(reason, missing=_("Write down why they belong together. Nothing was proposed."))
    payload = papers_of(tip).seal(json.dumps({"case": case.ref, "reason": reason}, ensure_ascii=False))
    return propose(actor=actor, life=TIP_LIFE, subject=tip, step=tip_life.LINK, payload=payload)


def proposed_case(tip: Tip, proposal: Proposal) -> Case:
    """The case into which a waiting proposal would put the tip. Raises ``Case.DoesNotExist``."""
    return Case.objects.get(ref=json.loads(open_reason(tip.ref, bytes(proposal.payload)))["case"])


@transaction.atomic
def decide_link(*, actor: Actor, tip: Tip, proposal: Proposal, approve: bool, reason: str) -> Tip:
    """Confirm or refuse that a tip belongs to a case. Both tips survive; the order of arrival stays."""
    if (proposal.subject_ref, proposal.step) != (tip.ref, tip_life.LINK.name):
        raise Conflict(_("This proposal belongs to another report. Nothing was changed."))
    refuse_interested(actor, tip)
    told = json.loads(open_reason(tip.ref, bytes(proposal.payload)))
    case = Case.objects.get(ref=told["case"])
    if approve:
        case = locked_working(actor, case)
    else:
        require_case(actor, case)
        required(reason, missing=_("Write down why you refuse. Nothing was changed."))
    sealed = papers_of(tip).seal(fitting(reason))
    decided = decide(actor=actor, life=TIP_LIFE, proposal=proposal, approve=approve, reason=sealed)
    if decided.state != ProposalState.APPROVED:
        return tip
    changes = {"in_case": True}
    taken = take(actor=actor, tip=tip, step=tip_life.LINK, reason=told["reason"], changes=changes, approval=decided)
    take_case(actor=actor, case=case, step=life.ADD_TIP, reason=told["reason"], approval=decided)
    _add(actor, case, taken)
    return _caught_up(actor, case, taken, told["reason"])


def _add(actor: Actor, case: Case, tip: Tip) -> None:
    CaseTip.objects.create(case=case, tip=tip, added_at=clock.now(), added_by_id=actor.require_staff())
    if tip.urgent:
        Case.objects.filter(pk=case.pk).update(urgent=True)


def _caught_up(actor: Actor, case: Case, tip: Tip, reason: str) -> Tip:
    """A supervisor who confirms brings the tip to where the case is; of others' it follows with the next step."""
    if case.state == CaseState.UNDER_VERIFICATION and actor.may(Permission.TIP_VERIFY):
        return take(actor=actor, tip=tip, step=tip_life.CASE_VERIFIES, reason=reason)
    if case.state == CaseState.REFERRED and actor.may(Permission.CASE_REFER):
        return take(actor=actor, tip=tip, step=tip_life.CASE_REFERS, reason=reason)
    return tip


@transaction.atomic
def take_out_tip(*, actor: Actor, case: Case, tip: Tip, reason: str) -> Tip:
    """Take a tip out of its case again; it goes back to triage, and an outcome that the case gave it is taken off."""
    if not CaseTip.objects.filter(case=case, tip=tip).exists():
        raise Conflict(_("This report is not in the case any more. Nothing was changed."))
    changes = {"in_case": False, "outcome": ""}
    taken = take(actor=actor, tip=tip, step=tip_life.UNLINK, reason=reason, changes=changes)
    CaseTip.objects.filter(case=case, tip=tip).delete()
    take_case(actor=actor, case=case, step=life.TAKE_OUT_TIP, reason=reason)
    return taken


@transaction.atomic
def declare_interest_in_case(*, actor: Actor, case: Case) -> None:
    """Say that one has an own interest. The case is closed to that person from now on."""
    require_case(actor, case)
    CaseDeclaration.objects.create(case=case, staff_id=actor.require_staff(), declared_at=clock.now())
    overtake_proposals(life=CASE_LIFE, subject_ref=case.ref, proposer_id=actor.require_staff())
    case.assignments.filter(staff_id=actor.require_staff()).delete()
    note(actor, Permission.CASE_READ, "case.declare_interest", f"case:{case.ref}")
