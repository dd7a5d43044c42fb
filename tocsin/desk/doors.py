"""Who may pass the staff door. Every view says what it needs; a view that says nothing is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import DeskSession, Staff
from tocsin.access.permissions import Permission
from tocsin.access.sessions import is_confirmed, keep_session, why_it_ended
from tocsin.common.errors import NotPermitted
from tocsin.desk import half_way
from tocsin.desk.errors import rule_page
from tocsin.desk.half_way import HalfWay, Stage
from tocsin.intake.uploads import discard_untaken
from tocsin.policy.active import get_pack
from tocsin.vault import unlocked

Params = ParamSpec("Params")
Answer = HttpResponseBase


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in; ``actor`` holds their roles of this moment."""

    actor: Actor
    user: Staff
    desk_session: DeskSession


View = Callable[Concatenate[StaffRequest, Params], Answer]
AnyView = Callable[..., Answer]


def needs(*permissions: Permission) -> Callable[[View[Params]], View[Params]]:
    """Let a signed-in person pass who holds every one of ``permissions``."""

    def guard(view: View[Params]) -> View[Params]:
        @wraps(view)
        def guarded(request: StaffRequest, *args: Params.args, **kwargs: Params.kwargs) -> Answer:
            request.actor = request.user.as_actor()
            for permission in (Permission.DESK_ENTER, *permissions):
                request.actor.require(permission)
            return view(request, *args, **kwargs)

        return _mark(guarded, "desk", permissions)

    return guard


def before_sign_in(view: Callable[Concatenate[HttpRequest, Params], Answer]) -> AnyView:
    """Let anyone on the internal network pass: the sign-in page and the sign of life."""
    return _mark(view, "before-sign-in", ())


def after_password(stage: Stage) -> Callable[[Callable[[HttpRequest, HalfWay], Answer]], AnyView]:
    """Let somebody pass who gave the right password and stands at this stage of signing in; nobody is signed in yet."""

    def guard(view: Callable[[HttpRequest, HalfWay], Answer]) -> AnyView:
        @wraps(view)
        def guarded(request: HttpRequest) -> Answer:
            half = half_way.person(request)
            if half is None or half.stage is not stage:
                return redirect(half.stage.value if half else "sign-in")
            return view(request, half)

        return _mark(guarded, "after-password", ())

    return guard


def confirmed(view: View[Params]) -> AnyView:
    """Ask for the password again unless that was a moment ago. For changes to one's own way in; below ``needs``."""

    @wraps(view)
    def guarded(request: StaffRequest, *args: Params.args, **kwargs: Params.kwargs) -> Answer:
        if not is_confirmed(request.desk_session):
            after = request.path if request.method in ("GET", "HEAD") else reverse("your-sign-in")
            return redirect(f"{reverse('confirm')}?{urlencode({'next': after})}")
        return view(request, *args, **kwargs)

    return guarded


def _mark(view: AnyView, door: str, permissions: tuple[Permission, ...]) -> AnyView:
    view.door = door  # type: ignore[attr-defined]  # marks on the function, read below and by tests/architecture
    view.needs = permissions  # type: ignore[attr-defined]  # as above
    return view


class StaffOnly:
    """Sends strangers to the sign-in page, and refuses every view that does not declare its door.

    Somebody is signed in only while a ``DeskSession`` of theirs is open; Django's session alone opens nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Find out whose session this is, and pass on. Times are shown as the clocks of the office show them.

        Files that no view took are removed when the answer is known.
        """
        request.desk_session = _admit(request)  # type: ignore[attr-defined]  # StaffRequest has it
        try:
            with timezone.override(get_pack().calendar.zone):
                return self._next(request)
        finally:
            discard_untaken(request)

    def process_view(
        self, request: HttpRequest, view: AnyView, _args: tuple[object, ...], _kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """``None`` lets the view run."""
        door = getattr(view, "door", None)
        if door in ("before-sign-in", "after-password"):
            return None
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if door != "desk":
            return rule_page(request, NotPermitted(_("This page is not open to anyone.")))
        return None


def _admit(request: HttpRequest) -> DeskSession | None:
    user = request.user
    if not isinstance(user, Staff):
        return None
    session = keep_session(staff_id=user.pk, key=request.session.session_key or "")
    if session is None:
        logout(request)
        return None
    unlocked.somebody_is_at_work()
    return session


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return rule_page(request, NotPermitted(_("You are signed out, so nothing was changed. Sign in again.")))
    told = {"next": request.path}
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    ended = why_it_ended(cookie) if cookie.isascii() and cookie.isalnum() else ""
    return redirect(f"{reverse('sign-in')}?{urlencode({**told, 'ended': ended} if ended else told)}")


def safe_next(request: HttpRequest, default: str = "home") -> str:
    """Where to go after signing in or unlocking: a page of this desk, never another site."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    local = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if local else reverse(default)
