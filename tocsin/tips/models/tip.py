"""A tip as one person sent it, and the sealed identity beside it."""

from __future__ import annotations

from django.db import models

from tocsin.tips.workflow import FACES, Face, Outcome, State


class Tip(models.Model):
    """What one person sent, once. The sealed columns are written on arrival and only ever destroyed.

    ``acknowledge_by``, ``feedback_by`` and ``paused_on`` are copies of the dates in ``clocks.Deadline``, because lists
    choose by them; ``tips/clocks.py`` alone writes them. ``papers_public`` is the key to which everything written about
    the tip later is sealed; its private half lies in ``content``, so that whoever destroys the content destroys all of
    it. ``events_key`` is the ledger key of a tip whose text was discarded, sealed to the unit. ``expires_on``: the day
    by which an ended tip is destroyed.
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
    papers_public = models.BinaryField(max_length=32, blank=True)
    events_key = models.BinaryField(blank=True)
    receipt = models.BinaryField()
    event_count = models.PositiveIntegerField(default=1)

    acknowledge_by = models.DateField()
    acknowledged_on = models.DateField(null=True, blank=True)
    feedback_by = models.DateField(null=True, blank=True)
    paused_on = models.DateField(null=True, blank=True)
    unread_replies = models.PositiveIntegerField(default=0)

    urgent = models.BooleanField(default=False)
    handed_off_at = models.DateTimeField(null=True, blank=True)
    legal_hold = models.BooleanField(default=False)
    in_case = models.BooleanField(default=False)
    drill = models.BooleanField(default=False)
    destroyed_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-urgent", "id"], name="tip_inbox"),
            models.Index(fields=["-urgent", "id"], name="tip_urgent_oldest"),
            models.Index(fields=["expires_on", "id"], name="tip_expiry", condition=models.Q(expires_on__isnull=False)),
            models.Index(fields=["retention_id"], name="tip_retention"),
            models.Index(fields=["state", "received_hour"], name="tip_ages"),
        ]

    def __str__(self) -> str:
        return f"tip {self.ref}"

    @property
    def face(self) -> Face:
        """Tone, help text and plain word of the state."""
        return FACES[State(self.state)]


class Identity(models.Model):
    """Who the reporter is, sealed to pairs of custodians; present for every tip, also where no name was given.

    ``wrapped_keys`` lies under the month's retention key as well, so that a backup opens it no longer than the text;
    ``retention_id`` is empty for rows from before that.
    """

    ref = models.CharField(max_length=20, unique=True)
    blob = models.BinaryField()
    wrapped_keys = models.BinaryField()
    retention_id = models.CharField(max_length=7, blank=True)

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"identity {self.ref}"
