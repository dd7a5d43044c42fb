"""The messages of a tip's mailbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.tips.models.tip import Tip


class MessageKind(models.TextChoices):
    """What a message is."""

    QUESTION = "question", _("Question")
    ANSWER = "answer", _("Answer")
    ADDITION = "addition", _("Addition")
    FEEDBACK = "feedback", _("Result")
    EXTENSION = "extension", _("Later date")
    NOTICE = "notice", _("Notice")
    TRANSCRIPT = "transcript", _("What was written down")
    DICTATED = "dictated", _("Written down later")
    CORRECTION = "correction", _("Correction")


FROM_REPORTER = frozenset({MessageKind.ANSWER, MessageKind.ADDITION, MessageKind.CORRECTION})
FROM_STAFF = frozenset(set(MessageKind) - FROM_REPORTER)
SAID_BY_REPORTER = FROM_REPORTER | {MessageKind.DICTATED}
"""What the reporter wrote, or said while staff wrote it down. A transcript repeats the report itself."""


class TipMessage(models.Model):
    """One message in a tip's mailbox. Staff's are sealed to the reporter and the unit, the reporter's to the unit.

    A transcript is sealed to the reporter alone: staff have the report itself, which goes with its month's key.
    """

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="messages")
    ref = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=MessageKind.choices)
    blob = models.BinaryField()
    written_hour = models.DateTimeField()
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(FROM_STAFF), staff__isnull=False)
                | models.Q(kind__in=sorted(FROM_REPORTER), staff__isnull=True),
                name="only_staff_messages_name_staff",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    @property
    def from_staff(self) -> bool:
        """Whether the authority wrote it."""
        return self.kind in FROM_STAFF
