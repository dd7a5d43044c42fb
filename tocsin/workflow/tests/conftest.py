"""A thing to work on, and what is written down about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models

from tests.stories import Reported
from tocsin.access.actors import Actor
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.workflow.models import Proposal, StepRecord
from tocsin.workflow.proposals import propose
from tocsin.workflow.tests.small_life import END_TOGETHER, LIFE


class Thing:
    """One subject; ``now`` reads it afresh, ``put`` changes its row behind everybody's back."""

    def __init__(self, row: Any) -> None:
        self._rows: models.Manager[Any] = type(row).objects
        self.pk, self.ref = row.pk, row.ref

    @property
    def now(self) -> Any:
        return self._rows.get(pk=self.pk)

    def put(self, **values: object) -> Any:
        self._rows.filter(pk=self.pk).update(**values)
        return self.now


@pytest.fixture
def things(report: Callable[..., Reported]) -> Callable[..., Thing]:
    """``things(state="seen")`` makes one more."""

    def make(**values: object) -> Thing:
        thing = Thing(report().tip)
        if values:
            thing.put(**values)
        return thing

    return make


@pytest.fixture
def thing(things: Callable[..., Thing]) -> Thing:
    """One that nobody has looked at."""
    return things()


@pytest.fixture
def traces() -> Callable[[], tuple[int, int, int]]:
    """How many steps, lines of the audit log and waiting leaves there are."""

    def count() -> tuple[int, int, int]:
        return StepRecord.objects.count(), AuditRecord.objects.count(), Pending.objects.count()

    return count


@pytest.fixture
def proposed(things: Callable[..., Thing], ivo: Actor) -> tuple[Thing, Proposal]:
    """A thing that ivo wants to end, and his proposal."""
    thing = things(state="seen")
    return thing, propose(actor=ivo, life=LIFE, subject=thing.now, step=END_TOGETHER, payload=b"sealed")
