"""What the worker told this person."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.clocks.models import Notice
from tocsin.clocks.notices import mark_read, notices_for
from tocsin.desk.clock_words import notice_title, notice_words
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import role_label
from tocsin.desk.page import context
from tocsin.desk.subjects import address_of
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.proposals import PROPOSAL_TOPIC

MOST = 100


@dataclass(frozen=True)
class Row:
    """One notice. ``url`` is empty for people who may not open its subject; ``list_url`` shows many of them."""

    notice: Notice
    words: str
    title: str
    url: str
    list_url: str
    office: str


@require_safe
@needs()
def notices(request: StaffRequest) -> HttpResponse:
    """The newest first; those that were not marked as read stand on top."""
    found = notices_for(request.actor)
    unread = [_row(request, each) for each in found.filter(read_at__isnull=True)[:MOST]]
    read = [_row(request, each) for each in found.filter(read_at__isnull=False)[:MOST]]
    told = {"unread": unread, "read": read, "most": MOST}
    return render(request, "desk/notices.html", context(request, here="notices", **told))


@require_POST
@needs()
def read_notices(request: StaffRequest) -> HttpResponse:
    """Mark one notice as read, or all that are shown to this person."""
    chosen = request.POST.get("notice", "")
    if chosen != "all" and not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
        raise Http404
    mark_read(actor=request.actor, notice_id=None if chosen == "all" else int(chosen))
    return redirect("notices")


def _row(request: StaffRequest, notice: Notice) -> Row:
    # Of tips people are told who may open none; of other things only those who may see them.
    may_open = bool(notice.subject_ref) and (
        notice.subject_kind != TIP_LIFE.kind or request.actor.may(Permission.TIP_READ)
    )
    url = address_of(notice.subject_kind, notice.subject_ref) if may_open else ""
    listed = reverse("inbox") + f"?due=overdue&clock={notice.topic}"
    list_url = reverse("waiting") if notice.topic == PROPOSAL_TOPIC else listed
    return Row(notice, notice_words(notice), notice_title(notice), url, list_url, role_label(notice.role))
