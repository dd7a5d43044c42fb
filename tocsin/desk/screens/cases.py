"""The list of cases."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.cases import selectors
from tocsin.cases.workflow import CaseState
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.page import context

PAGE = 25


@require_safe
@needs(Permission.CASE_READ)
def cases(request: StaffRequest) -> HttpResponse:
    """Urgent ones first, then the oldest; ``state`` narrows it, ``mine`` to the own ones."""
    state, mine = request.GET.get("state", ""), request.GET.get("mine") == "yes"
    page = selectors.case_page(request.actor, state=state, mine=mine, after=request.GET.get("after", ""), size=PAGE)
    titles = selectors.titles(request.actor, page.cases)
    rows = [
        {
            "case": case,
            "short_ref": short_ref(case.ref),
            "title": titles.get(case.ref) or category_label(case),
            "category": category_label(case),
        }
        for case in page.cases
    ]
    told = {"rows": rows, "page": page, "state": state, "mine": mine, "filters": _filters(request, state, mine)}
    return render(request, "desk/cases.html", context(request, here="cases", **told))


def _filters(request: StaffRequest, chosen: str, mine: bool) -> list[dict[str, object]]:
    counts = selectors.counts_by_state(request.actor)
    everything = sum(n for state, n in counts.items() if state != CaseState.CLOSED)
    links: list[dict[str, object]] = [
        {"text": _("Not closed"), "url": "?", "count": everything, "is_current": not chosen and not mine},
        {"text": _("My cases"), "url": "?mine=yes", "count": 0, "is_current": mine},
    ]
    for state in CaseState:
        if counts.get(state):
            link = {"text": str(state.label), "url": f"?state={state}", "count": counts[state]}
            links.append({**link, "is_current": chosen == state})
    return links
