"""Clocks by the dozen without a report behind each, and what was told to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tocsin.access.actors import Actor
from tocsin.clocks.models import Deadline, Notice
from tocsin.common import clock
from tocsin.common.refs import new_ref


def bare_clock(name: str, *, due: datetime, started: datetime | None = None, **values: Any) -> Deadline:
    """An unsaved run whose next moment to tell is its end."""
    usual: dict[str, Any] = {
        "subject_kind": "tip",
        "subject_ref": new_ref(),
        "clock": name,
        "started_at": started or due - timedelta(days=7),
        "due_at": due,
        "next_at": due,
    }
    return Deadline(**{**usual, **values})


@pytest.fixture
def clocks_due(db: None) -> Callable[..., list[Deadline]]:
    """``clocks_due("acknowledge", 600)`` stores so many that have just run out."""

    def store(name: str, number: int, **values: Any) -> list[Deadline]:
        due = values.pop("due", clock.now())
        return Deadline.objects.bulk_create([bare_clock(name, due=due, **values) for _each in range(number)])

    return store


def told(actor: Actor) -> list[tuple[str, str, int]]:
    """Topic, stage and count of every notice that was written to this person, the oldest first."""
    rows = Notice.objects.filter(staff_id=actor.require_staff()).order_by("at", "id")
    return list(rows.values_list("topic", "stage", "count"))
