"""A report that staff write down for somebody: by telephone, by letter, in person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.refs import new_ref
from tocsin.intake.attempts import Attempt, Ticket
from tocsin.intake.services import Accepted, accept_tip, accepted_before
from tocsin.intake.submission import Submission
from tocsin.ledger.services import record_audit
from tocsin.tips import workflow as life
from tocsin.tips.content import message_place
from tocsin.tips.models import MessageKind, Tip, TipMessage, Transcription
from tocsin.tips.papers import TipPapers
from tocsin.tips.workflow import TIP_LIFE
from tocsin.vault.codes import CodeKeys
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_message
from tocsin.workflow.services import Move, take_step

_ONE_FORM = b"one form, one report"


@dataclass(frozen=True)
class Told:
    """What staff wrote down. ``line``: 32 bytes or none. ``transcript``: for the reporter to check; empty when no words
    are handed out. ``urgent_because``: marks it as urgent on arrival; empty when it is not.
    """

    submission: Submission
    arrived_at: datetime | None = None
    line: bytes = b""
    transcript: str = ""
    urgent_because: str = ""


@dataclass(frozen=True)
class WrittenDown:
    """The stored report. ``seed`` is behind the nine words; empty when none are handed out.

    ``is_same``: what was sent now is what is stored.
    """

    ref: str
    seed: bytes
    accepted: Accepted
    is_same: bool


def attempt_of(ticket: Ticket) -> Attempt:
    """One form is one report, whatever is changed in it after it was sent."""
    return ticket.attempt(_ONE_FORM)


def ledger_key_of(ticket: Ticket) -> bytes:
    """The ledger key of the report that was sent from this form; it follows from the form, as the words do."""
    return CodeKeys.derive(attempt_of(ticket).seed).events


def write_down(*, actor: Actor, told: Told, ticket: Ticket) -> WrittenDown:
    """Store what staff wrote down, with all that belongs to it, in the one durable transaction of ``accept_tip``.

    The same form a second time stores no second report; if it became urgent since, that is marked. Raises ``Busy`` when
    nothing was stored, and as ``accept_tip`` does. Works while the desk is locked.
    """
    actor.require_staff()
    attempt, mark = attempt_of(ticket), ticket.mark(told.submission.digest())

    def belongings(tip: Tip, keys: CodeKeys) -> None:
        _note(actor, tip, told, mark)
        if told.urgent_because:
            _mark_urgent(actor, tip, keys, told.urgent_because)

    accepted = accept_tip(
        actor=actor, submission=told.submission, attempt=attempt, arrived_at=told.arrived_at, then=belongings
    )
    return _stored(actor, told, attempt, accepted, mark)


def written_down_before(*, actor: Actor, told: Told, ticket: Ticket) -> WrittenDown | None:
    """As ``write_down`` for a form that was sent already; ``None`` when it was not, and nothing is stored."""
    actor.require(Permission.TIP_RECEIVE)
    attempt = attempt_of(ticket)
    accepted = accepted_before(attempt)
    if accepted is None:
        return None
    return _stored(actor, told, attempt, accepted, ticket.mark(told.submission.digest()))


def _stored(actor: Actor, told: Told, attempt: Attempt, accepted: Accepted, mark: bytes) -> WrittenDown:
    tip = Tip.objects.select_related("transcription").get(intake_key=attempt.key)
    if told.urgent_because and not tip.urgent:
        _mark_urgent(actor, tip, CodeKeys.derive(attempt.seed), told.urgent_because)
    hands_out_words = tip.messages.filter(kind=MessageKind.TRANSCRIPT).exists()
    seed = attempt.seed if hands_out_words else b""
    return WrittenDown(tip.ref, seed, accepted, bytes(tip.transcription.sent_as) == mark)


def _note(actor: Actor, tip: Tip, told: Told, mark: bytes) -> None:
    Transcription.objects.create(tip=tip, staff_id=actor.require_staff(), line=told.line, sent_as=mark)
    if told.transcript:
        ref = new_ref()
        TipMessage.objects.create(
            tip=tip,
            ref=ref,
            kind=MessageKind.TRANSCRIPT,
            blob=seal_message(told.transcript.encode(), recipients=[bytes(tip.mail_public)], place=message_place(ref)),
            written_hour=clock.on_the_hour(clock.now()),
            staff_id=actor.require_staff(),
        )
    record_audit(
        actor=actor.name,
        role=actor.role_for(Permission.TIP_RECEIVE).value,
        action="tip.write_down",
        subject=f"tip:{tip.ref}",
        detail={"words": "handed out" if told.transcript else "none"},
    )


def _mark_urgent(actor: Actor, tip: Tip, keys: CodeKeys, reason: str) -> None:
    papers = TipPapers.of(tip, keys.events, keyring())
    move = Move(life.FLAG_URGENT, reason=reason, changes={"urgent": True})
    take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers)
