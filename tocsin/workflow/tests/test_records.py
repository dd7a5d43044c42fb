"""The private record of a step: the digest that the public ledger commits to holds on to every word of it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import models

from tocsin.workflow.models import Proposal, StepRecord
from tocsin.workflow.services import _digest

MOMENT = datetime(2026, 3, 2, 9, 30, 12, 345678, tzinfo=UTC)
COLUMNS = [field for field in StepRecord._meta.get_fields() if isinstance(field, models.Field) and field.name != "id"]
# The bytes that are hashed, and SHA-256 of them, as they were when the first leaves were published.
FROZEN_TEXT = (
    b'{"actor":"staff:1","at":"2026-03-02T09:30:12.345678+00:00","from":"received","proposed_by":"staff:2",'
    b'"reason":"c9d0036bed6744bcdf692fc980d8717d7e5f5a4f4e8266b4a84982602fb1cd09","role":"intake","rule":"rule.look",'
    b'"step":"look","subject":"thing:BCDFG","to":"seen"}'
)
FROZEN = "3e1ab8e50d5e0046576f002ac3ada7b5ddbe76e28b003cf02f77e8a8488bdbbb"


def record(**changes: Any) -> StepRecord:
    told: dict[str, Any] = {
        "subject_kind": "thing",
        "subject_ref": "BCDFG",
        "step": "look",
        "source": "received",
        "target": "seen",
        "actor": "staff:1",
        "role": "intake",
        "proposed_by": "staff:2",
        "reason": b"sealed",
        "rule": "rule.look",
        "at": MOMENT,
    }
    return StepRecord(**{**told, **changes})


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_another_value_in_any_column_is_another_digest(column: models.Field[Any, Any]) -> None:
    now = getattr(record(), column.name)
    if isinstance(now, datetime):
        others: list[object] = [now + timedelta(microseconds=1), now - timedelta(hours=1)]
    else:
        others = [now + now[:1], now[:-1], now[:0]]
    digests = {_digest(record(**{column.name: value})) for value in (now, *others)}
    assert len(digests) == len(others) + 1


def test_a_value_that_slips_into_the_next_column_is_another_digest() -> None:
    assert _digest(record(step="lookreceived", source="")) != _digest(record(step="look", source="received"))
    assert _digest(record(actor="staff:1", proposed_by="")) != _digest(record(actor="", proposed_by="staff:1"))


def test_the_digest_keeps_one_form_for_ever() -> None:
    assert hashlib.sha256(FROZEN_TEXT).hexdigest() == FROZEN
    assert _digest(record()).hex() == FROZEN, "auditors compare stored rows with leaves of years ago"


def test_rows_name_their_subject_and_what_happened() -> None:
    assert str(record()) == "thing BCDFG: look"
    assert str(Proposal(subject_kind="thing", subject_ref="BCDFG", step="end")) == "thing BCDFG: end (open)"
