"""One case: everything about it, and what this person may do with it now."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.cases import selectors
from tocsin.cases.models import Case
from tocsin.cases.reading import read_case
from tocsin.common.errors import RuleBroken
from tocsin.desk.case_actions import BY_NAME
from tocsin.desk.case_view import facts, laid_out
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.vault import unlocked


@require_safe
@needs(Permission.CASE_READ)
def case(request: StaffRequest, ref: str) -> HttpResponse:
    """The page of a case; ``done`` names what was just done."""
    done = BY_NAME.get(request.GET.get("done", ""))
    return _page(request, _visible(request, ref), done=str(done.done) if done else "")


@require_POST
@needs(Permission.CASE_READ)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Do one thing; come back to the case, or to the list when it is closed to the person from now on."""
    found, wanted = _visible(request, ref), BY_NAME.get(action)
    if wanted is None:
        raise Http404
    try:
        wanted.do(request.actor, found, request.POST)
    except RuleBroken as wrong:
        told: dict[str, Any] = {"error": wrong.sentence, "failed": action, "typed": request.POST}
        return _page(request, _visible(request, ref), status=wrong.status, **told)
    if not selectors.cases_visible_to(request.actor).filter(pk=found.pk).exists():
        return redirect("cases")
    return redirect(f"{reverse('case', args=[ref])}?done={action}#{wanted.group}")


def _visible(request: StaffRequest, ref: str) -> Case:
    try:
        return selectors.case_visible_to(request.actor, ref)
    except Case.DoesNotExist:
        raise Http404 from None


def _page(
    request: StaffRequest, found: Case, *, status: int = 200, typed: QueryDict | None = None, **more: Any
) -> HttpResponse:
    told: dict[str, Any] = {"case": found, "facts": facts(found), "title": _("Case"), "typed": typed, **more}
    if unlocked.is_unlocked():
        failed = str(more.get("failed", ""))
        told |= laid_out(request.actor, read_case(request.actor, found.ref), failed, typed)
    return render(request, "desk/case.html", context(request, here="cases", **told), status=status)
