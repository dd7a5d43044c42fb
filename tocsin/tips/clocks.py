"""The clocks of a tip: which steps start, stop and end them, when they are due, and whom the worker tells.

Read it as a table. Dates follow the rules of the day on which the tip arrived. The worker loads this: nothing here
opens a tip.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission, Role
from tocsin.clocks.definitions import ARRIVAL, Anchor, Call, Clock, Due, Stage, whole_days
from tocsin.clocks.models import RUNNING, Deadline
from tocsin.clocks.registry import Subjects
from tocsin.common import clock
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import record_audits
from tocsin.policy.clocks import (
    due_acknowledge,
    due_answer_to_question,
    due_feedback,
    due_triage,
    latest_feedback,
)
from tocsin.policy.model import Pack
from tocsin.tips import workflow as life
from tocsin.tips.models import Declaration, Tip
from tocsin.tips.workflow import OPEN, TIP_LIFE, State
from tocsin.workflow.models import StepRecord

ACKNOWLEDGE, TRIAGE, URGENT, ANSWER, FEEDBACK = "acknowledge", "triage", "urgent", "answer", "feedback"
HAND_OFF = "hand_off"
"""The step in which somebody writes down which emergency body took over."""
R, S = Role, Stage
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def _leading_to(state: State) -> frozenset[str]:
    """The names of the steps whose target is ``state``; a step that comes later is in by itself."""
    return frozenset(step.name for step in TIP_LIFE.steps if step.target == state)


def _flagging() -> frozenset[str]:
    """The steps that mark a tip as urgent: those under the rule of the urgent clock but its end."""
    return frozenset(step.name for step in TIP_LIFE.steps if step.rule == life.FLAG_URGENT.rule) - {HAND_OFF}


def _hours_from_flag(pack: Pack, flagged: datetime) -> Due:
    return Due(due_triage(flagged, pack, urgent=True), None)


def _longest_pause(pack: Pack) -> int:
    return min(pack.clocks.need_info_pause_days, LONGEST_PAUSE_DAYS)


def _latest_feedback(pack: Pack, started_on: date) -> date:
    return latest_feedback(started_on, pack)


LONGEST_PAUSE_DAYS = 30
_RIGHTS = Call(S.ESCALATION, (R.RIGHTS_OFFICER,), 7 * DAY)
_SUPERVISOR = Call(S.ESCALATION, (R.SUPERVISOR,), DAY)

TIP_CLOCKS: tuple[Clock, ...] = (
    Clock(
        ACKNOWLEDGE,
        _("Reading by a person"),
        due=whole_days(due_acknowledge),
        starts=frozenset({ARRIVAL}),
        meets=_leading_to(State.ACKNOWLEDGED),
        calls=(Call(S.REMINDER, (R.INTAKE,), -2 * DAY), Call(S.OVERDUE, (R.INTAKE,)), _SUPERVISOR, _RIGHTS),
    ),
    Clock(
        TRIAGE,
        _("Triage"),
        due=whole_days(due_triage),
        starts=_leading_to(State.ACKNOWLEDGED),
        meets=_leading_to(State.IN_TRIAGE),
        calls=(Call(S.REMINDER, (R.TRIAGE,), -DAY), Call(S.OVERDUE, (R.TRIAGE,)), _SUPERVISOR, _RIGHTS),
    ),
    Clock(
        URGENT,
        _("Hand-off of an urgent report"),
        due=_hours_from_flag,
        starts=_flagging(),
        meets=frozenset({HAND_OFF}),
        calls=(
            Call(S.REMINDER, (R.INTAKE, R.TRIAGE, R.SUPERVISOR), anchor=Anchor.START, whole_offices=True),
            Call(S.OVERDUE, (R.INTAKE, R.TRIAGE), whole_offices=True),
            Call(S.ESCALATION, (R.SUPERVISOR,)),
            Call(S.ESCALATION, (R.RIGHTS_OFFICER,), HOUR),
        ),
    ),
    Clock(
        ANSWER,
        _("Waiting for the reporter’s answer"),
        due=whole_days(due_answer_to_question),
        starts=_leading_to(State.NEED_INFO),
        meets=frozenset({life.ANSWER.name}),
        drops=frozenset({life.RESUME.name}),
        calls=(Call(S.OVERDUE, (R.TRIAGE,)), Call(S.ESCALATION, (R.SUPERVISOR,), 7 * DAY)),
        binds_office=False,
    ),
    Clock(
        FEEDBACK,
        _("Answer to the reporter"),
        due=whole_days(due_feedback),
        starts=_leading_to(State.ACKNOWLEDGED) | {life.REOPEN.name, life.CASE_REOPENS.name, life.UNLINK.name},
        meets=_leading_to(State.FEEDBACK_GIVEN),
        pauses=_leading_to(State.NEED_INFO),
        resumes=frozenset({life.ANSWER.name, life.RESUME.name}),
        extends=frozenset({life.EXTEND_FEEDBACK.name}),
        longest_pause=_longest_pause,
        latest=_latest_feedback,
        calls=(
            Call(S.REMINDER, (R.TRIAGE, R.INVESTIGATOR, R.INTAKE), -30 * DAY),
            Call(S.REMINDER, (R.TRIAGE, R.INVESTIGATOR, R.INTAKE), -7 * DAY),
            Call(S.OVERDUE, (R.TRIAGE, R.INVESTIGATOR, R.INTAKE)),
            _SUPERVISOR,
            _RIGHTS,
        ),
    ),
)


def shut_out(actor: Actor) -> QuerySet[Any, Any]:
    """Handles of the tips in which ``actor`` declared an interest: not even a notice tells of them."""
    own = Declaration.objects.filter(staff_id=actor.require_staff(), has_interest=True)
    return own.values("tip__ref")


def at_work(refs: Collection[str]) -> dict[tuple[str, str], int]:
    """For each tip and office who took the last step in it, but nobody with an interest of their own."""
    taken = StepRecord.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref__in=refs, actor__startswith="staff:")
    barred = set(Declaration.objects.filter(tip__ref__in=refs, has_interest=True).values_list("tip__ref", "staff_id"))
    people: dict[tuple[str, str], int] = {}
    for ref, role, actor in taken.order_by("id").values_list("subject_ref", "role", "actor"):
        staff_id = int(actor.partition(":")[2])
        if (ref, staff_id) not in barred:
            people[ref, role] = staff_id
    return people


def show(tip: Tip, running: Mapping[str, Deadline]) -> None:
    """Copy the dates to the columns of the tip that lists choose by. Nothing else writes these columns."""
    acknowledge, feedback = running.get(ACKNOWLEDGE), running.get(FEEDBACK)
    if acknowledge is not None and acknowledge.due_on is not None:
        tip.acknowledge_by = acknowledge.due_on
    if feedback is not None:
        tip.feedback_by = feedback.due_on
    tip.paused_on = feedback.paused_on if feedback is not None else None


@transaction.atomic
def show_ended_pauses(*, actor: Actor) -> int:
    """Take the copy of a pause off the tips whose pause has lasted as long as it may; how many there were.

    Their dates are right already. The tips are locked before anything else of theirs, as every step does it.
    """
    role = actor.role_for(Permission.CLOCKS_MARK).value
    ended = Deadline.objects.filter(
        RUNNING, subject_kind=TIP_LIFE.kind, clock=FEEDBACK, subject_ref=OuterRef("ref"), paused_until__lte=clock.now()
    )
    waiting = Tip.objects.filter(Exists(ended), state=State.NEED_INFO, paused_on__isnull=False)
    tips = list(waiting.select_for_update(skip_locked=True).values_list("pk", "ref")[:MOST_PAUSES])
    Tip.objects.filter(pk__in=[pk for pk, _ref in tips]).update(paused_on=None)
    record_audits(
        [AuditRow(actor=actor.name, role=role, action="tip.pause_over", subject=f"tip:{ref}") for _pk, ref in tips]
    )
    return len(tips)


MOST_PAUSES = 500
TIPS = Subjects(
    kind=TIP_LIFE.kind,
    clocks=TIP_CLOCKS,
    over_in=frozenset(set(State) - OPEN),
    shut_out=shut_out,
    at_work=at_work,
    show=show,
)
