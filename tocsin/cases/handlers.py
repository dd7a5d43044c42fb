"""What a case keeps in step with its tips, and with the bodies to which it was passed on."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from tocsin.cases.models import Case, Referral
from tocsin.cases.referral_workflow import AWAITING, ReferralState
from tocsin.common.errors import Conflict
from tocsin.workflow.registry import StepTaken

AFTER_THE_ANSWER = ("take_back", "set_outcome", "close_empty")
"""Steps of a case that wait for every recipient's answer, or for "no answer" to be recorded."""


def case_is_urgent(news: StepTaken) -> None:
    """A case with an urgent tip is urgent."""
    Case.objects.filter(members__tip_id=news.subject.pk, urgent=False).update(urgent=True)


def answers_are_back(news: StepTaken) -> None:
    """A case goes on when nobody's answer is awaited any more. Raises ``Conflict``, which undoes the step."""
    awaited = Q(state__in=AWAITING) | Q(state=ReferralState.EXPIRED, disposition="")
    if Referral.objects.filter(awaited, case_id=news.subject.pk).exists():
        raise Conflict(
            _(
                "The answer of another body is still awaited. Nothing was changed. Record that none came, or call the "
                "text back; then go on."
            )
        )
