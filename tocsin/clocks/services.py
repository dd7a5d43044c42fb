"""The one place that starts, stops, moves and ends clocks. ``take_step`` calls it; nobody else sets a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from tocsin.access.actors import Actor, ActorKind
from tocsin.access.permissions import Permission
from tocsin.clocks.definitions import ARRIVAL, Clock, by_end_of
from tocsin.clocks.models import RUNNING, Deadline, Span, SpanKind
from tocsin.clocks.registry import kind_of
from tocsin.common import clock as time
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.ledger.services import record_audit
from tocsin.policy.active import get_pack, pack_of
from tocsin.policy.clocks import end_of_day, local_day
from tocsin.policy.model import Pack


@dataclass(frozen=True)
class Cause:
    """The step that moves clocks: its name, who took it, its sealed reason, and the new date where it puts one off."""

    step: str
    actor: Actor
    reason: bytes = b""
    until: date | None = None

    @property
    def kept_at(self) -> datetime:
        """The moment as it is stored: of what a reporter does only the hour."""
        moment = time.now()
        return time.on_the_hour(moment) if self.actor.kind is ActorKind.REPORTER else moment


def arrival_rows(*, kind: str, ref: str, pack: Pack, arrived_at: datetime) -> list[Deadline]:
    """The unsaved clocks that run from the arrival of a subject; the start is stored by the hour."""
    subjects = kind_of(kind)
    started = [each for each in subjects.clocks if ARRIVAL in each.starts] if subjects else []
    return [_run((kind, ref), each, pack, (arrived_at, time.on_the_hour(arrived_at))) for each in started]


def follow_step(*, cause: Cause, kind: str, subject: Any) -> None:
    """Do to the clocks of ``subject`` what its kind says of the step; in the step's transaction.

    ``subject`` is locked, stands in its new state and is saved afterwards. Raises ``RuleBroken`` and ``Conflict`` when
    a date cannot be put off.
    """
    subjects = kind_of(kind)
    if subjects is None:
        return
    is_over, pack = subject.state in subjects.over_in, rules_of(subject)
    if not is_over and not any(each.touched_by(cause.step) for each in subjects.clocks):
        return
    held = Deadline.objects.select_for_update().filter(RUNNING, subject_kind=kind, subject_ref=subject.ref)
    running = {row.clock: row for row in held}
    for each in subjects.clocks:
        if each.name in running and (is_over or cause.step in each.meets | each.drops):
            _end(running.pop(each.name), cause, met=cause.step in each.meets)
        if each.name in running:
            _move(running[each.name], each, cause, pack)
        elif cause.step in each.extends:
            raise Conflict(_("This clock does not run any more. Nothing was changed. Look at it again."))
        elif cause.step in each.starts and not is_over:
            running[each.name] = _run((kind, subject.ref), each, pack, (time.now(), cause.kept_at), cause.until)
            running[each.name].save()
    subjects.show(subject, running)


def rules_of(subject: Any) -> Pack:
    """The rules of the day on which a subject arrived, or today's for one that keeps no version."""
    version = getattr(subject, "pack_version", "")
    return pack_of(version) if version else get_pack()


def next_call(each: Clock, row: Deadline, since: datetime) -> datetime | None:
    """When the worker has something to tell of ``row``, from ``since`` on; ``None`` when all is told."""
    moments = (call.moment(row.started_at, row.due_at) for call in each.all_calls(get_pack()))
    return min((moment for moment in moments if moment >= since), default=None)


def latest_day(row: Deadline, each: Clock, pack: Pack) -> date | None:
    """The last day to which a clock may be put off; ``None`` for one that never is."""
    return each.latest(pack, local_day(row.started_at, pack)) if each.latest else None


def _run(
    of: tuple[str, str], each: Clock, pack: Pack, started: tuple[datetime, datetime], until: date | None = None
) -> Deadline:
    """An unsaved run for kind and handle; ``started``: the moment from which it counts, and as it is stored."""
    (kind, ref), (counted, stored) = of, started
    if each.due is not None:
        due = each.due(pack, counted)
    elif until is not None:
        due = by_end_of(until, pack)
    else:
        raise ValueError(f"the step that starts {each.name} must name a day")
    row = Deadline(subject_kind=kind, subject_ref=ref, clock=each.name, started_at=stored, due_at=due.at, due_on=due.on)
    row.next_at = next_call(each, row, stored)
    return row


def _end(row: Deadline, cause: Cause, *, met: bool) -> None:
    """End a run. One that ended late keeps that for good, also where the worker had no time to mark it."""
    if row.is_overdue(time.now()) and row.overdue_since is None:
        row.overdue_since = row.due_at
    row.ended_at, row.met, row.next_at = cause.kept_at, met, None
    row.save()


