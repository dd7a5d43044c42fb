"""A tip as one person sent it, and the sealed identity beside it."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce

from tocsin.tips.workflow import FACES, Face, Outcome, State

NOTHING_DUE = date(9999, 12, 31)
"""Stands in ``due_order`` where nothing is due, so that a list by due date has one order on every store."""

_IS_OPEN = Case(
    When(state__in=[State.CLOSED, State.WITHDRAWN], then=Value(False)),
    default=Value(True),
    output_field=models.BooleanField(),
)
_DUE = Case(
    When(Q(paused_on__isnull=False) | Q(state__in=[State.FEEDBACK_GIVEN, State.CLOSED, State.WITHDRAWN]), then=None),
    When(state=State.RECEIVED, then="acknowledge_by"),
    default="feedback_by",
    output_field=models.DateField(),
)
# What the lists of the desk choose by. An index that holds it all is read alone: the rows with their sealed columns
# are fetched for the one page that is shown. Decision 29 tells why, with figures.
_ALWAYS = ("category", "channel", "received_hour", "unread_replies", "drill")
_WHILE_OPEN = ("state", *_ALWAYS, "due_order", "holder", "held_for")


def _list_of(is_open: bool, name: str, *order: str) -> models.Index:
    """An index of the open or of the finished tips in this order; beside it, what a list may choose by."""
    rest = [column for column in (_WHILE_OPEN if is_open else _ALWAYS) if column not in order]
    return models.Index(fields=[*order, *rest], name=name, condition=Q(is_open=is_open))


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

    # Who has it on their list, and for which stage of the work (``tips/queues.py``); no state, no step.
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="held"
    )
    held_for = models.CharField(max_length=12, blank=True)
    # Computed by the database from the columns above, so that nothing that changes them can forget it.
    is_open = models.GeneratedField(expression=_IS_OPEN, output_field=models.BooleanField(), db_persist=True)
    due_order = models.GeneratedField(
        expression=Coalesce(_DUE, Value(NOTHING_DUE)), output_field=models.DateField(), db_persist=True
    )

    class Meta:
        indexes = [
            _list_of(True, "tip_open_arrival", "urgent", "id"),
            _list_of(True, "tip_open_due", "urgent", "due_order", "id"),
            _list_of(True, "tip_open_category", "urgent", "category", "id"),
            _list_of(False, "tip_done_arrival", "state", "urgent", "received_hour", "id"),
            _list_of(False, "tip_done_category", "state", "urgent", "category", "received_hour", "id"),
            models.Index(
                fields=["urgent", "id"], name="tip_unread", condition=Q(is_open=True, acknowledged_on__isnull=True)
            ),
            models.Index(fields=["holder", "held_for", "state"], name="tip_held", condition=Q(holder__isnull=False)),
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
