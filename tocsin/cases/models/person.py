"""People who are named in a case, and how they were heard. There is no list of people over several cases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.cases.models.case import Case
from tocsin.cases.workflow import PersonState


class Person(models.Model):
    """Somebody whom a tip names. ``who`` is sealed and is emptied when the person is taken out."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="persons")
    ref = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=16, choices=PersonState.choices, default=PersonState.MENTIONED)
    who = models.BinaryField(blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    heard_on = models.DateField(null=True, blank=True)
    hearing_off_until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "persons"

    def __str__(self) -> str:
        return f"person {self.ref}"


class HearingKind(models.TextChoices):
    """How a person was heard."""

    SPOKEN = "spoken", _("In a conversation")
    WRITTEN = "written", _("In writing")
    DECLINED = "declined", _("They did not wish to say anything")
    UNANSWERED = "unanswered", _("They were asked and did not answer in time")


class Hearing(models.Model):
    """One hearing of one person; what was said is sealed."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="hearings")
    ref = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=HearingKind.choices)
    held_on = models.DateField()
    said = models.BinaryField(blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"hearing {self.ref}"
