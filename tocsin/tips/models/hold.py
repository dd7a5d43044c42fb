"""Orders that forbid to destroy a tip."""

from __future__ import annotations

from django.db import models

from tocsin.tips.models.tip import Tip


class LegalHold(models.Model):
    """One order. Its number is sealed to the unit; ``ends_on`` is in clear, because the worker must see it pass."""

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="holds")
    ref = models.CharField(max_length=20, unique=True)
    order = models.BinaryField()
    begun_on = models.DateField()
    ends_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tip"], condition=models.Q(ended_on__isnull=True), name="one_hold_a_tip")
        ]

    def __str__(self) -> str:
        return f"hold {self.ref} until {self.ends_on}"
