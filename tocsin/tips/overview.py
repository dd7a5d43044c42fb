"""What a supervisor sees of all open tips at once: counts, ages, the one that waits longest. Opens nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Count, Q

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.tips import inbox
from tocsin.tips.models import Tip
from tocsin.tips.selectors import tips_visible_to
from tocsin.tips.workflow import OPEN, State

AGES = (timedelta(days=7), timedelta(days=28), timedelta(days=91))
"""Where the four spans of age part: under a week, under four weeks, under thirteen weeks, older."""


def ages_by_state(actor: Actor) -> dict[State, tuple[int, int, int, int]]:
    """How many open tips stand in each state, by age; states without any are left out. One query."""
    actor.require(Permission.OVERVIEW_READ)
    first, second, third = (clock.now() - age for age in AGES)
    rows = (
        tips_visible_to(actor)
        .filter(state__in=sorted(OPEN))
        .order_by()
        .values("state")
        .annotate(
            new=Count("id", filter=Q(received_hour__gt=first)),
            weeks=Count("id", filter=Q(received_hour__lte=first, received_hour__gt=second)),
            months=Count("id", filter=Q(received_hour__lte=second, received_hour__gt=third)),
            old=Count("id", filter=Q(received_hour__lte=third)),
        )
    )
    found = {row["state"]: (row["new"], row["weeks"], row["months"], row["old"]) for row in rows}
    return {state: found[state] for state in State if state in found}


def oldest_unread(actor: Actor) -> Tip | None:
    """The tip that waits longest for somebody to read it."""
    actor.require(Permission.OVERVIEW_READ)
    return inbox.oldest_unread(actor)


def tips_by_ref(actor: Actor, refs: Collection[str]) -> dict[str, Tip]:
    """Those of these tips that ``actor`` may list, by handle. One query."""
    return {tip.ref: tip for tip in tips_visible_to(actor).filter(ref__in=list(refs))}
