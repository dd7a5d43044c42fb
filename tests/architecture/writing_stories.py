"""The shortest use of each service by which staff write something down for a reporter."""

from __future__ import annotations

from tests.architecture.case_stories import Story, TipIn
from tests.people import Cast
from tocsin.intake import writing_down
from tocsin.intake.attempts import Ticket, TicketOffice
from tocsin.intake.submission import clean
from tocsin.intake.writing_down import Told
from tocsin.tips import dictation, handoff, lines
from tocsin.tips.workflow import State

WRITING_MODULES = (writing_down, dictation, lines, handoff)
WRITING_READINGS = {
    "handoff.bodies_of": "the emergency bodies of the rules",
    "writing_down.attempt_of": "the name of a try",
    "writing_down.ledger_key_of": "follows from the form",
}


def _form() -> Ticket:
    office = TicketOffice("a secret of the tests")
    return office.open(office.issue("call"), "call")


def _call(urgent: str = "") -> Told:
    return Told(clean(channel="hotline", category="other", answers={"what": "x"}, contact=""), urgent_because=urgent)


def _sent_before(cast: Cast, _tip_in: TipIn) -> object:
    form = _form()
    writing_down.write_down(actor=cast.ines, told=_call(), ticket=form)
    return writing_down.written_down_before(actor=cast.ines, told=_call("Now it is."), ticket=form)


WRITING_STORIES: dict[str, Story] = {
    "writing_down.write_down": lambda c, _at: writing_down.write_down(actor=c.ines, told=_call(), ticket=_form()),
    "writing_down.written_down_before": _sent_before,
    "handoff.hand_off": lambda c, at: handoff.hand_off(
        actor=c.ines, tip=at(State.RECEIVED).tip, body="000-0001", said="x"
    ),
    "dictation.dictate": lambda c, at: dictation.dictate(
        actor=c.ines, tip=at(State.RECEIVED).tip, text="x", attempt="ATTEMPT"
    ),
    "lines.look_up_line": lambda c, _at: lines.look_up_line(actor=c.ines, line=b"x" * 32),
}
