"""Opens what is written about a case."""

from __future__ import annotations

import json
from typing import Any

from tocsin.cases.papers import case_place
from tocsin.vault import unlocked


def open_text(what: str, ref: str, blob: bytes | memoryview) -> dict[str, Any]:
    """The inverse of ``seal_text``; nothing for an empty blob. Raises ``Locked`` while the desk is locked."""
    if not blob:
        return {}
    told: dict[str, Any] = json.loads(unlocked.opener().open_sealed(bytes(blob), case_place(what, ref)))
    return told
