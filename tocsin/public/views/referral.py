"""What was passed on to another body, behind that body's own nine words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.cases import recipient
from tocsin.cases.disposition import Disposition
from tocsin.common.errors import Busy, NotPermitted, RuleBroken
from tocsin.intake.attempts import Ticket, TicketInvalid
from tocsin.public.doors import for_everybody
from tocsin.public.pace import Cost, slowed
from tocsin.public.page import context
from tocsin.public.report_form import tickets
from tocsin.vault.codes import CodeMistyped, candidate_seeds
from tocsin.vault.referral_codes import RecipientKeys

PURPOSE = "referral"
_SEED = "referral"
ANSWER, WRITE = "referral-answer", "referral-write"


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the nine words. Wrong words, unknown ones and a reporter's get the same answer."""
    if request.method != "POST":
        return _ask_for_words(request, 200)
    typed = request.POST.get("words", "")
    if later := slowed(request, Cost.SIGN_IN, lambda told: _ask_for_words(request, 429, error=told, typed=typed)):
        return later
    try:
        seeds = candidate_seeds(typed)
    except CodeMistyped as slip:
        # Found by the checksum alone, so what was typed may be shown again to mend one word of nine.
        return _ask_for_words(request, 422, error=str(slip.sentence), typed=typed)
    found = recipient.find_referral([RecipientKeys.derive(seed) for seed in seeds])
    if found is None:
        sentence = _("We could not open anything with these words. Check them and try again.")
        return _ask_for_words(request, 422, error=sentence)
    seed = next(seed for seed in seeds if RecipientKeys.derive(seed).login_hash == found[1].login_hash)
    request.session.flush()
    request.session[_SEED] = seed.hex()
    unsent = request.POST.get("text", "")
    return _show(request, found[1], typed=unsent) if unsent else redirect("referral")


def _ask_for_words(request: HttpRequest, status: int, **told: str) -> HttpResponse:
    """The sign-in page; an answer that could not be sent yet travels with it."""
    unsent = request.POST.get("text", "")
    return render(request, "public/referral_sign_in.html", context(request, text=unsent, **told), status=status)


View = Callable[[HttpRequest, RecipientKeys], HttpResponse]


def _with_words(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Open the session's words for ``view``, or ask for them again. Every use keeps the session alive."""

    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponse:
        seed = request.session.get(_SEED)
        if seed is None:
            sentence = _("This page was closed because it was not used for 30 minutes. Nothing was lost.")
            return _ask_for_words(request, 403, notice=sentence)
        request.session.modified = True
        return view(request, RecipientKeys.derive(bytes.fromhex(seed)))

    return opened


def show_unsent(request: HttpRequest, form: str) -> HttpResponse:
    """The check of a form with an answer failed: show the answer again, behind the words if the page is closed."""

    @_with_words
    def show(request: HttpRequest, keys: RecipientKeys) -> HttpResponse:
        return _show(request, keys, status=403, error=_damaged(), failed=form)

    return show(request)


@for_everybody
@require_GET
@_with_words
def text(request: HttpRequest, keys: RecipientKeys) -> HttpResponse:
    """What was passed on, its purpose, its law, its last day, and what was written about it."""
    return _show(request, keys)


def _show(request: HttpRequest, keys: RecipientKeys, *, status: int = 200, **more: Any) -> HttpResponse:
    opened = recipient.open_referral(keys=keys)
    told = {
        "opened": opened,
        "choices": Disposition.choices,
        "chosen": request.POST.get("disposition", ""),
        "answer": Disposition(opened.disposition).label if opened.disposition else "",
        "error_at": "question" if more.get("failed") == WRITE and not opened.disposition else "text",
        "conversation": [_line(line) for line in opened.messages],
        "ticket": more.pop("ticket", "") or tickets().issue(PURPOSE),
        "typed": more.pop("typed", "") or request.POST.get("text", ""),
        **more,
    }
    return render(request, "public/referral.html", context(request, **told), status=status)


def _line(line: recipient.Line) -> dict[str, Any]:
    author = _("You") if line.is_own else _("The office")
    correction = _("Correction")
    corrected = line.kind in ("correction", "taken_out")
    words = line.text or (_taken_out() if line.kind == "taken_out" else _("(no words)"))
    return {
        "author": f"{author} – {correction}" if corrected else author,
        "is_own": line.is_own,
        "text": words,
        "on": line.written_hour,
    }


def _taken_out() -> str:
    return _(
        "Somebody who may be named in this text was taken out of the case. Where the text shows ▇▇▇, their name stood. "
        "Delete what you have kept about this person from this text, and do not use it."
    )


@for_everybody
@require_POST
@_with_words
def answer(request: HttpRequest, keys: RecipientKeys) -> HttpResponse:
    """Say what the recipient does with it; the first answer counts."""
    chosen = request.POST.get("disposition", "")
    return _send(
        request,
        keys,
        ANSWER,
        lambda ticket, written: recipient.answer_referral(
            keys=keys, disposition=chosen, text=written, attempt=_attempt(ticket, f"{chosen}\0{written}")
        ),
    )


@for_everybody
@require_POST
@_with_words
def write(request: HttpRequest, keys: RecipientKeys) -> HttpResponse:
    """Send a message."""
    return _send(
        request,
        keys,
        WRITE,
        lambda ticket, written: recipient.write_to_sender(keys=keys, text=written, attempt=_attempt(ticket, written)),
    )


def _attempt(ticket: Ticket, told: str) -> str:
    return ticket.message_ref(hashlib.sha256(told.encode("utf-8", "replace")).digest())


def _send(request: HttpRequest, keys: RecipientKeys, form: str, store: Callable[[Ticket, str], None]) -> HttpResponse:
    """Store what was written, once however often it is sent; whatever goes wrong, the text comes back."""
    written, token = request.POST.get("text", ""), request.POST.get("ticket", "")
    again: dict[str, Any] = {"typed": written, "ticket": token, "failed": form}
    if later := slowed(request, Cost.MESSAGE, lambda told: _show(request, keys, error=told, **again)):
        return later
    try:
        store(tickets().open(token, PURPOSE), written)
    except TicketInvalid:
        return _show(request, keys, status=403, error=_damaged(), failed=form)
    except Busy as busy:
        return _ask_for_words(request, 503, error=str(busy.sentence))
    except NotPermitted:
        raise
    except RuleBroken as wrong:
        return _show(request, keys, status=wrong.status, error=str(wrong.sentence), **again)
    return redirect("referral")


def _damaged() -> str:
    return _("The form was damaged on its way. Nothing was sent; your text is still here. Send it again.")


@for_everybody
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the page and forget the words."""
    request.session.flush()
    left = redirect("start")
    left.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return left
