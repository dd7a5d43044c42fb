"""Writing a text for another body beside the reports, with what could identify the reporter marked; the case's log."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.cases.models import Case, Referral
from tocsin.cases.originals import first_text, originals_of
from tocsin.cases.referral_letters import check_letter, correct_referrals, may_correct
from tocsin.cases.referral_papers import Letter
from tocsin.cases.referral_reading import read_referral, referral_log, referral_visible_to
from tocsin.cases.referral_workflow import ReferralState
from tocsin.cases.referring import Draft, check_draft, draft_referral, latest_expiry, redraft_referral
from tocsin.cases.selectors import case_visible_to
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.names import short_ref
from tocsin.desk.page import context
from tocsin.desk.referral_view import marked, reports
from tocsin.tips.deadlines import local_today
from tocsin.vault import unlocked


def visible_case(request: StaffRequest, ref: str) -> Case:
    """The case of the address, or "not found"."""
    try:
        return case_visible_to(request.actor, ref)
    except Case.DoesNotExist:
        raise Http404 from None


def visible_referral(request: StaffRequest, ref: str) -> Referral:
    """The referral of the address, or "not found"."""
    try:
        return referral_visible_to(request.actor, ref)
    except Referral.DoesNotExist:
        raise Http404 from None


def _typed(request: StaffRequest) -> Draft:
    """The form as it was sent. Raises ``RuleBroken`` for a day that is none."""
    told = request.POST
    return Draft(
        recipient=told.get("recipient", ""),
        purpose=told.get("purpose", ""),
        law=told.get("law", ""),
        text=told.get("text", ""),
        expires_on=day_from(told.get("expires_on", "")),
        tips=told.getlist("tip"),
        looked=told.getlist("looked"),
    )


def day_from(typed: str) -> date | None:
    """A day as the browser sends it; ``None`` for nothing. Raises ``RuleBroken`` for anything else."""
    try:
        return date.fromisoformat(typed.strip()) if typed.strip() else None
    except ValueError:
        raise RuleBroken(_("Write the day as year-month-day, for example 2026-05-31. Nothing was saved.")) from None


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.CASE_WORK)
def refer(request: StaffRequest, ref: str) -> HttpResponse:
    """A new text: it begins with what was seen. Saving it checks it."""
    case = visible_case(request, ref)
    if request.method != "POST":
        return _blank(request, case)
    try:
        made = draft_referral(
            actor=request.actor, case=case, draft=_typed(request), attempt=request.POST.get("attempt", "")
        )
    except NotPermitted:
        raise
    except RuleBroken as wrong:
        return _again(request, case, wrong, attempt=request.POST.get("attempt", ""))
    return redirect("referral-draft", made.ref)


def _blank(request: StaffRequest, case: Case) -> HttpResponse:
    told: dict[str, Any] = {"attempt": new_ref(), "expires": latest_expiry().isoformat()}
    if unlocked.is_unlocked():
        originals = originals_of(request.actor, case)
        text = first_text(originals)
        told |= {"letter": Letter("", "", "", text), "reports": reports(originals, None)}
        told["marked"] = marked(text, check_draft(originals, Letter("", "", "", text)))
    return _draw(request, case, **told)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.CASE_WORK)
def redraft(request: StaffRequest, ref: str) -> HttpResponse:
    """A draft: change it, look at its marks, check again."""
    found = visible_referral(request, ref)
    if found.state != ReferralState.DRAFTED:
        return redirect("referral", ref)
    if request.method != "POST":
        return _stored(request, found)
    try:
        version = _number(request.POST.get("version", ""))
        redraft_referral(actor=request.actor, referral=found, draft=_typed(request), version=version)
    except NotPermitted:
        raise
    except RuleBroken as wrong:
        return _again(request, found.case, wrong, draft=visible_referral(request, ref))
    return redirect(reverse("referral" if request.POST.get("go") == "on" else "referral-draft", args=[ref]))


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        raise Conflict(_("This page is damaged. Nothing was saved; your text is still here. Send it again."))
    return int(typed)


def _stored(request: StaffRequest, found: Referral) -> HttpResponse:
    told: dict[str, Any] = {"draft": found, "expires": found.expires_on.isoformat()}
    if unlocked.is_unlocked():
        opened = read_referral(request.actor, found.ref)
        originals = originals_of(request.actor, found.case)
        told |= {"letter": opened.letter, "reports": reports(originals, opened.tips)}
        told["marked"] = marked(opened.letter.text, check_draft(originals, opened.letter))
    return _draw(request, found.case, **told)


def _again(request: StaffRequest, case: Case, wrong: RuleBroken, **more: Any) -> HttpResponse:
    """What was typed, with what is wrong; of somebody else's change, what stands there now."""
    told = request.POST
    letter = Letter(told.get("recipient", ""), told.get("purpose", ""), told.get("law", ""), told.get("text", ""))
    shown: dict[str, Any] = {"letter": letter, "expires": told.get("expires_on", ""), "error": wrong.sentence, **more}
    if unlocked.is_unlocked():
        shown["reports"] = reports(originals_of(request.actor, case), frozenset(told.getlist("tip")))
        draft: Referral | None = more.get("draft")
        if isinstance(wrong, Conflict) and draft is not None and draft.letter:
            shown["theirs"] = read_referral(request.actor, draft.ref).letter
    return _draw(request, case, status=wrong.status, **shown)


def _draw(request: StaffRequest, case: Case, *, status: int = 200, **told: Any) -> HttpResponse:
    told |= {"case": case, "short_ref": short_ref(case.ref), "latest": latest_expiry().isoformat()}
    return render(request, "desk/refer.html", context(request, here="referrals", **told), status=status)


@require_safe
@needs(Permission.CASE_READ)
def log(request: StaffRequest, ref: str) -> HttpResponse:
    """Everything that was passed on of one case, and the form for a correction of it."""
    return _log(request, visible_case(request, ref), done=request.GET.get("done") == "corrected")


@require_POST
@needs(Permission.CASE_REFER)
def correct(request: StaffRequest, ref: str) -> HttpResponse:
    """Correct what was passed on, in every copy at once."""
    case, typed, looked = visible_case(request, ref), request.POST.get("text", ""), request.POST.getlist("looked")
    try:
        correct_referrals(actor=request.actor, case=case, text=typed, looked=looked)
    except NotPermitted:
        raise
    except RuleBroken as wrong:
        found = marked(typed, check_letter(request.actor, case, typed, looked)) if len(typed) <= 20_000 else None
        return _log(request, case, status=wrong.status, error=wrong.sentence, typed=typed, marked=found)
    return redirect(f"{reverse('case-referrals', args=[ref])}?done=corrected")


def _log(request: StaffRequest, case: Case, *, status: int = 200, **more: Any) -> HttpResponse:
    told = {
        "case": case,
        "short_ref": short_ref(case.ref),
        "lines": referral_log(request.actor, case, local_today()),
        "may_write": request.actor.may(Permission.CASE_WORK),
        "may_correct": request.actor.may(Permission.CASE_REFER) and may_correct(case),
        **more,
    }
    return render(request, "desk/referral_log.html", context(request, here="referrals", **told), status=status)
