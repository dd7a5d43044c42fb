"""Whose work a tip is, as data: which stage of the work a state belongs to, and which office works at that stage.

A tip is in somebody's own queue when it needs something of their office. What is in nobody's own queue can still be
opened, with a reason (``tips/reading.py``). Apps above enter what else makes a tip somebody's own (``also_own``), from
``AppConfig.ready``. Nothing here moves a tip.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission, Role
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import Tip
from tocsin.tips.workflow import TIP_LIFE, State
from tocsin.workflow.selectors import waiting_for as proposals_for


@dataclass(frozen=True)
class Stage:
    """One stage of the work. ``office`` works there on the tips in ``states``.

    A tip that somebody has on their list is in the queue of nobody else of that office. With ``only_held``, it is in
    nobody's queue before somebody has it: investigators read what they investigate, not what others do.
    """

    name: str
    office: Role
    states: frozenset[State]
    only_held: bool = False


S = State
STAGES = (
    Stage("intake", Role.INTAKE, frozenset({S.RECEIVED, S.OUTCOME_SET})),
    Stage("triage", Role.TRIAGE, frozenset({S.ACKNOWLEDGED, S.IN_TRIAGE, S.NEED_INFO, S.LINKED})),
    Stage("checking", Role.INVESTIGATOR, frozenset({S.UNDER_VERIFICATION}), only_held=True),
    Stage("deciding", Role.SUPERVISOR, frozenset({S.REFERRED, S.FEEDBACK_GIVEN})),
)
DECIDED_BY_SUPERVISORS = frozenset({S.IN_TRIAGE, S.LINKED})
"""States in which a supervisor decides what comes next (whether facts are checked), beside what is proposed to them."""

Condition = Callable[[Actor], Q]
_ALSO_OWN: list[Condition] = []


def also_own(condition: Condition) -> None:
    """Enter a condition under which a tip is somebody's own, beside stages and lists; telling it twice is once."""
    if condition not in _ALSO_OWN:
        _ALSO_OWN.append(condition)


def stage_of(state: str) -> Stage | None:
    """The stage to which a state belongs; ``None`` for finished tips."""
    return next((stage for stage in STAGES if state in stage.states), None)


def holds(actor: Actor, tip: Tip) -> bool:
    """Whether ``tip`` is on the list of ``actor`` now: taken for an earlier stage it is not any more."""
    return tip.holder_id is not None and tip.holder_id == actor.staff_id and is_held(tip)


def is_held(tip: Tip) -> bool:
    """Whether anybody has ``tip`` on their list for the stage at which it stands."""
    stage = stage_of(tip.state)
    return tip.holder_id is not None and stage is not None and tip.held_for == stage.name


def held_now() -> Q:
    """Tips that stand at the stage for which somebody has them on a list."""
    held = Q(pk__in=[])
    for stage in STAGES:
        held |= Q(held_for=stage.name, state__in=sorted(stage.states))
    return Q(holder__isnull=False) & held


def on_list_of(staff_id: int) -> Q:
    """The tips on somebody's list."""
    return Q(holder=staff_id) & held_now()


def own_queue(actor: Actor) -> Q:
    """The condition under which a tip is in the own queue of ``actor``. It does not say whether they may see it."""
    mine = actor.require_staff()
    queue = on_list_of(mine) | Q(pk__in=waiting_for(actor).values("pk"))
    for condition in _ALSO_OWN:
        queue |= condition(actor)
    for stage in STAGES:
        if stage.office in actor.roles and not stage.only_held:
            free = Q(holder__isnull=True) | ~Q(held_for=stage.name)
            queue |= Q(state__in=sorted(stage.states)) & free
    if Role.SUPERVISOR in actor.roles:
        queue |= Q(is_open=True, due_order__lt=local_today()) | Q(state__in=sorted(DECIDED_BY_SUPERVISORS))
    return queue


def waiting_for(actor: Actor) -> QuerySet[Tip]:
    """The tips on which somebody else proposed what ``actor`` may decide."""
    if not actor.may(Permission.TIP_READ):
        return Tip.objects.none()
    proposals = proposals_for(actor, TIP_LIFE.kind).order_by()
    return Tip.objects.filter(ref__in=proposals.values("subject_ref"))


def own_among(actor: Actor, tips: Collection[Tip]) -> set[int]:
    """Primary keys of those of ``tips`` that are in the own queue of ``actor``, as the store says now."""
    own = Tip.objects.filter(pk__in=[tip.pk for tip in tips]).filter(own_queue(actor))
    return set(own.values_list("pk", flat=True))
