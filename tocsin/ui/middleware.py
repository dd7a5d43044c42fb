"""What every answer of both doors carries, and how broken rules become pages."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from tocsin.common.errors import Busy, RuleBroken
from tocsin.common.stores import STORE_FAULTS

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    """The same headers on every answer, error pages and static files included."""

    def __init__(self, get_response: Handler) -> None:
        self._next = get_response
        self._fixed = {
            "Content-Security-Policy": settings.TOCSIN_CSP,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }
        if settings.SESSION_COOKIE_SECURE:
            self._fixed["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, then add the headers; pages are never kept by browsers or proxies, static files may be."""
        response = self._next(request)
        for name, value in self._fixed.items():
            response.headers.setdefault(name, value)  # a view may only be stricter; tests hold every address to it
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response


class WrongMethod(RuleBroken):
    """A page was asked in a way that it does not answer; the sentence is the error page's own."""

    status = 405


class PlainErrors:
    """Turns a broken rule into the door's own page with its sentence. Everything else is left to Django's handlers."""

    def __init__(self, get_response: Handler) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on. Django's refusal of a method is an empty page; the reader gets one that says what to do."""
        response = self._next(request)
        if isinstance(response, HttpResponseNotAllowed):
            response.content = _rule_page(request, WrongMethod("")).content
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Refuse forms in another encoding than UTF-8 before anything reads them.

        Django does so for one of the two kinds of form. In the other, Python's own codecs (``unicode_escape``, ``hex``)
        would make text that cannot be stored, or none at all. Our pages are UTF-8, so browsers send nothing else.
        """
        told = (request.content_params or {}).get("charset", "utf-8")
        try:
            encoding = codecs.lookup(told).name
        except LookupError:
            return  # Django reads an encoding that it does not know as UTF-8
        if encoding != "utf-8":
            raise BadRequest

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """The page that ``settings.TOCSIN_RULE_PAGE`` draws for a ``RuleBroken``; ``None`` for other faults.

        A database that is locked, full or gone counts as busy: the same request may be sent again.
        """
        if isinstance(fault, STORE_FAULTS):
            logger.error("The database does not answer, or does not take anything.", exc_info=fault)
            connection.close()
            fault = Busy(_("Our store does not answer just now. Look first whether your last step was kept."))
        if not isinstance(fault, RuleBroken):
            return None
        response = _rule_page(request, fault)
        if isinstance(fault, Busy):
            response.headers["Retry-After"] = "60"
        return response


def _rule_page(request: HttpRequest, fault: RuleBroken) -> HttpResponse:
    page: HttpResponse = import_string(settings.TOCSIN_RULE_PAGE)(request, fault)
    return page
