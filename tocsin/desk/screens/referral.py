"""One text that was passed on, what came back, and what a supervisor can do about it; and the list of all of them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.cases.models import Referral
from tocsin.cases.originals import originals_of
from tocsin.cases.referral_letters import check_letter, mark_answers_read
from tocsin.cases.referral_reading import is_overdue, read_referral, referrals_to_watch
from tocsin.cases.referring import check_draft
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import short_ref
from tocsin.desk.page import context, language
from tocsin.desk.referral_actions import ACTIONS, CODES
from tocsin.desk.referral_view import abilities, by_hand, conversation, facts, marked, recipient_path, timeline
from tocsin.desk.screens.refer import visible_referral
from tocsin.tips.deadlines import local_today
from tocsin.vault import unlocked


@require_safe
@needs(Permission.CASE_REFER)
def referrals(request: StaffRequest) -> HttpResponse:
    """What was passed on and is not settled, over all cases; what needs somebody now on top."""
    lines = referrals_to_watch(request.actor, local_today())
    return render(request, "desk/referrals.html", context(request, here="referrals", lines=lines))


@require_safe
@needs(Permission.CASE_READ)
def referral(request: StaffRequest, ref: str) -> HttpResponse:
    """The page of a referral; ``done`` names what was just done. A supervisor has seen with it what came back."""
    found = visible_referral(request, ref)
    done = ACTIONS.get(request.GET.get("done", ""))
    answer = _page(request, found, done=str(done.done) if done else "")
    if unlocked.is_unlocked() and request.actor.may(Permission.CASE_REFER):
        mark_answers_read(actor=request.actor, referral=found)
    return answer


@require_POST
@needs(Permission.CASE_WORK)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Do one thing. New words are shown in the answer itself, once; everything else leads back to the page."""
    found = visible_referral(request, ref)
    if action not in ACTIONS and action not in CODES:
        raise Http404
    try:
        if action in CODES:
            return _code(request, found, CODES[action](request.actor, found, request.POST, language()))
        ACTIONS[action].do(request.actor, found, request.POST)
    except NotPermitted:
        raise
    except RuleBroken as wrong:
        told = {"error": wrong.sentence, "failed": action, "typed": request.POST.dict()}
        return _page(request, visible_referral(request, ref), status=wrong.status, **told, **_marks(request, found))
    return redirect(f"{reverse('referral', args=[ref])}?done={action}")


def _marks(request: StaffRequest, found: Referral) -> dict[str, Any]:
    """The marks of a reply that was refused."""
    text = request.POST.get("text", "")
    if not text or len(text) > 20_000 or not unlocked.is_unlocked():
        return {}
    return {"reply": marked(text, check_letter(request.actor, found.case, text, request.POST.getlist("looked")))}


def _code(request: StaffRequest, found: Referral, words: list[str]) -> HttpResponse:
    told = {"referral": found, "words": words, "path": recipient_path(language()), "short_ref": short_ref(found.ref)}
    return render(request, "desk/referral_code.html", context(request, here="referrals", **told))


def _page(request: StaffRequest, found: Referral, *, status: int = 200, **more: Any) -> HttpResponse:
    today = local_today()
    told: dict[str, Any] = {
        "referral": found,
        "short_ref": short_ref(found.ref),
        "case_ref": short_ref(found.case.ref),
        "facts": facts(found, None),
        "can": abilities(request.actor, found, found.case, today),
        "overdue": is_overdue(found, today),
        "today": today.isoformat(),
        "path": recipient_path(language()),
        "noun": _("Text to another body"),
        **more,
    }
    if unlocked.is_unlocked():
        told |= _opened(request, found)
    return render(request, "desk/referral.html", context(request, here="referrals", **told), status=status)


def _opened(request: StaffRequest, found: Referral) -> dict[str, Any]:
    opened = read_referral(request.actor, found.ref)
    told: dict[str, Any] = {
        "letter": opened.letter,
        "facts": facts(found, opened),
        "tips": [(ref, short_ref(ref)) for ref in sorted(opened.tips)],
        "conversation": conversation(opened.messages, opened.letter.recipient),
        "by_hand": by_hand(opened.messages),
        "reminders": opened.reminders,
        "history": timeline(opened.history, opened.letter.recipient),
    }
    if found.state == "drafted":
        told["marked"] = marked(opened.letter.text, check_draft(originals_of(request.actor, found.case), opened.letter))
    return told
