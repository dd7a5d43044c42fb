"""Putting a tip into a case: a new one, or one that is there."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.access.permissions import Permission
from tocsin.cases import opening
from tocsin.cases import selectors as case_selectors
from tocsin.cases.models import Case
from tocsin.common.errors import RuleBroken
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.page import context
from tocsin.tips import selectors
from tocsin.tips.models import Tip
from tocsin.vault import unlocked


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.TIP_READ, Permission.CASE_READ)
def tip_case(request: StaffRequest, ref: str) -> HttpResponse:
    """Open a case from this tip, or propose that it belongs to one."""
    try:
        found = selectors.tip_visible_to(request.actor, ref)
    except Tip.DoesNotExist:
        raise Http404 from None
    if request.method != "POST":
        return _page(request, found)
    try:
        return redirect(_done(request, found))
    except RuleBroken as wrong:
        return _page(request, found, error=str(wrong), status=wrong.status)


def _done(request: StaffRequest, found: Tip) -> str:
    typed = request.POST
    if typed.get("way") == "new":
        case = opening.open_case(
            actor=request.actor,
            tip=found,
            title=typed.get("title", ""),
            summary=typed.get("summary", ""),
            reason=typed.get("reason", ""),
        )
        return reverse("case", args=[case.ref])
    try:
        chosen = case_selectors.case_visible_to(request.actor, typed.get("case", ""))
    except Case.DoesNotExist:
        raise RuleBroken(_("Choose a case. Nothing was proposed.")) from None
    opening.propose_link(actor=request.actor, case=chosen, tip=found, reason=typed.get("reason", ""))
    return reverse("tip", args=[found.ref])


def _page(request: StaffRequest, found: Tip, *, error: str = "", status: int = 200) -> HttpResponse:
    typed = request.POST
    told: dict[str, Any] = {"tip": found, "short_ref": short_ref(found.ref), "error": error, "typed": typed}
    told["may_open"] = request.actor.may(Permission.CASE_OPEN)
    told["may_link"] = request.actor.may(Permission.CASE_LINK)
    if unlocked.is_unlocked():
        known = case_selectors.open_cases_for_linking(request.actor, category=found.category)
        titles = case_selectors.titles(request.actor, known)
        told["cases"] = [
            {"ref": case.ref, "short_ref": short_ref(case.ref), "title": titles[case.ref], "kind": category_label(case)}
            for case in known
        ]
    return render(request, "desk/tip_case.html", context(request, here="inbox", **told), status=status)
