"""What we write after a text was sent: replies, corrections, and that somebody was taken out of the case."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases.models import Case, LetterKind, Person, Referral, ReferralMessage
from tocsin.cases.originals import originals_of
from tocsin.cases.papers import open_text
from tocsin.cases.referral_papers import (
    Letter,
    copy_place,
    letter_place,
    message_copy_place,
    message_place,
    seal_for_us,
    seal_json,
)
from tocsin.cases.referral_reading import Checked, letter_of, open_json
from tocsin.cases.referral_taking import locked_referral
from tocsin.cases.referral_workflow import ReferralState
from tocsin.cases.referring import check_draft, require_looked
from tocsin.cases.taking import note, require_case
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.tips.deadlines import local_today
from tocsin.tips.taking import required

TAKEN_OUT = "▇▇▇"
"""What stands in a text where somebody's name stood."""
_SHORTEST_NAME = 2


def check_letter(actor: Actor, case: Case, text: str, looked: Collection[str]) -> Checked:
    """The marks of something that is about to be written to a recipient; ``looked``: what this person looked at."""
    letter = Letter("", "", "", text, {key: actor.require_staff() for key in looked})
    return check_draft(originals_of(actor, case), letter)


@transaction.atomic
def reply_to_recipient(*, actor: Actor, referral: Referral, text: str, looked: Collection[str]) -> ReferralMessage:
    """Write to the recipient. Raises ``RuleBroken`` for marks that were not looked at, ``Conflict`` once it ended."""
    actor.require(Permission.CASE_REFER)
    require_case(actor, referral.case)
    text = required(text, missing=_("Write something before you send it. Nothing was sent."))
    fresh = locked_referral(referral)
    if not fresh.is_open_on(local_today()):
        raise Conflict(_("The recipient can read nothing here any more. Nothing was sent."))
    require_looked(check_letter(actor, fresh.case, text, looked))
    written = _write(actor, fresh, LetterKind.REPLY, {"text": text})
    note(actor, Permission.CASE_REFER, "referral.reply", f"referral:{fresh.ref}")
    return written


@transaction.atomic
def correct_referrals(*, actor: Actor, case: Case, text: str, looked: Collection[str]) -> list[ReferralMessage]:
    """Correct what was passed on: into every copy that is open; who holds one that ran out must be told by hand.

    Raises ``RuleBroken`` for marks that were not looked at, ``Conflict`` when nobody holds anything.
    """
    actor.require(Permission.CASE_REFER)
    require_case(actor, case)
    text = required(text, missing=_("Write what was wrong and what is right. Nothing was sent."))
    require_looked(check_letter(actor, case, text, looked))
    written = [_write(actor, each, LetterKind.CORRECTION, {"text": text}) for each in _holders(case)]
    if not written:
        raise Conflict(_("Nobody holds a text about this case, so there is nobody to tell. Nothing was sent."))
    refs = " ".join(each.referral.ref for each in written)
    note(actor, Permission.CASE_REFER, "case.correction", f"case:{case.ref}", referrals=refs)
    return written


def _holders(case: Case) -> list[Referral]:
    """Who can read a text about this case, or has read one that is closed by now. Locked until the end."""
    rows = Referral.objects.select_for_update().filter(case=case, sent_on__isnull=False).order_by("id")
    today = local_today()
    return [row for row in rows if row.is_open_on(today) or row.opened_on is not None]


def _write(actor: Actor, referral: Referral, kind: LetterKind, told: dict[str, object]) -> ReferralMessage:
    """One message. The name of somebody who was taken out stays with us, until the last recipient was told by hand."""
    ref, is_open = new_ref(), referral.is_open_on(local_today())
    theirs = {"text": told.get("text", "")}
    ours = told if not (is_open and kind is LetterKind.TAKEN_OUT) else {**told, "who": ""}
    return ReferralMessage.objects.create(
        referral=referral,
        ref=ref,
        kind=kind,
        blob=seal_for_us(ours, message_place(ref)),
        copy=seal_json(bytes(referral.mail_public), theirs, message_copy_place(ref)) if is_open else b"",
        written_hour=clock.on_the_hour(clock.now()),
        staff_id=actor.require_staff(),
        by_hand=not is_open,
    )


