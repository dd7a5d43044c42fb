"""A clock as data: which steps start, stop and end it, when it is due, and who is told when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Role
from tocsin.policy.clocks import end_of_day, local_day
from tocsin.policy.model import Pack

ARRIVAL = "arrive"
"""The name by which ``Clock.starts`` means the arrival of a subject, which is no step."""


class Stage(models.TextChoices):
    """Why somebody is told of a clock."""

    REMINDER = "reminder", _("Due soon")
    OVERDUE = "overdue", _("Overdue")
    ESCALATION = "escalation", _("Still overdue")


class Anchor(Enum):
    """From where the moment of a call is counted."""

    START = "start"
    DUE = "due"


@dataclass(frozen=True)
class Due:
    """When a clock has run out. ``at``: the first moment at which it is overdue. ``on``: the last day, as people are
    told it; ``None`` for a clock that counts hours.
    """

    at: datetime
    on: date | None


@dataclass(frozen=True)
class Call:
    """One moment in the run of a clock at which the worker tells the offices ``to``. Negative ``after`` is before.

    Those in charge are told, or all of the first office where nobody is. With ``whole_offices`` everybody is told, and
    so it is with every escalation.
    """

    stage: Stage
    to: tuple[Role, ...]
    after: timedelta = timedelta()
    anchor: Anchor = Anchor.DUE
    whole_offices: bool = False

    @property
    def to_all(self) -> bool:
        """Whether everybody in the offices is told."""
        return self.whole_offices or self.stage is Stage.ESCALATION

    def moment(self, started_at: datetime, due_at: datetime) -> datetime:
        """When this call comes for a clock with this start and end."""
        return (started_at if self.anchor is Anchor.START else due_at) + self.after


def _no_calls(_pack: Pack) -> tuple[Call, ...]:
    return ()


@dataclass(frozen=True)
class Clock:
    """One clock of one kind of subject.

    ``due`` takes the rules of the subject's arrival and the moment of the start; where it is ``None``, the step that
    starts the clock names the day (``Move.until``). The sets name steps: ``starts``,
    ``meets`` (what was owed is done), ``drops`` (it is owed no more), ``pauses``, ``resumes`` and ``extends``. A pause
    holds the clock for ``longest_pause`` days at most and once in the life of a subject; ``latest`` is the last day to
    which it may be extended, counted from the day of the start, or ``None`` where it is never extended. ``calls`` and
    ``calls_of`` (from the pack of the day) are what the worker tells. ``binds_office`` is false for a time that the
    office gives to somebody else: its end is told and never counted against anybody.
    """

    name: str
    label: str | Promise
    due: Callable[[Pack, datetime], Due] | None
    starts: frozenset[str]
    meets: frozenset[str]
    calls: tuple[Call, ...]
    drops: frozenset[str] = frozenset()
    pauses: frozenset[str] = frozenset()
    resumes: frozenset[str] = frozenset()
    extends: frozenset[str] = frozenset()
    longest_pause: Callable[[Pack], int] | None = None
    latest: Callable[[Pack, date], date] | None = None
    calls_of: Callable[[Pack], tuple[Call, ...]] = _no_calls
    binds_office: bool = True

    def all_calls(self, pack: Pack) -> tuple[Call, ...]:
        """Every call, those of the pack too."""
        return self.calls + self.calls_of(pack)

    def touched_by(self, step: str) -> bool:
        """Whether ``step`` does anything to this clock."""
        moves = (self.pauses, self.resumes, self.extends)
        return any(step in names for names in (self.starts, self.meets, self.drops, *moves))


def by_end_of(day: date, pack: Pack) -> Due:
    """Due on ``day``, the whole of which counts."""
    return Due(end_of_day(day, pack), day)


def whole_days(due: Callable[[datetime, Pack], datetime]) -> Callable[[Pack, datetime], Due]:
    """A rule of ``policy.clocks`` as a clock's ``due``: the day on which it ends counts whole, as people read it."""

    def counted(pack: Pack, started: datetime) -> Due:
        return by_end_of(local_day(due(started, pack), pack), pack)

    return counted
