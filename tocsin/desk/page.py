"""What every page of the desk shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.cases.referral_reading import notices
from tocsin.clocks.notices import unread_count
from tocsin.policy.active import get_pack
from tocsin.tips.deadlines import local_today
from tocsin.vault import unlocked
from tocsin.workflow.registry import lives
from tocsin.workflow.selectors import waiting_for
from tocsin.workflow.steps import Step


def language() -> str:
    """The language of the page."""
    return get_language() or settings.LANGUAGE_CODE


def first_view(name: str) -> str:
    """Where a link to a page of the desk begins: the inbox at the reader's own queue, which needs no reason."""
    return reverse(name) + ("?whose=queue" if name == "inbox" else "")


def context(request: HttpRequest, *, here: str = "", **more: Any) -> dict[str, Any]:
    """Who is signed in, whether the desk is unlocked, the navigation (``here`` is the present page), and ``more``."""
    pack = get_pack()
    told: dict[str, Any] = {
        "service_name": _("Desk"),
        "authority_name": pack.authority.name.text(language()),
        "mark": pack.mark.text(language()),
        "home_url": reverse("home"),
        "languages": [(code, get_language_info(code)["name_local"]) for code in settings.TOCSIN_LANGUAGES],
        "language": language(),
        "here_path": request.path,
    }
    user = getattr(request, "user", None)
    if isinstance(user, Staff) and getattr(request, "desk_session", None) is not None:
        told |= _person(user, here)
    return {**told, **more}


def _lock() -> dict[str, Any]:
    status = unlocked.status()
    words = _("Unlocked")
    if status.is_unattended:
        words = _("Unlocked by a key file, without automatic lock")
    elif status.locks_at is not None:
        local = status.locks_at.astimezone(get_pack().calendar.zone)
        words = _("Unlocked until %(time)s if nobody works") % {"time": f"{local:%H:%M}"}
    return {"is_unlocked": status.is_unlocked, "is_unattended": status.is_unattended, "lock_words": words}


def _person(user: Staff, here: str) -> dict[str, Any]:
    actor = user.as_actor()
    pages = [
        ("overview", _("Overview"), Permission.OVERVIEW_READ),
        ("inbox", _("Inbox"), Permission.TIP_LIST),
        ("call", _("Calls and letters"), Permission.TIP_RECEIVE),
        ("cases", _("Cases"), Permission.CASE_READ),
        ("identities", _("Identities"), Permission.IDENTITY_LIST),
        ("custodians", _("Custodians"), Permission.SEAT_LIST),
        ("ending", _("Ends soon"), Permission.RETENTION_REVIEW),
        ("holds", _("Legal holds"), Permission.HOLD_READ),
        ("ledger", _("Ledger"), Permission.LEDGER_STATUS),
        ("staff", _("Staff"), Permission.STAFF_LIST),
        ("sign-in-log", _("Sign-ins"), Permission.SIGN_IN_LOG),
    ]
    return {
        "user_name": user.display_name,
        "user_url": reverse("your-sign-in"),
        **_lock(),
        "lock_url": reverse("lock"),
        "unlock_url": reverse("unlock") if actor.may(Permission.DESK_UNLOCK) else "",
        "sign_out_url": reverse("sign-out"),
        "navigation": [
            {"text": text, "url": first_view(name), "is_current": name == here}
            for name, text, permission in pages
            if actor.may(permission)
        ]
        + _decisions(actor, here)
        + _passed_on(actor, here)
        + _notices(actor, here),
    }


def _decisions(actor: Actor, here: str) -> list[dict[str, Any]]:
    """The link to what waits for a person, with the number, for everybody whose office decides or proposes."""
    if not any(_has_a_part(actor, step) for entry in lives() for step in entry.life.steps):
        return []
    waiting = waiting_for(actor).count()
    text = _("Waiting for me (%(n)s)") % {"n": waiting} if waiting else _("Waiting for me")
    return [{"text": text, "url": reverse("waiting"), "is_current": here == "waiting"}]


def _notices(actor: Actor, here: str) -> list[dict[str, Any]]:
    """The link to what the worker told this person, with the number of what is not marked as read."""
    unread = unread_count(actor)
    text = _("Notices (%(n)s)") % {"n": unread} if unread else _("Notices")
    return [{"text": text, "url": reverse("notices"), "is_current": here == "notices"}]


def _passed_on(actor: Actor, here: str) -> list[dict[str, Any]]:
    """The link to what was passed on to other bodies, with the number of those that need somebody."""
    if not actor.may(Permission.CASE_REFER):
        return []
    waiting = notices(actor, local_today())
    text = _("Passed on (%(n)s)") % {"n": waiting} if waiting else _("Passed on")
    return [{"text": text, "url": reverse("referrals"), "is_current": here == "referrals"}]


def _has_a_part(actor: Actor, step: Step) -> bool:
    proposes = step.proposed_with is not None and actor.may(step.proposed_with)
    return proposes or step.decided_by(actor)
