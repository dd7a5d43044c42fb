"""What stays of a tip whose time is over."""

from __future__ import annotations

from django.db import models

from tocsin.tips.models.tip import Tip
from tocsin.tips.workflow import Outcome


class Tombstone(models.Model):
    """Month of arrival, category, outcome, durations in days. ``None``: that part of the road was not walked."""

    tip = models.OneToOneField(Tip, on_delete=models.PROTECT, related_name="tombstone")
    month = models.CharField(max_length=7)
    category = models.CharField(max_length=48)
    outcome = models.CharField(max_length=32, choices=Outcome.choices, blank=True)
    days_to_read = models.PositiveIntegerField(null=True, blank=True)
    days_to_end = models.PositiveIntegerField(null=True, blank=True)
    days_kept = models.PositiveIntegerField(null=True, blank=True)
    drill = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["month", "category", "outcome"], name="tombstone_figures")]

    def __str__(self) -> str:
        return f"a report of {self.month}"
