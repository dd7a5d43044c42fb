"""What the reporter does with the nine words: read, answer, add, take back. Works without any private key of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import REPORTER
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.stores import busy_when_store_fails
from tocsin.ledger.leaf import LEAF_SIZE, Event
from tocsin.tips import workflow as life
from tocsin.tips.content import clean_text, message_place, receipt_place
from tocsin.tips.deadlines import Owed, owed_to_reporter
from tocsin.tips.destroying import destroy_beside, destroy_identity, destroyed_text
from tocsin.tips.holdable import is_held
from tocsin.tips.keeping import ended_now
from tocsin.tips.models import Evidence, MessageKind, Tip, TipMessage
from tocsin.tips.papers import TipPapers, public_event, staff_key
from tocsin.tips.workflow import TIP_LIFE, PlainState, State
from tocsin.vault.codes import CodeKeys
from tocsin.vault.installed import keyring
from tocsin.vault.opening import open_message, open_small
from tocsin.vault.sealing import seal_message
from tocsin.workflow.services import Move, take_step

LONGEST_TEXT = 200_000
BUSY = gettext_lazy("We could not store this just now. Wait a minute and send it again. It will not be counted twice.")


@dataclass(frozen=True)
class MailboxMessage:
    """One line of the conversation. ``text`` is ``None`` for the reporter's own: those only staff can open."""

    kind: str
    from_staff: bool
    text: str | None
    written_hour: datetime

    @property
    def written_down(self) -> bool:
        """Whether staff wrote it down in the reporter's name."""
        return self.kind in (MessageKind.TRANSCRIPT, MessageKind.DICTATED)


@dataclass(frozen=True)
class Mailbox:
    """What the reporter sees.

    ``owed``: the next date with all that is to be said of it. ``promise``: the signed note that was given on arrival;
    ``leaf``: the 97 bytes in the public ledger that it speaks of; ``event``: what they say to the public.
    """

    plain_state: PlainState
    outcome_label: str
    owed: Owed
    messages: Sequence[MailboxMessage]
    promise: bytes
    leaf: bytes
    event: Event
    waits_for_answer: bool
    can_write: bool
    can_withdraw: bool
    files: int
    destroyed_on: date | None

    @property
    def transcribed(self) -> bool:
        """Whether staff wrote this report down, so that the reporter may check it."""
        return any(message.kind == MessageKind.TRANSCRIPT for message in self.messages)


def find_tip(keys: Sequence[CodeKeys]) -> tuple[Tip, CodeKeys] | None:
    """The tip that one of ``keys`` opens. One query whatever the number of candidates, found or not."""
    by_hash = {key.login_hash: key for key in keys}
    tip = Tip.objects.filter(login_hash__in=list(by_hash)).first()
    return (tip, by_hash[bytes(tip.login_hash)]) if tip else None


def _own_tip(keys: CodeKeys) -> Tip:
    found = find_tip([keys])
    if found is None:
        raise NotPermitted(_("We could not open a mailbox with these words. Check them and try again."))
    return found[0]


def read_mailbox(keys: CodeKeys) -> Mailbox:
    """The mailbox in clear. Raises ``NotPermitted`` when no tip belongs to ``keys``."""
    REPORTER.require(Permission.MAILBOX_READ)
    tip = _own_tip(keys)
    given = open_small(keys.receipt, bytes(tip.receipt), receipt_place(tip.ref))
    return Mailbox(
        plain_state=tip.face.plain,
        outcome_label=_outcome_for_reporter(tip),
        owed=owed_to_reporter(tip),
        messages=[_in_clear(message, keys) for message in tip.messages.order_by("id")],
        promise=given[LEAF_SIZE:],
        leaf=given[:LEAF_SIZE],
        event=public_event("received", tip.received_hour, tip.unit),
        waits_for_answer=tip.state == State.NEED_INFO,
        can_write=tip.state != State.WITHDRAWN and not tip.destroyed_on,
        can_withdraw=tip.state in life.OPEN and not tip.destroyed_on,
        files=tip.evidence.count(),
        destroyed_on=tip.destroyed_on,
    )


def _outcome_for_reporter(tip: Tip) -> str:
    """The result in words, once the reporter was told or the tip ended."""
    told = tip.state in (State.FEEDBACK_GIVEN, State.CLOSED, State.WITHDRAWN, State.EXPIRED)
    return str(tip.get_outcome_display()) if told and tip.outcome else ""


def _in_clear(message: TipMessage, keys: CodeKeys) -> MailboxMessage:
    text = None
    if message.from_staff:
        text = open_message(keys.mail_private, bytes(message.blob), message_place(message.ref)).decode()
    return MailboxMessage(message.kind, message.from_staff, text, message.written_hour)


