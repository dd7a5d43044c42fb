"""A report about lawful activity is refused: its text goes in the same moment, and the reporter is told why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.common.errors import Conflict
from tocsin.tips import workflow as life
from tocsin.tips.destroying import destroy_beside, destroyed_text, kept_events_key
from tocsin.tips.holdable import is_held
from tocsin.tips.models import MessageKind, Tip
from tocsin.tips.papers import TipPapers
from tocsin.tips.remit import chosen_door, may_be_about_danger, noted_door, read_noted, told_refused
from tocsin.tips.selectors import content_of
from tocsin.tips.taking import as_stored, papers_of, refuse_interested, write_message
from tocsin.tips.workflow import TIP_LIFE, Outcome
from tocsin.vault.installed import keyring
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import propose
from tocsin.workflow.services import Move, take_step


def refuse_protected(*, actor: Actor, tip: Tip, ground: str) -> Tip | Proposal:
    """Refuse a tip about what people think, believe, where they come from or lawfully do, and destroy its text.

    ``ground``: the number of the pack's entry; there is no free text that could repeat what was reported. One that may
    be about somebody in danger needs a second person. Raises ``Conflict`` under a legal hold.
    """
    number = chosen_door(tip, ground, protected=True)
    refuse_interested(actor, tip)
    if not may_be_about_danger(tip):
        return _refuse(actor, tip, number)
    if is_held(tip):
        raise Conflict(_held())
    payload = {"outcome": Outcome.REFUSED_PROTECTED_ACTIVITY.value, "reason": noted_door(number)}
    sealed = papers_of(tip).seal(json.dumps(payload))
    return propose(actor=actor, life=TIP_LIFE, subject=tip, step=life.REFUSE_PROTECTED_URGENT, payload=sealed)


def carry_out_refusal(actor: Actor, tip: Tip, payload: Mapping[str, Any], approval: Proposal) -> Tip:
    """The second person agreed: refuse and destroy, in the transaction of the approval."""
    number, _rest = read_noted(payload["reason"])
    return _refuse(actor, tip, number or 0, approval)


@transaction.atomic
def _refuse(actor: Actor, tip: Tip, number: int, approval: Proposal | None = None) -> Tip:
    fresh = as_stored(tip)
    if is_held(fresh):
        raise Conflict(_held())
    if fresh.destroyed_on:
        raise Conflict(_("The text of this report was destroyed in the meantime. Nothing was changed."))
    step = life.REFUSE_PROTECTED if approval is None else life.REFUSE_PROTECTED_URGENT
    content = content_of(fresh)
    gone = destroyed_text() | kept_events_key(fresh, content.k_events)
    move = Move(step, reason=noted_door(number), changes={"outcome": Outcome.REFUSED_PROTECTED_ACTIVITY, **gone})
    # Sealed to the unit: the tip's own key goes with the text, and the ground must stay readable.
    papers = TipPapers(ref=fresh.ref, k_events=content.k_events, keyring=keyring())
    taken: Tip = take_step(actor=actor, life=TIP_LIFE, subject=fresh, move=move, papers=papers, approval=approval)
    destroy_beside(taken)
    text = told_refused(taken, content.particulars.language, number)
    write_message(actor=actor, tip=taken, kind=MessageKind.FEEDBACK, text=text)
    return taken


def _held() -> str:
    return _("An order forbids to destroy this report. It must end first. Nothing was changed.")
