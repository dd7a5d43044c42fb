"""Handing an urgent tip to an emergency body: which one, when, by whom, what was said."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.clocks.models import RUNNING, Deadline
from tocsin.common import clock
from tocsin.common.errors import RuleBroken
from tocsin.policy.active import pack_of
from tocsin.policy.rules import EmergencyNumber
from tocsin.tips import workflow as life
from tocsin.tips.clocks import URGENT
from tocsin.tips.models import Tip
from tocsin.tips.papers import TipPapers
from tocsin.tips.taking import refuse_interested, required, take
from tocsin.tips.workflow import TIP_LIFE
from tocsin.vault.installed import keyring
from tocsin.workflow.services import Move, take_step


def bodies_of(tip: Tip) -> tuple[EmergencyNumber, ...]:
    """The emergency bodies of the rules under which ``tip`` arrived."""
    return pack_of(tip.pack_version).emergency_numbers


def is_hand_off_overdue(tip: Tip) -> bool:
    """Whether an urgent tip should have been handed to an emergency body by now, and was not."""
    runs = Deadline.objects.filter(RUNNING, subject_kind=TIP_LIFE.kind, subject_ref=tip.ref, clock=URGENT)
    return tip.urgent and runs.filter(due_at__lte=clock.now()).exists()


def hand_off(*, actor: Actor, tip: Tip, body: str, said: str, k_events: bytes = b"") -> Tip:
    """Note that ``tip`` was told to the emergency body with the number ``body``, and what was said (sealed).

    Handing over marks the tip as urgent where nobody did before. ``k_events``: the ledger key of the tip, from whoever
    holds it without opening the tip; somebody in danger cannot wait until the desk is unlocked. Raises ``RuleBroken``
    for a body that the rules do not name and for an empty text, and ``Locked`` without the key at a locked desk.
    """
    known = {each.number: each for each in bodies_of(tip)}
    if body not in known:
        raise RuleBroken(_("Choose the emergency body to which you handed it over. Nothing was noted."))
    said = required(said, missing=_("Write down what you said. Nothing was noted."))
    name = known[body].label.by_language[0][1]
    reason, changes = f"{name} ({body})\n{said}", {"urgent": True, "handed_off_at": clock.now()}
    if not k_events:
        return take(actor=actor, tip=tip, step=life.HAND_OFF, reason=reason, changes=changes)
    refuse_interested(actor, tip)
    papers = TipPapers.of(tip, k_events, keyring())
    move = Move(life.HAND_OFF, reason=reason, changes=changes)
    taken: Tip = take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers)
    return taken
