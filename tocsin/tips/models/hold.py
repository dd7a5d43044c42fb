"""Orders that forbid to destroy a tip. An order has a life of its own, see ``hold_workflow``."""

from __future__ import annotations

from django.db import models

from tocsin.tips.hold_workflow import HOLD_KIND, HoldState
from tocsin.tips.models.tip import Tip

__all__ = ["HOLD_KIND", "LegalHold"]


class LegalHold(models.Model):
    """One order; several may hold one tip. Its number is sealed to the unit; ``ends_on`` is in clear, because the
    worker must see it pass.
    """

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="holds")
    ref = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=HoldState.choices, default=HoldState.ASKED)
    order = models.BinaryField()
    ends_on = models.DateField()
    asked_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"legal hold {self.ref}"
