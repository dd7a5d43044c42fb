"""Earlier calls from the same line, for fairness and safety. A line is known by a keyed hash, never by its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.ledger.services import record_audit
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.tips.models import Declaration, Tip

MOST_SHOWN = 10


@dataclass(frozen=True)
class EarlierCalls:
    """``calls`` are the newest, at most ``MOST_SHOWN``; ``first_on`` and ``last_on`` span all ``count`` of them."""

    count: int
    first_on: date | None
    last_on: date | None
    calls: Sequence[Tip]

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.count - len(self.calls)


def look_up_line(*, actor: Actor, line: bytes) -> EarlierCalls:
    """What is known of calls from ``line``, and a trace of who looked: this must not become a way to ask about people.

    Reports in which ``actor`` declared an interest are left out. A line is 32 bytes.
    """
    role = actor.role_for(Permission.TIP_RECEIVE).value
    if not line:
        raise ValueError("calls without a number are no calls from one line")
    tips = _from_line(actor, line)
    span = tips.aggregate(count=Count("pk"), first=Min("received_hour"), last=Max("received_hour"))
    rules = get_pack()
    with transaction.atomic():
        record_audit(actor=actor.name, role=role, action="line.look_up", detail={"earlier": str(span["count"])})
    return EarlierCalls(
        count=span["count"],
        first_on=local_day(span["first"], rules) if span["first"] else None,
        last_on=local_day(span["last"], rules) if span["last"] else None,
        calls=list(tips.order_by("-id")[:MOST_SHOWN]),
    )


def _from_line(actor: Actor, line: bytes) -> QuerySet[Tip]:
    shut_out = Declaration.objects.filter(staff_id=actor.require_staff(), has_interest=True).values("tip_id")
    return Tip.objects.filter(transcription__line=line).exclude(pk__in=shut_out)
