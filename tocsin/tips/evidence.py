"""Files of a tip: where they lie, what is known of them, and who may see what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from tocsin.evidence.traces import Code, Trace

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class EvidenceAbout:
    """What is sealed beside a file: name as sent, what it is by its content, size in bytes, SHA-256 in hex.

    ``traces``: what the file says of its maker, as ``photo:place``. ``doubts``: codes of what speaks against taking it
    for what it seems.
    """

    name: str
    family: str
    media_type: str
    size: int
    sha256: str
    traces: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def trace_sentences(self) -> list[str]:
        """What the file says of its maker, in words."""
        told = (trace.split(":", 1) for trace in self.traces)
        return [str(Trace(Code(code), about).sentence) for about, code in told]

    def to_bytes(self) -> bytes:
        """Canonical JSON in UTF-8."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> EvidenceAbout:
        """The inverse of ``to_bytes``."""
        told = json.loads(data)
        return cls(**{**told, "traces": tuple(told["traces"]), "doubts": tuple(told["doubts"])})


@dataclass(frozen=True)
class CopyAbout:
    """What is sealed beside a safe copy: key in hex, kind, facts as (code, text), notes, the walls at its making."""

    key: str = ""
    media_type: str = ""
    extension: str = ""
    size: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    confinement: str = ""
    reason: str = ""

    def to_bytes(self) -> bytes:
        """Canonical JSON in UTF-8."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> CopyAbout:
        """The inverse of ``to_bytes``."""
        told = json.loads(data)
        facts = tuple((code, text) for code, text in told["facts"])
        return cls(**{**told, "facts": facts, "notes": tuple(told["notes"])})


def path_of(ref: str) -> Path:
    """Where the sealed file ``ref`` lies; a folder for each of its first two characters."""
    folder: Path = settings.TOCSIN_EVIDENCE_DIR
    return folder / ref[:2] / ref


def incoming_folder() -> Path:
    """Where files lie while they arrive."""
    folder: Path = settings.TOCSIN_EVIDENCE_DIR / "incoming"
    shared_folder(folder)
    return folder


def shared_folder(folder: Path) -> None:
    """Make ``folder`` where it is missing, for door and desk alike whatever the umask says: they share a group."""
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o770)


def copy_path_of(ref: str) -> Path:
    """Where the sealed safe copy of ``ref`` lies."""
    return path_of(ref).with_name(f"{ref}.copy")


def remove_files(refs: Iterable[str]) -> None:
    """Remove originals and copies for good: their rows, and with them their keys, are gone already."""
    for ref in refs:
        path_of(ref).unlink(missing_ok=True)
        copy_path_of(ref).unlink(missing_ok=True)


def sealed_chunks(path: Path) -> Iterator[bytes]:
    """The sealed bytes of a file, a piece at a time. Raises ``OSError``."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
