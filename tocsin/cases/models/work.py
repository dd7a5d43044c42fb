"""Who works on a case, what is to do, and what was found."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.cases.models.case import Case


class CaseRole(models.TextChoices):
    """What somebody does in a case."""

    LEAD = "lead", _("Leads the case")
    INVESTIGATOR = "investigator", _("Checks facts")
    READER = "reader", _("Reads along")


class Assignment(models.Model):
    """One person's part in one case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="assignments")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="case_assignments")
    role = models.CharField(max_length=16, choices=CaseRole.choices)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "staff"], name="one_part_per_person_and_case"),
            models.UniqueConstraint(fields=["case"], condition=models.Q(role="lead"), name="one_lead_per_case"),
        ]

    def __str__(self) -> str:
        return f"case {self.case_id}: staff {self.staff_id} {self.role}"


class Task(models.Model):
    """Something to do, sealed; ``done_at`` and how it ended once it is done."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks")
    ref = models.CharField(max_length=20, unique=True)
    what = models.BinaryField()
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tasks")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    set_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    result = models.BinaryField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["assignee", "done_at", "due_on"], name="task_of_person")]

    def __str__(self) -> str:
        return f"task {self.ref}"


class Reliability(models.TextChoices):
    """How far a source is to be trusted: the letters of the Admiralty system (NATO AJP-2.1)."""

    A = "A", _("A – completely reliable")
    B = "B", _("B – usually reliable")
    C = "C", _("C – fairly reliable")
    D = "D", _("D – not usually reliable")
    E = "E", _("E – unreliable")
    F = "F", _("F – cannot be judged")


class Credibility(models.TextChoices):
    """How far a piece of information is to be believed: the figures of the Admiralty system (NATO AJP-2.1)."""

    CONFIRMED = "1", _("1 – confirmed by other sources")
    PROBABLE = "2", _("2 – probably true")
    POSSIBLE = "3", _("3 – possibly true")
    DOUBTFUL = "4", _("4 – doubtful")
    IMPROBABLE = "5", _("5 – improbable")
    UNKNOWN = "6", _("6 – truth cannot be judged")


class Bearing(models.TextChoices):
    """What a finding says about what was reported."""

    SUPPORTS = "supports", _("Supports the report")
    CONTRADICTS = "contradicts", _("Contradicts the report")
    OPEN = "open", _("Says neither")


class Finding(models.Model):
    """One step of verification: what was checked, by which source, with what result. The text is sealed.

    ``official``: the source is a register, an inspection, a laboratory or another public body. ``independent``: it
    does not go back to a reporter of this case.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="findings")
    ref = models.CharField(max_length=20, unique=True)
    text = models.BinaryField()
    reliability = models.CharField(max_length=1, choices=Reliability.choices)
    credibility = models.CharField(max_length=1, choices=Credibility.choices)
    bearing = models.CharField(max_length=12, choices=Bearing.choices)
    official = models.BooleanField(default=False)
    independent = models.BooleanField(default=False)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"finding {self.ref}"
