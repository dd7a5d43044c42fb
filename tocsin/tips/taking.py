"""What every decision about a tip goes through: who may see it, what may be written, one step with its papers."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.tips.content import clean_text
from tocsin.tips.keeping import ended_now, taken_up_again
from tocsin.tips.models import MessageKind, Tip
from tocsin.tips.papers import TipPapers
from tocsin.tips.selectors import event_key_of, tips_visible_to
from tocsin.tips.workflow import OPEN, TIP_LIFE, State
from tocsin.tips.writing import put_into_mailbox
from tocsin.vault.installed import keyring
from tocsin.workflow.models import Proposal
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step

LONGEST_MESSAGE = 20_000


def papers_of(tip: Tip) -> TipPapers:
    """The papers of ``tip`` for staff. Raises ``Locked`` while the desk is locked."""
    return TipPapers.of(tip, event_key_of(tip), keyring())


def take(
    *,
    actor: Actor,
    tip: Tip,
    step: Step,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
    approval: Proposal | None = None,
) -> Tip:
    """Take one step of a tip's life as staff. Raises as ``take_step`` does, and ``NotPermitted`` for the shut out."""
    refuse_interested(actor, tip)
    told = {**_dates(tip, step, changes or {}), **(changes or {})}
    move = Move(step, reason=fitting(reason), changes=told)
    taken: Tip = take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers_of(tip), approval=approval)
    return taken


def _dates(tip: Tip, step: Step, changes: Mapping[str, object]) -> dict[str, object]:
    """Whatever the road on which a tip ends, it gets its last day; whatever the road back, it loses it."""
    if step.target == State.CLOSED:
        return ended_now(tip, str(changes.get("outcome", tip.outcome)))
    return taken_up_again() if tip.state == State.CLOSED and step.target in OPEN else {}


def refuse_interested(actor: Actor, tip: Tip) -> None:
    """Nobody decides on a tip in which they declared an interest (invariant 3). Raises ``NotPermitted``."""
    if not tips_visible_to(actor).filter(pk=tip.pk).exists():
        raise NotPermitted(_("You have no access to this report."))


def fitting(text: str) -> str:
    """``text`` cleaned. Raises ``RuleBroken`` when it is too long."""
    text = clean_text(text)
    if len(text) > LONGEST_MESSAGE:
        raise RuleBroken(_("This text is too long. Shorten it to 20,000 characters and send it again."))
    return text


def required(text: str, *, missing: str) -> str:
    """``text`` cleaned. Raises ``RuleBroken`` with the sentence ``missing`` when nothing is left of it."""
    text = fitting(text)
    if not text:
        raise RuleBroken(missing)
    return text


def as_stored(tip: Tip) -> Tip:
    """The tip as it stands now, locked, so that no page from before decides about it. Call it in a transaction."""
    return Tip.objects.select_for_update().get(pk=tip.pk)


def write_message(*, actor: Actor, tip: Tip, kind: MessageKind, text: str) -> None:
    """Put a message of staff into the reporter's mailbox."""
    put_into_mailbox(tip=tip, kind=kind, text=text, staff_id=actor.staff_id)
