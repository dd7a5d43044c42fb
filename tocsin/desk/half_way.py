"""Somebody who gave the right password and is not signed in yet: what Django's session keeps about them meanwhile.

Nothing of the desk opens for them but the page of their stage, the way back, and the language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect

from tocsin.access.actors import Actor
from tocsin.access.factors.selectors import has_factor
from tocsin.access.models import Factor, Staff
from tocsin.access.sessions import begin_session, end_session
from tocsin.common import clock
from tocsin.staffing.services import note_first_sign_in

_KEY = "half-way"
_VALID_FOR = timedelta(minutes=15)
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class Stage(StrEnum):
    """What is still missing; the value is the name of its page."""

    SECOND_FACTOR = "second-factor"
    OWN_PASSWORD = "own-password"  # noqa: S105  the name of a page
    ENROL = "enrol"
    NOTHING = "home"


@dataclass(frozen=True)
class HalfWay:
    """``factor`` is empty until a second factor was proved; ``next`` is where the person wanted to go."""

    staff: Staff
    factor: str
    next: str

    @property
    def actor(self) -> Actor:
        """The person."""
        return self.staff.as_actor()

    @property
    def stage(self) -> Stage:
        """A second factor that exists is asked for first: a password that others know must not replace it."""
        enrolled = has_factor(self.staff.pk)
        if enrolled and not self.factor:
            return Stage.SECOND_FACTOR
        if self.staff.password_is_temporary:
            return Stage.OWN_PASSWORD
        return Stage.NOTHING if enrolled else Stage.ENROL


def begin(request: HttpRequest, staff: Staff, wanted: str) -> HttpResponse:
    """After the right password: a new session key, and on to what is missing. Whoever was signed in here is not."""
    leave(request)
    _keep(request, staff, "", wanted)
    request.session.cycle_key()
    rotate_token(request)
    return redirect(HalfWay(staff, "", wanted).stage.value)


def person(request: HttpRequest) -> HalfWay | None:
    """Who is half-way in this browser. ``None`` after a quarter of an hour, a new password, or when they left."""
    kept: dict[str, Any] = request.session.get(_KEY) or {}
    if not kept or clock.now() - datetime.fromisoformat(kept["at"]) > _VALID_FOR:
        return None
    staff = Staff.objects.filter(pk=kept["staff"], is_active=True).first()
    if staff is None or staff.get_session_auth_hash() != kept["stamp"]:
        return None
    return HalfWay(staff, kept["factor"], kept["next"])


def go_on(request: HttpRequest, half: HalfWay, factor: str = "") -> HttpResponse:
    """After one more stage: on to the next one, or in."""
    now = HalfWay(Staff.objects.get(pk=half.staff.pk), factor or half.factor, half.next)
    if now.stage is not Stage.NOTHING:
        _keep(request, now.staff, now.factor, now.next)
        return redirect(now.stage.value)
    let_in(request, now.staff, Factor(now.factor))
    lost = now.factor == Factor.PASSWORD_AND_RECOVERY_CODE
    return redirect("your-sign-in" if lost else now.next)


def let_in(request: HttpRequest, staff: Staff, factor: Factor) -> None:
    """Sign somebody in who proved both factors: the one place where a session of the desk begins."""
    request.session.pop(_KEY, None)
    login(request, staff, backend=_BACKEND)
    if not request.session.session_key:
        request.session.save()
    key = request.session.session_key or ""
    request.desk_session = begin_session(actor=staff.as_actor(), key=key, factor=factor)  # type: ignore[attr-defined]  # StaffRequest has it
    note_first_sign_in(actor=staff.as_actor())


def leave(request: HttpRequest) -> None:
    """Forget whoever was signed in or half-way in this browser."""
    user = request.user
    if isinstance(user, Staff):
        end_session(actor=user.as_actor(), key=request.session.session_key or "")
    logout(request)


def _keep(request: HttpRequest, staff: Staff, factor: str, wanted: str) -> None:
    request.session[_KEY] = {
        "staff": staff.pk,
        "stamp": staff.get_session_auth_hash(),
        "at": clock.now().isoformat(),
        "factor": factor,
        "next": wanted,
    }
