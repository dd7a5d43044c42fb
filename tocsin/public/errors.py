"""Error pages of the public door, and the second chance for a form whose check failed."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken
from tocsin.public.page import context
from tocsin.public.report_form import FIELDS
from tocsin.public.views import guided, referral
from tocsin.public.views.mailbox import show_unsent
from tocsin.public.views.report import show_again
from tocsin.ui.errors import error_page


def _page(request: HttpRequest, status: int, sentence: str = "") -> HttpResponse:
    return error_page(request, status, sentence=sentence, base_template="ui/public_base.html", context=context(request))


def rule_page(request: HttpRequest, fault: RuleBroken) -> HttpResponse:
    """A broken rule with its own sentence."""
    return _page(request, fault.status, str(fault.sentence))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django refuses to read, most often a text of several megabytes."""
    return _page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not allowed."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page; the same answer for every address."""
    return _page(request, 404)


def fault(request: HttpRequest) -> HttpResponse:
    """Our fault."""
    return _page(request, 500)


def _unchecked() -> str:
    return _(
        "We could not check that this form came from our page, so nothing was sent. Your text is still here. Press the "
        "button again. If this page comes back, allow cookies for this site: we set one, and it ends when you close "
        "the browser."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's check failed: an old page, another tab, or no cookies. What was typed is shown again, not lost.

    Where nothing typed can be read (no form at all), the page must not say that the text is still there.
    """
    try:
        name = resolve(request.path_info).url_name
    except Resolver404:
        name = None
    if name == "guided" and request.POST.get("draft"):
        return guided.show_same(request, status=403, notice=_unchecked())
    if name == "report" and any(request.POST.get(field) for field in FIELDS):
        return show_again(
            request,
            status=403,
            notice=_unchecked(),
        )
    if name in ("mailbox-write", "mailbox-sign-in") and request.POST.get("text"):
        return show_unsent(request)
    if name in ("referral-answer", "referral-write") and request.POST.get("text"):
        return referral.show_unsent(request, name)
    return _page(request, 403)
