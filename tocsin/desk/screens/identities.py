"""Who a reporter is: the form that asks, the list of requests, and the page of one with its legal check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk import identity_view
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import short_ref
from tocsin.desk.page import context
from tocsin.tips import identity_opening, identity_requests
from tocsin.tips import identity_selectors as selectors
from tocsin.tips.identity_requests import Order
from tocsin.tips.models import IdentityRequest, RequestState, Tip
from tocsin.tips.selectors import tip_visible_to
from tocsin.workflow.selectors import waiting_for

Typed = Mapping[str, str]
PAGE = 50
DONE = {
    "ask": gettext_lazy("The request waits for the legal check."),
    "allow": gettext_lazy("You allowed the request. It waits for two custodians."),
    "refuse": gettext_lazy("The request is refused. Nothing was opened."),
    "decline": gettext_lazy("The request is refused. Nothing was opened."),
    "cancel": gettext_lazy("You took the request back."),
    "open": gettext_lazy("Your key is in. Another custodian must bring the second one."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.TIP_READ, Permission.IDENTITY_REQUEST)
def ask(request: StaffRequest, ref: str) -> HttpResponse:
    """Ask who sent one report."""
    tip = _tip(request, ref)
    told: dict[str, Any] = {"tip": tip, "short_ref": short_ref(ref), "typed": request.POST.dict()}
    if request.method != "POST":
        return render(request, "desk/identity_ask.html", context(request, here="inbox", **told))
    try:
        asked = _ask(request.actor, tip, told["typed"])
    except RuleBroken as wrong:
        told |= {"error": wrong.sentence}
        return render(request, "desk/identity_ask.html", context(request, here="inbox", **told), status=wrong.status)
    return redirect(f"{reverse('identity', args=[asked.ref])}?done=ask")


def _tip(request: StaffRequest, ref: str) -> Tip:
    try:
        return tip_visible_to(request.actor, ref)
    except Tip.DoesNotExist:
        raise Http404 from None


def _ask(actor: Actor, tip: Tip, typed: Typed) -> IdentityRequest:
    return identity_requests.request_identity(
        actor=actor, tip=tip, reason=typed.get("reason", ""), ground=typed.get("ground", ""), order=_order(typed)
    )


def _order(typed: Typed) -> Order | None:
    number, ends_on = typed.get("order", "").strip(), typed.get("ends_on", "").strip()
    if not number and not ends_on:
        return None
    try:
        return Order(number, date.fromisoformat(ends_on))
    except ValueError:
        raise RuleBroken(_("Give the last day of the written order as a date like 2026-12-31.")) from None


@require_safe
@needs(Permission.IDENTITY_LIST)
def identities(request: StaffRequest) -> HttpResponse:
    """The requests that this person may see, newest first; those that have their turn on top."""
    state, after = request.GET.get("state", ""), request.GET.get("after", "")
    page = selectors.request_page(request.actor, state=state, after=after, size=PAGE)
    turn = set(waiting_for(request.actor, "identity").values_list("subject_ref", flat=True)[:PAGE])
    told = {
        "rows": [{**identity_view.row(each), "has_turn": each.ref in turn} for each in page.requests],
        "next_after": page.next_after,
        "state": state,
        "filters": _filters(request.actor, state),
    }
    return render(request, "desk/identities.html", context(request, here="identities", **told))


def _filters(actor: Actor, chosen: str) -> list[dict[str, object]]:
    counts = selectors.counts_by_state(actor)
    links: list[dict[str, object]] = [
        {"text": _("All"), "url": "?", "count": sum(counts.values()), "is_current": not chosen}
    ]
    for state in RequestState:
        if counts.get(state):
            link = {"text": str(state.label), "url": f"?state={state}", "count": counts[state]}
            links.append({**link, "is_current": chosen == state})
    return links


@require_safe
@needs(Permission.IDENTITY_LIST)
def identity(request: StaffRequest, ref: str) -> HttpResponse:
    """One request: why it was made, who has the turn, what was decided."""
    done = DONE.get(request.GET.get("done", ""), "")
    return draw(request, visible(request, ref), done=str(done))


@require_POST
@needs(Permission.IDENTITY_LIST)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Allow, refuse, decline with a seat, or take back."""
    found, typed = visible(request, ref), request.POST.dict()
    if action not in ACTIONS:
        raise Http404
    try:
        if stepped_aside(request.actor, found, typed):
            return redirect("identities")
        ACTIONS[action](actor=request.actor, request=found, reason=typed.get("reason", ""))
    except RuleBroken as wrong:
        told = {"error": wrong.sentence, "failed": action, "typed": typed}
        return draw(request, visible(request, ref), status=wrong.status, **told)
    return redirect(f"{reverse('identity', args=[ref])}?done={action}")


ACTIONS = {
    "allow": identity_requests.allow_request,
    "refuse": identity_requests.refuse_request,
    "decline": identity_opening.refuse_to_open,
    "cancel": identity_requests.cancel_request,
}


def stepped_aside(actor: Actor, found: IdentityRequest, typed: Typed) -> bool:
    """Whether this person declared an own interest just now and is shut out. Only whoever asked needs not to declare.

    Raises ``RuleBroken`` for somebody who did not say.
    """
    if found.requester_id == actor.staff_id:
        return False
    if typed.get("interest") not in ("yes", "no"):
        raise RuleBroken(_("Say whether you have an interest of your own in this matter. Nothing was changed."))
    has_interest = typed["interest"] == "yes"
    identity_requests.declare_interest(actor=actor, request=found, has_interest=has_interest)
    return has_interest


def visible(request: StaffRequest, ref: str) -> IdentityRequest:
    """The request, or the page that says that there is none."""
    try:
        return selectors.request_visible_to(request.actor, ref)
    except IdentityRequest.DoesNotExist:
        raise Http404 from None


def draw(request: StaffRequest, found: IdentityRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of a request."""
    told = {**identity_view.page(request.actor, found), **more}
    return render(request, "desk/identity.html", context(request, here="identities", **told), status=status)
