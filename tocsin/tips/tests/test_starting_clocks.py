"""The migration that starts the clocks of stored tips gives them the dates that the services give to new ones."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.installation import TestClock
from tests.people import Cast
from tests.stories import Reported
from tocsin.clocks.models import Deadline
from tocsin.policy.active import get_pack
from tocsin.tips import services
from tocsin.tips.workflow import State
from tocsin.workflow.models import StepRecord

pytestmark = pytest.mark.django_db
migration = importlib.import_module("tocsin.tips.migrations.0007_clocks")


def started(reported: Reported, **before: object) -> dict[str, Any]:
    """What the migration would store for this tip, were it stored by the version before it."""
    tip = reported.tip
    columns = {field.name: getattr(tip, field.name) for field in tip._meta.fields}
    flag = StepRecord.objects.filter(subject_ref=tip.ref, step="flag_urgent").first()
    row = SimpleNamespace(**{**columns, "pause_used": tip.paused_on is not None, **before})
    found: dict[str, Any] = migration.clocks_of(row, get_pack(), flag.at if flag else None)
    return found


@pytest.mark.parametrize(
    "state",
    [State.RECEIVED, State.ACKNOWLEDGED, State.IN_TRIAGE, State.NEED_INFO, State.UNDER_VERIFICATION, State.OUTCOME_SET],
)
def test_a_stored_tip_gets_the_clocks_that_a_new_one_has(
    tip_in: Callable[[State], Reported], cast: Cast, set_clock: Callable[..., TestClock], state: State
) -> None:
    set_clock()
    plain = tip_in(State.IN_TRIAGE).tip.feedback_by  # the version before did not count a pause before its end
    reported = tip_in(state)
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Danger.")
    running = {row.clock: row for row in Deadline.objects.filter(subject_ref=reported.ref, ended_at__isnull=True)}
    found = started(reported, feedback_by=plain if reported.tip.feedback_by else None)
    assert set(found) == set(running)
    for name, row in running.items():
        told = found[name]
        assert (told["due_at"], told["due_on"]) == (row.due_at, row.due_on), name
        assert (told.get("paused_on"), told.get("paused_until")) == (row.paused_on, row.paused_until), name
        assert told["next_at"] == told["started_at"], "the next round tells at the stage that it has reached"


def test_a_pause_that_is_over_stays_used_up(tip_in: Callable[[State], Reported]) -> None:
    found = started(tip_in(State.IN_TRIAGE), pause_used=True)
    assert found["feedback"]["span"]["days"] == 0
    assert "paused_on" not in found["feedback"]
