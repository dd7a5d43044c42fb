"""Error pages of the desk."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken
from tocsin.desk.page import context
from tocsin.desk.writing.unsent import unsent_text
from tocsin.ui.errors import error_page

_AFTER_READING = frozenset({403, 409, 422, 500, 503})
"""Answers to forms that were read: what was typed there must not be lost with them."""


def _page(request: HttpRequest, status: int, sentence: str = "") -> HttpResponse:
    if status in _AFTER_READING and (text := unsent_text(request)):
        told = {"text": text, "error": sentence or _("The page was open for too long, or you are signed out.")}
        return render(request, "desk/writing/unsent.html", context(request, **told), status=status)
    return error_page(request, status, sentence=sentence, base_template="ui/desk_base.html", context=context(request))


def rule_page(request: HttpRequest, fault: RuleBroken) -> HttpResponse:
    """A broken rule with its own sentence."""
    return _page(request, fault.status, str(fault.sentence))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django refuses to read."""
    return _page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not allowed."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page, or one that this person may not see: the same answer."""
    return _page(request, 404)


def fault(request: HttpRequest) -> HttpResponse:
    """Our fault."""
    return _page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's check failed."""
    return _page(request, 403)