def _move(row: Deadline, each: Clock, cause: Cause, pack: Pack) -> None:
    if cause.step in each.pauses:
        _pause(row, each, cause, pack)
    elif cause.step in each.resumes:
        _resume(row, each, pack)
    elif cause.step in each.extends:
        _extend(row, each, cause, pack)


def _pause(row: Deadline, each: Clock, cause: Cause, pack: Pack) -> None:
    """Stop a clock for as long as the rules allow; it is due later by all of it, until somebody answers earlier.

    Once in the life of a subject, never after an extension, and a date that has passed is not moved any more.
    """
    if each.longest_pause is None or row.is_overdue(time.now()) or _was_stopped(row) or _is_extended(row):
        return
    today = local_day(time.now(), pack)
    until = today + timedelta(days=each.longest_pause(pack))
    _note(row, SpanKind.PAUSE, cause, (today, until))
    row.paused_on, row.paused_until = today, end_of_day(until, pack)
    _set_day(row, each, pack, _day_of(row) + (until - today))


def _resume(row: Deadline, each: Clock, pack: Pack) -> None:
    """Let a clock run again; what was not waited is taken off its date. After the longest pause nothing is."""
    span = row.spans.filter(kind=SpanKind.PAUSE, days=None).first()
    if span is None:
        return
    longest = (span.until_on - span.from_on).days
    span.days = max(0, min((local_day(time.now(), pack) - span.from_on).days, longest))
    span.save(update_fields=["days"])
    row.paused_on = row.paused_until = None
    _set_day(row, each, pack, _day_of(row) - timedelta(days=longest - span.days))


def why_not_extended(row: Deadline, latest: date | None, *, extended: bool) -> str:
    """What forbids to put off this date, whatever the new one, as a sentence; empty where nothing does.

    ``latest``: see ``latest_day``. ``extended``: whether it was put off before.
    """
    if row.is_overdue(time.now()):
        return _("This date has passed. It is not moved any more: tell the reporter what you know so far.")
    if row.is_paused(time.now()):
        return _("The clock stands still until the reporter answers.")
    if extended:
        return _("This date was put off before, and that is done only once.")
    if latest is None or latest <= _day_of(row):
        return _("The rules of this office allow no later date.")
    return ""


def _extend(row: Deadline, each: Clock, cause: Cause, pack: Pack) -> None:
    """Put off a date, once, up to the longest time of the pack; the reason is sealed."""
    before, latest = _day_of(row), latest_day(row, each, pack)
    if why := why_not_extended(row, latest, extended=_is_extended(row)):
        raise Conflict(_("%(why)s Nothing was changed.") % {"why": why})
    if cause.until is None or latest is None or not before < cause.until <= latest:
        told = _("Choose a day after %(before)s and not after %(latest)s. Nothing was changed.")
        raise RuleBroken(told % {"before": before.isoformat(), "latest": latest.isoformat() if latest else ""})
    _note(row, SpanKind.EXTENSION, cause, (before, cause.until))
    _set_day(row, each, pack, cause.until)
    record_audit(
        actor=cause.actor.name,
        role=cause.actor.role_for(Permission.CLOCK_EXTEND).value,
        action="clock.extend",
        subject=f"{row.subject_kind}:{row.subject_ref}",
        detail={"clock": row.clock, "from": before.isoformat(), "to": cause.until.isoformat()},
    )


def _was_stopped(row: Deadline) -> bool:
    """Whether this clock was stopped before in the life of the subject."""
    same = {f"deadline__{name}": getattr(row, name) for name in ("subject_kind", "subject_ref", "clock")}
    return Span.objects.filter(**same, kind=SpanKind.PAUSE).exists()


def _is_extended(row: Deadline) -> bool:
    return row.spans.filter(kind=SpanKind.EXTENSION).exists()


def _note(row: Deadline, kind: SpanKind, cause: Cause, between: tuple[date, date]) -> None:
    """Write down what moved a clock. An extension adds all its days at once, a pause tells at its end."""
    start, end = between
    Span.objects.create(
        deadline=row,
        kind=kind,
        from_on=start,
        until_on=end,
        days=(end - start).days if kind is SpanKind.EXTENSION else None,
        step=cause.step,
        actor=cause.actor.name,
        reason=cause.reason,
        at=cause.kept_at,
    )


def _day_of(row: Deadline) -> date:
    if row.due_on is None:
        raise ValueError(f"{row.clock} counts hours and cannot be moved by days")
    return row.due_on


def _set_day(row: Deadline, each: Clock, pack: Pack, day: date) -> None:
    row.due_on, row.due_at = day, end_of_day(day, pack)
    row.next_at = next_call(each, row, time.now())
    row.save()
