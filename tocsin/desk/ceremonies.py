"""The two halves of a passkey ceremony around one page: options in the page, the state in the session."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tocsin.access.factors import passkeys
from tocsin.access.models import Staff

_KEY = "passkey"


def registration_options(request: HttpRequest, staff: Staff) -> str:
    """Options for adding a passkey, as JSON; empty where passkeys do not work."""
    return _begin(request, passkeys.begin_registration(staff)) if _offered(request) else ""


def sign_in_options(request: HttpRequest, staff: Staff | None) -> str:
    """Options for proving a passkey, as JSON; empty where passkeys do not work."""
    return _begin(request, passkeys.begin_sign_in(staff)) if _offered(request) else ""


def state(request: HttpRequest) -> dict[str, Any]:
    """The state that belongs to the newest options. Each serves for one answer."""
    kept: dict[str, Any] = request.session.pop(_KEY, {})
    return kept


def _offered(request: HttpRequest) -> bool:
    return passkeys.are_offered(request.get_host())


def _begin(request: HttpRequest, ceremony: passkeys.Ceremony) -> str:
    request.session[_KEY] = ceremony.state
    return ceremony.options
