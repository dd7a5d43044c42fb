"""Error pages: what happened, what was kept, what to do. Every door answers with them, in plain words.

Nothing typed and no address ever stands on them, and they need no database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type_of_text = str | Promise

NOTHING_KEPT = _("Nothing was sent or changed.")
MAYBE_IN_FORM = _("We did not keep what you sent. Your browser may still have it: go back one page.")


@dataclass(frozen=True)
class ErrorText:
    """The words of one error page."""

    status: int
    title: type_of_text
    sentence: type_of_text
    kept: type_of_text
    advice: type_of_text


_TEXTS = (
    ErrorText(
        400,
        _("We could not read this"),
        _("The request did not arrive as it should."),
        MAYBE_IN_FORM,
        _("Go back one page and send it again."),
    ),
    ErrorText(
        403,
        _("You cannot do this here"),
        _("The page was open for too long, or it is not meant for you."),
        MAYBE_IN_FORM,
        _("Go back, load the page again and try once more. Cookies must be allowed for this site."),
    ),
    ErrorText(
        404,
        _("This page is not here"),
        _("The address may be old or mistyped."),
        NOTHING_KEPT,
        _("Check the address, or start again from the first page."),
    ),
    ErrorText(
        405,
        _("This page works in another way"),
        _("The page was asked in a way that it does not answer."),
        NOTHING_KEPT,
        _("Start again from the first page and use the buttons there."),
    ),
    ErrorText(
        409,
        _("Somebody was faster"),
        _("This was changed while you had it open."),
        _("The other change was kept. Yours was not."),
        _("Load the page again, look at what is new, and decide again."),
    ),
    ErrorText(
        413,
        _("This is too big"),
        _("What you sent is bigger than we can take."),
        MAYBE_IN_FORM,
        _("Send it without files, or with smaller ones. The text alone is enough."),
    ),
    ErrorText(
        422,
        _("This cannot be done"),
        _("A rule does not allow it."),
        NOTHING_KEPT,
        _("Go back, change what is named above, and try again."),
    ),
    ErrorText(
        500,
        _("Something broke on our side"),
        _("This is our mistake, not yours."),
        _("If you saw no nine words, your report may not be stored. Your browser may still have the text."),
        _("Go back one page and send it again in a few minutes. It will not be counted twice."),
    ),
    ErrorText(
        503,
        _("We are too busy just now"),
        _("We could not take this in at this moment."),
        MAYBE_IN_FORM,
        _("Wait a minute, go back one page and send it again."),
    ),
)
TEXTS = {text.status: text for text in _TEXTS}


def error_page(
    request: HttpRequest | None,
    status: int,
    *,
    sentence: type_of_text = "",
    base_template: str = "ui/page.html",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Draw the page of ``status``; a status without texts looks like 400 or 500.

    ``sentence`` replaces the usual first sentence.
    ``context`` goes to the base template (service name, links, emergency numbers).
    """
    text = TEXTS.get(status) or TEXTS[500 if status >= 500 else 400]
    error = ErrorText(status, text.title, sentence or text.sentence, text.kept, text.advice)
    page = render_to_string(
        "ui/error.html", {**(context or {}), "error": error, "base_template": base_template}, request
    )
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """``handler400``. The exception is not shown: it may repeat what was typed."""
    return error_page(request, 413 if type(exception).__name__ == "RequestDataTooBig" else 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """``handler403``."""
    return error_page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """``CSRF_FAILURE_VIEW``: alike for every reason."""
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """``handler404``. Does not repeat the address: it may hold what somebody typed."""
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500``. Draws without the request, so that no context processor can fail a second time."""
    return error_page(None, 500)
