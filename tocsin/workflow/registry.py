"""Which lives there are, so that one queue can hold the proposals of all of them. Apps enter theirs when they load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from tocsin.access.actors import Actor
from tocsin.workflow.steps import Life

Visible = Callable[[Actor], "QuerySet[Any]"]


@dataclass(frozen=True)
class Registered:
    """A life, and the subjects of it that an actor may see (rows with a ``ref``)."""

    life: Life
    visible_to: Visible


_ENTRIES: dict[str, Registered] = {}


def register_life(life: Life, *, visible_to: Visible) -> None:
    """Enter a life; from ``AppConfig.ready``. Raises ``ValueError`` when another one has its kind."""
    known = _ENTRIES.setdefault(life.kind, Registered(life, visible_to))
    if known.life is not life:
        raise ValueError(f"two lives are called {life.kind}")


def lives() -> tuple[Registered, ...]:
    """Every life, in the order in which the apps load."""
    return tuple(_ENTRIES.values())


def life_of(kind: str) -> Life:
    """The life of this kind; raises ``KeyError`` when there is none."""
    return _ENTRIES[kind].life
