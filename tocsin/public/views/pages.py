"""Pages without a form: the start page, leaving quickly, a sign of life for a balancer."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from tocsin.public.doors import for_everybody
from tocsin.public.page import context


@for_everybody
@require_safe
def choose_language(request: HttpRequest) -> HttpResponse:
    """Send the visitor to the start page in the language that the browser asks for. It is not remembered."""
    with translation.override(translation.get_language_from_request(request)):
        answer = redirect(reverse("start"))
    answer.headers["Vary"] = "Accept-Language"
    return answer


@for_everybody
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What this line is for, what it is not for, and the three things one can do here."""
    return render(request, "public/start.html", context(request))


@for_everybody
def leave_site(request: HttpRequest) -> HttpResponse:
    """Drop the session and go to a harmless page elsewhere."""
    request.session.flush()
    answer = redirect(settings.TOCSIN_EXIT_URL)
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@for_everybody
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")