@transaction.atomic
def take_out_of_copies(*, actor: Actor, person: Person) -> int:
    """Take a person's name out of every text about the case before who they are is destroyed; returns in how many.

    Recipients who can still read find ``TAKEN_OUT`` in its place and are told so; those who have read a text that is
    closed by now are listed to be told by hand, with the name until that is done. Raises ``Locked`` on a locked desk.
    """
    actor.require(Permission.PERSON_DECIDE)
    require_case(actor, person.case)
    who = str(open_text("person", person.ref, person.who).get("who", "")).strip()
    if not who:
        return 0
    found = {row.pk: _blacked_out(row, who) for row in Referral.objects.select_for_update().filter(case=person.case)}
    for row in _holders(person.case):
        _write(actor, row, LetterKind.TAKEN_OUT, {"who": who, "found": found.get(row.pk, 0)})
    touched = sum(1 for times in found.values() if times)
    note(actor, Permission.PERSON_DECIDE, "case.taken_out", f"case:{person.case.ref}", person=person.ref)
    return touched


def _blacked_out(referral: Referral, who: str) -> int:
    """Take ``who`` out of text and messages of one referral; how often it stood there."""
    letter = letter_of(referral)
    recipient, first = letter.recipient, [_without(text, who) for text in (letter.purpose, letter.law, letter.text)]
    times = sum(count for _text, count in first)
    if times:
        (purpose, _a), (law, _b), (text, _c) = first
        clear = Letter(recipient, purpose, law, text, letter.looked)
        referral.letter = seal_for_us(clear.for_us(), letter_place(referral.ref))
        if referral.copy:
            referral.copy = seal_json(bytes(referral.mail_public), clear.for_them(), copy_place(referral.ref))
        referral.version += 1
        referral.save(update_fields=["letter", "copy", "version"])
    return times + sum(_blacked_out_message(row, bytes(referral.mail_public), who) for row in referral.messages.all())


def _blacked_out_message(row: ReferralMessage, public: bytes, who: str) -> int:
    told = open_json(row.blob, message_place(row.ref))
    text, times = _without(str(told.get("text", "")), who)
    if times:
        row.blob = seal_for_us({**told, "text": text}, message_place(row.ref))
        row.copy = seal_json(public, {"text": text}, message_copy_place(row.ref)) if row.copy else b""
        row.save(update_fields=["blob", "copy"])
    return times


def _without(text: str, who: str) -> tuple[str, int]:
    if len(who) < _SHORTEST_NAME:
        return text, 0
    return re.subn(re.escape(who), TAKEN_OUT, text, flags=re.IGNORECASE)


@transaction.atomic
def note_told_by_hand(*, actor: Actor, message: ReferralMessage, told_on: date | None) -> ReferralMessage:
    """Say that a recipient whose copy was closed was told by other means. The name in it is destroyed with that."""
    actor.require(Permission.CASE_REFER)
    require_case(actor, message.referral.case)
    if told_on is None or told_on > local_today():
        raise RuleBroken(_("Give the day on which the recipient was told, not later than today."))
    fresh = ReferralMessage.objects.select_for_update().get(pk=message.pk)
    if not fresh.by_hand or fresh.told_on is not None:
        raise Conflict(_("This was told already. Nothing was changed."))
    fresh.told_on, fresh.told_by_id = told_on, actor.require_staff()
    if fresh.kind == LetterKind.TAKEN_OUT:
        fresh.blob = b""
    fresh.save(update_fields=["told_on", "told_by", "blob"])
    note(actor, Permission.CASE_REFER, "referral.told_by_hand", f"referral:{fresh.referral.ref}", message=fresh.ref)
    return fresh


@transaction.atomic
def mark_answers_read(*, actor: Actor, referral: Referral) -> None:
    """Note that a supervisor has seen what the recipient wrote."""
    actor.require(Permission.CASE_REFER)
    require_case(actor, referral.case)
    if Referral.objects.filter(pk=referral.pk, unread__gt=0).update(unread=0):
        note(actor, Permission.CASE_REFER, "referral.answers_read", f"referral:{referral.ref}")


def may_correct(case: Case) -> bool:
    """Whether anybody holds, or has read, a text about this case."""
    return (
        Referral.objects.filter(case=case, sent_on__isnull=False)
        .exclude(
            opened_on__isnull=True, state__in=[ReferralState.RECALLED, ReferralState.EXPIRED, ReferralState.UNANSWERED]
        )
        .exists()
    )
