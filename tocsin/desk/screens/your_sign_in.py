"""Somebody's own way in: devices, recovery codes, password, open sessions, and what happened with them."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.factors.selectors import factors_of
from tocsin.access.factors.services import new_recovery_codes, remove_factor
from tocsin.access.models import Ending, Staff
from tocsin.access.services import choose_password
from tocsin.access.sessions import confirm as confirm_session
from tocsin.access.sessions import end_sessions, open_sessions, rename_session, require_password
from tocsin.access.sign_in_log import own_sign_ins
from tocsin.common.errors import RuleBroken
from tocsin.desk import enrolment
from tocsin.desk.doors import StaffRequest, confirmed, needs, safe_next
from tocsin.desk.enrolment import Newcomer
from tocsin.desk.page import context
from tocsin.desk.sign_in_words import to_number, told_lines


@require_safe
@needs()
def your_sign_in(request: StaffRequest) -> HttpResponse:
    """Everything on one page."""
    history = own_sign_ins(request.actor, before=to_number(request.GET.get("before", "")))
    told = {
        "factors": factors_of(request.actor),
        "sessions": open_sessions(request.actor),
        "this_session": request.desk_session,
        "lines": told_lines(history),
        "before": history.before,
    }
    return render(request, "desk/your_sign_in.html", context(request, here="your-sign-in", **told))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs()
def confirm(request: StaffRequest) -> HttpResponse:
    """Ask for the password again, then go on to the change that was wanted."""
    told = {"next": safe_next(request, "your-sign-in")}
    if request.method != "POST":
        return render(request, "desk/confirm.html", context(request, **told))
    try:
        confirm_session(actor=request.actor, key=_key(request), password=request.POST.get("password", ""))
    except RuleBroken as wrong:
        return render(request, "desk/confirm.html", context(request, error=wrong.sentence, **told), status=wrong.status)
    return redirect(told["next"])


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs()
@confirmed
def add_app(request: StaffRequest) -> HttpResponse:
    """An authenticator app, in place of one before."""
    who = Newcomer(request.user, at="add-app", back="your-sign-in", but=_key(request))
    if request.method != "POST":
        return enrolment.app_page(request, who)
    try:
        codes = enrolment.take_app(request, who)
    except RuleBroken as wrong:
        return enrolment.app_page(request, who, wrong)
    return _changed(request, codes)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs()
@confirmed
def add_passkey(request: StaffRequest) -> HttpResponse:
    """One more passkey."""
    who = Newcomer(request.user, at="add-passkey", back="your-sign-in", but=_key(request))
    if request.method != "POST":
        return enrolment.passkey_page(request, who)
    try:
        codes = enrolment.take_passkey(request, who)
    except RuleBroken as wrong:
        return enrolment.passkey_page(request, who, wrong)
    return _changed(request, codes)


@require_POST
@needs()
@confirmed
def remove(request: StaffRequest, factor: str) -> HttpResponse:
    """Take a device away; never the last one."""
    remove_factor(actor=request.actor, factor_id=to_number(factor), but=_key(request))
    return _changed(request, [])


@require_POST
@needs()
@confirmed
def recovery_codes(request: StaffRequest) -> HttpResponse:
    """Ten new ones, shown once."""
    return _changed(request, new_recovery_codes(actor=request.actor, but=_key(request)))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs()
def password(request: StaffRequest) -> HttpResponse:
    """Another password; the present one is asked for."""
    if request.method != "POST":
        return render(request, "desk/password.html", context(request))
    typed = {name: request.POST.get(name, "") for name in ("password", "again")}
    try:
        require_password(actor=request.actor, password=request.POST.get("present", ""))
        choose_password(actor=request.actor, but=_key(request), **typed)
    except RuleBroken as wrong:
        return render(request, "desk/password.html", context(request, error=wrong.sentence), status=wrong.status)
    return _changed(request, [])


@require_POST
@needs()
def end_all_sessions(request: StaffRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    end_sessions(actor=request.actor, staff_id=request.actor.require_staff(), ending=Ending.EVERYWHERE)
    return redirect(f"{reverse('sign-in')}?ended={Ending.EVERYWHERE}")


def _key(request: StaffRequest) -> str:
    return request.session.session_key or ""


def _changed(request: StaffRequest, codes: list[str]) -> HttpResponse:
    """This browser stays signed in under a new key; every other one was signed out."""
    old = _key(request)
    update_session_auth_hash(request, Staff.objects.get(pk=request.actor.require_staff()))
    rename_session(actor=request.actor, old=old, new=_key(request))
    if codes:
        return enrolment.codes_page(request, codes, reverse("your-sign-in"))
    return redirect("your-sign-in")
