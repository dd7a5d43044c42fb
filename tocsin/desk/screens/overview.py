"""The supervisor's first screen: what is overdue, what is due next, what waits, how old the work is."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.overview_view import overview_of
from tocsin.desk.page import context


@require_safe
@needs(Permission.OVERVIEW_READ)
def overview(request: StaffRequest) -> HttpResponse:
    """Counts, the longest overdue, figures. Nothing is opened, so it is the same while the desk is locked."""
    return render(request, "desk/overview.html", context(request, here="overview", **overview_of(request.actor)))
