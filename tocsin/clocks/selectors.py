"""What is due: for the desk, for the figures, for other apps. Nothing of what somebody is shut out of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.clocks.definitions import Clock, Stage
from tocsin.clocks.models import RUNNING, Deadline, Span
from tocsin.clocks.registry import clock_of, kinds
from tocsin.common import clock as time
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import end_of_day

SOON = timedelta(days=2)
LATE = (timedelta(days=2), timedelta(days=7))
"""Where the three spans of lateness part: up to two days, up to a week, longer."""


@dataclass(frozen=True)
class Standing:
    """How one clock stands over all subjects: overdue by span (see ``LATE``), and due within ``SOON``."""

    kind: str
    clock: Clock
    late: tuple[int, int, int]
    soon: int

    @property
    def overdue(self) -> int:
        """All that is overdue."""
        return sum(self.late)


@dataclass(frozen=True)
class Figures:
    """One clock in one period: how many fell due, how many of them were met late, and are overdue still."""

    kind: str
    clock: str
    due: int
    late: int
    still_overdue: int


def running_clocks(kind: str, refs: Collection[str]) -> dict[str, list[Deadline]]:
    """The running clocks of these subjects by handle, those that end first on top. One query."""
    found: dict[str, list[Deadline]] = {ref: [] for ref in refs}
    rows = Deadline.objects.filter(RUNNING, subject_kind=kind, subject_ref__in=list(refs)).order_by("due_at", "id")
    for row in rows:
        found[row.subject_ref].append(row)
    return found


def spans_of(kind: str, ref: str) -> list[Span]:
    """What stopped or put off the clocks of one subject, in order; reasons are sealed."""
    spans = Span.objects.filter(deadline__subject_kind=kind, deadline__subject_ref=ref)
    return list(spans.select_related("deadline").order_by("id"))


def overdue(actor: Actor) -> QuerySet[Deadline]:
    """Every clock of the office that has run out and that ``actor`` may know of, the longest overdue first."""
    return _binding(actor).filter(due_at__lte=time.now()).order_by("due_at", "id")


def due_soon(actor: Actor) -> QuerySet[Deadline]:
    """Every clock of the office that runs out within ``SOON``, the next one first."""
    moment = time.now()
    return _binding(actor).filter(due_at__gt=moment, due_at__lte=moment + SOON).order_by("due_at", "id")


def running_called(actor: Actor, kind: str, name: str) -> QuerySet[Deadline]:
    """Every running clock of this name that ``actor`` may know of, the next to end first."""
    return _visible(actor).filter(subject_kind=kind, clock=name).order_by("due_at", "id")


def standings(actor: Actor) -> list[Standing]:
    """Each clock of the office with something overdue or due soon, in the order of the registry. One query."""
    moment = time.now()
    first, second = (moment - span for span in LATE)
    rows = (
        _binding(actor)
        .filter(due_at__lte=moment + SOON)
        .order_by()
        .values("subject_kind", "clock")
        .annotate(
            few=Count("id", filter=Q(due_at__lte=moment, due_at__gt=first)),
            some=Count("id", filter=Q(due_at__lte=first, due_at__gt=second)),
            many=Count("id", filter=Q(due_at__lte=second)),
            soon=Count("id", filter=Q(due_at__gt=moment)),
        )
    )
    counted = {(row["subject_kind"], row["clock"]): row for row in rows}
    return [
        Standing(subjects.kind, each, (row["few"], row["some"], row["many"]), row["soon"])
        for subjects in kinds()
        for each in subjects.clocks
        if (row := counted.get((subjects.kind, each.name)))
    ]


def overdue_in_offices(actor: Actor) -> list[tuple[Clock, int]]:
    """How many of the clocks that the offices of ``actor`` work on are overdue, by clock."""
    names = {
        (subjects.kind, each.name)
        for subjects in kinds()
        for each in subjects.clocks
        if each.binds_office and _works_on(each, actor)
    }
    if not names:
        return []
    rows = overdue(actor).filter(clock__in={name for _kind, name in names})
    counted = rows.order_by().values_list("subject_kind", "clock").annotate(n=Count("id"))
    return [(clock_of(kind, name), n) for kind, name, n in counted if (kind, name) in names]


def overdue_counts(actor: Actor, first: date, last: date) -> list[Figures]:
    """For each clock of the office what became of those that fell due from ``first`` to ``last``, both included.

    Days are those of the place where the authority sits. Raises ``NotPermitted`` without the right to the overview.
    """
    actor.require(Permission.OVERVIEW_READ)
    pack, moment = get_pack(), time.now()
    begin, end = end_of_day(first - timedelta(days=1), pack), end_of_day(last, pack)
    rows = (
        Deadline.objects.filter(_binding_names(), due_at__gt=begin, due_at__lte=end)
        .filter(Q(ended_at__isnull=True) | Q(met=True) | Q(overdue_since__isnull=False))
        .order_by("subject_kind", "clock")
        .values("subject_kind", "clock")
        .annotate(
            due=Count("id"),
            late=Count("id", filter=Q(overdue_since__isnull=False, ended_at__isnull=False)),
            still=Count("id", filter=Q(ended_at__isnull=True, due_at__lte=moment)),
        )
    )
    return [Figures(row["subject_kind"], row["clock"], row["due"], row["late"], row["still"]) for row in rows]


def has_clock(kind: str, *, due: str = "", name: str = "") -> Exists:
    """A condition for lists of subjects with a ``ref``: a clock of the office runs, called ``name`` if that is given.

    ``due``: ``overdue``, ``soon``, or empty for any date.
    """
    moment = time.now()
    rows = Deadline.objects.filter(RUNNING, _binding_names(), subject_kind=kind, subject_ref=OuterRef("ref"))
    if name:
        rows = rows.filter(clock=name)
    if due == "overdue":
        rows = rows.filter(due_at__lte=moment)
    elif due == "soon":
        rows = rows.filter(due_at__gt=moment, due_at__lte=moment + SOON)
    return Exists(rows)


def _works_on(each: Clock, actor: Actor) -> bool:
    calls = each.all_calls(get_pack())
    return any(role in actor.roles for call in calls if call.stage is Stage.OVERDUE for role in call.to)


def _binding(actor: Actor) -> QuerySet[Deadline]:
    """Running clocks that bind the office and that ``actor`` may know of."""
    return _visible(actor).filter(_binding_names())


def _binding_names() -> Q:
    names = Q(pk__in=[])
    for subjects in kinds():
        binding = [each.name for each in subjects.clocks if each.binds_office]
        names |= Q(subject_kind=subjects.kind, clock__in=binding)
    return names


def _visible(actor: Actor) -> QuerySet[Deadline]:
    rows = Deadline.objects.filter(RUNNING)
    for subjects in kinds():
        rows = rows.exclude(Q(subject_kind=subjects.kind) & Q(subject_ref__in=subjects.shut_out(actor)))
    return rows
