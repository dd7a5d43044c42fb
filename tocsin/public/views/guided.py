"""The guided form: one address for all its screens, so that no address and no history tells how far somebody came."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.intake.attempts import Ticket, TicketInvalid
from tocsin.intake.submission import SubmissionInvalid
from tocsin.intake.uploads import take_files
from tocsin.public.doors import for_everybody
from tocsin.public.guided import screens as road
from tocsin.public.guided.draft import UNKNOWN, Draft, DraftInvalid, drafts
from tocsin.public.guided.drawing import draw
from tocsin.public.guided.report import Unfinished, submission_of
from tocsin.public.guided.screens import CHECK, SEND, Screen
from tocsin.public.pace import Cost, slowed
from tocsin.public.report_form import tickets
from tocsin.public.views.report import send

PURPOSE = "guided"


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def guided(request: HttpRequest) -> HttpResponse:
    """Show a screen; take its answers; go on, back, or to the screen that somebody wants to change."""
    if request.method != "POST":
        return show(request, Draft(), road.screens(Draft())[0], tickets().issue(PURPOSE))
    token = request.POST.get("ticket", "")
    try:
        ticket, draft = tickets().open(token, PURPOSE), drafts().open(request.POST.get("draft", ""), token)
    except (TicketInvalid, DraftInvalid):
        return start_again(request)
    at = road.screen_named(draft, request.POST.get("at", "")) or road.screens(draft)[0]
    return _move(request, draft, at, ticket)


def _move(request: HttpRequest, draft: Draft, at: Screen, ticket: Ticket) -> HttpResponse:
    go, token = request.POST.get("go", "next"), request.POST.get("ticket", "")
    if go == "unknown" and at.unknown:
        draft = draft.answered(at.name, {UNKNOWN: ["1"]})
        return show(request, draft, road.after(draft, at.name), token)
    typed = at.typed_in(request.POST, draft)
    if go in ("stay", "back"):
        draft = draft.kept(at.name, typed)
        if go == "back" and at.name == CHECK:
            draft = draft.unseen(CHECK)  # from here on "Back" leads along the road again
        return show(request, draft, at if go == "stay" else road.before(draft, at.name), token)
    category = road.chosen_category(draft)
    draft = draft.answered(at.name, typed)
    if road.chosen_category(draft) != category:
        draft = draft.unseen("what")  # what is lawful, and whom to call, differs: it stands on that screen
    if go.startswith("change:"):
        return show(request, draft, road.screen_named(draft, go.removeprefix("change:")) or at, token)
    if at.answers(draft) is None:
        return show(request, draft, at, token, status=422)
    if go == "send" and at.name == SEND:
        return _send(request, draft, ticket, at)
    return show(request, draft, road.after(draft, at.name), token)


def _send(request: HttpRequest, draft: Draft, ticket: Ticket, at: Screen) -> HttpResponse:
    token = request.POST.get("ticket", "")
    try:
        submission = submission_of(draft)
    except Unfinished as unfinished:
        name = unfinished.screen.name
        return show(request, draft.answered(name, draft.of(name)), unfinished.screen, token, status=422)
    except SubmissionInvalid as invalid:
        asked = road.screen_asking(draft, next(iter(invalid.errors))) or at
        return show(request, draft, asked, token, status=422, notice=" ".join(invalid.errors.values()))

    def again(status: int, notice: str, keep: bool) -> HttpResponse:
        return show(request, draft, at, token if keep else tickets().issue(PURPOSE), status=status, notice=notice)

    cost = Cost.REPORT_WITH_FILES if request.FILES else Cost.REPORT
    if later := slowed(request, cost, lambda told: again(429, told, True)):
        return later
    return send(request, ticket, replace(submission, files=take_files(request)), again)


def start_again(request: HttpRequest) -> HttpResponse:
    """The form was damaged on its way: only what stands on this screen can be rescued."""
    name = request.POST.get("at", "")
    draft = road.draft_with(name)
    screen = road.screen_named(draft, name) or road.screens(draft)[0]
    draft = draft.kept(screen.name, screen.typed_in(request.POST, draft))
    notice = _(
        "The form was damaged on its way, so the answers of the other pages are gone. Nothing was sent. What you wrote "
        "on this page is still here."
    )
    return show(request, draft, screen, tickets().issue(PURPOSE), status=403, notice=notice)


def show_same(request: HttpRequest, *, status: int, notice: str) -> HttpResponse:
    """The screen once more with all answers: for a form check that failed."""
    token = request.POST.get("ticket", "")
    try:
        tickets().open(token, PURPOSE)
        draft = drafts().open(request.POST.get("draft", ""), token)
    except (TicketInvalid, DraftInvalid):
        return start_again(request)
    at = road.screen_named(draft, request.POST.get("at", "")) or road.screens(draft)[0]
    draft = draft.kept(at.name, at.typed_in(request.POST, draft))
    return show(request, draft, at, token, status=status, notice=notice)


def show(
    request: HttpRequest, draft: Draft, screen: Screen, token: str, *, status: int = 200, notice: str = ""
) -> HttpResponse:
    """One screen."""
    return HttpResponse(draw(draft, screen, ticket=token, csrf=get_token(request), notice=notice), status=status)
