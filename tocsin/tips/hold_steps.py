"""The steps of a legal hold, and its end by date. Opens nothing, so the worker can take them too."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import Conflict
from tocsin.tips import hold_workflow as life
from tocsin.tips.content import hold_place
from tocsin.tips.deadlines import local_today
from tocsin.tips.hold_workflow import HOLD_LIFE, HoldState
from tocsin.tips.holdable import holdable
from tocsin.tips.models import LegalHold
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_to
from tocsin.workflow.models import Proposal
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step


class HoldPapers:
    """Reasons about an order, sealed to the unit. Orders are not counted in the public ledger."""

    def __init__(self, ref: str) -> None:
        self._ref = ref

    def seal(self, text: str) -> bytes:
        """``text`` sealed to the unit; empty for an empty text."""
        return seal_to(keyring().unit_public, text.encode(), info=hold_place(self._ref)) if text.strip() else b""

    def public_entry(self, _subject: LegalHold, _kind: str, _private_digest: bytes) -> tuple[bytes, bytes]:
        """Never asked for: no step of an order has a public kind. Raises ``NotImplementedError``."""
        raise NotImplementedError


def end_due_holds(*, actor: Actor) -> int:
    """End every order whose date has passed; how many there were."""
    actor.require(Permission.HOLD_RUN_OUT)
    due = list(LegalHold.objects.filter(state=HoldState.IN_FORCE, ends_on__lt=local_today()).order_by("id"))
    for hold in due:
        with transaction.atomic():
            take_hold_step(actor=actor, hold=hold, step=life.RUN_OUT)
    return len(due)


def take_hold_step(
    *, actor: Actor, hold: LegalHold, step: Step, reason: str = "", approval: Proposal | None = None
) -> LegalHold:
    """Take a step of an order, then set the mark of its subject: held while any order over it is in force.

    Raises ``Conflict`` when the subject was destroyed meanwhile.
    """
    changes = {"ended_on": local_today()} if step.target == HoldState.ENDED else {}
    move, papers = Move(step, reason=reason, changes=changes), HoldPapers(hold.ref)
    taken: LegalHold = take_step(actor=actor, life=HOLD_LIFE, subject=hold, move=move, papers=papers, approval=approval)
    if not holdable(taken.subject_kind).mark(taken.subject_ref):
        raise Conflict(_("What this order is about was destroyed in the meantime. Nothing was changed."))
    return taken
