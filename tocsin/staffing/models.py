"""The life of each member of staff, beside the account that ``access`` keeps."""

from __future__ import annotations

from django.db import models

from tocsin.access.models import Staff
from tocsin.staffing.workflow import MemberState


class Member(models.Model):
    """One person who works here, worked here, or is proposed. ``staff`` is empty until others agreed to add them.

    ``display_name`` and ``username`` are those of the proposal; afterwards the account's own count.
    """

    ref = models.CharField(max_length=32, unique=True)
    staff = models.OneToOneField(Staff, on_delete=models.PROTECT, related_name="member", null=True, blank=True)
    username = models.CharField(max_length=64)
    display_name = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=MemberState.choices, default=MemberState.PROPOSED)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[MemberState.PROPOSED, MemberState.DROPPED])
                | models.Q(staff__isnull=False),
                name="who_works_here_has_an_account",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name
