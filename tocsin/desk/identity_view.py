"""How a request for an identity is laid out: what is known without a key, who has the turn, its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.desk.names import actor_names, category_label, channel_label, role_label, short_ref
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.tips import identity_selectors as selectors
from tocsin.tips.identity_life import ASK, TONES, WAITING
from tocsin.tips.models import IdentityRequest, RequestState, Tip
from tocsin.tips.workflow import State
from tocsin.ui.templatetags.ui import plain_date
from tocsin.vault import unlocked
from tocsin.workflow.selectors import waiting_for


def row(request: IdentityRequest) -> dict[str, Any]:
    """One line of a list."""
    return {
        "found": request,
        "short_ref": short_ref(request.ref),
        "tip_ref": short_ref(request.tip.ref),
        "category": category_label(request.tip),
        "word": _("Waits for the second custodian") if has_first(request) else str(request.get_state_display()),
        "tone": TONES[RequestState(request.state)],
        "told": told(request),
    }


def has_first(request: IdentityRequest) -> bool:
    """Whether one key is in and the other is missing."""
    return request.state == RequestState.ALLOWED and request.first_id is not None


def told(request: IdentityRequest) -> str:
    """Whether the reporter was told, in words; empty before the opening."""
    if request.state != RequestState.OPENED:
        return ""
    if request.told_on:
        return _("Told on %(day)s") % {"day": plain_date(request.told_on)}
    return _("Told after %(day)s: a written order defers it") % {"day": plain_date(request.notice_after)}


def about_tip(actor: Actor, tip: Tip) -> dict[str, Any]:
    """What the page of a report says of its reporter's identity: earlier requests, and whether this person may ask."""
    return {
        "requests": selectors.requests_about(actor, tip),
        "staff_id": actor.staff_id,
        "may_ask": actor.may(Permission.IDENTITY_REQUEST) and tip.state != State.WITHDRAWN,
    }


def page(actor: Actor, request: IdentityRequest) -> dict[str, Any]:
    """Everything that ``actor`` sees of ``request``; the reading of its paper goes to the audit log."""
    has_turn = waiting_for(actor, "identity").filter(subject_ref=request.ref).exists()
    reads = selectors.reads_papers(actor)
    return {
        **row(request),
        "rows": _facts(request),
        "paper": selectors.read_paper(actor, request) if reads and unlocked.is_unlocked() else None,
        "reads": reads,
        "waits": request.state in WAITING,
        "checks": has_turn and request.state == RequestState.ASKED,
        "stops": request.state == RequestState.ALLOWED and actor.may(Permission.IDENTITY_ALLOW),
        "brings_key": has_turn and request.state == RequestState.ALLOWED,
        "is_second": has_first(request),
        "gave_first": request.first_id == actor.staff_id and request.state == RequestState.ALLOWED,
        "seat": selectors.own_seat(actor) if actor.may(Permission.IDENTITY_AGREE) else None,
        "is_own": request.requester_id == actor.staff_id and request.state in WAITING,
        "opens_tip": actor.may(Permission.TIP_READ),
        "history": _timeline(actor, request),
    }


def _facts(request: IdentityRequest) -> list[dict[str, str]]:
    tip = request.tip
    rows = [
        (_("Asked by"), str(request.requester)),
        (_("Asked on"), _day(request.asked_at)),
        (_("Runs out on"), _day(request.expires_at) if request.state in WAITING else ""),
        (_("Report"), f"{short_ref(tip.ref)} – {category_label(tip)}"),
        (_("Received on"), _day(tip.received_hour)),
        (_("Came in by"), channel_label(tip)),
        (_("State of the report"), str(tip.get_state_display())),
        (_("Notice to the reporter"), told(request) or _notice_to_come(request)),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _day(moment: datetime) -> str:
    """The day where the authority sits."""
    return plain_date(local_day(moment, get_pack()))


def _notice_to_come(request: IdentityRequest) -> str:
    if request.state not in WAITING:
        return ""
    if request.notice_after is None:
        return _("At once after the opening")
    return _("After %(day)s: a written order defers it") % {"day": plain_date(request.notice_after)}


def _timeline(actor: Actor, request: IdentityRequest) -> list[dict[str, Any]]:
    lines = selectors.request_history(actor, request)
    names = actor_names({line.actor for line in lines})
    return [
        {
            "title": line.step.label,
            "who": _("%(actor)s (%(role)s)") % {"actor": names[line.actor], "role": role_label(line.role)},
            "at": line.at,
            "text": "" if line.step is ASK else line.reason,  # it stands above
        }
        for line in reversed(lines)
    ]
