"""Reference vectors of other projects: found beside the checkout or through TOCSIN_VECTORS, never copied
here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Load = Callable[[str], Any]
_REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def tlog_vectors() -> Load:
    """Load one JSON file of the ``tlog`` folder; the test is skipped where the vectors are not installed."""
    named = os.environ.get("TOCSIN_VECTORS")
    folder = Path(named) if named else _REPOSITORY.parent / "shared" / "vectors"

    def load(name: str) -> Any:
        path = folder / "tlog" / name
        if not path.is_file():
            pytest.skip(f"reference vectors not found: {path} (set TOCSIN_VECTORS)")
        return json.loads(path.read_text(encoding="utf-8"))

    return load
