"""One clock for all code, so that tests can set it and nobody calls ``datetime.now`` twice."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def on_the_hour(moment: datetime) -> datetime:
    """``moment`` cut down to its hour: what is stored where an exact time could point at a person."""
    return moment.replace(minute=0, second=0, microsecond=0)


def month_of(moment: datetime) -> str:
    """The UTC month as ``YYYY-MM``, the unit in which retention keys live and statistics are published."""
    return moment.astimezone(UTC).strftime("%Y-%m")
