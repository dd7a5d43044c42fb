"""Who holds which custodian's key, and the claim that somebody else confirms."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk.carried_keys import carried_key
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.tips import custodians as services
from tocsin.tips import identity_selectors as selectors
from tocsin.tips.models import CustodianSeat, SeatState
from tocsin.tips.seat_life import TONES
from tocsin.workflow.selectors import waiting_for

DONE = {
    "claim": gettext_lazy("Your claim waits for somebody who confirms it."),
    "confirm": gettext_lazy("Confirmed: this person may act with this key from now on."),
    "refuse": gettext_lazy("The claim is refused."),
    "end": gettext_lazy("The seat has ended."),
}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SEAT_LIST)
def custodians(request: StaffRequest) -> HttpResponse:
    """The keys with their holders; a custodian without one claims it here."""
    if request.method != "POST":
        return _list(request)
    typed = carried_key(request)
    try:
        services.claim_seat(
            actor=request.actor,
            slot=request.POST.get("slot", ""),
            key_file=typed.key_file,
            passphrase=typed.passphrase,
        )
    except RuleBroken as wrong:
        return _list(request, status=wrong.status, error=wrong.sentence, slot=request.POST.get("slot", "")[:64])
    return redirect(f"{reverse('custodians')}?done=claim")


@require_safe
@needs(Permission.SEAT_LIST)
def custodian(request: StaffRequest, ref: str) -> HttpResponse:
    """One seat: who, which key, since when, and what can be decided."""
    return _seat(request, _visible(request, ref), done=str(DONE.get(request.GET.get("done", ""), "")))


@require_POST
@needs(Permission.SEAT_LIST)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Confirm or refuse a claim, or end a seat."""
    found, reason = _visible(request, ref), request.POST.get("reason", "")
    if action not in ("confirm", "refuse", "end"):
        raise Http404
    try:
        if action == "end":
            services.end_seat(actor=request.actor, seat=found, reason=reason)
        else:
            services.decide_claim(actor=request.actor, seat=found, approve=action == "confirm", reason=reason)
    except RuleBroken as wrong:
        told = {"error": wrong.sentence, "failed": action, "reason": reason}
        return _seat(request, _visible(request, ref), status=wrong.status, **told)
    return redirect(f"{reverse('custodian', args=[ref])}?done={action}")


def _visible(request: StaffRequest, ref: str) -> CustodianSeat:
    found = selectors.seats_visible_to(request.actor).select_related("staff").filter(ref=ref).first()
    if found is None:
        raise Http404
    return found


def _list(request: StaffRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    actor = request.actor
    may_claim = actor.may(Permission.IDENTITY_AGREE) and not actor.may(Permission.TIP_READ)
    own = selectors.own_seat(actor)
    told = {
        "slots": selectors.key_slots(actor),
        "own": own,
        "claims": may_claim and own is None,
        "done": str(DONE.get(request.GET.get("done", ""), "")),
        **more,
    }
    return render(request, "desk/custodians.html", context(request, here="custodians", **told), status=status)


def _seat(request: StaffRequest, found: CustodianSeat, *, status: int = 200, **more: Any) -> HttpResponse:
    actor, live = request.actor, found.state in (SeatState.CLAIMED, SeatState.HELD)
    told = {
        "seat": found,
        "tone": TONES[SeatState(found.state)],
        "decides": waiting_for(actor, "custodian").filter(subject_ref=found.ref).exists(),
        "ends": live and (actor.may(Permission.SEAT_CONFIRM) or found.staff_id == actor.staff_id),
        "is_own": found.staff_id == actor.staff_id,
        **more,
    }
    return render(request, "desk/custodian.html", context(request, here="custodians", **told), status=status)
