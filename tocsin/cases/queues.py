"""Whose work the tips of a case are: that of the people who have a part in it."""

from __future__ import annotations

from django.db.models import Q

from tocsin.access.actors import Actor
from tocsin.cases.models import CaseTip


def of_own_cases(actor: Actor) -> Q:
    """The tips that are not finished, of the cases in which ``actor`` has a part."""
    mine = CaseTip.objects.filter(case__assignments__staff_id=actor.require_staff())
    return Q(is_open=True, pk__in=mine.values("tip_id"))
