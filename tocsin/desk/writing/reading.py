"""From the form as it was sent to the report that intake takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core import signing
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.common import clock
from tocsin.desk.writing.fields import CHOICES, SEPARATOR, STORY
from tocsin.desk.writing.form import Typed, WritingForm
from tocsin.desk.writing.roads import Road
from tocsin.intake.attempts import Ticket
from tocsin.intake.channels.hotline.line import LINE_BYTES, NumberUnreadable, line_of
from tocsin.intake.channels.letter.arrival import NotADayOfArrival, moment_of_arrival
from tocsin.intake.question_fields import answer_of
from tocsin.intake.submission import SubmissionInvalid, clean
from tocsin.intake.transcript import transcript_of
from tocsin.intake.writing_down import Told
from tocsin.policy.active import get_pack
from tocsin.tips.content import Particulars

_LINE = "tocsin.desk.line"


@dataclass(frozen=True)
class Sheet:
    """One form as it was sent. ``line``: of the caller, without the number; ``wrong``: what is wrong with a number."""

    road: Road
    language: str
    typed: Typed
    line: bytes
    wrong: str = ""

    @property
    def line_token(self) -> str:
        """The line as it travels in the page: signed, so that nobody asks for lines that no telephone showed."""
        return signing.dumps(self.line.hex(), salt=_LINE) if self.line else ""

    def form(self, *, quiet: bool = False) -> WritingForm:
        """The form with everything that was typed."""
        form = WritingForm(self.typed, road=self.road, language=self.language, quiet=quiet)
        if self.wrong:
            form.add_error("number", self.wrong)
        return form


def sheet_of(typed: Typed, road: Road, language: str) -> Sheet:
    """The form as it was sent; a number that can be read is replaced by its line and stands nowhere any more."""
    # A NUL shows nothing, and Django's fields would refuse the whole text for it.
    typed = Typed({name: [value.replace("\0", "") for value in values] for name, values in typed.lists()})
    chosen = typed.get("language", "")
    language = chosen if chosen in get_pack().languages else language
    if not road.has_number:
        return Sheet(road, language, typed, b"")
    script = get_pack().hotline
    try:
        line = line_of(typed.get("number", ""), country=script.country if script else "")
    except NumberUnreadable:
        wrong = _("This is no telephone number. Type digits only, or leave it empty when the number is withheld.")
        return Sheet(road, language, typed, _line_in(typed), wrong)
    typed["number"] = ""
    return Sheet(road, language, typed, line or _line_in(typed))


def _line_in(typed: Typed) -> bytes:
    """The line that an earlier round of this form has found, unless somebody took it out."""
    if typed.get("forget_line"):
        return b""
    try:
        line = bytes.fromhex(signing.loads(typed.get("line", ""), salt=_LINE))
    except (signing.BadSignature, ValueError):
        return b""
    return line if len(line) == LINE_BYTES else b""


def told_by(sheet: Sheet, actor: Actor, ticket: Ticket, *, files: int) -> Told | WritingForm:
    """The report, or the form with what must be mended."""
    form = sheet.form()
    form.is_valid()
    moment = _arrival(form)
    if not form.errors:
        try:
            return _told(sheet, form, _provenance(sheet, form, actor, ticket, files), moment)
        except SubmissionInvalid as wrong:
            for name, sentence in wrong.errors.items():
                form.add_error(name, sentence)
    return form


def told_in_emergency(sheet: Sheet, actor: Actor, ticket: Ticket, *, files: int) -> Told | WritingForm:
    """As ``told_by``, but nothing that is missing or cannot be read holds it up: that is kept as it was typed."""
    form = sheet.form()
    form.is_valid()
    moment = _arrival(form)
    unread = list(_unread(form))
    story = str(form.cleaned_data.get("what") or "")
    form.cleaned_data["what"] = "\n\n".join(part for part in (story, *unread) if part) or _(
        "Handed over as an emergency before anything was written down."
    )
    form.cleaned_data["risk"] = "yes"
    reason = _("Emergency during the talk: somebody may be in danger now.")
    provenance = _provenance(sheet, form, actor, ticket, files)
    form._errors = ErrorDict()  # noqa: SLF001  the way in which Django's own forms begin anew
    try:
        return _told(sheet, form, provenance, moment, urgent_because=reason)
    except SubmissionInvalid as wrong:  # two hundred thousand characters are too many in an emergency too
        for name, sentence in wrong.errors.items():
            form.add_error(name, sentence)
        return form


def _unread(form: WritingForm) -> Iterator[str]:
    """What stands in fields that cannot be read, with its question; never the caller's number."""
    for name in form.errors:
        if name in form.fields and name != "number":
            field = form.fields[name]
            raw = field.widget.value_from_datadict(form.data, form.files, name)
            parts = raw if isinstance(raw, list) else [raw]
            text = " ".join(str(part) for part in parts if part)
            if text:
                yield f"{field.label} {text}"


