"""What staff write for each other about a tip."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.tips.models.tip import Tip


class TipNote(models.Model):
    """One version of a note. A correction is a further version with the same ``note_ref``; none is ever changed."""

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="notes")
    ref = models.CharField(max_length=20, unique=True)
    note_ref = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    blob = models.BinaryField()
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note_ref", "version"], name="one_note_a_version")]

    def __str__(self) -> str:
        return f"note {self.note_ref}, version {self.version}"
