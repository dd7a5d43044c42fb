"""The end of a case's time. What it says goes when the last of its tips is gone; that it was there stays.

Opens nothing: the worker ends cases. A text that was passed on goes with the last of the tips from which it quotes.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Least

from tocsin.access.actors import RETENTION, Actor
from tocsin.access.permissions import Permission
from tocsin.cases import workflow as life
from tocsin.cases.holding import is_held
from tocsin.cases.models import Case, CaseTip, Hearing, Referral, ReferralMessage, ReferralTip
from tocsin.cases.papers import CasePapers
from tocsin.cases.referral_workflow import REFERRAL_LIFE
from tocsin.cases.workflow import CASE_LIFE, PERSON_LIFE, CaseState
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import record_audits
from tocsin.tips.deadlines import local_today
from tocsin.tips.keeping import kept_until
from tocsin.tips.models import Tip
from tocsin.tips.workflow import State
from tocsin.workflow.forgetting import destroy_words
from tocsin.workflow.proposals import overtake_proposals
from tocsin.workflow.services import Move, take_step

_MOST_A_ROUND = 500


def empty_referrals_of(tip: Tip) -> None:
    """Destroy what was passed on of ``tip``, whose text goes: every text that quotes no other report that lives."""
    others = ReferralTip.objects.filter(referral=OuterRef("pk"), tip__destroyed_on__isnull=True).exclude(tip=tip)
    quoting = ReferralTip.objects.filter(tip=tip).values("referral_id")
    _empty(Referral.objects.filter(~Exists(others), pk__in=quoting))


def _empty(rows: QuerySet[Referral]) -> None:
    """Destroy text, messages and the recipient's copies; what a recipient still holds runs out at once."""
    full = Q(pk__in=ReferralMessage.objects.exclude(blob=b"", copy=b"").values("referral_id"))
    destroy_words(REFERRAL_LIFE.kind, list(rows.values_list("ref", flat=True)))
    found = list(rows.filter(~Q(letter=b"") | ~Q(copy=b"") | full).select_for_update().order_by("id"))
    yesterday = Value(local_today() - timedelta(days=1), output_field=DateField())
    keys = [row.pk for row in found]
    Referral.objects.filter(pk__in=keys).update(letter=b"", copy=b"", expires_on=Least("expires_on", yesterday))
    ReferralMessage.objects.filter(referral_id__in=keys).update(blob=b"", copy=b"")
    role = RETENTION.role_for(Permission.RETENTION_END).value
    subjects = [f"referral:{row.ref}" for row in found]
    record_audits([AuditRow(RETENTION.name, role, "referral.empty", subject) for subject in subjects])


def end_cases(*, actor: Actor) -> int:
    """Destroy what the cases say whose time is over; how many there were."""
    actor.require(Permission.RETENTION_END)
    return sum(_end(actor, pk) for pk in _perhaps_due())


def _perhaps_due() -> list[int]:
    living = CaseTip.objects.filter(case=OuterRef("pk")).exclude(tip__state=State.EXPIRED)
    rows = Case.objects.filter(~Exists(living), state=CaseState.CLOSED, legal_hold=False, closed_on__lte=local_today())
    return list(rows.order_by("closed_on", "id").values_list("pk", flat=True)[:_MOST_A_ROUND])


@transaction.atomic
def _end(actor: Actor, pk: int) -> bool:
    case = Case.objects.select_for_update().get(pk=pk)
    living = CaseTip.objects.filter(case=case).exclude(tip__state=State.EXPIRED)
    if case.state != CaseState.CLOSED or case.closed_on is None or living.exists() or is_held(case):
        return False
    if local_today() < kept_until(case, case.outcome, case.closed_on):
        return False
    take_step(
        actor=actor,
        life=CASE_LIFE,
        subject=case,
        move=Move(life.EXPIRE, changes={"about": b""}),
        papers=CasePapers(case.ref),
    )
    _empty_parts(case)
    _empty(Referral.objects.filter(case=case))
    return True


def _empty_parts(case: Case) -> None:
    """Findings, tasks, people, hearings, and every reason that was written; the rows stay, to say that it was done."""
    case.findings.update(text=b"")
    case.tasks.update(what=b"", result=b"")
    people = list(case.persons.values_list("ref", flat=True))
    Hearing.objects.filter(person__case=case).update(said=b"")
    case.persons.update(who=b"")
    for ref in people:
        overtake_proposals(life=PERSON_LIFE, subject_ref=ref)
    destroy_words(PERSON_LIFE.kind, people)
    destroy_words(CASE_LIFE.kind, [case.ref])
