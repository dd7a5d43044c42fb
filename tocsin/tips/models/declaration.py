"""The interests that staff declared."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.tips.models.tip import Tip


class Declaration(models.Model):
    """What a member of staff declared about an own interest in a tip. An interest shuts that person out of it."""

    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="declarations")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    has_interest = models.BooleanField()
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tip", "staff"], name="one_declaration_per_person")]

    def __str__(self) -> str:
        return f"{self.tip_id}: staff {self.staff_id} {'has an' if self.has_interest else 'has no'} interest"
