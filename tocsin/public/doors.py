"""Marks every view of the public door as meant for everybody; ``tests/architecture`` asks each URL for its door."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt

from tocsin.intake.uploads import discard_untaken

Params = ParamSpec("Params")
Answer = TypeVar("Answer", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, Params], Answer]


class FormCheck(CsrfViewMiddleware):
    """Django's form check for browsers that do not say where they come from, as Tor Browser at its safest.

    Such a browser sends ``Origin: null`` or none, and no ``Referer``; Django would refuse every form of it behind
    TLS. What proves that the form is ours is the token: its secret stands in the encrypted session cookie and
    nowhere else. An origin or referrer that *is* named must still be ours.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        told: str = request.META["HTTP_ORIGIN"]
        return told == "null" or super()._origin_verified(request)  # type: ignore[misc]  # not in the stubs

    def _check_referer(self, request: HttpRequest) -> None:
        if request.META.get("HTTP_REFERER"):
            super()._check_referer(request)  # type: ignore[misc]  # not in the stubs


_checks_forms = decorator_from_middleware(FormCheck)


def for_everybody(view: View[Params, Answer]) -> View[Params, Answer]:
    """Declare that anyone on the internet may call this view, with the form check above in place of Django's own.

    Files that the view did not take are removed when it has answered.
    """
    checked = cast("View[Params, Answer]", _checks_forms(view))

    @csrf_exempt
    @wraps(view)
    def tidy(request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs) -> Answer:
        try:
            return checked(request, *args, **kwargs)
        finally:
            discard_untaken(request)

    tidy.door = "public"  # type: ignore[attr-defined]  # a mark on the function, read by tests/architecture
    return cast("View[Params, Answer]", tidy)
