"""What is written about a case, sealed to the unit. Cases write no ledger leaves: each of their tips does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tocsin.tips.papers import reason_place
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import Place, seal_to


def case_place(what: str, ref: str) -> Place:
    """The associated data of a text of a case: ``what`` it is (``about``, ``task``, …) and the row that holds it."""
    return Place(f"case-{what}", ref, 1)


def seal_text(what: str, ref: str, told: Mapping[str, Any]) -> bytes:
    """``told`` as JSON, sealed to the unit."""
    clear = json.dumps(dict(told), ensure_ascii=False, sort_keys=True).encode()
    return seal_to(keyring().unit_public, clear, info=case_place(what, ref))


def open_text(what: str, ref: str, blob: bytes | memoryview) -> dict[str, Any]:
    """The inverse of ``seal_text``; nothing for an empty blob. Raises ``Locked`` while the desk is locked."""
    if not blob:
        return {}
    told: dict[str, Any] = json.loads(unlocked.opener().open_sealed(bytes(blob), case_place(what, ref)))
    return told


class CasePapers:
    """The papers of a case's or a person's steps."""

    def __init__(self, ref: str) -> None:
        self._ref = ref

    def seal(self, text: str) -> bytes:
        """``text`` sealed to the unit; empty for an empty text."""
        if not text.strip():
            return b""
        return seal_to(keyring().unit_public, text.encode(), info=reason_place(self._ref))

    def public_entry(self, subject: Any, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        """Never asked for: no step of a case is public. Raises ``NotImplementedError``."""
        raise NotImplementedError("the public ledger counts the tips of a case, not the case")
