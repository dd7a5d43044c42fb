"""Asking why somebody opens a tip that is not in their own queue."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.inbox_view import holder_words
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.page import context
from tocsin.tips.holding import may_take
from tocsin.tips.models import Tip
from tocsin.tips.reading import give_reason, may_read
from tocsin.tips.selectors import tip_visible_to


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.TIP_READ)
def why(request: StaffRequest, ref: str) -> HttpResponse:
    """Ask for the reason; with one, or where none is needed, go on to the tip."""
    found = visible(request, ref)
    if request.method != "POST":
        return redirect("tip", ref) if may_read(request.actor, found) else ask_why(request, found)
    try:
        give_reason(actor=request.actor, tip=found, reason=request.POST.get("reason", ""))
    except RuleBroken as wrong:
        typed = request.POST.get("reason", "")
        return ask_why(request, found, error=wrong.sentence, typed=typed, status=wrong.status)
    return redirect("tip", ref)


def visible(request: StaffRequest, ref: str) -> Tip:
    """The tip, if this person may see it; the same answer for one that they may not and for none."""
    try:
        return tip_visible_to(request.actor, ref)
    except Tip.DoesNotExist:
        raise Http404 from None


def ask_why(request: StaffRequest, tip: Tip, *, status: int = 200, **more: object) -> HttpResponse:
    """The page that asks. ``kept``: what somebody had typed on the page of the tip before it left their queue."""
    told = {
        "tip": tip,
        "short_ref": short_ref(tip.ref),
        "category": category_label(tip),
        "holder": holder_words(request.actor, tip),
        "can_take": may_take(request.actor, tip),
    }
    return render(request, "desk/why.html", context(request, here="inbox", **told, **more), status=status)
