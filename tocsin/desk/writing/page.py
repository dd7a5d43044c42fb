"""How the form is laid out: script, clock, earlier calls from the same line, what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_info

from tocsin.access.permissions import Permission
from tocsin.desk.doors import StaffRequest
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.page import context, language
from tocsin.desk.uploads import WHY
from tocsin.desk.writing.form import WritingForm
from tocsin.desk.writing.reading import Sheet, seconds_since
from tocsin.desk.writing.roads import Road, links
from tocsin.intake.attempts import Ticket, TicketOffice
from tocsin.intake.uploads import refused_files
from tocsin.policy.active import get_pack
from tocsin.tips.lines import EarlierCalls, look_up_line
from tocsin.tips.models import Tip


@cache
def tickets() -> TicketOffice:
    """Issues and opens the tickets of the desk's forms."""
    return TicketOffice(settings.SECRET_KEY)


def purpose(request: StaffRequest, road: Road) -> str:
    """A ticket is for one road and one person: nobody sends another one's form."""
    return f"write-down:{road.name}:{request.actor.name}"


@dataclass(frozen=True)
class EarlierCall:
    """One line of the list of earlier calls."""

    tip: Tip
    short_ref: str
    category: str


def form_page(
    request: StaffRequest, sheet: Sheet, form: WritingForm, token: str, *, status: int = 200, notice: str = ""
) -> HttpResponse:
    """The form with everything that was typed; the number is gone once it could be read."""
    told: dict[str, Any] = {
        "road": sheet.road,
        "roads": links(sheet.road),
        "form": form,
        "groups": form.groups,
        "ticket": token,
        "line": sheet.line_token,
        "earlier": _earlier(request, sheet),
        "notice": notice,
        "refused": refused_words(request),
        **_script(sheet),
        **_clock(tickets().open(token, purpose(request, sheet.road))),
    }
    return render(request, "desk/writing/form.html", context(request, here="call", **told), status=status)


def refused_words(request: StaffRequest) -> list[tuple[str, str]]:
    """Names of files that were not taken, each with the reason."""
    return [(file.name, str(WHY[file.reason])) for file in refused_files(request)]


def _script(sheet: Sheet) -> dict[str, Any]:
    pack = get_pack()
    return {
        "pack": pack,
        "script": pack.hotline if sheet.road.talks else None,
        "greeting": pack.hotline.greeting.text(sheet.language) if pack.hotline and sheet.road.talks else "",
        "told_in": sheet.language,
        "told_bidi": "rtl" if get_language_info(sheet.language)["bidi"] else "ltr",
        "numbers": [(entry.number, entry.label.text(language())) for entry in pack.emergency_numbers],
        "categories": [category.label(language()) for category in pack.categories],
        "limits": pack.evidence,
    }


def _clock(ticket: Ticket) -> dict[str, Any]:
    began = datetime.fromtimestamp(ticket.issued_at, UTC).astimezone(get_pack().calendar.zone)
    return {"began_at": began.strftime("%H:%M"), "seconds": seconds_since(ticket)}


def _earlier(request: StaffRequest, sheet: Sheet) -> dict[str, Any]:
    """Nothing without a line; the look-up is written down."""
    if not sheet.line:
        return {}
    found: EarlierCalls = look_up_line(actor=request.actor, line=sheet.line)
    calls = [EarlierCall(tip, short_ref(tip.ref), category_label(tip)) for tip in found.calls]
    return {"found": found, "calls": calls, "may_read": request.actor.may(Permission.TIP_READ)}
