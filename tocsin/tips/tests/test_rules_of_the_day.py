"""A tip stays under the rules of the day on which it arrived, whatever the office decides later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.installation import Installation, TestClock, clear_caches
from tests.people import Cast
from tests.stories import Reported, send_report
from tocsin.policy.tests.conftest import ShelfDraft
from tocsin.tips import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_versions(tmp_path: Path, installation: Installation, settings: object) -> ShelfDraft:
    """Until the end of June two months for an answer, from July on three."""
    shelf = ShelfDraft(tmp_path / "shelf")
    shelf.add("old", "rules-old", "2026-01-01", "2026-06-30").replace(
        "pack.toml", "feedback_months = 3", "feedback_months = 2"
    )
    shelf.add("new", "rules-new", "2026-07-01", "2027-12-31")
    settings.TOCSIN_PACK = shelf.path  # type: ignore[attr-defined]  # pytest-django's settings
    clear_caches()
    installation.unlock()
    return shelf


def test_the_clock_of_a_tip_follows_the_rules_of_its_arrival(
    two_versions: ShelfDraft, cast: Cast, set_clock: Callable[..., TestClock]
) -> None:
    now = set_clock(datetime(2026, 6, 29, 12, tzinfo=UTC))
    early: Reported = send_report()
    now.forward(days=3)
    late: Reported = send_report()
    assert (early.tip.pack_version, late.tip.pack_version) == ("rules-old", "rules-new")
    services.acknowledge(actor=cast.ines, tip=early.tip)
    services.acknowledge(actor=cast.ines, tip=late.tip)
    assert early.tip.feedback_by is not None
    assert late.tip.feedback_by is not None
    assert late.tip.feedback_by - early.tip.feedback_by == timedelta(days=30)
