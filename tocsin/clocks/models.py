"""What is due (``Deadline``), what moved it (``Span``), and whom it was told (``Notice``).

Subjects are named by kind and handle, so that this table serves every life. No text of anybody stands here in clear.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.clocks.definitions import Stage

RUNNING = models.Q(ended_at__isnull=True)
_SUBJECT = ("subject_kind", "subject_ref")


class Deadline(models.Model):
    """One run of one clock. It runs while ``ended_at`` is empty; then ``met`` says whether what was owed was done.

    ``due_at`` is the first moment at which it is overdue, ``due_on`` the last day as people were told it. From
    ``paused_on`` until ``paused_until`` the clock stands still; both dates count the whole pause already, and an
    earlier answer takes the rest off again, so that they are right without anybody acting. ``next_at``: when the worker
    has something to tell next. The other moments are the worker's marks; ``overdue_since`` stays when it was met late.
    """

    subject_kind = models.CharField(max_length=24)
    subject_ref = models.CharField(max_length=32)
    clock = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    due_on = models.DateField(null=True, blank=True)
    paused_on = models.DateField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    overdue_since = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    met = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_ref"], name="deadline_subject"),
            models.Index(fields=["next_at", "id"], condition=RUNNING, name="deadline_next"),
            # Both hold all that counts and lists of the desk choose by, so that they are read alone.
            models.Index(fields=["due_at", "id", *_SUBJECT, "clock"], condition=RUNNING, name="deadline_due"),
            models.Index(fields=["clock", "due_at", "id", *_SUBJECT], condition=RUNNING, name="deadline_clock"),
            models.Index(fields=["due_at", "clock"], name="deadline_figures"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_ref", "clock"], condition=RUNNING, name="one_run_of_a_clock"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=False) | models.Q(met=False), name="met_when_it_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock} of {self.subject_kind} {self.subject_ref}"

    def is_overdue(self, moment: datetime) -> bool:
        """Whether it runs and its time has passed."""
        return self.ended_at is None and self.due_at <= moment

    def is_paused(self, moment: datetime) -> bool:
        """Whether it stands still."""
        return self.ended_at is None and self.paused_until is not None and moment < self.paused_until


class SpanKind(models.TextChoices):
    """What moved a clock."""

    PAUSE = "pause", _("Stopped")
    EXTENSION = "extension", _("Extended")


class Span(models.Model):
    """Why a clock is due later than it was: a pause or an extension, who made it, and the reason, sealed to the unit.

    ``from_on`` to ``until_on``: the pause at its longest, or the old and the new date. ``days``: what it added in the
    end; empty while a pause lasts. The reason of a pause is the question that was asked and lies in the mailbox.
    """

    deadline = models.ForeignKey(Deadline, on_delete=models.CASCADE, related_name="spans")
    kind = models.CharField(max_length=12, choices=SpanKind.choices)
    from_on = models.DateField()
    until_on = models.DateField()
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    step = models.CharField(max_length=40)
    actor = models.CharField(max_length=64)
    reason = models.BinaryField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(until_on__gte=models.F("from_on")), name="a_span_goes_forward"),
            models.UniqueConstraint(fields=["deadline", "kind"], name="each_kind_of_span_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.deadline_id}"


class Notice(models.Model):
    """What the worker told one person in one of their offices: a clock and a stage, never content.

    ``subject_ref`` is empty where ``count`` subjects are told of together.
    """

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    role = models.CharField(max_length=32)
    subject_kind = models.CharField(max_length=24)
    subject_ref = models.CharField(max_length=32, blank=True)
    topic = models.CharField(max_length=32)
    stage = models.CharField(max_length=16, choices=Stage.choices)
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["staff", "-at"], name="notice_of_person"),
            models.Index(fields=["staff"], condition=models.Q(read_at__isnull=True), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.stage} to staff {self.staff_id}"
