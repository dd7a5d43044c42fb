"""Check a receipt here, or learn how to check it without us."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from tocsin.common import clock
from tocsin.ledger.selectors import place_of_leaf
from tocsin.ledger.spot_check import SpotCheck, spot_check
from tocsin.public.doors import for_everybody
from tocsin.public.pace import Cost, slowed
from tocsin.public.page import context


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The page with the field for a receipt, and the verdict on one."""
    result: SpotCheck | None = None
    text = request.POST.get("receipt", "") if request.method == "POST" else ""
    if text.strip():
        if later := slowed(request, Cost.VERIFY, lambda told: _page(request, text=text, notice=told)):
            return later
        result = spot_check(text.encode(), log_dir=settings.TOCSIN_LOG_DIR, place_of=place_of_leaf, now=clock.now())
    return _page(request, text=text, result=result)


def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    log_url = request.build_absolute_uri("/log")
    told = context(request, origin=settings.TOCSIN_ORIGIN, log_url=log_url, **more)
    return render(request, "public/verify.html", told)
