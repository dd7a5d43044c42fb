"""Whether somebody may read a tip now: their own queue needs no reason, everything else one a day for each tip.

What somebody has worked on today stays open to them today, so that a step that moves the tip to the next office does
not shut the page in front of whoever took it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.ledger.services import record_audit
from tocsin.policy.active import get_pack
from tocsin.tips.content import clean_text
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import Declaration, ReadingReason, Tip
from tocsin.tips.papers import reason_place
from tocsin.tips.queues import own_among
from tocsin.tips.workflow import TIP_LIFE
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_to
from tocsin.workflow.models import StepRecord

SHORTEST_REASON, LONGEST_REASON = 8, 2_000


class ReasonNeeded(NotPermitted):
    """The tip is outside the reader's own queue, and they have given no reason today."""

    def __init__(self) -> None:
        super().__init__(_("This report is not in your queue. Say why you open it; then you can read it today."))


@dataclass(frozen=True)
class GivenReason:
    """Who opened a tip outside their queue, when, and why, in clear for whoever may read the tip."""

    who: str
    given_on: date
    reason: str


def may_read(actor: Actor, tip: Tip) -> bool:
    """Whether ``actor`` may read ``tip`` without giving a reason now. It does not say whether they may see it."""
    return tip.pk in own_among(actor, [tip]) or has_given_reason(actor, tip) or _worked_on_it_today(actor, tip)


def has_given_reason(actor: Actor, tip: Tip) -> bool:
    """Whether ``actor`` has given a reason for ``tip`` today, by the calendar of the place where the authority sits."""
    return ReadingReason.objects.filter(tip=tip, staff_id=actor.require_staff(), given_on=local_today()).exists()


def _worked_on_it_today(actor: Actor, tip: Tip) -> bool:
    midnight = datetime.combine(local_today(), time(), get_pack().calendar.zone)
    steps = StepRecord.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref=tip.ref, actor=actor.name)
    return steps.filter(at__gte=midnight).exists()


def require_reading(actor: Actor, tip: Tip) -> None:
    """Raise ``ReasonNeeded`` unless ``actor`` may read ``tip`` now."""
    actor.require(Permission.TIP_READ)
    if not may_read(actor, tip):
        raise ReasonNeeded


def give_reason(*, actor: Actor, tip: Tip, reason: str) -> None:
    """Say why one opens a tip outside one's queue. Sent twice on one day, the first reason stays.

    Works while the desk is locked: sealing needs the public key alone. Raises ``RuleBroken`` for a reason that says
    nothing or too much, ``NotPermitted`` for a tip that the actor may not see.
    """
    role = actor.role_for(Permission.TIP_READ).value
    reason = _fitting(reason)
    sealed = seal_to(keyring().unit_public, reason.encode(), info=reason_place(tip.ref))
    with transaction.atomic():
        if Declaration.objects.filter(tip=tip, staff_id=actor.require_staff(), has_interest=True).exists():
            raise NotPermitted(_("You have no access to this report."))
        _kept, is_new = ReadingReason.objects.get_or_create(
            tip=tip,
            staff_id=actor.require_staff(),
            given_on=local_today(),
            defaults={"reason": sealed, "given_at": clock.now()},
        )
        if is_new:
            record_audit(actor=actor.name, role=role, action="tip.reading_reason", subject=f"tip:{tip.ref}")


def reasons_given(actor: Actor, tip: Tip) -> Sequence[GivenReason]:
    """The reasons that people gave for opening ``tip``, newest first; for who may read it now. Needs the unit key.

    Raises ``ReasonNeeded`` and ``Locked``.
    """
    require_reading(actor, tip)
    opener, place = unlocked.opener(), reason_place(tip.ref)
    rows = ReadingReason.objects.filter(tip=tip).select_related("staff").order_by("-id")
    return [
        GivenReason(row.staff.display_name, row.given_on, opener.open_sealed(bytes(row.reason), place).decode())
        for row in rows
    ]


def _fitting(text: str) -> str:
    text = clean_text(text)
    if len("".join(text.split())) < SHORTEST_REASON:
        raise RuleBroken(_("Write the reason in a few words. Nothing was opened."))
    if len(text) > LONGEST_REASON:
        raise RuleBroken(_("This reason is too long. Shorten it to 2,000 characters. Nothing was opened."))
    return text
