"""What must be there before something is decided: evidence, and that people were heard."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tocsin.cases.models import Case, Finding, Person
from tocsin.cases.models.work import Bearing
from tocsin.cases.workflow import FINDINGS, PersonState
from tocsin.common.errors import RuleBroken
from tocsin.tips.deadlines import local_today


def findings_of(case: Case) -> QuerySet[Finding]:
    """The findings that stand, those that were corrected left out, in order."""
    return Finding.objects.filter(case=case, corrected_by__isnull=True).order_by("id")


def unheard(case: Case) -> QuerySet[Person]:
    """Persons concerned who were not heard, and whose hearing is not put off to a day that is still to come."""
    put_off = Q(hearing_off_until__gte=local_today())
    return Person.objects.filter(case=case, state=PersonState.CONCERNED, heard_on__isnull=True).exclude(put_off)


def require_for_outcome(case: Case, outcomes: Iterable[str]) -> None:
    """Raise ``RuleBroken`` unless what ``outcomes`` say can be said.

    To say that something was found takes a finding that supports it, and that every person concerned was heard or
    their hearing was put off, with a reason and a date.
    """
    if not FINDINGS & set(outcomes):
        return
    if not findings_of(case).filter(bearing=Bearing.SUPPORTS).exists():
        raise RuleBroken(
            _("Nothing in the list of evidence supports this yet. Write down what was checked and found; then propose.")
        )
    missing = unheard(case).count()
    if missing:
        raise RuleBroken(
            _("%(n)s persons concerned were not heard. Hear them, or put the hearing off with a reason and a date.")
            % {"n": missing}
        )


def require_for_concern(case: Case) -> None:
    """Raise ``RuleBroken`` unless a second source or an official verification speaks about the facts."""
    second = Q(official=True) | Q(independent=True)
    if not findings_of(case).filter(second, bearing=Bearing.SUPPORTS).exists():
        raise RuleBroken(
            _(
                "One report is not enough to treat somebody as a person concerned. Write down a second, independent "
                "source or an official verification first."
            )
        )
