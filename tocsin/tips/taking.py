"""How every step of a tip is taken: by somebody without an interest, with fitting texts, on the tip's own papers."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.tips.content import clean_text
from tocsin.tips.models import Tip
from tocsin.tips.papers import TipPapers
from tocsin.tips.selectors import content_of, tips_visible_to
from tocsin.tips.workflow import TIP_LIFE
from tocsin.vault.installed import keyring
from tocsin.workflow.models import Proposal
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step

LONGEST_MESSAGE = 20_000


def papers_of(tip: Tip) -> TipPapers:
    """The papers of ``tip``. Raises ``Locked`` while the desk is locked."""
    return TipPapers(ref=tip.ref, k_events=content_of(tip).k_events, keyring=keyring())


def take(
    *,
    actor: Actor,
    tip: Tip,
    step: Step,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
    approval: Proposal | None = None,
) -> Tip:
    """Take one step; the tip as stored. Raises as ``take_step`` does, and ``NotPermitted`` for an own interest."""
    refuse_interested(actor, tip)
    move = Move(step, reason=fitting(reason), changes=changes or {})
    taken: Tip = take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers_of(tip), approval=approval)
    return taken


def refuse_interested(actor: Actor, tip: Tip) -> None:
    """Nobody decides on a tip in which they declared an interest (invariant 3)."""
    if not tips_visible_to(actor).filter(pk=tip.pk).exists():
        raise NotPermitted(_("You have no access to this report."))


def fitting(text: str) -> str:
    """``text`` cleaned. Raises ``RuleBroken`` when it is too long."""
    text = clean_text(text)
    if len(text) > LONGEST_MESSAGE:
        raise RuleBroken(_("This text is too long. Shorten it to 20,000 characters and send it again."))
    return text


def required(text: str, *, missing: str) -> str:
    """``text`` cleaned. Raises ``RuleBroken`` with the sentence ``missing`` when there is none."""
    text = fitting(text)
    if not text:
        raise RuleBroken(missing)
    return text
