"""A tip as one person sent it, and the sealed identity beside it."""

from __future__ import annotations

from django.db import models

from tocsin.tips.workflow import FACES, Face, Outcome, State


class Tip(models.Model):
    """What one person sent, once. The sealed columns are written on arrival and only ever destroyed.

    ``acknowledge_by``, ``feedback_by`` and ``paused_on`` are copies of the dates in ``clocks.Deadline``, because lists
    choose by them; ``tips/clocks.py`` alone writes them.
    """

    ref = models.CharField(max_length=20, unique=True)
    intake_key = models.BinaryField(max_length=32, unique=True)
    state = models.CharField(max_length=24, choices=State.choices, default=State.RECEIVED)
    outcome = models.CharField(max_length=32, choices=Outcome.choices, blank=True)
    channel = models.CharField(max_length=16)
    category = models.CharField(max_length=48)
    pack_version = models.CharField(max_length=64)
    unit = models.CharField(max_length=64)
    received_hour = models.DateTimeField()

    content = models.BinaryField()
    wrapped_key = models.BinaryField()
    retention_id = models.CharField(max_length=7)
    identity_ref = models.CharField(max_length=20)
    login_hash = models.BinaryField(max_length=32, unique=True)
    mail_public = models.BinaryField(max_length=32)
    receipt = models.BinaryField()
    event_count = models.PositiveIntegerField(default=1)

    acknowledge_by = models.DateField()
    acknowledged_on = models.DateField(null=True, blank=True)
    feedback_by = models.DateField(null=True, blank=True)
    paused_on = models.DateField(null=True, blank=True)
    unread_replies = models.PositiveIntegerField(default=0)

    urgent = models.BooleanField(default=False)
    in_case = models.BooleanField(default=False)
    drill = models.BooleanField(default=False)
    destroyed_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-urgent", "id"], name="tip_inbox"),
            models.Index(fields=["-urgent", "id"], name="tip_urgent_oldest"),
            models.Index(fields=["state", "received_hour"], name="tip_ages"),
        ]

    def __str__(self) -> str:
        return f"tip {self.ref}"

    @property
    def face(self) -> Face:
        """Tone, help text and plain word of the state."""
        return FACES[State(self.state)]


class Identity(models.Model):
    """Who the reporter is, sealed to pairs of custodians; present for every tip, also where no name was given."""

    ref = models.CharField(max_length=20, unique=True)
    blob = models.BinaryField()
    wrapped_keys = models.BinaryField()

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"identity {self.ref}"
