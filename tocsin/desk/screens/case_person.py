"""Somebody who is named in a case: what they are to it, and how they were heard."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tocsin.access.permissions import Permission
from tocsin.cases import selectors
from tocsin.cases.models import Person
from tocsin.cases.reading import read_person
from tocsin.common.errors import RuleBroken
from tocsin.desk.case_view import PERSON_TONES, Form, hearing_words
from tocsin.desk.decisions import panel
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.fields import drawn
from tocsin.desk.names import short_ref
from tocsin.desk.page import context
from tocsin.desk.person_actions import BY_NAME, actions_for
from tocsin.desk.tip_view import timeline_of
from tocsin.vault import unlocked


@require_safe
@needs(Permission.CASE_READ)
def person(request: StaffRequest, ref: str) -> HttpResponse:
    """The page of one person in one case; ``done`` names what was just done."""
    done = BY_NAME.get(request.GET.get("done", ""))
    return _page(request, _visible(request, ref), done=str(done.done) if done else "")


@require_POST
@needs(Permission.CASE_READ)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Do one thing and come back to the person."""
    found, wanted = _visible(request, ref), BY_NAME.get(action)
    if wanted is None:
        raise Http404
    try:
        wanted.do(request.actor, found, request.POST)
    except RuleBroken as wrong:
        told: dict[str, Any] = {"error": wrong.sentence, "failed": action, "typed": request.POST}
        return _page(request, _visible(request, ref), status=wrong.status, **told)
    return redirect(f"{reverse('case-person', args=[ref])}?done={action}")


def _visible(request: StaffRequest, ref: str) -> Person:
    try:
        return selectors.person_visible_to(request.actor, ref)
    except Person.DoesNotExist:
        raise Http404 from None


def _page(
    request: StaffRequest, found: Person, *, status: int = 200, typed: QueryDict | None = None, **more: Any
) -> HttpResponse:
    told: dict[str, Any] = {"person": found, "tone": PERSON_TONES.get(found.state, "grey"), "typed": typed, **more}  # type: ignore[call-overload]  # a text choice is its text
    told["case_short_ref"] = short_ref(found.case.ref)
    if unlocked.is_unlocked():
        opened, history = read_person(request.actor, found.ref)
        told |= {"opened": opened, "history": timeline_of(history), "hearing": hearing_words(opened)}
        if opened.waiting:
            told["waiting"] = panel(request.actor, opened.waiting, reason=opened.reason)
        told["forms"] = [
            Form(
                each.name,
                each.label,
                drawn(
                    each.fields, form=each.name, subject=found, typed=typed if more.get("failed") == each.name else None
                ),
                more.get("failed") == each.name,
            )
            for each in actions_for(request.actor, found)
        ]
    return render(request, "desk/case_person.html", context(request, here="cases", **told), status=status)


def _forms(request: StaffRequest, found: Person, failed: str, typed: QueryDict | None) -> list[Form]:
    forms = []
    for each in actions_for(request.actor, found):
        back = typed if each.name == failed else None
        shown = drawn(each.fields, form=each.name, subject=found, typed=back)
        forms.append(Form(each.name, each.label, shown, back is not None))
    return forms
