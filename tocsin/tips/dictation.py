"""What staff write down for a reporter once the report is stored.

Works while the desk is locked: everything here is sealed with public keys.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.tips import workflow as life
from tocsin.tips.content import clean_text, message_place
from tocsin.tips.models import MessageKind, Tip, TipMessage
from tocsin.tips.papers import TipPapers, staff_key
from tocsin.tips.taking import refuse_interested
from tocsin.tips.workflow import TIP_LIFE
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_message
from tocsin.workflow.services import Move, take_step

LONGEST_TEXT = 200_000


def dictate(*, actor: Actor, tip: Tip, text: str, attempt: str) -> Tip:
    """Add what the reporter said after the report was stored. ``attempt`` names the try: twice stores it once.

    The reporter can read it in the mailbox. Raises ``RuleBroken`` for an empty or too long text and ``Conflict`` after
    the report was taken back or its text went.
    """
    text = clean_text(text)
    if not text:
        raise RuleBroken(_("Write down what the reporter added. Nothing was stored."))
    if len(text) > LONGEST_TEXT:
        raise RuleBroken(_("This text is longer than 200,000 characters. Send it in two parts. Nothing was stored."))
    with transaction.atomic():
        tip = Tip.objects.select_for_update().get(pk=tip.pk)
        if TipMessage.objects.filter(ref=attempt).exists():
            return tip
        if tip.destroyed_on:
            raise Conflict(
                _("The text of this report was destroyed, so nothing can be added. Write down a new report.")
            )
        taken = _take(actor=actor, tip=tip)
        TipMessage.objects.create(
            tip=taken,
            ref=attempt,
            kind=MessageKind.DICTATED,
            blob=seal_message(
                text.encode(),
                recipients=[bytes(taken.mail_public), staff_key(taken, keyring())],
                place=message_place(attempt),
            ),
            written_hour=clock.on_the_hour(clock.now()),
            staff_id=actor.require_staff(),
        )
    return taken


def _take(*, actor: Actor, tip: Tip) -> Tip:
    """The public ledger does not count this step, so that no key of the tip is needed."""
    refuse_interested(actor, tip)
    papers = TipPapers.of(tip, b"", keyring())
    move = Move(life.DICTATE, changes={"unread_replies": tip.unread_replies + 1})
    taken: Tip = take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers)
    return taken
