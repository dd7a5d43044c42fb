"""Signing in and out, and the language of the desk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.factors.demonstration import code_of
from tocsin.access.factors.selectors import factors_of
from tocsin.access.factors.services import check_code, check_passkey, check_passkey_alone
from tocsin.access.models import Ending, Factor
from tocsin.access.services import check_password, choose_password
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.desk import ceremonies, half_way
from tocsin.desk.doors import StaffRequest, after_password, before_sign_in, needs, safe_next
from tocsin.desk.half_way import HalfWay, Stage
from tocsin.desk.page import context
from tocsin.tips.unlocking import lock_when_empty

WHY_OUT: dict[str, str | Promise] = {
    Ending.IDLE: _("You were signed out because this browser was not used for a while. What you typed was not kept."),
    Ending.TOO_LONG: _("You were signed out because a session has a longest time. Sign in again."),
    Ending.EVERYWHERE: _("You were signed out everywhere, as was asked for in one of your browsers."),
    Ending.PASSWORD: _("You were signed out because your password was changed. If that was not you, tell somebody."),
    Ending.FACTOR: _("You were signed out because your second factor was changed. If that was not you, tell somebody."),
    Ending.RIGHTS: _("You were signed out because your roles were changed. Sign in again."),
}


@before_sign_in
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@before_sign_in
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password, the same answer for every wrong one; or a passkey, which is both factors at once."""
    if request.method != "POST":
        return _sign_in_page(request)
    try:
        staff = check_password(username=_username(request), password=request.POST.get("password", ""))
    except NotPermitted as wrong:
        return _sign_in_page(request, wrong)
    return half_way.begin(request, staff, safe_next(request))


@before_sign_in
@require_POST
def sign_in_with_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey alone: it verified its user by PIN, finger or face."""
    try:
        staff = check_passkey_alone(state=ceremonies.state(request), answer=request.POST.get("answer", ""))
    except NotPermitted as wrong:
        return _sign_in_page(request, wrong)
    wanted = safe_next(request)
    half_way.leave(request)
    return half_way.go_on(request, HalfWay(staff, "", wanted), Factor.PASSKEY)


def _username(request: HttpRequest) -> str:
    return request.POST.get("username", "")[:64]


def _sign_in_page(request: HttpRequest, wrong: RuleBroken | None = None) -> HttpResponse:
    told: dict[str, Any] = {
        "next": safe_next(request),
        "username": _username(request),
        "error": wrong.sentence if wrong else "",
        "ended": WHY_OUT.get(request.GET.get("ended", ""), ""),
        "options": ceremonies.sign_in_options(request, None),
        "is_demo": settings.TOCSIN_DEMO,
    }
    return render(request, "desk/sign_in.html", context(request, **told), status=wrong.status if wrong else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@after_password(Stage.SECOND_FACTOR)
def second_factor(request: HttpRequest, half: HalfWay) -> HttpResponse:
    """A code, or a passkey."""
    if request.method != "POST":
        return _second_factor_page(request, half)
    try:
        if "answer" in request.POST:
            state, answer = ceremonies.state(request), request.POST["answer"]
            factor = check_passkey(actor=half.actor, state=state, answer=answer)
        else:
            factor = check_code(actor=half.actor, code=request.POST.get("code", ""))
    except NotPermitted as wrong:
        return _second_factor_page(request, half, wrong)
    return half_way.go_on(request, half, factor)


def _second_factor_page(request: HttpRequest, half: HalfWay, wrong: RuleBroken | None = None) -> HttpResponse:
    factors = factors_of(half.actor)
    told: dict[str, Any] = {
        "error": wrong.sentence if wrong else "",
        "factors": factors,
        "options": ceremonies.sign_in_options(request, half.staff) if factors.passkey else "",
        "demo_code": code_of(half.staff.pk) if settings.TOCSIN_DEMO else "",
    }
    return render(request, "desk/second_factor.html", context(request, **told), status=wrong.status if wrong else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@after_password(Stage.OWN_PASSWORD)
def own_password(request: HttpRequest, half: HalfWay) -> HttpResponse:
    """Choose a password that nobody else knows, in place of the one that was handed over."""
    if request.method != "POST":
        return render(request, "desk/own_password.html", context(request))
    typed = {name: request.POST.get(name, "") for name in ("password", "again")}
    try:
        choose_password(actor=half.actor, **typed)
    except RuleBroken as wrong:
        return render(request, "desk/own_password.html", context(request, error=wrong.sentence), status=wrong.status)
    return half_way.go_on(request, half)


@before_sign_in
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Give up signing in, so that the next person at this browser begins anew."""
    half_way.leave(request)
    return redirect("sign-in")


@require_POST
@needs()
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session and clear what the browser kept. The last one to go locks the reports."""
    half_way.leave(request)
    lock_when_empty(actor=request.actor)
    answer = redirect("sign-in")
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@before_sign_in
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remember the language of the desk in a cookie of its own."""
    answer = redirect(safe_next(request))
    code = request.POST.get("language", "")
    if code in settings.TOCSIN_LANGUAGES:
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, httponly=True, samesite="Strict")
    return answer
