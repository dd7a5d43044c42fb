"""Legal holds: the orders in force, asking for one, and one order with what waits on it. No report is opened here."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.desk.decisions import panel
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import actor_names, role_label
from tocsin.desk.page import context
from tocsin.desk.subjects import HOLD_TONES, address_of, title_of
from tocsin.desk.typed_values import Typed, typed_day
from tocsin.tips import holds as orders
from tocsin.tips.hold_workflow import HOLD_LIFE, HoldState
from tocsin.tips.models import LegalHold
from tocsin.vault import unlocked
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal

READ_WITH = {"tip": Permission.TIP_READ, "case": Permission.CASE_READ}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.HOLD_READ)
def holds(request: StaffRequest) -> HttpResponse:
    """The list, and the form to ask for another one; ``about`` fills in the handle."""
    if request.method != "POST":
        return _list(request, typed={"handle": request.GET.get("about", "")})
    typed = request.POST.dict()
    try:
        hold = orders.ask_hold(
            actor=request.actor,
            handle=typed.get("handle", ""),
            order=typed.get("order", ""),
            ends_on=typed_day(typed, "ends_on"),
            reason=typed.get("reason", ""),
            attempt=typed.get("attempt", ""),
        )
    except RuleBroken as wrong:
        return _list(request, typed=typed, status=wrong.status, error=wrong.sentence)
    return redirect("hold", hold.ref)


def _list(request: StaffRequest, *, typed: Typed, status: int = 200, error: object = "") -> HttpResponse:
    rows = [
        {
            "hold": hold,
            "about": title_of(hold.subject_kind, hold.subject_ref),
            "tone": HOLD_TONES[HoldState(hold.state)],
        }
        for hold in orders.holds_in_force(request.actor)
    ]
    told = {"rows": rows, "typed": typed, "error": error, "attempt": typed.get("attempt") or new_ref()}
    return render(request, "desk/holds.html", context(request, here="holds", **told), status=status)


@require_safe
@needs(Permission.HOLD_READ)
def hold(request: StaffRequest, ref: str) -> HttpResponse:
    """One order."""
    return _page(request, _visible(request, ref))


@require_POST
@needs(Permission.HOLD_READ)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Ask to end it, agree, refuse, or leave it to others."""
    found = _visible(request, ref)
    if action not in ACTS:
        raise Http404
    typed = request.POST.dict()
    try:
        ACTS[action](request.actor, found, typed)
    except RuleBroken as wrong:
        told = {"error": wrong.sentence, "failed": action, "typed": typed}
        return _page(request, _visible(request, ref), status=wrong.status, **told)
    return redirect("hold", ref)


def _end(actor: Actor, found: LegalHold, typed: Typed) -> object:
    return orders.ask_to_end_hold(actor=actor, hold=found, reason=typed.get("reason", ""))


def _decide(actor: Actor, found: LegalHold, typed: Typed, *, approve: bool) -> object:
    reason, proposal = typed.get("reason", ""), _shown(found, typed)
    return orders.decide_hold(actor=actor, hold=found, proposal=proposal, approve=approve, reason=reason)


def _leave(actor: Actor, found: LegalHold, typed: Typed) -> object:
    return orders.leave_hold(actor=actor, hold=found, proposal=_shown(found, typed), reason=typed.get("reason", ""))


ACTS = {
    "end": _end,
    "approve": lambda actor, found, typed: _decide(actor, found, typed, approve=True),
    "refuse": lambda actor, found, typed: _decide(actor, found, typed, approve=False),
    "step-aside": _leave,
}


def _shown(found: LegalHold, typed: Typed) -> Proposal:
    """The proposal that the person saw. Raises ``Conflict`` when another one waits by now, or none."""
    proposal = waiting_proposal(life=HOLD_LIFE, subject_ref=found.ref)
    if proposal is None or proposal.ref != typed.get("proposal"):
        raise Conflict(_("This proposal no longer waits for a decision. Nothing was changed."))
    return proposal


def _visible(request: StaffRequest, ref: str) -> LegalHold:
    try:
        return orders.hold_visible_to(request.actor, ref)
    except LegalHold.DoesNotExist:
        raise Http404 from None


def _page(request: StaffRequest, found: LegalHold, *, status: int = 200, **more: Any) -> HttpResponse:
    told: dict[str, Any] = {
        "hold": found,
        "about": title_of(found.subject_kind, found.subject_ref),
        "tone": HOLD_TONES[HoldState(found.state)],
        "about_url": _address(request.actor, found),
        **more,
    }
    if unlocked.is_unlocked():
        opened = orders.read_hold(request.actor, found.ref)
        told |= {"order": opened.order, "history": _history(opened), "can_end": _can_end(opened)}
        if opened.waiting is not None:
            told["waiting"] = panel(request.actor, opened.waiting, detail=opened.order, reason=opened.reason)
    return render(request, "desk/hold.html", context(request, here="holds", **told), status=status)


def _address(actor: Actor, found: LegalHold) -> str:
    """Where the subject lies, for those who may read such a thing; empty for the others."""
    may = actor.may(READ_WITH[found.subject_kind])
    return address_of(found.subject_kind, found.subject_ref) if may else ""


def _can_end(opened: orders.OpenHold) -> bool:
    return opened.hold.state == HoldState.IN_FORCE and opened.waiting is None


def _history(opened: orders.OpenHold) -> list[dict[str, Any]]:
    names = actor_names({line.actor for line, *_rest in opened.history})
    return [
        {"title": step.label, "who": f"{names[line.actor]} ({role_label(line.role)})", "at": line.at, "text": reason}
        for line, step, reason in reversed(opened.history)
    ]
