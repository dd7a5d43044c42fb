"""Writing a report down for somebody: on the telephone, at the counter, from a letter."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.access.permissions import Permission
from tocsin.common.errors import Busy
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import language
from tocsin.desk.writing.form import Typed, WritingForm
from tocsin.desk.writing.page import form_page, purpose, tickets
from tocsin.desk.writing.reading import Sheet, sheet_of, told_by, told_in_emergency
from tocsin.desk.writing.roads import ROADS, open_roads
from tocsin.desk.writing.sent import ACTS, Note, sent_page
from tocsin.intake.attempts import Ticket, TicketInvalid
from tocsin.intake.transcript import transcript_of
from tocsin.intake.uploads import take_files, untaken_files
from tocsin.intake.writing_down import Told, WrittenDown, write_down, written_down_before
from tocsin.policy.active import get_pack


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.TIP_RECEIVE)
def write(request: StaffRequest, road: str) -> HttpResponse:
    """Show the form, look things up for it, take it."""
    way = ROADS[road]
    if way not in open_roads():
        raise Http404
    sheet = sheet_of(Typed(dict(request.POST.lists())), way, get_pack().texts(language()).language)
    if request.method != "POST":
        return _blank(request, sheet)
    try:
        ticket = tickets().open(request.POST.get("ticket", ""), purpose(request, way))
    except TicketInvalid:
        return _again(request, sheet, 403, _("The form was damaged on its way, so nothing was stored."))
    if request.POST.get("go") not in ("send", "emergency"):
        return form_page(request, sheet, sheet.form(quiet=True), request.POST["ticket"])
    return _take(request, sheet, ticket)


def _blank(request: StaffRequest, sheet: Sheet) -> HttpResponse:
    form = WritingForm(None, road=sheet.road, language=sheet.language)
    return form_page(request, sheet, form, tickets().issue(purpose(request, sheet.road)))


def _again(request: StaffRequest, sheet: Sheet, status: int, notice: str) -> HttpResponse:
    """The form as a new try, with everything that was typed."""
    told = _("%(what)s Your text is still here: press “Store the report” again.") % {"what": notice}
    token = tickets().issue(purpose(request, sheet.road))
    return form_page(request, sheet, sheet.form(quiet=True), token, status=status, notice=told)


def _take(request: StaffRequest, sheet: Sheet, ticket: Ticket) -> HttpResponse:
    read = told_in_emergency if request.POST["go"] == "emergency" else told_by
    told = read(sheet, request.actor, ticket, files=len(untaken_files(request)))
    if isinstance(told, WritingForm):
        return form_page(request, sheet, told, request.POST["ticket"], status=422)
    try:
        stored = _store(request, told, ticket)
    except Busy as busy:
        page = form_page(
            request, sheet, sheet.form(quiet=True), request.POST["ticket"], status=503, notice=str(busy.sentence)
        )
        page.headers["Retry-After"] = "60"
        return page
    if stored is None:
        return _again(request, sheet, 403, _("This page was open for more than a day, so nothing was stored."))
    return _sent(request, sheet, told, stored)


def _store(request: StaffRequest, told: Told, ticket: Ticket) -> WrittenDown | None:
    """``None`` when the form is too old and was not sent before."""
    if ticket.expired:
        files = tuple(untaken_files(request))
        told = replace(told, submission=replace(told.submission, files=files))
        return written_down_before(actor=request.actor, told=told, ticket=ticket)
    told = replace(told, submission=replace(told.submission, files=take_files(request)))
    return write_down(actor=request.actor, told=told, ticket=ticket)


def _sent(request: StaffRequest, sheet: Sheet, told: Told, stored: WrittenDown) -> HttpResponse:
    note = Note(
        stored.ref, stored.seed.hex(), sheet.language, sheet.road.name, request.actor.name, request.POST["ticket"]
    )
    if stored.is_same:
        return sent_page(request, note)
    sentence = _(
        "This report was stored before. What you changed since then was not stored: it stands below, to be added."
    )
    unsent = transcript_of(told.submission, get_pack(), language())
    return sent_page(request, note, status=409, error=sentence, unsent=unsent)


@sensitive_post_parameters()
@require_POST
@needs(Permission.TIP_RECEIVE)
def after(request: StaffRequest) -> HttpResponse:
    """What is done from the page that follows: words read back, a body that took over, something added."""
    act = ACTS.get(request.POST.get("go", ""))
    if act is None:
        raise Http404
    return act(request, Note.from_text(request.POST.get("note", ""), request.actor.name))
