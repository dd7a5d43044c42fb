"""What every page of the desk shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.policy.active import get_pack
from tocsin.vault import unlocked


def language() -> str:
    """The language of the page."""
    return get_language() or settings.LANGUAGE_CODE


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
    if isinstance(user, Staff):
        told |= _person(user, here)
    return {**told, **more}


def _person(user: Staff, here: str) -> dict[str, Any]:
    actor = user.as_actor()
    pages = [
        ("inbox", _("Inbox"), Permission.TIP_LIST),
        ("call", _("Calls and letters"), Permission.TIP_RECEIVE),
        ("ledger", _("Ledger"), Permission.LEDGER_STATUS),
    ]
    return {
        "user_name": user.display_name,
        "is_unlocked": unlocked.is_unlocked(),
        "lock_url": reverse("lock"),
        "unlock_url": reverse("unlock") if actor.may(Permission.DESK_UNLOCK) else "",
        "sign_out_url": reverse("sign-out"),
        "navigation": [
            {"text": text, "url": reverse(name), "is_current": name == here}
            for name, text, permission in pages
            if actor.may(permission)
        ],
    }
