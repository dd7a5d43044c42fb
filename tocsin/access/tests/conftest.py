"""Every test begins with all tries left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tocsin.access.attempts import sign_in_attempts


@pytest.fixture(autouse=True)
def all_tries_left() -> Iterator[None]:
    """The buckets live as long as the process does, and so would the tries of another test."""
    sign_in_attempts.forget_all()
    yield
    sign_in_attempts.forget_all()
