"""Passkeys (W3C Web Authentication): registration and sign-in, with the user verified by PIN, finger or face.

A ceremony has two halves. The first gives options for the browser and a state for the session; the second takes both
the state and the browser's answer. Browsers' answers are hostile input: whatever is wrong with one, it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from allauth.account.utils import url_str_to_user_pk
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.conf import settings
from django.utils.translation import gettext as _
from fido2.utils import websafe_decode

from tocsin.access.models import Staff
from tocsin.common import clock
from tocsin.common.errors import NotPermitted

LONGEST_NAME = 60
_LONGEST_ANSWER = 20_000
_VALID_FOR = timedelta(minutes=10)
_KEPT = ("id", "rawId", "type", "response", "clientExtensionResults")


@dataclass(frozen=True)
class Ceremony:
    """``options``: JSON for the browser. ``state``: what the session keeps until the answer comes."""

    options: str
    state: dict[str, Any]


def are_offered(host: str) -> bool:
    """Whether passkeys work for somebody who came to the desk under this name (with or without a port)."""
    name = host.rsplit(":", 1)[0] if host.rsplit(":", 1)[-1].isdecimal() else host
    home = settings.TOCSIN_PASSKEY_HOST
    return bool(home) and (name == home or name.endswith(f".{home}"))


def begin_registration(staff: Staff) -> Ceremony:
    """The first half of adding a passkey. It must verify its user and be findable without a name."""
    with _session({}) as kept:
        return _ceremony(auth.begin_registration(staff, True), kept)


def finish_registration(staff: Staff, name: str, state: dict[str, Any], answer: str) -> None:
    """Keep the passkey. Raises ``NotPermitted`` when the answer does not fit."""
    told = _read(answer)
    with _session(state) as kept, _refusal():
        auth.parse_registration_response(told)
        auth.complete_registration(told)
        kept.clear()
    row = auth.WebAuthn.add(staff, name, {part: told[part] for part in _KEPT if part in told}).instance
    Authenticator.objects.filter(pk=row.pk).update(created_at=clock.now())


def begin_sign_in(staff: Staff | None) -> Ceremony:
    """The first half of proving a passkey: of ``staff``, or of anybody who has one."""
    with _session({}) as kept:
        return _ceremony(auth.begin_authentication(staff), kept)


def owner_of(answer: str) -> Staff:
    """Whose passkey the answer claims to come from; ``finish_sign_in`` proves it. Raises ``NotPermitted``."""
    with _refusal():
        handle = _read(answer)["response"]["userHandle"]
        owner = Staff.objects.filter(pk=url_str_to_user_pk(websafe_decode(handle).decode()), is_active=True).first()
        if owner is None:
            raise LookupError("nobody has this handle")
    return owner


def finish_sign_in(staff: Staff, state: dict[str, Any], answer: str) -> None:
    """Prove that the answer comes from a passkey of ``staff``. Raises ``NotPermitted`` when it does not."""
    told = _read(answer)
    with _session(state) as kept, _refusal():
        row = auth.complete_authentication(staff, told)
        kept.clear()
    Authenticator.objects.filter(pk=row.pk).update(last_used_at=clock.now())


@contextmanager
def _session(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Lend the library a session that holds one ceremony; ours is not for it to write into."""
    kept: dict[str, Any] = {}
    begun = state.get("begun")
    if begun and clock.now() - datetime.fromisoformat(begun) <= _VALID_FOR:
        kept[auth.STATE_SESSION_KEY] = state["state"]
    with request_context(SimpleNamespace(session=kept)):
        yield kept


def _ceremony(options: dict[str, Any], kept: dict[str, Any]) -> Ceremony:
    state = json.loads(json.dumps(kept[auth.STATE_SESSION_KEY]))
    return Ceremony(json.dumps(options), {"state": state, "begun": clock.now().isoformat()})


@contextmanager
def _refusal() -> Iterator[None]:
    """Every fault of an answer is one refusal: the library raises a dozen kinds for bytes that make no sense."""
    try:
        yield
    except NotPermitted:
        raise
    except Exception as fault:
        raise NotPermitted(
            _("This passkey was not taken, or it took too long. Nothing was changed. Try again.")
        ) from fault


def _read(answer: str) -> dict[str, Any]:
    with _refusal():
        if len(answer) > _LONGEST_ANSWER:
            raise ValueError("no passkey answers at such length")
        told = json.loads(answer)
        if not isinstance(told, dict):
            raise TypeError("a passkey answers with an object")
    return told
