"""A case under a legal hold: it is kept, with its tips, their files, and all that was passed on of it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from tocsin.cases.interests import closed_to
from tocsin.cases.models import Case, CaseTip
from tocsin.cases.workflow import CASE_LIFE, CaseState
from tocsin.tips.holdable import Holdable, is_asked_for, mark_tip
from tocsin.tips.models import HoldState, LegalHold, Tip
from tocsin.tips.workflow import State


def orders_about(case: Case) -> QuerySet[LegalHold]:
    """Every order about this case itself."""
    return LegalHold.objects.filter(subject_kind=CASE_LIFE.kind, subject_ref=case.ref)


def is_held(case: Case) -> bool:
    """Whether an order about ``case`` forbids to destroy it, or one waits for a second person."""
    return case.legal_hold or is_asked_for(orders_about(case))


def _find(ref: str) -> Case | None:
    return Case.objects.filter(ref=ref).exclude(state=CaseState.EXPIRED).first()


def _closed_to(staff_id: int) -> QuerySet[Any, Any]:
    return closed_to(staff_id).values_list("ref", flat=True)


def _above(tip: Tip) -> QuerySet[Any, Any]:
    return Case.objects.filter(members__tip=tip).values_list("ref", flat=True)


def _mark(ref: str) -> bool:
    case = Case.objects.select_for_update().get(ref=ref)
    if case.state == CaseState.EXPIRED:
        return False
    case.legal_hold = orders_about(case).filter(state=HoldState.IN_FORCE).exists()
    case.save(update_fields=["legal_hold"])
    inside = Tip.objects.filter(pk__in=CaseTip.objects.filter(case=case).values("tip_id")).exclude(state=State.EXPIRED)
    for tip in inside.select_for_update().order_by("id"):
        mark_tip(tip)
    return True


CASE = Holdable(CASE_LIFE.kind, find=_find, closed_to=_closed_to, above=_above, mark=_mark)
