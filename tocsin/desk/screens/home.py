"""Where a person arrives: at the first page that their roles open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context

PAGES = (("inbox", Permission.TIP_LIST), ("holds", Permission.HOLD_READ), ("ledger", Permission.LEDGER_STATUS))


@require_safe
@needs()
def home(request: StaffRequest) -> HttpResponse:
    """The inbox, else the legal holds or the ledger, else a page that says that these roles have nothing here."""
    for name, permission in PAGES:
        if request.actor.may(permission):
            return redirect(name)
    return render(request, "desk/home.html", context(request))
