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
    WITHDRAWN = "withdrawn", _("Taken back")


class Proposal(models.Model):
    """A step that one person wants and others must decide. ``payload`` is sealed to the unit.

    ``seats``: the permissions that approvers must bring, with spaces between, fixed when it was proposed. ``decider``:
    whose voice ended it.
    """

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
    seats = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["state", "expires_at"], name="proposal_waiting")]
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

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_ref}: {self.step} ({self.state})"


class Verdict(models.TextChoices):
    """What somebody said about a proposal."""

    PROPOSED = "proposed", _("Proposed it")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    RECUSED = "recused", _("Stepped aside")


class Voice(models.Model):
    """What one person said about one proposal; the proposer's is the first. Nobody speaks twice: the database says so.

    ``reason`` is sealed to the unit.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="voices")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="voices")
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    reason = models.BinaryField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "staff"], name="nobody_speaks_twice")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: staff {self.staff_id} {self.verdict}"
