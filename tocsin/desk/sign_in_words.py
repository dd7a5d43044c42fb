"""Lines of the log of sign-ins in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.models import Ending, Factor, SignInEvent, SignInRecord
from tocsin.access.sign_in_log import LogPage

_KINDS: dict[str, str | Promise] = {
    "app": gettext_lazy("authenticator app"),
    "totp": gettext_lazy("authenticator app"),
    "passkey": gettext_lazy("passkey"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery codes"),
    "code": gettext_lazy("code"),
    "too-many": gettext_lazy("too many attempts"),
}
_WARNINGS = {SignInEvent.REFUSED, SignInEvent.REFUSED_FACTOR, SignInEvent.RESET}


@dataclass(frozen=True)
class Line:
    """``tone`` is red for what somebody should look at, and the words say the same."""

    at: datetime
    person: str
    words: str
    tone: str


def to_number(typed: str) -> int:
    """A row number as an address names it; 0 for everything else."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0


def told_lines(page: LogPage) -> list[Line]:
    """The lines of one page."""
    return [_line(record) for record in page.lines]


def _line(record: SignInRecord) -> Line:
    event = SignInEvent(record.event)
    words, detail = str(event.label), _detail(record.detail)
    if detail:
        words = _("%(event)s (%(detail)s)") % {"event": words, "detail": detail}
    person = record.staff.display_name if record.staff else _("not known")
    return Line(record.at, person, words, "red" if event in _WARNINGS else "")


def _detail(code: str) -> str:
    for choices in (Factor, Ending):
        if code in choices.values:
            return str(choices(code).label)
    return str(_KINDS.get(code, code))
