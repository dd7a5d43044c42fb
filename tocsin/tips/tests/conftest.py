"""Tips by the dozen without sealing, and a fresh limit of tries for each test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tocsin.common.refs import new_ref
from tocsin.tips import identity_opening, unlocking
from tocsin.tips.models import Tip
from tocsin.tips.tests.identity_fixtures import allowed, asked, kim, leo, lou, max_

__all__ = ["allowed", "asked", "kim", "leo", "lou", "max_"]  # fixtures


def bare_tip(**values: Any) -> Tip:
    """An unsaved tip whose sealed columns hold nothing that opens: for lists, dates and counts."""
    usual: dict[str, Any] = {
        "ref": new_ref(),
        "intake_key": secrets.token_bytes(32),
        "login_hash": secrets.token_bytes(32),
        "mail_public": secrets.token_bytes(32),
        "channel": "web",
        "category": "other",
        "pack_version": "seed-2026.1",
        "unit": "test-unit",
        "received_hour": datetime(2031, 3, 3, 9, tzinfo=UTC),
        "content": b"sealed",
        "wrapped_key": b"sealed",
        "retention_id": "2031-03",
        "identity_ref": new_ref(),
        "receipt": b"sealed",
        "acknowledge_by": date(2031, 3, 10),
    }
    return Tip(**{**usual, **values})


@pytest.fixture
def bare_tips(db: None) -> Callable[..., list[Tip]]:
    """``bare_tips({"urgent": True}, {})`` stores one for each set of values, in this order of arrival."""

    def store(*values: dict[str, Any]) -> list[Tip]:
        return Tip.objects.bulk_create([bare_tip(**each) for each in values])

    return store


@pytest.fixture(autouse=True)
def all_tries_left() -> Iterator[None]:
    """The limits on passphrases live as long as the process."""
    for attempts in (unlocking.attempts, identity_opening.attempts):
        attempts.forget_all()
    yield
    for attempts in (unlocking.attempts, identity_opening.attempts):
        attempts.forget_all()
