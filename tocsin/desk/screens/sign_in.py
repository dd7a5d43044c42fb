"""Signing in and out, and the language of the desk."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.services import check_sign_in, note_sign_out
from tocsin.common.errors import NotPermitted
from tocsin.desk.doors import StaffRequest, before_sign_in, needs, safe_next
from tocsin.desk.page import context


@before_sign_in
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@before_sign_in
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; the same answer for every wrong one."""
    told = {"next": safe_next(request), "username": request.POST.get("username", "")[:64]}
    if request.method != "POST":
        return render(request, "desk/sign_in.html", context(request, **told))
    try:
        staff = check_sign_in(username=told["username"], password=request.POST.get("password", ""))
    except NotPermitted as wrong:
        return render(request, "desk/sign_in.html", context(request, error=wrong.sentence, **told), status=403)
    login(request, staff)
    return redirect(safe_next(request))


@require_POST
@needs()
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session and clear what the browser kept."""
    note_sign_out(actor=request.actor)
    logout(request)
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