def _refuse_when_over(tip: Tip) -> None:
    if tip.state == State.WITHDRAWN:
        raise Conflict(_("You took this report back, so nothing can be added. You can send a new report."))
    if tip.destroyed_on:
        raise Conflict(_("The text of this report was destroyed, so nothing can be added. You can send a new report."))


def write_to_staff(*, keys: CodeKeys, text: str, attempt: str, corrects: bool = False) -> None:
    """Send an answer or an addition. ``attempt`` names the try, so that sending twice stores one message.

    ``corrects``: it says what is wrong in the transcript that staff made.
    Raises ``RuleBroken`` for an empty or too long text and ``Conflict`` after the tip was taken back or its text went.
    """
    text = clean_text(text)
    if not text:
        raise RuleBroken(_("Write something before you send it. Nothing was sent."))
    if len(text) > LONGEST_TEXT:
        raise RuleBroken(_("This text is longer than 200,000 characters. Send it in two parts. Nothing was sent."))
    with busy_when_store_fails(BUSY), transaction.atomic():
        tip = Tip.objects.select_for_update().get(pk=_own_tip(keys).pk)
        if TipMessage.objects.filter(ref=attempt).exists():
            return
        _refuse_when_over(tip)
        if tip.state == State.NEED_INFO:
            kind, step = MessageKind.ANSWER, life.ANSWER
        else:
            kind, step = MessageKind.ADDITION, life.ADD
        kind = MessageKind.CORRECTION if corrects else kind
        move = Move(step, changes={"unread_replies": tip.unread_replies + 1})
        papers = TipPapers.of(tip, keys.events, keyring())
        take_step(actor=REPORTER, life=TIP_LIFE, subject=tip, move=move, papers=papers)
        TipMessage.objects.create(
            tip=tip,
            ref=attempt,
            kind=kind,
            blob=seal_message(text.encode(), recipients=[staff_key(tip, keyring())], place=message_place(attempt)),
            written_hour=clock.on_the_hour(clock.now()),
        )


def add_files(*, keys: CodeKeys, rows: Callable[[Tip], Sequence[Evidence]]) -> list[str]:
    """Add files to the report; returns the handles of those that are new. ``rows`` makes unsaved rows for the tip.

    The bytes must lie at their places already. A file that the report has is not stored twice. Raises ``Conflict``
    after the tip was taken back, ``RuleBroken`` when there is nothing to add.
    """
    with busy_when_store_fails(BUSY), transaction.atomic():
        tip = Tip.objects.select_for_update().get(pk=_own_tip(keys).pk)
        _refuse_when_over(tip)
        made = {bytes(row.fingerprint): row for row in rows(tip)}
        if not made:
            raise RuleBroken(_("Choose at least one file. Nothing was sent."))
        for known in tip.evidence.filter(fingerprint__in=list(made)).values_list("fingerprint", flat=True):
            del made[bytes(known)]
        if not made:
            return []
        papers = TipPapers.of(tip, keys.events, keyring())
        move = Move(life.ADD_FILES, changes={"unread_replies": tip.unread_replies + 1})
        take_step(actor=REPORTER, life=TIP_LIFE, subject=tip, move=move, papers=papers)
        Evidence.objects.bulk_create(made.values())
        return [row.ref for row in made.values()]


def withdraw(*, keys: CodeKeys) -> bool:
    """Take the report back. Returns whether its text was destroyed (nobody had acted on it yet).

    Somebody who already acted on it keeps what they know; contact and any award stop. What an order forbids to destroy
    stays, the name with it.
    """
    with busy_when_store_fails(BUSY), transaction.atomic():
        tip = Tip.objects.select_for_update().get(pk=_own_tip(keys).pk)
        if tip.state in life.OPEN and tip.destroyed_on:
            raise Conflict(_("The text of this report was destroyed already. There is nothing to take back."))
        new, held = tip.state == State.RECEIVED, is_held(tip)
        unread = new and not tip.urgent and not held
        step = life.WITHDRAW_UNREAD if unread else life.WITHDRAW_URGENT if new else life.WITHDRAW
        outcome = life.Outcome.WITHDRAWN
        changes = {"outcome": outcome, **ended_now(tip, outcome), **(destroyed_text() if unread else {})}
        papers = TipPapers.of(tip, keys.events, keyring())
        take_step(actor=REPORTER, life=TIP_LIFE, subject=tip, move=Move(step, changes=changes), papers=papers)
        if unread:
            destroy_beside(tip)
        elif not held:
            destroy_identity(tip)
    return unread
