"""What was done (``StepRecord``) and what waits for a second person (``Proposal``)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class StepRecord(models.Model):
    """One step that was taken. Never changed afterwards; the reason is sealed to the unit."""

    subject_kind = models.CharField(max_length=24)
    subject_ref = models.CharField(max_length=32)
    step = models.CharField(max_length=40)
    source = models.CharField(max_length=32)
    target = models.CharField(max_length=32)
    actor = models.CharField(max_length=64)
    role = models.CharField(max_length=32)
    proposed_by = models.CharField(max_length=64, blank=True)
    reason = models.BinaryField(blank=True)
    rule = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_ref", "id"], name="step_by_subject")]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_ref}: {self.step}"


class ProposalState(models.TextChoices):
    """Where a proposal stands."""

    OPEN = "open", _("Waiting for a second person")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Expired")
    OVERTAKEN = "overtaken", _("Overtaken by another step")


class Proposal(models.Model):
    """A step that one person wants and another one must decide. ``payload`` and reasons are sealed to the unit."""

    ref = models.CharField(max_length=32, unique=True)
    subject_kind = models.CharField(max_length=24)
    subject_ref = models.CharField(max_length=32)
    step = models.CharField(max_length=40)
    payload = models.BinaryField()
    state = models.CharField(max_length=12, choices=ProposalState.choices, default=ProposalState.OPEN)
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decider = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.BinaryField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_ref"],
                condition=models.Q(state="open"),
                name="one_open_proposal_per_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(decider__isnull=True) | ~models.Q(decider=models.F("proposer")),
                name="nobody_decides_their_own_proposal",
            ),
        ]
        indexes = [models.Index(fields=["state", "subject_kind", "step"], name="proposal_waiting")]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_ref}: {self.step} ({self.state})"
