"""What people keep beside the reading list: saved filters, reasons for reading, counts, and whether keys work."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.tips.models.tip import Tip


class SavedFilter(models.Model):
    """A filter of the reading list under a name of one's own. The name is sealed to the unit: people write into it.

    ``query`` is what stands in the address of the list: codes and dates, never text.
    """

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    ref = models.CharField(max_length=20, unique=True)
    name = models.BinaryField()
    query = models.CharField(max_length=400)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "query"], name="a_filter_once_a_person")]

    def __str__(self) -> str:
        return f"filter {self.ref} of staff {self.staff_id}"


class ReadingReason(models.Model):
    """Why somebody opened a tip outside their own queue. Holds for that person, that tip and that day.

    The reason is sealed to the unit. The audit log says that one was given, never what it says.
    """

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="reading_reasons")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    given_on = models.DateField()
    given_at = models.DateTimeField()
    reason = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tip", "staff", "given_on"], name="one_reading_reason_a_day"),
        ]

    def __str__(self) -> str:
        return f"staff {self.staff_id} gave a reason for tip {self.tip_id}"


class StateCount(models.Model):
    """How many tips stand in a state: the sum of ``n`` over all lanes. Written by triggers (``tips/state_counts.py``).

    Lane 0 is the sum so far. On PostgreSQL every transaction writes into a lane of its own, so that nobody waits for
    a counter that somebody else is changing; the worker folds the lanes into lane 0.
    """

    state = models.CharField(max_length=24)
    lane = models.BigIntegerField(default=0)
    n = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lane", "state"], name="one_count_a_lane")]

    def __str__(self) -> str:
        return f"{self.state} {self.n:+}"


class KeyHabit(models.Model):
    """Somebody who has switched the single-key commands of the desk off, as WCAG 2.1.4 asks."""

    staff = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="key_habit")
    keys_off = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"staff {self.staff_id}: keys {'off' if self.keys_off else 'on'}"
