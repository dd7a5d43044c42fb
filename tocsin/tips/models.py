"""A tip as one person sent it, the sealed identity beside it, its messages and the interests that staff declared.

What the database can read without a key: the channel, the category code, the state, dates and sizes. Everything that
a person wrote is sealed. ``id`` keeps the exact order of arrival (awards need it); times are kept by the hour.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.tips.workflow import FACES, Face, Outcome, State


class Tip(models.Model):
    """What one person sent, once. The sealed columns are written on arrival and only ever destroyed."""

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
    pause_used = models.BooleanField(default=False)
    unread_replies = models.PositiveIntegerField(default=0)

    urgent = models.BooleanField(default=False)
    drill = models.BooleanField(default=False)
    destroyed_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-urgent", "id"], name="tip_inbox"),
            models.Index(fields=["-urgent", "id"], name="tip_urgent_oldest"),
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


class MessageKind(models.TextChoices):
    """What a message is."""

    QUESTION = "question", _("Question")
    ANSWER = "answer", _("Answer")
    ADDITION = "addition", _("Addition")
    FEEDBACK = "feedback", _("Result")
    NOTICE = "notice", _("Notice")


FROM_STAFF = frozenset({MessageKind.QUESTION, MessageKind.FEEDBACK, MessageKind.NOTICE})


class TipMessage(models.Model):
    """One message in a tip's mailbox. Staff's are sealed to the reporter and the unit, the reporter's to the unit."""

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
                | models.Q(kind__in=["answer", "addition"], staff__isnull=True),
                name="only_staff_messages_name_staff",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    @property
    def from_staff(self) -> bool:
        """Whether the authority wrote it."""
        return self.kind in FROM_STAFF


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


class Declaration(models.Model):
    """What a member of staff declared about an own interest in a tip. An interest shuts that person out of it."""

    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="declarations")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    has_interest = models.BooleanField()
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tip", "staff"], name="one_declaration_per_person")]

    def __str__(self) -> str:
        return f"{self.tip_id}: staff {self.staff_id} {'has an' if self.has_interest else 'has no'} interest"


class RequestState(models.TextChoices):
    """Where a request for an identity stands. Only ``tips.identities`` sets it."""

    ASKED = "asked", _("Waits for two custodians")
    FIRST_AGREED = "first_agreed", _("Waits for the second custodian")
    OPENED = "opened", _("Opened")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Expired")


class IdentityRequest(models.Model):
    """Somebody asks who a reporter is. Reasons are sealed to the unit; ``half_opened`` opens only for the second
    custodian and is emptied when the request ends. The identity itself never stands here.
    """

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="identity_requests")
    ref = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.ASKED)
    reason = models.BinaryField()
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    second = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    half_opened = models.BinaryField(blank=True)
    refusal = models.BinaryField(blank=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    order_number = models.CharField(max_length=64, blank=True)
    notice_on = models.DateField(null=True)
    notice_sent = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tip"],
                condition=models.Q(state__in=["asked", "first_agreed"]),
                name="one_waiting_identity_request",
            ),
            models.CheckConstraint(
                condition=models.Q(first__isnull=True) | ~models.Q(first=models.F("requester")),
                name="first_custodian_did_not_ask",
            ),
            models.CheckConstraint(
                condition=models.Q(second__isnull=True)
                | (~models.Q(second=models.F("requester")) & ~models.Q(second=models.F("first"))),
                name="second_custodian_is_a_third_person",
            ),
        ]

    def __str__(self) -> str:
        return f"identity request {self.ref} ({self.state})"
