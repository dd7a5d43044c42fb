"""The reading list, its saved filters, and what may be done with several tips at once."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.common.refs import is_ref
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.inbox_view import list_of, moved_words
from tocsin.desk.page import context
from tocsin.tips.holding import Moved, give_tips, leave_tips, take_tips
from tocsin.tips.key_habits import keys_work_for
from tocsin.tips.saved_filters import remove_filter, save_filter
from tocsin.tips.wanted import Wanted

PAGE = 25


@require_safe
@needs(Permission.TIP_LIST)
def inbox(request: StaffRequest) -> HttpResponse:
    """Urgent first, then the oldest or as asked for; ``after`` goes on behind a tip."""
    return _page(request, Wanted.read(request.GET.dict()))


@require_POST
@needs(Permission.TIP_LIST)
def save(request: StaffRequest) -> HttpResponse:
    """Keep the filter that is shown."""
    wanted = _asked(request)
    try:
        save_filter(actor=request.actor, name=request.POST.get("name", ""), wanted=wanted)
    except RuleBroken as wrong:
        return _page(
            request, wanted, error=wrong.sentence, typed_name=request.POST.get("name", ""), status=wrong.status
        )
    return _back(wanted)


@require_POST
@needs(Permission.TIP_LIST)
def remove(request: StaffRequest, ref: str) -> HttpResponse:
    """Forget a saved filter."""
    remove_filter(actor=request.actor, ref=ref)
    return _back(_asked(request))


@require_POST
@needs(Permission.TIP_LIST, Permission.TIP_TAKE)
def lists(request: StaffRequest) -> HttpResponse:
    """Put the chosen tips on a list or take them off: all that is done with several at once. It moves no state."""
    wanted, done = _asked(request), request.POST.get("do", "")
    try:
        moved = _moved(request, done)
    except RuleBroken as wrong:
        return _page(request, wanted, error=wrong.sentence, status=wrong.status)
    told: dict[str, str | int] = {"done": done, "moved": moved.done, "left": moved.left}
    single = request.POST.get("tip", "")
    return redirect("tip", single) if is_ref(single) else _back(wanted, **told)


def _moved(request: StaffRequest, done: str) -> Moved:
    refs = request.POST.getlist("tips")
    if done == "give":
        person = request.POST.get("to", "")
        to = get_object_or_404(Staff, pk=int(person) if person.isascii() and person.isdecimal() else 0)
        return give_tips(actor=request.actor, refs=refs, to=to)
    if done not in ("take", "leave"):
        raise RuleBroken(_("Choose what should be done with these reports. Nothing was changed."))
    return (take_tips if done == "take" else leave_tips)(actor=request.actor, refs=refs)


def _asked(request: StaffRequest) -> Wanted:
    """The list from which a form was sent."""
    return Wanted.of_query(request.POST.get("list", ""))


def _back(wanted: Wanted, **more: str | int) -> HttpResponse:
    told = "&".join(part for part in (wanted.query(), urlencode(more)) if part)
    return redirect(f"{reverse('inbox')}?{told}" if told else "inbox")


def _page(request: StaffRequest, wanted: Wanted, *, status: int = 200, **more: object) -> HttpResponse:
    told = list_of(request.actor, wanted, after=request.GET.get("after", ""), size=PAGE)
    moved, left = (_number(request.GET.get(name, "")) for name in ("moved", "left"))
    told |= {"sentences": moved_words(request.GET.get("done", ""), moved, left), "keys": keys_work_for(request.actor)}
    return render(request, "desk/inbox.html", context(request, here="inbox", **told, **more), status=status)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else 0
