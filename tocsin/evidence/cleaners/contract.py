"""What a cleaner is asked and what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO

MOST_FACTS = 400
LONGEST_FACT = 500  # characters


class Refusal(StrEnum):
    """Why there is no copy."""

    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    ENCRYPTED = "encrypted"
    NO_CLEANER = "no-cleaner"


class Refused(Exception):
    """No copy can be made of this file; ``reason`` says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Asked:
    """The limits that a cleaner keeps itself (see ``Limits``), the kind of file, and the programs at hand.

    ``ffmpeg``, ``soffice``: paths, empty where there is none. ``network_is_cut``: no packet can leave. ``may_write``:
    the working folder lies in memory.
    """

    input_bytes: int
    output_bytes: int
    pages: int
    pixels: int
    frames: int
    duration_seconds: int
    entries: int
    characters: int
    media_type: str = ""
    ffmpeg: str = ""
    soffice: str = ""
    network_is_cut: bool = False
    may_write: bool = False

    @classmethod
    def from_json(cls, text: str) -> Asked:
        """What ``safe_copy`` wrote."""
        return cls(**json.loads(text))


@dataclass
class Made:
    """A copy. ``facts``: (code, text) in the order of reading. ``notes``: codes of what was left out or found."""

    output: bytes
    media_type: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def findings(self) -> dict[str, Any]:
        """As it goes back to the parent; long texts and long lists are cut."""
        facts = [[code, text[:LONGEST_FACT]] for code, text in self.facts[:MOST_FACTS]]
        return {"media_type": self.media_type, "facts": facts, "notes": list(dict.fromkeys(self.notes))}


def read_all(source: BinaryIO, asked: Asked) -> bytes:
    """The whole file. Raises ``Refused`` when it is empty."""
    data = source.read(asked.input_bytes + 1)
    if not data:
        raise Refused(Refusal.MALFORMED)
    if len(data) > asked.input_bytes:
        raise Refused(Refusal.TOO_LARGE)
    return data


def joined(lines: Iterable[str]) -> bytes:
    """Lines as UTF-8, whatever half characters they hold."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
