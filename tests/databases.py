"""A store that several connections share, for tests about locks, crashes and what happens at the same moment."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.management import call_command
from django.db import connection, connections

Result = TypeVar("Result")


def in_threads(calls: Sequence[Callable[[], Result]]) -> list[Result | Exception]:
    """Run ``calls`` at the same moment, each with its own connection; results or errors in order."""
    results: list[Result | Exception] = [AssertionError("did not run")] * len(calls)
    together = threading.Barrier(len(calls))

    def run(place: int) -> None:
        together.wait()
        try:
            results[place] = calls[place]()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.fixture(scope="session")
def empty_database_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Writes an embedded store with all tables and no row; the tables are made once for each process."""
    template = tmp_path_factory.mktemp("store") / "test_template.sqlite3"

    def make() -> None:
        connections.settings["default"]["NAME"] = str(template)
        in_threads([lambda: call_command("migrate", verbosity=0)])

    def write(path: Path) -> None:
        if not template.exists():
            make()
        shutil.copyfile(template, path)

    return write


@pytest.fixture
def shared_database(
    transactional_db: None, empty_database_file: Callable[[Path], None], tmp_path: Path
) -> Iterator[None]:
    """A real store instead of SQLite's in-memory one, which cannot lock between connections.

    PostgreSQL is one already. On SQLite a locked store gives up after half a second here, not after twenty.
    """
    if connection.vendor != "sqlite":
        yield
        return
    told, before = connections.settings["default"], connections["default"]
    name, options = told["NAME"], told["OPTIONS"]
    path = tmp_path / "test_shared.sqlite3"
    try:
        empty_database_file(path)
        told["NAME"], told["OPTIONS"] = str(path), {**options, "timeout": 0.5}
        connections["default"] = connections.create_connection("default")
        yield
    finally:
        connections["default"].close()
        connections["default"] = before
        told["NAME"], told["OPTIONS"] = name, options
