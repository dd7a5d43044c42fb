"""To whom a case is closed. Opens nothing, so that every program can ask."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from tocsin.cases.models import Case, CaseDeclaration, CaseTip
from tocsin.tips.models import Declaration


def closed_to(staff_id: int) -> QuerySet[Case]:
    """The cases in which, or in a tip of which, this member of staff declared an interest."""
    own_tips = Declaration.objects.filter(staff_id=staff_id, has_interest=True).values("tip_id")
    shut_out = CaseTip.objects.filter(tip_id__in=own_tips).values("case_id")
    declared = CaseDeclaration.objects.filter(staff_id=staff_id).values("case_id")
    return Case.objects.filter(Q(pk__in=shut_out) | Q(pk__in=declared))
