"""Which lives there are, so that one queue can hold the proposals of all of them. Apps enter theirs when they load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from tocsin.access.actors import Actor
from tocsin.clocks.registry import enter_visibility
from tocsin.workflow.steps import Life

Visible = Callable[[Actor], "QuerySet[Any]"]


@dataclass(frozen=True)
class Registered:
    """A life, and the subjects of it that an actor may see (rows with a ``ref``)."""

    life: Life
    visible_to: Visible


@dataclass(frozen=True)
class StepTaken:
    """News for the apps above: ``subject`` as stored, the name of the step, whence and who."""

    kind: str
    subject: Any
    step: str
    source: str
    actor: Actor


Handler = Callable[[StepTaken], None]
_ENTRIES: dict[str, Registered] = {}
_HANDLERS: dict[tuple[str, str], list[Handler]] = {}


def after_step(kind: str, step: str, handler: Handler) -> None:
    """Call ``handler`` after every step of this name, inside its transaction: what it raises undoes the step.

    For an app above that keeps something beside the subject; from ``AppConfig.ready``, listed in its ``handlers.py``.
    """
    known = _HANDLERS.setdefault((kind, step), [])
    if handler not in known:
        known.append(handler)


def announce(news: StepTaken) -> None:
    """Tell those who asked for this step. Only ``take_step`` calls it."""
    for handler in _HANDLERS.get((news.kind, news.step), ()):
        handler(news)


def register_life(life: Life, *, visible_to: Visible) -> None:
    """Enter a life; from ``AppConfig.ready``. Raises ``ValueError`` when another one has its kind."""
    known = _ENTRIES.setdefault(life.kind, Registered(life, visible_to))
    if known.life is not life:
        raise ValueError(f"two lives are called {life.kind}")
    enter_visibility(life.kind, visible_to)


def lives() -> tuple[Registered, ...]:
    """Every life, in the order in which the apps load."""
    return tuple(_ENTRIES.values())


def life_of(kind: str) -> Life:
    """The life of this kind; raises ``KeyError`` when there is none."""
    return _ENTRIES[kind].life
