"""The reading list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tocsin.access.permissions import Permission
from tocsin.clocks.selectors import overdue_in_offices
from tocsin.common import clock
from tocsin.desk.deadline_words import DeadlineWords, deadline_words
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.page import context
from tocsin.policy.active import get_pack, get_shelf
from tocsin.policy.clocks import local_day
from tocsin.tips import selectors
from tocsin.tips.models import Tip
from tocsin.tips.workflow import OPEN, State

PAGE = 25


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    tip: Tip
    short_ref: str
    category: str
    excerpt: str
    deadline: DeadlineWords


@require_safe
@needs(Permission.TIP_LIST)
def inbox(request: StaffRequest) -> HttpResponse:
    """Urgent first, then the oldest; ``state`` narrows it, ``after`` goes on behind a tip."""
    state, after = request.GET.get("state", ""), request.GET.get("after", "")
    page = selectors.inbox_page(request.actor, state=state, after=after, size=PAGE)
    excerpts = selectors.excerpts(request.actor, page.tips)
    rows = [
        Row(tip, short_ref(tip.ref), category_label(tip), excerpts.get(tip.ref, ""), deadline_words(tip))
        for tip in page.tips
    ]
    told = {
        "rows": rows,
        "page": page,
        "state": state,
        "filters": _filters(request, state),
        "rules_over": _rules_over(),
        "own_overdue": overdue_in_offices(request.actor),
    }
    return render(request, "desk/inbox.html", context(request, here="inbox", **told))


def _rules_over() -> date | None:
    """The last day of the rules that are still used because no later version is there; ``None`` where all is well."""
    pack = get_pack()
    today = local_day(clock.now(), pack)
    return pack.expires_on if get_shelf().is_expired_on(today) and pack.expires_on < today else None


def _filters(request: StaffRequest, chosen: str) -> list[dict[str, object]]:
    counts = selectors.counts_by_state(request.actor)
    everything = sum(counts.get(state, 0) for state in OPEN)
    links = [{"text": _("Not closed"), "url": "?", "count": everything, "is_current": not chosen}]
    for state in State:
        if counts.get(state):
            link = {"text": str(state.label), "url": f"?state={state}", "count": counts[state]}
            links.append({**link, "is_current": chosen == state})
    return links
