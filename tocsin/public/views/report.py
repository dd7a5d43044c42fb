"""The short form: one page, from the first word to the receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.access.actors import REPORTER
from tocsin.common.errors import Busy
from tocsin.intake.attempts import Ticket, TicketInvalid
from tocsin.intake.services import Accepted, accept_tip, accepted_before
from tocsin.intake.submission import Submission, SubmissionInvalid, clean
from tocsin.intake.uploads import refused_files
from tocsin.public.doors import for_everybody
from tocsin.public.file_words import files_taken
from tocsin.public.pace import Cost, slowed
from tocsin.public.page import context, language
from tocsin.public.report_form import FIELDS, ReportForm, blank_form, tickets
from tocsin.public.stencils import hole, numbered, stencil
from tocsin.public.views.keeping import mailbox_address
from tocsin.tips.content import Particulars
from tocsin.ui.templatetags.ui import plain_date
from tocsin.vault.codes import WORDS, words_of

PURPOSE = "report"


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Show the form; take it; give the nine words."""
    if request.method != "POST":
        return HttpResponse(blank_form(request, tickets().issue(PURPOSE)))
    try:
        ticket = tickets().open(request.POST.get("ticket", ""), PURPOSE)
        submission = _submission(request)
    except TicketInvalid:
        return show_again(request, status=403, notice=_damaged())
    except SubmissionInvalid as wrong:
        return show_again(request, status=422, errors=wrong.errors, keep_ticket=True)

    def again(status: int, notice: str, keep: bool) -> HttpResponse:
        return show_again(request, status=status, notice=notice, keep_ticket=keep)

    return slowed(request, Cost.REPORT, lambda told: again(429, told, True)) or send(request, ticket, submission, again)


def _submission(request: HttpRequest) -> Submission:
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    contact, category = typed.pop("contact"), typed.pop("category") or "other"
    written = Particulars(language=language())
    return clean(channel="web", category=category, answers=typed, contact=contact, particulars=written)


ShowAgain = Callable[[int, str, bool], HttpResponse]
"""Draws the form once more: status, notice, whether sending it again is the same try."""


def send(request: HttpRequest, ticket: Ticket, submission: Submission, again: ShowAgain) -> HttpResponse:
    """Hand the report in and show the receipt, or the form ``again`` with everything that was typed."""
    attempt = ticket.attempt(submission.digest())
    if ticket.expired:
        for file in submission.files:
            file.discard()  # nothing new is stored from here on
        accepted = accepted_before(attempt)
        if accepted is None:
            return again(403, _expired(), False)
    else:
        try:
            accepted = accept_tip(actor=REPORTER, submission=submission, attempt=attempt)
        except Busy as busy:
            answer = again(503, str(busy.sentence), True)
            answer.headers["Retry-After"] = "60"
            return answer
    refused = refused_files(request)
    files = files_taken(submission.files, refused) if submission.files or refused else ""
    return _receipt(request, accepted, files)


def _receipt(request: HttpRequest, accepted: Accepted, files: str) -> HttpResponse:
    if accepted.seed is None:
        raise AssertionError("a web attempt always knows its own words")
    words = words_of(accepted.seed, language())
    told = {f"word{place}": word for place, word in enumerate(words)}
    told |= {"promise": accepted.promise.decode(), "acknowledge_by": plain_date(accepted.acknowledge_by)}
    told |= {"mailbox_address": mailbox_address(request), "csrf": get_token(request)}
    told["day"] = accepted.acknowledge_by.isoformat()
    page = stencil("public/receipt.html", language(), reverse("report"), _receipt_holes)
    return HttpResponse(page.fill(told, drawn={"files": files}))


def _receipt_holes() -> dict[str, Any]:
    names = ("promise", "acknowledge_by", "files", "mailbox_address", "csrf", "day")
    plain = {name: hole(name) for name in names}
    return {"words": numbered("word", WORDS), **plain}


def show_again(
    request: HttpRequest,
    *,
    status: int,
    notice: str = "",
    errors: dict[str, str] | None = None,
    keep_ticket: bool = False,
) -> HttpResponse:
    """The form with everything that was typed. A kept ticket makes sending it again the same try."""
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    ticket = request.POST.get("ticket", "") if keep_ticket else tickets().issue(PURPOSE)
    more: dict[str, Any] = {
        "ticket": ticket,
        "csrf": get_token(request),
        "form": ReportForm(typed, errors),
        "notice": notice,
    }
    return render(request, "public/report.html", context(request, **more), status=status)


def _damaged() -> str:
    return _("The form was damaged on its way, so nothing was sent. Your text is still here: press “Send” again.")


def _expired() -> str:
    return _(
        "This page was open for more than a day, so nothing was sent. Your text is still here: press “Send” again."
    )
