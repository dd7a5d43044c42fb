"""Unlocking the reports with the unit's passphrase, and locking them again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk.doors import StaffRequest, needs, safe_next
from tocsin.desk.page import context
from tocsin.tips.unlocking import lock_desk, unlock_desk


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.DESK_UNLOCK)
def unlock(request: StaffRequest) -> HttpResponse:
    """Ask for the passphrase; go on to where the person was."""
    told = {"next": safe_next(request), **_rule()}
    if request.method != "POST":
        return render(request, "desk/unlock.html", context(request, **told))
    try:
        unlock_desk(actor=request.actor, passphrase=request.POST.get("passphrase", ""))
    except RuleBroken as wrong:
        return render(request, "desk/unlock.html", context(request, error=wrong.sentence, **told), status=wrong.status)
    return redirect(safe_next(request))


def _rule() -> dict[str, Any]:
    return {"lock_minutes": settings.TOCSIN_LOCK_IDLE_MINUTES, "lock_at": settings.TOCSIN_LOCK_AT}


@require_POST
@needs()
def lock(request: StaffRequest) -> HttpResponse:
    """Forget the key at once; anybody at the desk may do that."""
    lock_desk(actor=request.actor)
    return redirect("home")
