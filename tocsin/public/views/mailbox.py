"""The mailbox behind the nine words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.common.errors import Busy, NotPermitted, RuleBroken
from tocsin.intake.attempts import Ticket, TicketInvalid
from tocsin.intake.services import add_files
from tocsin.intake.uploads import refused_files, take_files
from tocsin.policy.active import get_pack
from tocsin.public.doors import for_everybody
from tocsin.public.file_words import files_taken
from tocsin.public.pace import Cost, slowed
from tocsin.public.page import context, office_in_words
from tocsin.public.receipts import receipt_of
from tocsin.public.report_form import tickets
from tocsin.tips import mailbox
from tocsin.tips.workflow import PlainState
from tocsin.vault.codes import CodeKeys, CodeMistyped, candidate_seeds

PURPOSE = "mailbox"
_SEED = "mailbox"


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the nine words. Wrong, unknown and expired words get the same answer."""
    if request.method != "POST":
        return render(request, "public/mailbox_sign_in.html", context(request))
    typed = request.POST.get("words", "")
    # Before the words are read at all: the refusal shows them again whether they open a mailbox or not.
    if later := slowed(request, Cost.SIGN_IN, lambda told: _ask_for_words(request, 429, error=told, typed=typed)):
        return later
    try:
        seeds = candidate_seeds(typed)
    except CodeMistyped as slip:
        # Found by the checksum alone, so what was typed may be shown again to mend one word of nine.
        return _wrong_words(request, str(slip.sentence), typed=typed)
    found = mailbox.find_tip([CodeKeys.derive(seed) for seed in seeds])
    if found is None:
        return _wrong_words(request, _("We could not open a mailbox with these words. Check them and try again."))
    seed = next(seed for seed in seeds if CodeKeys.derive(seed).login_hash == found[1].login_hash)
    request.session.flush()
    request.session[_SEED] = seed.hex()
    unsent = request.POST.get("text", "")
    return _show(request, found[1], typed=unsent) if unsent else redirect("mailbox")


def _wrong_words(request: HttpRequest, sentence: str, *, typed: str = "") -> HttpResponse:
    return _ask_for_words(request, 422, error=sentence, typed=typed)


def _ask_for_words(request: HttpRequest, status: int, **told: str) -> HttpResponse:
    """The sign-in page; an answer that could not be sent yet travels with it."""
    unsent = request.POST.get("text", "")
    return render(request, "public/mailbox_sign_in.html", context(request, text=unsent, **told), status=status)


View = Callable[[HttpRequest, CodeKeys], HttpResponse]


