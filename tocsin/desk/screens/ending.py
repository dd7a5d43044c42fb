"""What will be destroyed soon, so that nobody is taken by surprise."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.page import context
from tocsin.tips.last_days import expiring_soon
from tocsin.tips.workflow import FOUNDED

MOST = 100


@require_safe
@needs(Permission.RETENTION_REVIEW)
def ending(request: StaffRequest) -> HttpResponse:
    """The ended reports whose last day is within a month, the next one on top."""
    found = list(expiring_soon(request.actor)[: MOST + 1])
    rows = [
        {
            "tip": tip,
            "short_ref": short_ref(tip.ref),
            "category": category_label(tip),
            "reviewed": tip.outcome in FOUNDED,
        }
        for tip in found[:MOST]
    ]
    told = {"rows": rows, "more": len(found) > MOST, "most": MOST}
    return render(request, "desk/ending.html", context(request, here="ending", **told))
