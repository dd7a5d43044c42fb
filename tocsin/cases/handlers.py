"""What a case keeps in step with its tips."""

from __future__ import annotations

from tocsin.cases.models import Case
from tocsin.workflow.registry import StepTaken


def case_is_urgent(news: StepTaken) -> None:
    """A case with an urgent tip is urgent."""
    Case.objects.filter(members__tip_id=news.subject.pk, urgent=False).update(urgent=True)
