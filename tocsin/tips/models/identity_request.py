"""Requests to learn who a reporter is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.tips.models.tip import Tip


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