def _arrival(form: WritingForm) -> datetime | None:
    """The moment of arrival, or ``None`` for now; a day that cannot be is noted on the form."""
    typed = str(form.cleaned_data.get("arrived") or "")
    if not typed:
        return None
    try:
        return moment_of_arrival(date.fromisoformat(typed), get_pack())
    except NotADayOfArrival:
        form.add_error("arrived", _("This day lies ahead, or years back. Check the year."))
    except ValueError:
        form.add_error("arrived", _("Write day, month and year."))
    return None


def _told(
    sheet: Sheet, form: WritingForm, provenance: dict[str, str], moment: datetime | None, *, urgent_because: str = ""
) -> Told:
    typed = form.cleaned_data
    submission = clean(
        channel=sheet.road.channel,
        category=form.category.code if form.category else "other",
        answers={name: str(typed.get(name) or "") for name in (*STORY, *CHOICES)},
        contact=str(typed.get("contact") or ""),
        flags=tuple(_flags(typed)),
        particulars=Particulars(details=_details(form), provenance=provenance),
    )
    transcript = transcript_of(submission, get_pack(), sheet.language) if provenance["words"] == "given" else ""
    return Told(submission, moment, sheet.line, transcript, urgent_because)


def _flags(typed: dict[str, Any]) -> Iterator[str]:
    if typed.get("risk") == "yes":
        yield "protection"
    if typed.get("source") == "told":
        yield "second_hand"


def _details(form: WritingForm) -> dict[str, Any]:
    """Answers to the questions of the category by code; unanswered ones are left out."""
    found: dict[str, Any] = {}
    for question in form.category.questions if form.category else ():
        names = (f"{question.code}{SEPARATOR}{part}" for part in ("answer", "until", "point"))
        parts = {name.split(SEPARATOR)[1]: form.cleaned_data.get(name) for name in names}
        answer = answer_of(question, parts)
        if answer not in ("", [], {}):
            found[question.code] = answer
    return found


def _provenance(sheet: Sheet, form: WritingForm, actor: Actor, ticket: Ticket, files: int) -> dict[str, str]:
    """How it came to be written down. Nothing in it changes when the same form is sent again."""
    typed = form.cleaned_data
    rules = get_pack()
    began = datetime.fromtimestamp(ticket.issued_at, UTC).astimezone(rules.calendar.zone)
    told = {
        "typed_by": actor.name,
        "began_at": began.isoformat(timespec="minutes") if sheet.road.talks else "",
        "arrived_on": str(typed.get("arrived") or ""),
        "language": sheet.language,
        "medium": str(typed.get("medium") or sheet.road.media[0]),
        "original": str(typed.get("original") or ""),
        "translator": str(typed.get("translator") or ""),
        "files": str(files) if files else "",
        "words": "none" if typed.get("words") == "no" else "given",
    }
    return {name: text for name, text in told.items() if text}


def seconds_since(ticket: Ticket) -> int:
    """How long the form is open, by the clock of the server."""
    return max(0, int(clock.now().timestamp()) - ticket.issued_at)