def _with_words(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Open the session's words for ``view``, or ask for them again. Every use keeps the session alive."""

    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponse:
        seed = request.session.get(_SEED)
        if seed is None:
            sentence = _("Your mailbox was closed because it was not used for 30 minutes. Nothing was lost.")
            return _ask_for_words(request, 403, notice=sentence)
        request.session.modified = True
        return view(request, CodeKeys.derive(bytes.fromhex(seed)))

    return opened


@_with_words
def show_unsent(request: HttpRequest, keys: CodeKeys) -> HttpResponse:
    """The check of a form with an answer failed: show the answer again, behind the words if the mailbox is closed."""
    return _show(request, keys, status=403, error=_damaged(), typed=request.POST.get("text", ""))


@for_everybody
@require_GET
@_with_words
def messages(request: HttpRequest, keys: CodeKeys) -> HttpResponse:
    """The conversation, the state in five plain words, the next date."""
    return _show(request, keys)


def _show(request: HttpRequest, keys: CodeKeys, *, status: int = 200, **more: Any) -> HttpResponse:
    box = mailbox.read_mailbox(keys)
    told = {
        "box": box,
        "steps": _steps(box.plain_state),
        "conversation": [_line(message) for message in box.messages],
        "oversight_body": office_in_words(get_pack().oversight_body) if box.owed.is_late else {},
        "corrects": request.POST.get("corrects", ""),
        "ticket": more.pop("ticket", "") or tickets().issue(PURPOSE),
        **more,
    }
    return render(request, "public/mailbox.html", context(request, **told), status=status)


def _steps(now: PlainState) -> list[dict[str, str]]:
    """The five plain states; a question counts as part of being read unless it is the present one."""
    order = [state for state in PlainState if state is not PlainState.QUESTION or now is PlainState.QUESTION]
    at = order.index(now)
    return [
        {"word": str(state.label), "phase": "done" if place < at else "current" if place == at else "later"}
        for place, state in enumerate(order)
    ]


def _line(message: mailbox.MailboxMessage) -> dict[str, Any]:
    hidden = _("We cannot show your own words here: they are sealed. Only the staff who work on them can open them.")
    office = _("Written down by the office in your name") if message.written_down else _("The office")
    return {
        "author": office if message.from_staff else _("You"),
        "is_own": not message.from_staff,
        "text": hidden if message.text is None else message.text,
        "on": message.written_hour,
    }


@for_everybody
@require_POST
@_with_words
def write(request: HttpRequest, keys: CodeKeys) -> HttpResponse:
    """Send an answer or an addition; sending it twice stores it once."""
    text, token = request.POST.get("text", ""), request.POST.get("ticket", "")
    if later := slowed(request, Cost.MESSAGE, lambda told: _show(request, keys, error=told, typed=text, ticket=token)):
        return later
    try:
        ticket = tickets().open(token, PURPOSE)
        attempt, corrects = _attempt(ticket, text), request.POST.get("corrects") == "yes"
        mailbox.write_to_staff(keys=keys, text=text, attempt=attempt, corrects=corrects)
    except TicketInvalid:
        return _show(request, keys, status=403, error=_damaged(), typed=text)
    except Busy as busy:
        return _show(request, keys, status=503, error=str(busy.sentence), typed=text, ticket=token)
    except NotPermitted:
        raise
    except RuleBroken as wrong:
        return _show(request, keys, status=wrong.status, error=str(wrong.sentence), typed=text, ticket=token)
    return redirect("mailbox")


def _attempt(ticket: Ticket, text: str) -> str:
    return ticket.message_ref(hashlib.sha256(text.encode()).digest())


def _damaged() -> str:
    return _("The form was damaged on its way. Nothing was sent; your text is still here. Send it again.")


@for_everybody
@require_POST
@_with_words
def files(request: HttpRequest, keys: CodeKeys) -> HttpResponse:
    """Add files to the report, then say what each of them tells about its maker."""
    if later := slowed(request, Cost.FILES, lambda told: _show(request, keys, error=told)):
        return later
    taken = take_files(request)
    try:
        add_files(keys=keys, files=taken)
    except NotPermitted:
        raise
    except RuleBroken as wrong:
        return _show(request, keys, status=wrong.status, error=str(wrong.sentence))
    told = {"files": files_taken(taken, refused_files(request))}
    return render(request, "public/mailbox_files.html", context(request, **told))


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
@_with_words
def take_back(request: HttpRequest, keys: CodeKeys) -> HttpResponse:
    """Ask once more, then take the report back."""
    if request.method != "POST":
        box = mailbox.read_mailbox(keys)
        return render(request, "public/mailbox_take_back.html", context(request, box=box))
    destroyed = mailbox.withdraw(keys=keys)
    return render(request, "public/mailbox_taken_back.html", context(request, destroyed=destroyed))


@for_everybody
@require_GET
@_with_words
def receipt_file(request: HttpRequest, keys: CodeKeys) -> HttpResponse:
    """The receipt as a file: the proof once the report is in the public ledger, before that the promise."""
    name, data = receipt_of(keys)
    answer = HttpResponse(data, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@for_everybody
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the mailbox and forget the words."""
    request.session.flush()
    answer = redirect("start")
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer
