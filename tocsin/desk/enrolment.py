"""The pages on which a second factor is added: alike at the first sign-in and later."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tocsin.access.factors import app_codes
from tocsin.access.factors.services import add_app, add_passkey
from tocsin.access.models import Staff
from tocsin.common.errors import RuleBroken
from tocsin.desk import ceremonies
from tocsin.desk.page import context

_SECRET = "app-secret"  # noqa: S105  the name under which the session keeps it, sealed


@dataclass(frozen=True)
class Newcomer:
    """Who adds a factor, and where: ``at`` is the name of the page, ``but`` the session that outlives the change."""

    staff: Staff
    at: str
    back: str
    but: str = ""


def app_page(request: HttpRequest, who: Newcomer, wrong: RuleBroken | None = None) -> HttpResponse:
    """The picture for the authenticator app, the secret as text, and the field for the first code."""
    sealed = request.session.setdefault(_SECRET, app_codes.new_secret())
    invitation = app_codes.invitation(who.staff, sealed)
    told = {
        "picture": segno.make(invitation.url, error="m", micro=False).png_data_uri(scale=5, border=4),
        "secret": invitation.secret,
        **_around(who, wrong),
    }
    return render(request, "desk/add_app.html", context(request, **told), status=wrong.status if wrong else 200)


def passkey_page(request: HttpRequest, who: Newcomer, wrong: RuleBroken | None = None) -> HttpResponse:
    """The name for a passkey, and the button that asks the browser for one."""
    told = {
        "options": ceremonies.registration_options(request, who.staff),
        "name": request.POST.get("name", "")[:60],
        **_around(who, wrong),
    }
    return render(request, "desk/add_passkey.html", context(request, **told), status=wrong.status if wrong else 200)


def take_app(request: HttpRequest, who: Newcomer) -> list[str]:
    """Keep the app if its first code fits. Returns and raises as ``add_app`` does."""
    secret, code = request.session.get(_SECRET) or app_codes.new_secret(), request.POST.get("code", "")
    codes = add_app(actor=who.staff.as_actor(), secret=secret, code=code, but=who.but)
    request.session.pop(_SECRET, None)
    return codes


def take_passkey(request: HttpRequest, who: Newcomer) -> list[str]:
    """Keep the passkey if its answer fits. Returns and raises as ``add_passkey`` does."""
    typed = {name: request.POST.get(name, "") for name in ("name", "answer")}
    return add_passkey(actor=who.staff.as_actor(), state=ceremonies.state(request), but=who.but, **typed)


def codes_page(request: HttpRequest, codes: list[str], after: str) -> HttpResponse:
    """New recovery codes, on the answer to the form that made them and never again."""
    return render(request, "desk/recovery_codes.html", context(request, codes=codes, after=after))


def _around(who: Newcomer, wrong: RuleBroken | None) -> dict[str, str]:
    return {"action": reverse(who.at), "back": reverse(who.back), "error": str(wrong.sentence) if wrong else ""}
