"""The first sign-in: nobody reaches the desk before a second factor is set up."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.access.factors import passkeys
from tocsin.access.models import Factor
from tocsin.common.errors import RuleBroken
from tocsin.desk import enrolment, half_way
from tocsin.desk.doors import after_password
from tocsin.desk.enrolment import Newcomer
from tocsin.desk.half_way import HalfWay, Stage
from tocsin.desk.page import context


@require_safe
@after_password(Stage.ENROL)
def enrol(request: HttpRequest, half: HalfWay) -> HttpResponse:
    """The choice: a passkey or an authenticator app."""
    told: dict[str, Any] = {
        "newcomer": half.staff.display_name,
        "has_passkeys": passkeys.are_offered(request.get_host()),
    }
    return render(request, "desk/enrol.html", context(request, **told))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@after_password(Stage.ENROL)
def enrol_app(request: HttpRequest, half: HalfWay) -> HttpResponse:
    """An authenticator app, confirmed with its first code; then in."""
    who = Newcomer(half.staff, at="enrol-app", back="enrol")
    if request.method != "POST":
        return enrolment.app_page(request, who)
    try:
        codes = enrolment.take_app(request, who)
    except RuleBroken as wrong:
        return enrolment.app_page(request, who, wrong)
    half_way.let_in(request, half.staff, Factor.PASSWORD_AND_APP)
    return enrolment.codes_page(request, codes, half.next)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@after_password(Stage.ENROL)
def enrol_passkey(request: HttpRequest, half: HalfWay) -> HttpResponse:
    """A passkey; then in."""
    who = Newcomer(half.staff, at="enrol-passkey", back="enrol")
    if request.method != "POST":
        return enrolment.passkey_page(request, who)
    try:
        codes = enrolment.take_passkey(request, who)
    except RuleBroken as wrong:
        return enrolment.passkey_page(request, who, wrong)
    half_way.let_in(request, half.staff, Factor.PASSWORD_AND_PASSKEY)
    return enrolment.codes_page(request, codes, half.next)
