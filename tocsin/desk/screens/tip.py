"""One tip: everything about it, and what this person may do with it now."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.cases.opening import proposed_case
from tocsin.cases.selectors import case_of, case_title
from tocsin.common.errors import RuleBroken
from tocsin.desk.clock_view import clocks_on_page, offered
from tocsin.desk.decisions import Panel, panel
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.identity_view import about_tip
from tocsin.desk.inbox_view import standing
from tocsin.desk.page import context
from tocsin.desk.provenance_view import corrections, provenance
from tocsin.desk.screens.why import ask_why, visible
from tocsin.desk.tip_actions import BY_NAME, actions_for
from tocsin.desk.tip_view import conversation, earlier, facts, remarks, story, timeline
from tocsin.tips import selectors, services
from tocsin.tips.key_habits import keys_work_for
from tocsin.tips.lawful import usually_lawful
from tocsin.tips.models import Evidence, Tip
from tocsin.tips.reading import ReasonNeeded, may_read
from tocsin.tips.safe_copies import evidence_of, read_copy
from tocsin.tips.workflow import LINK, OPEN_CASE, REMIT_OUTCOMES, VERIFIED_OUTCOMES, Outcome
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
    told: dict[str, Any] = {"tip": found, "facts": facts(found), "actions": actions_for(request.actor, found), **more}
    if unlocked.is_unlocked():
        opened = selectors.read_tip(request.actor, found.ref)
        told |= {
            "content": opened.content,
            "story": story(opened),
            "remarks": remarks(opened),
            "provenance": provenance(opened),
            "corrections": corrections(opened),
            "earlier": earlier(opened),
            "conversation": conversation(opened),
            "evidence": evidence_of(found) if opened.content else [],
            "history": timeline(opened),
            "waiting": _waiting(request, opened),
        }
    told |= clocks_on_page(found)
    told["actions"] = offered(told["actions"], told["extension"])
    told |= {
        "case": case_of(request.actor, found),
        "may_put_into_case": _may_put_into_case(request, found),
        "is_usually_lawful": usually_lawful(found) is not None,
        "outcomes": [(outcome.value, outcome.label) for outcome in VERIFIED_OUTCOMES],
        "remit_outcomes": [(each.value, each.label) for each in Outcome if each in REMIT_OUTCOMES],
        "default_outcome": Outcome.UNSUBSTANTIATED_GOOD_FAITH.value,
        "identity": about_tip(request.actor, found),
        "title": _("Report"),
        "keys": keys_work_for(request.actor),
        **standing(request.actor, found, request.GET.get("list", "")),
    }
    return render(request, "desk/tip.html", context(request, here="inbox", **told), status=status)


def _waiting(request: StaffRequest, opened: selectors.OpenTip) -> Panel | None:
    if opened.waiting is None:
        return None
    found = opened.waiting
    if found.step == LINK:
        detail = case_title(request.actor, proposed_case(opened.tip, found.proposal))
    else:
        detail = found.outcome_label
    return panel(request.actor, found.proposal, detail=detail, reason=found.reason)


def _may_put_into_case(request: StaffRequest, found: Tip) -> bool:
    opens = request.actor.may(Permission.CASE_OPEN) and found.state in OPEN_CASE.sources
    links = request.actor.may(Permission.CASE_LINK) and found.state in LINK.sources
    return not found.in_case and (opens or links)
