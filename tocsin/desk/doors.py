"""Who may pass the staff door. Every view says what it needs; a view that says nothing is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.common.errors import NotPermitted
from tocsin.desk.errors import rule_page
from tocsin.intake.uploads import discard_untaken

Params = ParamSpec("Params")
Answer = HttpResponseBase


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in; ``actor`` holds their roles of this moment."""

    actor: Actor
    user: Staff


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


def _mark(view: AnyView, door: str, permissions: tuple[Permission, ...]) -> AnyView:
    view.door = door  # type: ignore[attr-defined]  # marks on the function, read below and by tests/architecture
    view.needs = permissions  # type: ignore[attr-defined]  # as above
    return view


class StaffOnly:
    """Sends strangers to the sign-in page, and refuses every view that does not declare its door."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on. Files that no view took are removed when the answer is known."""
        try:
            return self._next(request)
        finally:
            discard_untaken(request)

    def process_view(
        self, request: HttpRequest, view: AnyView, _args: tuple[object, ...], _kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """``None`` lets the view run."""
        door = getattr(view, "door", None)
        if door == "before-sign-in":
            return None
        if not request.user.is_authenticated:
            if request.method not in ("GET", "HEAD"):
                return rule_page(request, NotPermitted(_("You are signed out, so nothing was changed. Sign in again.")))
            return redirect(f"{reverse('sign-in')}?{urlencode({'next': request.path})}")
        if door != "desk":
            return rule_page(request, NotPermitted(_("This page is not open to anyone.")))
        return None


def safe_next(request: HttpRequest, default: str = "home") -> str:
    """Where to go after signing in or unlocking: a page of this desk, never another site."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    local = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if local else reverse(default)
