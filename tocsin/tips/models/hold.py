"""Orders that forbid to destroy a tip or a case. An order has a life of its own, see ``hold_workflow``."""

from __future__ import annotations

from django.db import models

from tocsin.tips.hold_workflow import HOLD_KIND, HoldState

__all__ = ["HOLD_KIND", "HoldState", "LegalHold"]


class LegalHold(models.Model):
    """One order about one subject (a kind of ``tips/holdable.py`` and a handle); several may hold the same.

    Its number is sealed to the unit; ``ends_on`` is in clear, because the worker must see it pass.
    """

    subject_kind = models.CharField(max_length=24)
    subject_ref = models.CharField(max_length=20)
    ref = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=HoldState.choices, default=HoldState.ASKED)
    order = models.BinaryField()
    ends_on = models.DateField()
    asked_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_ref", "state"], name="hold_by_subject")]

    def __str__(self) -> str:
        return f"legal hold {self.ref}"
