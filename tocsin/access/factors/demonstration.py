"""Second factors of a demonstration: its people have real ones, whose codes the desk shows to whoever asks.

Nothing here works where ``settings.TOCSIN_DEMO`` is off.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings

from tocsin.access.factors import app_codes
from tocsin.access.models import Staff
from tocsin.common.errors import NotPermitted

_SEED = 20  # bytes


@dataclass(frozen=True)
class DemoCode:
    """``code`` is taken now; empty when the last ones were used up within this half minute."""

    username: str
    display_name: str
    roles: list[str]
    code: str


def give_app_to_everybody() -> None:
    """Set up an authenticator app for every member of staff who has none. Raises ``NotPermitted`` outside a demo."""
    _require_demo()
    has_one = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user_id")
    for staff in Staff.objects.exclude(pk__in=has_one):
        app_codes.keep_secret(staff, app_codes.seal_secret(secrets.token_bytes(_SEED)), -1)


def codes_of_everybody() -> list[DemoCode]:
    """The present code of every person with an app. Raises ``NotPermitted`` outside a demonstration."""
    _require_demo()
    rows = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__is_active=True).select_related("user")
    people = rows.prefetch_related("user__grants").order_by("user_id")
    return [
        DemoCode(
            row.user.username,
            row.user.display_name,
            [str(grant.get_role_display()) for grant in row.user.grants.all()],
            _code(row.data),
        )
        for row in people
    ]


def code_of(staff_id: int) -> str:
    """The present code of one person; empty without an app. Raises ``NotPermitted`` outside a demonstration."""
    _require_demo()
    row = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user_id=staff_id).first()
    return _code(row.data) if row is not None else ""


def _code(data: dict[str, object]) -> str:
    now, last = app_codes.step_now(), int(str(data.get("last_step", -1)))
    step = max(now, last + 1)
    return app_codes.code_at(str(data["secret"]), step) if step <= now + 1 else ""


def _require_demo() -> None:
    if not settings.TOCSIN_DEMO:
        raise NotPermitted("Codes are shown in a demonstration only.")
