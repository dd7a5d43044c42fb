"""The page after a report was written down: the words once, read back, handed over, what to say next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_info, override
from django.utils.translation import gettext as _

from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.desk.doors import StaffRequest
from tocsin.desk.names import short_ref
from tocsin.desk.page import context, language
from tocsin.desk.writing.page import purpose, refused_words, tickets
from tocsin.desk.writing.roads import ROADS
from tocsin.intake.attempts import TicketInvalid
from tocsin.intake.channels.hotline.read_back import not_heard, spelled
from tocsin.intake.writing_down import ledger_key_of
from tocsin.policy.active import get_pack, pack_of
from tocsin.tips.dictation import dictate
from tocsin.tips.handoff import bodies_of, hand_off
from tocsin.tips.models import Tip
from tocsin.tips.selectors import tip_visible_to
from tocsin.ui.templatetags.ui import plain_date
from tocsin.vault.codes import words_of

_SALT = "tocsin.desk.written-down"
_LIFETIME = 24 * 3600
_ADDITION = "addition"


@dataclass(frozen=True)
class Note:
    """What the page knows of its report. ``seed``: behind the words, in hex; empty when none were handed out.

    ``ticket``: of the form from which it was sent. ``handed``: who took over so far. It travels in the page, signed,
    and the server keeps none of it: once the page is left the words are gone.
    """

    ref: str
    seed: str
    language: str
    road: str
    staff: str
    ticket: str
    handed: Sequence[str] = ()

    def to_text(self) -> str:
        """For the page."""
        return signing.dumps(asdict(self), salt=_SALT)

    @classmethod
    def from_text(cls, text: str, staff: str) -> Note:
        """The note of this member of staff. Raises ``Conflict`` when it is too old, changed or somebody else's."""
        try:
            note = cls(**signing.loads(text, salt=_SALT, max_age=_LIFETIME))
        except (signing.BadSignature, TypeError):
            note = None
        if note is None or note.staff != staff:
            raise Conflict(_("This page is too old. The report is stored: you find it in the inbox."))
        return note

    @property
    def words(self) -> list[str]:
        """The nine words, or none."""
        return words_of(bytes.fromhex(self.seed), self.language) if self.seed else []


def sent_page(request: StaffRequest, note: Note, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page with everything that can be done next; ``more`` tells what was just done."""
    try:
        tip = tip_visible_to(request.actor, note.ref)
    except Tip.DoesNotExist:
        raise Http404 from None
    road, wrong = ROADS[note.road], more.get("wrong", ())
    told: dict[str, Any] = {
        "tip": tip,
        "short_ref": short_ref(tip.ref),
        "road": road,
        "note": note.to_text(),
        "handed": note.handed,
        "words": [(at, word, spelled(word), at in wrong) for at, word in enumerate(note.words, start=1)],
        "addition_ticket": tickets().issue(_ADDITION),
        "may_read": request.actor.may(Permission.TIP_READ),
        "refused": refused_words(request),
        **_to_say(tip, note),
        **more,
    }
    return render(request, "desk/writing/sent.html", context(request, here="call", **told), status=status)


def _to_say(tip: Tip, note: Note) -> dict[str, Any]:
    """What the reporter is told, in their language, by the rules under which the report arrived."""
    rules = pack_of(tip.pack_version)
    with override(note.language):
        day = plain_date(tip.acknowledge_by)
    talks = ROADS[note.road].talks
    return {
        "next_steps": rules.texts(note.language)["next_steps"],
        "next_day": day,
        "closing": rules.hotline.closing.text(note.language) if rules.hotline and talks else "",
        "website": rules.authority.website,
        "told_in": note.language,
        "told_bidi": "rtl" if get_language_info(note.language)["bidi"] else "ltr",
        "bodies": [(each.number, each.label.text(language())) for each in bodies_of(tip)],
    }


def read_back(request: StaffRequest, note: Note) -> HttpResponse:
    """Say which words were heard wrongly."""
    heard = request.POST.get("heard", "")
    wrong = not_heard(note.words, heard, language=note.language) if note.words else []
    return sent_page(request, note, heard=heard, was_read_back=True, wrong=wrong)


def hand_over(request: StaffRequest, note: Note) -> HttpResponse:
    """Note which body took over and what it was told."""
    body, said = request.POST.get("body", ""), request.POST.get("said", "")
    tip = tip_visible_to(request.actor, note.ref)
    form = tickets().open(note.ticket, purpose(request, ROADS[note.road]))
    try:
        hand_off(actor=request.actor, tip=tip, body=body, said=said, k_events=ledger_key_of(form))
    except RuleBroken as wrong:
        return sent_page(request, note, status=wrong.status, error=str(wrong.sentence), said=said)
    label = next(each.label.text(language()) for each in bodies_of(tip) if each.number == body)
    hour = clock.now().astimezone(get_pack().calendar.zone).strftime("%H:%M")
    told = _("Written down: %(body)s took over, now, from you.") % {"body": f"{label} ({body})"}
    return sent_page(request, replace(note, handed=[*note.handed, f"{hour} · {label} ({body})"]), done=told)


def add(request: StaffRequest, note: Note) -> HttpResponse:
    """Store what the reporter said after the report was stored."""
    text, token = request.POST.get("text", ""), request.POST.get("ticket", "")
    try:
        ticket = tickets().open(token, _ADDITION)
        attempt = ticket.message_ref(hashlib.sha256(f"{note.ref}\0{text}".encode()).digest())
        dictate(actor=request.actor, tip=tip_visible_to(request.actor, note.ref), text=text, attempt=attempt)
    except TicketInvalid:
        told = _("The form was damaged on its way. Nothing was stored; the text is still here. Send it again.")
        return sent_page(request, note, status=403, error=told, unsent=text)
    except RuleBroken as wrong:
        told = str(wrong.sentence)
        return sent_page(request, note, status=wrong.status, error=told, unsent=text, addition_ticket=token)
    return sent_page(request, note, done=_("Added to the report. The reporter can read it with the nine words."))


ACTS: Mapping[str, Callable[[StaffRequest, Note], HttpResponse]] = {
    "read-back": read_back,
    "hand-over": hand_over,
    "add": add,
}
