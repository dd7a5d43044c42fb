"""One tip: everything about it, and what this person may do with it now."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.desk.screens.why import ask_why, visible
from tocsin.desk.tip_actions import BY_NAME
from tocsin.desk.tip_page import page_of
from tocsin.tips import selectors, services
from tocsin.tips.models import Evidence, Tip
from tocsin.tips.reading import ReasonNeeded, may_read
from tocsin.tips.safe_copies import read_copy
from tocsin.vault import unlocked

MOVED_ON = gettext_lazy(
    "This was changed in the meantime and is not in your queue now, so nothing was done. What you typed is kept below."
)


@require_safe
@needs(Permission.TIP_READ)
def tip(request: StaffRequest, ref: str) -> HttpResponse:
    """The page of a tip; ``done`` names what was just done."""
    found = visible(request, ref)
    if unlocked.is_unlocked() and not may_read(request.actor, found):
        return redirect("why", ref)
    done = BY_NAME.get(request.GET.get("done", ""))
    answer = _page(request, found, done=str(done.done) if done else "")
    if unlocked.is_unlocked():
        services.mark_replies_read(actor=request.actor, tip=found)
    return answer


@require_POST
@needs(Permission.TIP_READ)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Do one thing; come back to the tip, or to the list when the person is shut out of it from now on."""
    found, wanted, typed = visible(request, ref), BY_NAME.get(action), request.POST.dict()
    if wanted is None:
        raise Http404
    if not may_read(request.actor, found):
        return ask_why(request, found, status=409, error=MOVED_ON, kept=typed.get("text") or typed.get("reason", ""))
    try:
        wanted.do(request.actor, found, typed)
    except RuleBroken as wrong:
        fresh = visible(request, ref)
        told = {"error": wrong.sentence, "failed": action, "typed": typed}
        return _page(request, fresh, status=wrong.status, **told)
    if not selectors.tips_visible_to(request.actor).filter(pk=found.pk).exists():
        return redirect("inbox")
    return redirect(f"{reverse('tip', args=[ref])}?done={action}")


@require_safe
@needs(Permission.TIP_READ)
def safe_copy(request: StaffRequest, ref: str, file: str) -> HttpResponseBase:
    """The safe copy of one file, to save; the browser shows none of it by itself."""
    try:
        opened, pieces = read_copy(request.actor, ref, file)
    except (Tip.DoesNotExist, Evidence.DoesNotExist):
        raise Http404 from None
    except ReasonNeeded:
        return redirect("why", ref)
    answer = StreamingHttpResponse(pieces, content_type="application/octet-stream")
    extension = opened.copy.extension if opened.copy else "bin"
    answer.headers["Content-Disposition"] = f'attachment; filename="safe-copy-{file[:8]}.{extension}"'
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _page(request: StaffRequest, found: Tip, *, status: int = 200, **more: Any) -> HttpResponse:
    told = page_of(request, found) | more
    return render(request, "desk/tip.html", context(request, here="inbox", **told), status=status)
