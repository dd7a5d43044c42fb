"""Who a reporter is: the form that asks for it, and the pages on which two custodians decide."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.tips import identities, selectors
from tocsin.tips.models import IdentityRequest, Tip
from tocsin.vault import unlocked


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.TIP_READ, Permission.IDENTITY_REQUEST)
def ask(request: StaffRequest, ref: str) -> HttpResponse:
    """Ask for the identity behind one report."""
    try:
        tip = selectors.tip_visible_to(request.actor, ref)
    except Tip.DoesNotExist:
        raise Http404 from None
    if request.method != "POST":
        return render(request, "desk/identity_ask.html", context(request, here="inbox", tip=tip))
    typed = request.POST.dict()
    try:
        reason, ground = typed.get("reason", ""), typed.get("ground", "")
        identities.request_identity(actor=request.actor, tip=tip, reason=reason, ground=ground, order=_order(typed))
    except RuleBroken as wrong:
        told = context(request, here="inbox", tip=tip, error=wrong.sentence, typed=typed)
        return render(request, "desk/identity_ask.html", told, status=wrong.status)
    return redirect("tip", ref)


@require_safe
@needs(Permission.IDENTITY_AGREE)
def waiting(request: StaffRequest) -> HttpResponse:
    """The requests on which this custodian may decide."""
    found = identities.requests_visible_to(request.actor).select_related("tip", "requester")
    return render(request, "desk/identity_requests.html", context(request, here="identity-requests", requests=found))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.IDENTITY_AGREE)
def decide(request: StaffRequest, ref: str) -> HttpResponse:
    """Agree or refuse. The answer to the second agreement is the only page that ever shows an identity."""
    found = identities.requests_visible_to(request.actor).select_related("tip", "requester").filter(ref=ref).first()
    if found is None:
        raise Http404
    if request.method != "POST":
        return _page(request, found)
    try:
        shown = _decided(request, found)
    except RuleBroken as wrong:
        return _page(request, found, status=wrong.status, error=wrong.sentence)
    if shown is None:
        return redirect("identity-requests")
    return render(request, "desk/identity_shown.html", context(request, here="identity-requests", shown=shown))


def _decided(request: StaffRequest, found: IdentityRequest) -> str | None:
    typed = request.POST
    if typed.get("decision") == "refuse":
        identities.refuse(actor=request.actor, request=found, reason=typed.get("reason", ""))
        return None
    key, passphrase = typed.get("key", "").encode(), typed.get("passphrase", "")
    return identities.agree(actor=request.actor, request=found, key_file=key, passphrase=passphrase)


def _page(request: StaffRequest, found: IdentityRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    if unlocked.is_unlocked():
        more |= {"told": json.loads(selectors.open_reason(found.tip.ref, bytes(found.reason)))}
    told = context(request, here="identity-requests", found=found, **more)
    return render(request, "desk/identity_request.html", told, status=status)


def _order(typed: dict[str, str]) -> identities.Order | None:
    number, ends_on = typed.get("order", "").strip(), typed.get("ends_on", "").strip()
    if not number and not ends_on:
        return None
    try:
        return identities.Order(number, date.fromisoformat(ends_on))
    except ValueError:
        raise RuleBroken(_("Write the end of the order as a date like 2026-12-31. Nothing was asked.")) from None
