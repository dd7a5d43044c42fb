"""The nine words in another form than on the page of the receipt: a picture to scan, or a file. For those who ask.

The page sends the words back for it; they are not looked up, and nothing is kept. Only what can be nine words is drawn,
so that nobody makes codes for something else here.
"""

from __future__ import annotations

from datetime import date

import segno
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.common.errors import RuleBroken
from tocsin.public.doors import for_everybody
from tocsin.public.pace import Cost, slowed
from tocsin.public.page import context
from tocsin.ui.templatetags.ui import plain_date
from tocsin.vault.codes import candidate_seeds

_LONGEST = 200  # characters: nine words of any list have fewer; a QR code holds no more than 2,331 bytes
_FILE_NAME = "slip.txt"  # says neither what it is for nor where it comes from


class TooSoon(RuleBroken):
    """Drawing a code costs more than a page; one network has had its share of them."""

    status = 429


@for_everybody
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """A page with the QR code, or the slip as a text file. Raises ``CodeMistyped``, ``TooSoon``."""
    if slowed(request, Cost.VERIFY, HttpResponse):
        raise TooSoon(
            _(
                "Too much came from your network just now. Your words are still on the page behind this one. Wait a "
                "minute and press the button again."
            )
        )
    words = " ".join(request.POST.get("words", "").split())
    if len(words) > _LONGEST:
        raise BadRequest
    candidate_seeds(words)
    if request.POST.get("as") == "picture":
        return render(request, "public/words_as_picture.html", context(request, picture=_qr_code(words)))
    return _slip(words, mailbox_address(request), request.POST.get("day", ""))


def mailbox_address(request: HttpRequest) -> str:
    """Where the mailbox is, as it is typed: the host at which the visitor came, and the page."""
    return request.get_host() + reverse("mailbox-sign-in")


def _qr_code(words: str) -> str:
    """A PNG as a ``data:`` address: ISO/IEC 18004, error correction M. The words alone, no address to open."""
    return segno.make(words, error="m", micro=False).png_data_uri(scale=8, border=4)


def _slip(words: str, address: str, day: str) -> HttpResponse:
    """What a printed receipt says. With a byte order mark: old readers would show Chinese words as something else."""
    try:
        until = plain_date(date.fromisoformat(day))
    except ValueError as wrong:
        raise BadRequest from wrong
    lines = [_("Mailbox"), words, address, _("Next date: %(day)s") % {"day": until}]
    answer = HttpResponse("\r\n".join([*lines, ""]).encode("utf-8-sig"), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_FILE_NAME}"'
    return answer
