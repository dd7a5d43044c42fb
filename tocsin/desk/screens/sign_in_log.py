"""The log of sign-ins, for administrators and inspectors."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.access.sign_in_log import sign_ins
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.desk.sign_in_words import to_number, told_lines


@require_safe
@needs(Permission.SIGN_IN_LOG)
def sign_in_log(request: StaffRequest) -> HttpResponse:
    """Newest first; ``person`` narrows it to one, ``before`` goes on behind a line."""
    person, before = (to_number(request.GET.get(name, "")) for name in ("person", "before"))
    page = sign_ins(request.actor, staff_id=person or None, before=before)
    told = {"lines": told_lines(page), "before": page.before, "person": person}
    return render(request, "desk/sign_in_log.html", context(request, here="sign-in-log", **told))
