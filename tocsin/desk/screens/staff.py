"""Who works here: the list, one person, and what is proposed and decided about them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk import staff_view
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.fields import drawn
from tocsin.desk.page import context
from tocsin.desk.staff_forms import ACTIONS, NEW_PERSON
from tocsin.staffing import selectors, services
from tocsin.staffing.models import Member


@require_safe
@needs(Permission.STAFF_LIST)
def staff(request: StaffRequest) -> HttpResponse:
    """Everybody, those about whom something waits first."""
    told = {
        "rows": staff_view.rows(selectors.members(request.actor)),
        "may_propose": request.actor.may(Permission.STAFF_PROPOSE),
    }
    return render(request, "desk/staff.html", context(request, here="staff", **told))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.STAFF_LIST, Permission.STAFF_PROPOSE)
def new_person(request: StaffRequest) -> HttpResponse:
    """Propose somebody new."""
    if request.method != "POST":
        return _new_page(request)
    told = {name: request.POST.get(name, "") for name in ("username", "display_name", "reason")}
    try:
        proposal = services.propose_person(actor=request.actor, roles=request.POST.getlist("roles"), **told)
    except RuleBroken as wrong:
        return _new_page(request, wrong, request.POST)
    return redirect("staff-member", proposal.subject_ref)


def _new_page(request: StaffRequest, wrong: RuleBroken | None = None, typed: QueryDict | None = None) -> HttpResponse:
    fields = drawn(NEW_PERSON, form="new", subject=None, typed=typed)
    told = {"fields": fields, "error": wrong.sentence if wrong else ""}
    status = wrong.status if wrong else 200
    return render(request, "desk/staff_new.html", context(request, here="staff", **told), status=status)


@require_safe
@needs(Permission.STAFF_LIST)
def member(request: StaffRequest, ref: str) -> HttpResponse:
    """One colleague."""
    return _page(request, _found(request, ref))


@require_POST
@needs(Permission.STAFF_LIST)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Propose, decide or suspend; a password that comes of it is shown on this one answer."""
    found, do = _found(request, ref), ACTIONS.get(action)
    if do is None:
        raise Http404
    try:
        done = do(request.actor, found, request.POST)
    except RuleBroken as wrong:
        told: dict[str, Any] = {"error": wrong.sentence, "failed": action, "typed": request.POST}
        return _page(request, _found(request, ref), status=wrong.status, **told)
    if done is not None and done.password:
        return _page(request, done.member, password=done.password)
    return redirect(reverse("staff-member", args=[ref]))


def _found(request: StaffRequest, ref: str) -> Member:
    try:
        return selectors.member_named(request.actor, ref)
    except Member.DoesNotExist:
        raise Http404 from None


def _page(request: StaffRequest, found: Member, *, status: int = 200, **more: Any) -> HttpResponse:
    told = {**staff_view.laid_out(request.actor, found, more.get("failed", ""), more.get("typed")), **more}
    return render(request, "desk/staff_member.html", context(request, here="staff", **told), status=status)
