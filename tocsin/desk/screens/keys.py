"""Single keys at the desk: which there are, and switching them off."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.tips.key_habits import keys_work_for, set_keys


@require_http_methods(["GET", "HEAD", "POST"])
@needs()
def keys(request: StaffRequest) -> HttpResponse:
    """The list of keys with a switch for oneself."""
    if request.method == "POST":
        set_keys(actor=request.actor, on=request.POST.get("keys") == "on")
        return redirect("keys")
    return render(request, "desk/keys.html", context(request, keys_work=keys_work_for(request.actor)))
