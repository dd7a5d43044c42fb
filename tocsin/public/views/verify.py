"""Check a receipt here, or learn how to check it without us."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.views.decorators.http import require_http_methods

from tocsin.common import clock
from tocsin.ledger.selectors import place_of_leaf
from tocsin.ledger.spot_check import SpotCheck, spot_check
from tocsin.public.doors import for_everybody
from tocsin.public.pace import Cost, slowed
from tocsin.public.page import context

# The page with a notice above it, for the one case in which it has one.
_LATER = (
    '{% extends "public/verify.html" %}{% block content %}'
    '{% include "ui/components/notification.html" with text=notice success=False %}{{ block.super }}{% endblock %}'
)


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The page with the field for a receipt, and the verdict on one."""
    result: SpotCheck | None = None
    text = request.POST.get("receipt", "") if request.method == "POST" else ""
    if text.strip():
        if later := slowed(request, Cost.VERIFY, lambda told: _later(request, text, told)):
            return later
        result = spot_check(text.encode(), log_dir=settings.TOCSIN_LOG_DIR, place_of=place_of_leaf, now=clock.now())
    return render(request, "public/verify.html", _told(request, text=text, result=result))


def _later(request: HttpRequest, text: str, notice: str) -> HttpResponse:
    page = engines["django"].from_string(_LATER)
    return HttpResponse(page.render(_told(request, text=text, notice=notice), request))


def _told(request: HttpRequest, **more: Any) -> dict[str, Any]:
    log_url = request.build_absolute_uri("/log")
    return context(request, origin=settings.TOCSIN_ORIGIN, log_url=log_url, **more)
