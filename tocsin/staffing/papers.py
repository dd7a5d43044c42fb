"""Reasons about staff are stored as they are written: administrators must read them and cannot unlock the unit's key.

They concern colleagues and no report, and every screen that asks for one says that no report may be told of in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class MemberPapers:
    """The papers of the steps of a member of staff."""

    def seal(self, text: str) -> bytes:
        """``text`` as UTF-8."""
        return text.strip().encode()

    def public_entry(self, subject: Any, kind: str, private_digest: bytes) -> tuple[bytes, bytes]:
        """Never asked for: no step about staff is public. Raises ``NotImplementedError``."""
        raise NotImplementedError("the public ledger tells nothing of staff")


def to_payload(told: Mapping[str, Any]) -> bytes:
    """What a proposal says, as JSON."""
    return json.dumps(dict(told), ensure_ascii=False, sort_keys=True).encode()


def from_payload(payload: bytes | memoryview) -> dict[str, Any]:
    """The inverse of ``to_payload``."""
    told: dict[str, Any] = json.loads(bytes(payload))
    return told


def from_reason(reason: bytes | memoryview) -> str:
    """A reason in clear."""
    return bytes(reason).decode()
