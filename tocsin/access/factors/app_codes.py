"""Codes of an authenticator app: TOTP (RFC 6238), six digits, thirty seconds, one step early or late is taken.

A code is taken once: what counts is the highest step that was ever used, kept with the secret, as the RFC asks. The
library's own memory of used codes lives in one process and forgets too soon.
"""

from __future__ import annotations

import base64
import hmac
import unicodedata
from dataclasses import dataclass
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.db import transaction

from tocsin.access.models import Staff
from tocsin.common import clock

_LONGEST = 64


@dataclass(frozen=True)
class Invitation:
    """What the authenticator app must be told: the address behind the picture, and the secret to type instead."""

    url: str
    secret: str


def digits_of(typed: str) -> str:
    """The digits of what somebody typed, in ASCII: spaces, hyphens and other scripts' digits do not matter."""
    return "".join(str(unicodedata.digit(each)) for each in typed[:_LONGEST] if each.isdigit())


def new_secret() -> str:
    """A secret of 160 bits, sealed, to be kept until its first code was typed."""
    sealed: str = get_adapter().encrypt(generate_totp_secret())
    return sealed


def invitation(staff: Staff, sealed: str) -> Invitation:
    """``sealed`` as the authenticator app reads it; the typed form is in groups of four."""
    secret = get_adapter().decrypt(sealed)
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    return Invitation(get_adapter().build_totp_url(staff, secret), " ".join(groups))


def code_at(sealed: str, step: int) -> str:
    """The code of one step of thirty seconds."""
    code: str = format_hotp_value(hotp_value(get_adapter().decrypt(sealed), step))
    return code


def step_now() -> int:
    """The present step."""
    return int(clock.now().timestamp()) // int(app_settings.TOTP_PERIOD)


def step_of(sealed: str, typed: str) -> int | None:
    """The step to which the code belongs; ``None`` when it is wrong now."""
    code, now, found = digits_of(typed), step_now(), None
    for step in range(now - app_settings.TOTP_TOLERANCE, now + app_settings.TOTP_TOLERANCE + 1):
        if hmac.compare_digest(code_at(sealed, step), code):
            found = step
    return found


@transaction.atomic
def use_code(row: Any, typed: str) -> bool:
    """Whether the code is right now and was not used before; then it is used up, and every older one with it."""
    fresh = Authenticator.objects.select_for_update().get(pk=row.pk)
    step = step_of(fresh.data["secret"], typed)
    if step is None or step <= fresh.data.get("last_step", -1):
        return False
    fresh.data["last_step"], fresh.last_used_at = step, clock.now()
    fresh.save(update_fields=["data", "last_used_at"])
    return True


def keep_secret(staff: Staff, sealed: str, step: int) -> None:
    """Store a confirmed secret in place of the one before; the code that confirmed it is used up."""
    Authenticator.objects.filter(user_id=staff.pk, type=Authenticator.Type.TOTP).delete()
    Authenticator.objects.create(
        user=staff,
        type=Authenticator.Type.TOTP,
        data={"secret": sealed, "last_step": step},
        created_at=clock.now(),
    )


def seal_secret(seed: bytes) -> str:
    """A secret made from ``seed`` (20 bytes), sealed: for people of a demonstration and of tests."""
    sealed: str = get_adapter().encrypt(base64.b32encode(seed).decode())
    return sealed
