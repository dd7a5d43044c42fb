"""Where a person arrives: at the first page that their roles open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context, first_view

FIRST = (
    ("overview", Permission.OVERVIEW_READ),
    ("inbox", Permission.TIP_LIST),
    ("ledger", Permission.LEDGER_STATUS),
    ("identities", Permission.IDENTITY_LIST),
)


@require_safe
@needs()
def home(request: StaffRequest) -> HttpResponse:
    """The overview, else the inbox, else the ledger, else a page that says that there is nothing for these roles."""
    for name, permission in FIRST:
        if request.actor.may(permission):
            return redirect(first_view(name))
    return render(request, "desk/home.html", context(request))
