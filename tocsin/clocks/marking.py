"""The worker's round: what has become due is marked, written down, and told.

Each batch is one transaction: after a crash it was done or it was not, and the next round finds what is left by
``next_at``. Only one round works at a time: on SQLite through ``BEGIN IMMEDIATE``, on PostgreSQL through an advisory
lock. A worker that was down tells of each clock once, at the stage that it has reached by now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.models import RoleGrant
from tocsin.access.permissions import Permission, Role
from tocsin.clocks.definitions import Anchor, Call, Clock, Stage
from tocsin.clocks.models import RUNNING, Deadline
from tocsin.clocks.notices import Letter, tell
from tocsin.clocks.registry import clock_of, kinds
from tocsin.common import clock as time
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import record_audits
from tocsin.policy.active import get_pack

BATCH = 500
_LOCK = 7_496_451_003  # any number that nothing else on the database server takes an advisory lock on


@dataclass(frozen=True)
class Told:
    """What is told of clocks that stand alike: the calls whose moment has come, and the next one that will."""

    kind: str
    clock: str
    calls: tuple[Call, ...]
    following: Call | None

    @property
    def stage(self) -> Stage | None:
        """The stage that they have reached; ``None`` when the pack has changed and nothing is to be told now."""
        return self.calls[-1].stage if self.calls else None


def mark_due(*, actor: Actor) -> int:
    """Mark and tell what has become due, at most ``BATCH`` clocks; how many there were. Call again while it is full."""
    role = actor.role_for(Permission.CLOCKS_MARK).value
    with transaction.atomic():
        if not _take_turn():
            return 0
        moment = time.now()
        rows = list(_due(moment))
        groups: dict[Told, list[Deadline]] = defaultdict(list)
        for row in rows:
            groups[_standing(row, moment)].append(row)
        for told, alike in groups.items():
            Deadline.objects.filter(pk__in=[row.pk for row in alike]).update(**_marks(told, moment))
        record_audits([trace for told, alike in groups.items() for trace in _traces(actor.name, role, told, alike)])
        tell(_letters(groups))
    return len(rows)


def _take_turn() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _due(moment: datetime) -> QuerySet[Deadline]:
    known = Q(pk__in=[])
    for subjects in kinds():
        known |= Q(subject_kind=subjects.kind, clock__in=[each.name for each in subjects.clocks])
    waiting = Deadline.objects.filter(RUNNING, known, next_at__lte=moment).order_by("next_at", "id")
    return waiting.select_for_update(skip_locked=True)[:BATCH]


def _standing(row: Deadline, moment: datetime) -> Told:
    """Which calls of ``row`` have come since it was looked at last, and which comes next."""
    calls = _in_order(clock_of(row.subject_kind, row.clock), row)
    since = row.next_at or moment
    come = tuple(call for when, call in calls if since <= when <= moment)
    following = next((call for when, call in calls if when > moment), None)
    return Told(row.subject_kind, row.clock, come, following)


def _in_order(each: Clock, row: Deadline) -> list[tuple[datetime, Call]]:
    moments = [(call.moment(row.started_at, row.due_at), call) for call in each.all_calls(get_pack())]
    return sorted(moments, key=lambda pair: pair[0])


def _marks(told: Told, moment: datetime) -> dict[str, Any]:
    """The columns to be written; expressions over each row's own moments, so that one statement does for all."""
    changes: dict[str, Any] = {"next_at": None}
    if told.following is not None:
        anchor = "started_at" if told.following.anchor is Anchor.START else "due_at"
        changes["next_at"] = F(anchor) + told.following.after
    stages = {call.stage for call in told.calls}
    if Stage.REMINDER in stages:
        changes["reminded_at"] = moment
    if Stage.OVERDUE in stages:
        changes["overdue_since"] = F("due_at")
    if Stage.ESCALATION in stages:
        changes["escalated_at"] = moment
    return changes


def _traces(actor: str, role: str, told: Told, alike: Sequence[Deadline]) -> Iterator[AuditRow]:
    if told.stage is None:
        return
    for row in alike:
        detail = {"clock": row.clock, "due": row.due_at.isoformat(timespec="minutes")}
        subject = f"{row.subject_kind}:{row.subject_ref}"
        yield AuditRow(actor=actor, role=role, action=f"clock.{told.stage.value}", subject=subject, detail=detail)


def _letters(groups: Mapping[Told, Sequence[Deadline]]) -> Iterator[Letter]:
    """For each clock whom it is told, at the stage that it has reached."""
    holders = _holders({role for told in groups for call in _telling(told) for role in call.to})
    for subjects in kinds():
        mine = {told: alike for told, alike in groups.items() if told.kind == subjects.kind and told.calls}
        people = subjects.at_work({row.subject_ref for alike in mine.values() for row in alike}) if mine else {}
        for told, alike in mine.items():
            for row in alike:
                yield from _letters_about(row, told, people, holders)


def _telling(told: Told) -> tuple[Call, ...]:
    """The calls by which people are told: reminders only while nothing worse has come."""
    return tuple(call for call in told.calls if call.stage is not Stage.REMINDER) or told.calls


def _letters_about(
    row: Deadline, told: Told, people: Mapping[tuple[str, str], int], holders: Mapping[Role, set[int]]
) -> Iterator[Letter]:
    """Whole offices where the call says so; of the others those in charge, or else all of the first office."""
    if told.stage is None:
        return
    chosen: dict[Role, set[int]] = {}
    for call in _telling(told):
        if call.to_all:
            chosen |= {role: holders[role] for role in call.to}
            continue
        in_charge = {role: {people.get((row.subject_ref, role.value), -1)} & holders[role] for role in call.to}
        busy = {role: ids for role, ids in in_charge.items() if ids}
        chosen |= busy or {call.to[0]: holders[call.to[0]]}
    for role, ids in chosen.items():
        for staff_id in sorted(ids):
            yield Letter(staff_id, role.value, row.subject_kind, row.subject_ref, row.clock, told.stage.value)


def _holders(roles: set[Role]) -> Mapping[Role, set[int]]:
    """Who holds which of these offices today."""
    held: dict[Role, set[int]] = {role: set() for role in roles}
    grants = RoleGrant.objects.filter(role__in=[role.value for role in roles], staff__is_active=True)
    for role, staff_id in grants.values_list("role", "staff_id"):
        held[Role(role)].add(staff_id)
    return held
