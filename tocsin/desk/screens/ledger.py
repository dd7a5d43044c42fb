"""Whether the public ledger is whole, and what waits for it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.ledger.status import ledger_status


@require_safe
@needs(Permission.LEDGER_STATUS)
def ledger(request: StaffRequest) -> HttpResponse:
    """Size, newest checkpoint, waiting leaves, and the verdict in words."""
    return render(request, "desk/ledger.html", context(request, here="ledger", status=ledger_status()))
