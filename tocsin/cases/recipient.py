"""What a recipient does with its nine words: read what was passed on to it, answer, write. Needs no key of ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor, recipient_of
from tocsin.access.permissions import Permission
from tocsin.cases import referral_workflow as life
from tocsin.cases.disposition import NEED_WORDS, Disposition
from tocsin.cases.models import LetterKind, Referral, ReferralMessage
from tocsin.cases.referral_papers import (
    LONGEST_TEXT,
    ReferralPapers,
    copy_place,
    message_copy_place,
    message_place,
    seal_for_us,
    seal_json,
)
from tocsin.cases.referral_workflow import REFERRAL_LIFE, ReferralState
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.stores import busy_when_store_fails
from tocsin.ledger.services import record_audit
from tocsin.tips.content import clean_text
from tocsin.tips.deadlines import local_today
from tocsin.vault.opening import open_message
from tocsin.vault.referral_codes import RecipientKeys
from tocsin.vault.sealing import Place
from tocsin.workflow.services import Move, take_step

MOST_MESSAGES = 200
BUSY = gettext_lazy("We could not store this just now. Wait a minute and send it again. It will not be counted twice.")


@dataclass(frozen=True)
class Line:
    """One message, whoever wrote it."""

    kind: str
    is_own: bool
    text: str
    written_hour: datetime


@dataclass(frozen=True)
class Opened:
    """What a recipient sees. When ``has_ended`` there is nothing else."""

    has_ended: bool
    recipient: str = ""
    purpose: str = ""
    law: str = ""
    text: str = ""
    expires_on: date | None = None
    disposition: str = ""
    answered_on: date | None = None
    messages: Sequence[Line] = ()


def find_referral(keys: Sequence[RecipientKeys]) -> tuple[Referral, RecipientKeys] | None:
    """The referral that one of ``keys`` opens. One query whatever the number of candidates, found or not."""
    by_hash = {key.login_hash: key for key in keys}
    found = Referral.objects.filter(login_hash__in=list(by_hash)).first()
    return (found, by_hash[bytes(found.login_hash or b"")]) if found else None


def _own(keys: RecipientKeys) -> Referral:
    """The referral of these words, locked until the transaction ends."""
    found = Referral.objects.select_for_update().filter(login_hash=keys.login_hash).first()
    if found is None:
        raise NotPermitted(_("We could not open anything with these words. Check them and try again."))
    return found


def open_referral(*, keys: RecipientKeys) -> Opened:
    """What was passed on, in clear. Every opening is in the audit log; the first one is a step.

    Raises ``NotPermitted`` when nothing belongs to ``keys``.
    """
    with busy_when_store_fails(BUSY), transaction.atomic():
        referral = _own(keys)
        actor = recipient_of(referral.ref)
        today = local_today()
        if not referral.is_open_on(today):
            _trace(actor, Permission.REFERRAL_READ, "referral.opened_too_late", referral)
            return Opened(has_ended=True)
        if referral.state == ReferralState.SENT:
            referral = _take(actor, referral, Move(life.OPEN, changes={"opened_on": today}))
        else:
            _trace(actor, Permission.REFERRAL_READ, "referral.opened_again", referral)
        return _in_clear(referral, keys)


def _in_clear(referral: Referral, keys: RecipientKeys) -> Opened:
    told = _opened(keys, referral.copy, copy_place(referral.ref))
    return Opened(
        has_ended=False,
        expires_on=referral.expires_on,
        disposition=referral.disposition,
        answered_on=referral.answered_on,
        messages=[
            Line(
                row.kind,
                row.from_recipient,
                _opened(keys, row.copy, message_copy_place(row.ref)).get("text", ""),
                row.written_hour,
            )
            for row in referral.messages.filter(by_hand=False).order_by("id")
        ],
        **told,
    )


def _opened(keys: RecipientKeys, blob: bytes | memoryview, place: Place) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(open_message(keys.private, bytes(blob), place))
    return told


def answer_referral(*, keys: RecipientKeys, disposition: str, text: str, attempt: str) -> None:
    """Say what the recipient does with it. The first answer counts; sending it twice stores it once.

    ``attempt`` names the try. Raises ``RuleBroken`` for a missing choice or text, ``Conflict`` after another answer or
    the last day.
    """
    if disposition not in Disposition.values:
        raise RuleBroken(_("Choose what you do with it. Nothing was sent; your text is still here."))
    text = _fitting(text)
    if not text and disposition in NEED_WORDS:
        raise RuleBroken(_("Write in a few words why, what you need to know, or to whom you passed it on."))
    with busy_when_store_fails(BUSY), transaction.atomic():
        referral = _open_now(keys)
        if ReferralMessage.objects.filter(ref=attempt).exists():
            return
        if referral.disposition:
            raise Conflict(_("An answer was given already. Write a message instead; your text is still here."))
        changes = {"disposition": disposition, "answered_on": local_today(), "unread": referral.unread + 1}
        _take(recipient_of(referral.ref), referral, Move(life.ANSWER, changes=changes))
        _store(referral, LetterKind.DISPOSITION, text, attempt)


def write_to_sender(*, keys: RecipientKeys, text: str, attempt: str) -> None:
    """Write a message. Sending it twice stores it once.

    Raises ``RuleBroken`` for an empty or too long text, ``Conflict`` after the last day or too many messages.
    """
    text = _fitting(text)
    if not text:
        raise RuleBroken(_("Write something before you send it. Nothing was sent."))
    with busy_when_store_fails(BUSY), transaction.atomic():
        referral = _open_now(keys)
        if ReferralMessage.objects.filter(ref=attempt).exists():
            return
        if referral.messages.count() >= MOST_MESSAGES:
            raise Conflict(_("There are too many messages here already. Call the office that sent you this."))
        Referral.objects.filter(pk=referral.pk).update(unread=referral.unread + 1)
        _store(referral, LetterKind.MESSAGE, text, attempt)
        _trace(recipient_of(referral.ref), Permission.REFERRAL_ANSWER, "referral.message", referral)


def _fitting(text: str) -> str:
    text = clean_text(text)
    if len(text) > LONGEST_TEXT:
        raise RuleBroken(_("This text is longer than 20,000 characters. Send it in two parts. Nothing was sent."))
    return text


def _open_now(keys: RecipientKeys) -> Referral:
    referral = _own(keys)
    if not referral.is_open_on(local_today()):
        raise Conflict(_("The last day for this is over, or the office called it back. Nothing was sent."))
    return referral


def _store(referral: Referral, kind: LetterKind, text: str, attempt: str) -> None:
    told = {"text": text}
    ReferralMessage.objects.create(
        referral=referral,
        ref=attempt,
        kind=kind,
        blob=seal_for_us(told, message_place(attempt)),
        copy=seal_json(bytes(referral.mail_public), told, message_copy_place(attempt)),
        written_hour=clock.on_the_hour(clock.now()),
    )


def _take(actor: Actor, referral: Referral, move: Move) -> Referral:
    taken: Referral = take_step(
        actor=actor, life=REFERRAL_LIFE, subject=referral, move=move, papers=ReferralPapers(referral.ref)
    )
    return taken


def _trace(actor: Actor, permission: Permission, action: str, referral: Referral) -> None:
    role = actor.role_for(permission).value
    record_audit(actor=actor.name, role=role, action=action, subject=f"referral:{referral.ref}")
