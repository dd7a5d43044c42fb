"""A case, the tips in it, and the interests that staff declared."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.cases.workflow import LOOKS, CaseState, Look
from tocsin.tips.models import Tip
from tocsin.tips.workflow import Outcome


class Case(models.Model):
    """The authority's work on one or more tips about the same facts. ``about``: title and summary, sealed."""

    ref = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=24, choices=CaseState.choices, default=CaseState.OPEN)
    outcome = models.CharField(max_length=32, choices=Outcome.choices, blank=True)
    category = models.CharField(max_length=48)
    pack_version = models.CharField(max_length=64)
    unit = models.CharField(max_length=64)
    about = models.BinaryField()
    urgent = models.BooleanField(default=False)
    opened_on = models.DateField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-urgent", "id"], name="case_list"),
            models.Index(fields=["-urgent", "id"], name="case_urgent_oldest"),
        ]

    def __str__(self) -> str:
        return f"case {self.ref}"

    @property
    def look(self) -> Look:
        """Tone and help text of the state."""
        return LOOKS[CaseState(self.state)]


class CaseTip(models.Model):
    """One tip in one case; a tip is in at most one. The order of arrival is the order of the tips' keys."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="members")
    tip = models.OneToOneField(Tip, on_delete=models.PROTECT, related_name="membership")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["case", "tip"], name="case_tips_in_order")]

    def __str__(self) -> str:
        return f"tip {self.tip_id} in case {self.case_id}"


class CaseDeclaration(models.Model):
    """Somebody with an own interest in a case; from then on it is closed to them."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="declarations")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "staff"], name="one_case_declaration_per_person")]

    def __str__(self) -> str:
        return f"case {self.case_id}: staff {self.staff_id} has an interest"
