"""A text about a case that goes to another body, and all that comes of it."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.cases.disposition import Disposition
from tocsin.cases.models.case import Case
from tocsin.cases.referral_workflow import AWAITING, LOOKS, WITH_RECIPIENT, ReferralState
from tocsin.cases.workflow import Look
from tocsin.tips.models import Tip


class Referral(models.Model):
    """One text to one recipient. ``letter`` is sealed to the unit: recipient, purpose, law, text, what was looked at.

    ``copy`` is the same text sealed to the recipient's words; it is emptied when the referral ends, so that the words
    open nothing from then on. ``version`` counts changes of the draft. ``unread``: messages of the recipient that
    nobody has read.
    """

    ref = models.CharField(max_length=20, unique=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="referrals")
    state = models.CharField(max_length=16, choices=ReferralState.choices, default=ReferralState.DRAFTED)
    letter = models.BinaryField(blank=True)
    version = models.PositiveIntegerField(default=1)
    expires_on = models.DateField()
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    sent_on = models.DateField(null=True, blank=True)
    pack_version = models.CharField(max_length=64, blank=True)
    login_hash = models.BinaryField(max_length=32, unique=True, null=True, blank=True)
    mail_public = models.BinaryField(max_length=32, blank=True)
    copy = models.BinaryField(blank=True)
    opened_on = models.DateField(null=True, blank=True)
    disposition = models.CharField(max_length=16, choices=Disposition.choices, blank=True)
    answered_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    unread = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["state", "expires_on"], name="referral_running_out"),
            models.Index(fields=["case", "id"], name="referral_log"),
        ]

    def __str__(self) -> str:
        return f"referral {self.ref}"

    @property
    def look(self) -> Look:
        """Tone and help text of the state."""
        return LOOKS[ReferralState(self.state)]

    @property
    def awaits_answer(self) -> bool:
        """Whether the disposition must still come, or "no answer" must be recorded."""
        return self.state in AWAITING or (self.state == ReferralState.EXPIRED and not self.disposition)

    def is_open_on(self, day: date) -> bool:
        """Whether the recipient can read it on ``day``; its last day counts."""
        return self.state in WITH_RECIPIENT and day <= self.expires_on


class ReferralTip(models.Model):
    """A tip from which something stands in the text."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="sources")
    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "tip"], name="a_tip_once_a_referral")]

    def __str__(self) -> str:
        return f"tip {self.tip_id} in referral {self.referral_id}"


class LetterKind(models.TextChoices):
    """What a message between the two bodies is."""

    DISPOSITION = "disposition", _("Answer")
    MESSAGE = "message", _("Message")
    REPLY = "reply", _("Reply")
    CORRECTION = "correction", _("Correction")
    TAKEN_OUT = "taken_out", _("Somebody was taken out")


FROM_RECIPIENT = frozenset({LetterKind.DISPOSITION, LetterKind.MESSAGE})


class ReferralMessage(models.Model):
    """What was written about a referral. ``blob`` is sealed to the unit, ``copy`` to the recipient until it ends.

    ``by_hand``: the recipient's copy was gone already, so somebody must tell it by other means; ``told_on`` says when
    that was done.
    """

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="messages")
    ref = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=16, choices=LetterKind.choices)
    blob = models.BinaryField(blank=True)
    copy = models.BinaryField(blank=True)
    written_hour = models.DateTimeField()
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    by_hand = models.BooleanField(default=False)
    told_on = models.DateField(null=True, blank=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(FROM_RECIPIENT), staff__isnull=True)
                | models.Q(kind__in=["correction", "reply", "taken_out"], staff__isnull=False),
                name="only_our_letters_name_staff",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    @property
    def from_recipient(self) -> bool:
        """Whether the other body wrote it."""
        return self.kind in FROM_RECIPIENT


class ReferralReminder(models.Model):
    """A day on which the recipient should have answered and had not: marked by the worker, seen to by a person."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="reminders")
    after_days = models.PositiveIntegerField()
    due_on = models.DateField()
    marked_at = models.DateTimeField()
    seen_to_on = models.DateField(null=True, blank=True)
    seen_to_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "after_days"], name="a_reminder_once")]

    def __str__(self) -> str:
        return f"referral {self.referral_id} after {self.after_days} days"
