"""What staff write down for a reporter once the report is stored; who took somebody in danger over.

Works while the desk is locked: everything here is sealed with public keys.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.tips import workflow as life
from tocsin.tips.content import clean_text, message_place
from tocsin.tips.models import MessageKind, Tip, TipMessage
from tocsin.tips.papers import TipPapers
from tocsin.tips.selectors import tips_visible_to
from tocsin.tips.workflow import TIP_LIFE
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_message
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step

LONGEST_TEXT = 200_000
LONGEST_BODY = 200


def hand_off(*, actor: Actor, tip: Tip, body: str) -> Tip:
    """Write down that ``body`` (a police station, an ambulance service) took the matter over from ``actor``, now."""
    body = " ".join(clean_text(body).split())
    if not body:
        raise RuleBroken(_("Say which body took it over. Nothing was written down."))
    if len(body) > LONGEST_BODY:
        raise RuleBroken(_("This is too long. The name and the number of the body are enough."))
    if not tip.urgent:
        raise Conflict(_("Mark the report as urgent first, with the reason. Nothing was written down."))
    return _take(actor=actor, tip=tip, step=life.HAND_OFF, reason=body)


def dictate(*, actor: Actor, tip: Tip, text: str, attempt: str) -> Tip:
    """Add what the reporter said after the report was stored. ``attempt`` names the try: twice stores it once.

    The reporter can read it in the mailbox. Raises ``RuleBroken`` for an empty or too long text and ``Conflict`` after
    the report was taken back.
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
        taken = _take(actor=actor, tip=tip, step=life.DICTATE, changes={"unread_replies": tip.unread_replies + 1})
        TipMessage.objects.create(
            tip=taken,
            ref=attempt,
            kind=MessageKind.DICTATED,
            blob=seal_message(
                text.encode(),
                recipients=[bytes(taken.mail_public), keyring().unit_public],
                place=message_place(attempt),
            ),
            written_hour=clock.on_the_hour(clock.now()),
            staff_id=actor.require_staff(),
        )
    return taken


def _take(*, actor: Actor, tip: Tip, step: Step, reason: str = "", changes: dict[str, object] | None = None) -> Tip:
    """Steps that the public ledger does not count, so that no key of the tip is needed."""
    if not tips_visible_to(actor).filter(pk=tip.pk).exists():
        raise NotPermitted(_("You have no access to this report."))
    papers = TipPapers(ref=tip.ref, k_events=b"", keyring=keyring())
    move = Move(step, reason=reason, changes=changes or {})
    taken: Tip = take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers)
    return taken
