"""Fixtures for every test of the repository: an installation, the cast, databases that threads can share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

pytest_plugins = ["tests.installation", "tests.people", "tests.databases"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--database-only``, with which ``tools/run_tests.py`` repeats the tests that touch the store."""
    parser.addoption("--database-only", action="store_true", help="run only the tests that use the database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the option does not ask for."""
    if not config.getoption("--database-only"):
        return
    chosen = [item for item in items if _uses_database(item)]
    left = [item for item in items if not _uses_database(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = chosen


@pytest.fixture(autouse=True)
def no_language_is_left_over() -> Iterator[None]:
    """A page read in another language must not decide in which one the next test reads."""
    yield
    translation.deactivate()


def _uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & {"db", "transactional_db"})
