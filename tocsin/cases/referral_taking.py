"""How every step of a referral is taken at the desk, and how the recipient's copies are destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.cases.models import Referral
from tocsin.cases.referral_papers import ReferralPapers
from tocsin.cases.referral_workflow import REFERRAL_LIFE
from tocsin.cases.taking import require_case
from tocsin.common.errors import Conflict
from tocsin.tips.taking import fitting
from tocsin.workflow.locks import lock_subject
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step

NO_COPY: Mapping[str, object] = {"copy": b""}
"""Field changes of every step with which the recipient loses what it had."""


def take_referral(
    *,
    actor: Actor,
    referral: Referral,
    step: Step,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
) -> Referral:
    """Take one step; the referral as stored. Raises as ``take_step``, ``NotPermitted`` without access to the case."""
    require_case(actor, referral.case)
    move = Move(step, reason=fitting(reason), changes=changes or {})
    taken: Referral = take_step(
        actor=actor, life=REFERRAL_LIFE, subject=referral, move=move, papers=ReferralPapers(referral.ref)
    )
    return taken


def locked_referral(referral: Referral) -> Referral:
    """The referral as it stands, locked until the transaction ends."""
    return cast("Referral", lock_subject(referral))


def locked_draft(actor: Actor, referral: Referral, version: int) -> Referral:
    """The draft as it stands, locked. Raises ``Conflict`` when it was changed or sent since ``version`` was read."""
    require_case(actor, referral.case)
    fresh = locked_referral(referral)
    if fresh.state != "drafted":
        raise Conflict(_("This was sent or thrown away in the meantime. Nothing was changed. Look at it again."))
    if fresh.version != version:
        raise Conflict(
            _("Somebody else changed this draft in the meantime. Nothing was saved; your text is still here.")
        )
    return fresh
