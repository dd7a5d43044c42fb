"""The sign-ins of a demonstration, with their present codes. An installation does not have this page."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.access.factors.demonstration import codes_of_everybody
from tocsin.desk.doors import before_sign_in
from tocsin.desk.page import context


@before_sign_in
@require_safe
def demo_codes(request: HttpRequest) -> HttpResponse:
    """Who works in the demonstration, and the code that opens the second step now."""
    if not settings.TOCSIN_DEMO:
        raise Http404
    return render(request, "desk/demo_codes.html", context(request, people=codes_of_everybody()))
