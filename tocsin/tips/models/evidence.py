"""The files that came with a tip."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.tips.models.tip import Tip


class CopyVerdict(models.TextChoices):
    """Whether staff have a safe copy of a file."""

    WAITING = "waiting", _("The safe copy is being made")
    MADE = "made", _("Safe copy made")
    NONE = "none", _("Kept sealed, no safe copy")


class Evidence(models.Model):
    """A file that the reporter sent. Its sealed bytes lie in the evidence folder under ``ref``; name, kind and size
    are sealed here. The key opens with the unit's and the month's key, like the tip. ``fingerprint`` is an HMAC of the
    content under a key of the reporter's: the same file sent twice is stored once, and nobody else can compare.
    """

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="evidence")
    ref = models.CharField(max_length=20, unique=True)
    wrapped_key = models.BinaryField()
    about = models.BinaryField()
    fingerprint = models.BinaryField(max_length=32)
    retention_id = models.CharField(max_length=7)
    received_hour = models.DateTimeField()
    copy_verdict = models.CharField(max_length=8, choices=CopyVerdict.choices, default=CopyVerdict.WAITING)
    copy_about = models.BinaryField(blank=True)

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [models.UniqueConstraint(fields=["tip", "fingerprint"], name="a_file_once_a_tip")]
        indexes = [models.Index(fields=["copy_verdict", "id"], name="evidence_waiting")]

    def __str__(self) -> str:
        return f"evidence {self.ref}"
