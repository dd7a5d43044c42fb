"""Reports that staff wrote down for somebody: by telephone, by letter, in person."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.tips.models.tip import Tip


class Transcription(models.Model):
    """Who wrote a report down, and from which line it was told.

    ``line`` is an HMAC of the caller's number under a key of the desk that is never in the database; empty when the
    number was withheld. ``sent_as`` tells whether the same form was sent again unchanged: an HMAC under that form's own
    ticket, which nobody keeps. How it was written down (language, translator, from what) is sealed with the report.
    """

    tip = models.OneToOneField(Tip, on_delete=models.CASCADE, related_name="transcription")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    line = models.BinaryField(max_length=32, blank=True)
    sent_as = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["line"], name="same_line")]

    def __str__(self) -> str:
        return f"{self.tip_id}: written down by staff {self.staff_id}"
