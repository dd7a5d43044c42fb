"""Requests to learn who a reporter is, and which member of staff holds which custodian's key."""

from __future__ import annotations

from itertools import combinations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tocsin.tips.models.tip import Tip


class RequestState(models.TextChoices):
    """Where a request for an identity stands."""

    DRAFT = "draft", _("Being written")
    ASKED = "asked", _("Waits for the legal check")
    ALLOWED = "allowed", _("Waits for two custodians")
    OPENED = "opened", _("Opened")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Taken back")
    EXPIRED = "expired", _("Ran out")


PEOPLE = ("requester", "officer", "first", "second")


def _are_different(one: str, other: str) -> models.CheckConstraint:
    missing = Q(**{f"{one}__isnull": True}) | Q(**{f"{other}__isnull": True})
    return models.CheckConstraint(condition=missing | ~Q(**{one: F(other)}), name=f"identity_{one}_is_not_{other}")


class IdentityRequest(models.Model):
    """Somebody asks who a reporter is. The identity itself never stands here.

    ``paper``: reason, legal ground and the number of a written order, sealed to the unit. ``half_opened``: what the
    first custodian's key left, which opens only for the others, sealed to the unit on top; emptied at the end.
    ``notice_after``: the last day on which a written order forbids to tell the reporter. ``told_on``: the day on which
    the notice went into the mailbox.
    """

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="identity_requests")
    ref = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.DRAFT)
    paper = models.BinaryField()
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    first = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    second = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    half_opened = models.BinaryField(blank=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    notice_after = models.DateField(null=True)
    told_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "expires_at"], name="identity_request_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["tip"],
                condition=Q(state__in=["draft", "asked", "allowed"]),
                name="one_waiting_identity_request",
            ),
            *(_are_different(one, other) for one, other in combinations(PEOPLE, 2)),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "asked", "allowed"]) | Q(half_opened=b""),
                name="identity_half_opened_while_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"identity request {self.ref} ({self.state})"

    @property
    def pack_version(self) -> str:
        """The rules under which the report came in."""
        return self.tip.pack_version


class SeatState(models.TextChoices):
    """Where a custodian's seat stands."""

    NEW = "new", _("New")
    CLAIMED = "claimed", _("Waits to be confirmed")
    HELD = "held", _("Held")
    ENDED = "ended", _("Ended")


class CustodianSeat(models.Model):
    """Which member of staff holds which custodian's key; ``slot`` and ``public`` are its name and half in the keyring.

    A key belongs to one person and a person has one key, so that nobody acts twice with a colleague's file.
    """

    ref = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=SeatState.choices, default=SeatState.NEW)
    slot = models.CharField(max_length=64)
    public = models.BinaryField(max_length=32)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="custodian_seats")
    claimed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot"], condition=Q(state="held"), name="one_holder_of_a_custodians_key"),
            models.UniqueConstraint(
                fields=["staff"], condition=Q(state__in=["new", "claimed", "held"]), name="one_custodians_key_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"seat {self.slot} of staff {self.staff_id} ({self.state})"
