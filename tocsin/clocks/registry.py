"""Which clocks there are. Each app enters those of its own subjects when it loads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from tocsin.access.actors import Actor
from tocsin.clocks.definitions import Clock
from tocsin.clocks.models import Deadline

Refs = Callable[[Actor], "QuerySet[Any, Any]"]
AtWork = Callable[[Collection[str]], Mapping[tuple[str, str], int]]


def nothing_to_show(_subject: Any, _running: Mapping[str, Deadline]) -> None:
    """For subjects that keep no copy of a date."""


def nobody_yet(_refs: Collection[str]) -> Mapping[tuple[str, str], int]:
    """For subjects of which nobody is in charge."""
    return {}


@dataclass(frozen=True)
class Subjects:
    """One kind of thing with clocks.

    ``over_in``: the states in which nothing is owed any more. ``shut_out``: handles (one column) of the subjects of
    which an actor must learn nothing. ``at_work``: from handles to ``(handle, role) → staff id`` for those who are in
    charge; where it names nobody, everybody of the office is told. ``show`` copies the dates of the running clocks (by
    name) to columns of the subject that lists choose by; it is called before the subject is saved.
    """

    kind: str
    clocks: tuple[Clock, ...]
    over_in: frozenset[str]
    shut_out: Refs
    at_work: AtWork = nobody_yet
    show: Callable[[Any, Mapping[str, Deadline]], None] = nothing_to_show

    def clock(self, name: str) -> Clock:
        """The clock called ``name``; raises ``KeyError`` when there is none."""
        return {each.name: each for each in self.clocks}[name]


_ENTRIES: dict[str, Subjects] = {}
_SEEN_BY: dict[str, Refs] = {}


def register_clocks(subjects: Subjects) -> None:
    """Enter the clocks of a kind; from ``AppConfig.ready``. Raises ``ValueError`` when the kind has others already."""
    if _ENTRIES.setdefault(subjects.kind, subjects).clocks != subjects.clocks:
        raise ValueError(f"two sets of clocks are called {subjects.kind}")


def enter_visibility(kind: str, visible_to: Refs) -> None:
    """Say which subjects of a kind an actor may see (rows with a ``ref``), for notices about kinds without clocks."""
    _SEEN_BY[kind] = visible_to


def kinds_without_clocks() -> Mapping[str, Refs]:
    """Who may see what of the kinds that have entered no clocks."""
    return {kind: seen for kind, seen in _SEEN_BY.items() if kind not in _ENTRIES}


def kinds() -> tuple[Subjects, ...]:
    """Every kind with clocks, in the order in which the apps load."""
    return tuple(_ENTRIES.values())


def kind_of(name: str) -> Subjects | None:
    """The kind called ``name``; ``None`` for things without clocks."""
    return _ENTRIES.get(name)


def clock_of(kind: str, name: str) -> Clock:
    """One clock; raises ``KeyError`` when there is none."""
    return _ENTRIES[kind].clock(name)
