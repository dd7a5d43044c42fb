"""What a person wrote, as it is sealed: a small, versioned record."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tocsin.vault.sealing import Place

CONTENT_VERSION = 1

# C0 and C1 controls other than tab and line feed: they show nothing and break displays and exports.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean_text(text: str) -> str:
    """Line ends as line feeds, control characters taken out, outer white space cut. Nothing else is changed, but that
    half characters, which no UTF-8 can hold, become the replacement character.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def contact_text(clear: bytes) -> str:
    """What the reporter left, as lines to read; a form that a channel stored as JSON becomes ``name: value`` lines."""
    text = clear.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(told, dict):
        return text
    return "\n".join(f"{name}: {value}" for name, value in told.items() if value not in (None, "", [], {}))


def content_place(ref: str) -> Place:
    """The associated data of a tip's content blob."""
    return Place("tip", ref, CONTENT_VERSION)


def identity_place(ref: str) -> Place:
    """The associated data of an identity blob."""
    return Place("identity", ref, CONTENT_VERSION)


def message_place(ref: str) -> Place:
    """The associated data of a message."""
    return Place("message", ref, CONTENT_VERSION)


def receipt_place(ref: str) -> Place:
    """The associated data of the stored promise."""
    return Place("receipt", ref, CONTENT_VERSION)


def events_key_place(ref: str) -> Place:
    """The associated data of a tip's ledger key, kept apart after its text was discarded."""
    return Place("events-key", ref, CONTENT_VERSION)


def note_place(ref: str) -> Place:
    """The associated data of one version of a staff note."""
    return Place("note", ref, CONTENT_VERSION)


def hold_place(ref: str) -> Place:
    """The associated data of the order behind a legal hold."""
    return Place("legal-hold", ref, CONTENT_VERSION)


def evidence_place(ref: str) -> Place:
    """The associated data of a file's frames."""
    return Place("evidence", ref, CONTENT_VERSION)


def evidence_about_place(ref: str) -> Place:
    """The associated data of what is sealed beside a file."""
    return Place("evidence-about", ref, CONTENT_VERSION)


def copy_place(ref: str) -> Place:
    """The associated data of a safe copy's frames."""
    return Place("evidence-copy", ref, CONTENT_VERSION)


def copy_about_place(ref: str) -> Place:
    """The associated data of what is sealed beside a safe copy."""
    return Place("evidence-copy-about", ref, CONTENT_VERSION)


@dataclass(frozen=True)
class Particulars:
    """What only a channel that asks more than the short form knows.

    ``details``: answers to the questions of the category by code, as plain JSON; ``None`` says "I do not know".
    ``mode``: the pack's identity mode. ``earlier``: the handle of an earlier tip of the same reporter. ``award``:
    ``yes``, ``no`` or nothing. ``language``: the language of the page on which the reporter wrote.
    ``provenance``: how staff came to write it down, by the names in ``intake.provenance``.
    """

    details: Mapping[str, Any] = field(default_factory=dict)
    mode: str = ""
    earlier: str = ""
    award: str = ""
    language: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Only what was told, so that reports of other channels stay as short as they were."""
        told = asdict(self) | {"details": dict(self.details), "provenance": dict(self.provenance)}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True)
class TipContent:
    """The sealed part of a tip: the answers, how the reporter came in, and the key of its ledger pseudonyms.

    ``answers`` maps question names to texts. ``k_events`` (32 bytes) lets staff write later events of this tip into
    the public ledger under pseudonyms that only the reporter can recognise. ``papers_key`` (32 bytes, X25519) opens
    what was written about the tip later; it dies with the content. Empty in reports from before it was made.
    """

    answers: Mapping[str, str]
    k_events: bytes
    identity_given: bool = False
    flags: tuple[str, ...] = field(default=())
    particulars: Particulars = field(default_factory=Particulars)
    papers_key: bytes = b""

    def to_bytes(self) -> bytes:
        """Canonical JSON in UTF-8."""
        told: dict[str, Any] = {
            "v": CONTENT_VERSION,
            "answers": dict(self.answers),
            "k_events": self.k_events.hex(),
            "identity_given": self.identity_given,
            "flags": list(self.flags),
        }
        if more := self.particulars.to_json():
            told["particulars"] = more
        if self.papers_key:
            told["papers_key"] = self.papers_key.hex()
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> TipContent:
        """The inverse of ``to_bytes``; raises ``ValueError`` for a version that this code does not know."""
        told = json.loads(data)
        if told["v"] != CONTENT_VERSION:
            raise ValueError(f"unknown content version {told['v']}")
        return cls(
            told["answers"],
            bytes.fromhex(told["k_events"]),
            told["identity_given"],
            tuple(told["flags"]),
            Particulars(**told.get("particulars", {})),
            bytes.fromhex(told.get("papers_key", "")),
        )
