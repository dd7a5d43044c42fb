"""Where a person arrives: at the first page that their roles open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context


@require_safe
@needs()
def home(request: StaffRequest) -> HttpResponse:
    """The first page that these roles open, else a page that says that there is nothing for them yet."""
    pages = (
        ("inbox", Permission.TIP_LIST),
        ("identity-requests", Permission.IDENTITY_AGREE),
        ("ledger", Permission.LEDGER_STATUS),
    )
    for name, permission in pages:
        if request.actor.may(permission):
            return redirect(name)
    return render(request, "desk/home.html", context(request))
