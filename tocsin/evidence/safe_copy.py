"""A copy of a stranger's file that staff may look at, or the reason why there is none. Never an error."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from tocsin.evidence import installed, sandbox, sentences
from tocsin.evidence.confinement import Confinement
from tocsin.evidence.kinds import Family, Kind
from tocsin.evidence.limits import Limits
from tocsin.evidence.pipes import Ending
from tocsin.evidence.sentences import Sentence


class Reason(StrEnum):
    """Why a file is kept sealed without a copy."""

    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    ENCRYPTED = "encrypted"
    TAKES_TOO_LONG = "takes-too-long"
    NO_CLEANER = "no-cleaner"
    NO_WALLS = "no-walls"
    UNKNOWN_KIND = "unknown-kind"


_WHY: dict[Reason, Sentence] = {
    Reason.TOO_LARGE: _("It is too large, or grows too large when it is opened."),
    Reason.MALFORMED: _("It is damaged, or built in a way that programs cannot read."),
    Reason.ENCRYPTED: _("It is encrypted; nobody here has the password."),
    Reason.TAKES_TOO_LONG: _("Reading it takes too long."),
    Reason.NO_CLEANER: _("This server has no program that can read it safely."),
    Reason.NO_WALLS: _("This server cannot shut a program off well enough to open a stranger's file with it."),
    Reason.UNKNOWN_KIND: _("We do not know this kind of file."),
}
KEPT_SEALED: Final = _("This file is kept sealed; no safe copy could be made.")


@dataclass(frozen=True)
class SafeCopy:
    """``data``: the copy. ``facts``: (code, text), text from the file itself: escape it. ``notes``: codes.

    ``extension`` is without a point. A copy is harmless as far as a cleaner behind ``confinement`` was not taken over;
    its type was checked here, outside, but it is still served with a strict content policy.
    """

    data: bytes
    media_type: str
    extension: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    confinement: Confinement

    @property
    def note_sentences(self) -> tuple[Sentence, ...]:
        """What was left out or found, in words."""
        return tuple(sentences.of_note(code) for code in self.notes)


@dataclass(frozen=True)
class KeptSealed:
    """No copy. ``confinement`` is None where nothing was started."""

    reason: Reason
    confinement: Confinement | None = None

    @property
    def sentence(self) -> Sentence:
        """That there is no copy."""
        return KEPT_SEALED

    @property
    def why(self) -> Sentence:
        """Why."""
        return _WHY[self.reason]


# What a cleaner of each family may hand back, how it begins, and its extension.
_PDF = ("application/pdf", "pdf")
_TEXT = ("text/plain", "txt")
_MAY_BE: dict[Family, tuple[tuple[str, str], ...]] = {
    Family.IMAGE: (("image/jpeg", "jpg"), ("image/png", "png"), _PDF),
    Family.PDF: (_PDF,),
    Family.OFFICE: (_PDF, _TEXT),
    Family.AUDIO: (("audio/ogg", "ogg"), ("audio/mp4", "m4a")),
    Family.VIDEO: (("video/mp4", "mp4"), ("video/webm", "webm")),
    Family.ARCHIVE: (_TEXT,),
    Family.APK: (_TEXT,),
    Family.TEXT: (_TEXT,),
}
_BEGINS = {
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "application/pdf": (0, b"%PDF-"),
    "audio/ogg": (0, b"OggS"),
    "audio/mp4": (4, b"ftyp"),
    "video/mp4": (4, b"ftyp"),
    "video/webm": (0, b"\x1aE\xdf\xa3"),
}
_TEXT_CONTROLS = bytes(set(range(32)) - {9, 10}) + b"\x7f"
_RECORDINGS = (Family.AUDIO, Family.VIDEO)
_OF_ENDING = {
    Ending.CRASHED: Reason.MALFORMED,
    Ending.TOO_LONG: Reason.TAKES_TOO_LONG,
    Ending.INPUT_TOO_LARGE: Reason.TOO_LARGE,
    Ending.OUTPUT_TOO_LARGE: Reason.TOO_LARGE,
    Ending.NO_WALLS: Reason.NO_WALLS,
}
_MOST_FACTS, _LONGEST_FACT, _LONGEST_CODE = 400, 500, 40


def make_safe_copy(
    source: Iterable[bytes], kind: Kind, limits: Limits, *, confinement: Confinement | None = None
) -> SafeCopy | KeptSealed:
    """Make a copy of the file that ``source`` yields (its plaintext in chunks), of the kind that ``kinds`` found.

    ``confinement``: other walls than the strongest at hand. Whatever the file does to its cleaner is a ``KeptSealed``;
    raises only what ``source`` raises.
    """
    if kind.family not in _MAY_BE:
        return KeptSealed(Reason.UNKNOWN_KIND)
    walls = confinement or sandbox.strongest()
    if walls.strength < limits.weakest.strength:
        return KeptSealed(Reason.NO_WALLS)
    if kind.family in _RECORDINGS:
        if installed.ffmpeg() is None or not sandbox.folder_is_memory(walls):
            return KeptSealed(Reason.NO_CLEANER)
        limits = limits.for_recordings()
    ran = sandbox.run(_job(kind, limits, walls), source, limits, walls)
    reason = _OF_ENDING.get(ran.ending)
    return KeptSealed(reason, ran.confinement) if reason else _checked(ran, kind.family)


def _job(kind: Kind, limits: Limits, walls: Confinement) -> sandbox.Job:
    ffmpeg = installed.ffmpeg() if kind.family in (*_RECORDINGS, Family.IMAGE) else None
    soffice = installed.soffice() if kind.family is Family.OFFICE else None
    asked = {
        **limits.for_cleaner(),
        "media_type": kind.media_type,
        "ffmpeg": str(ffmpeg or ""),
        "soffice": str(soffice or ""),
        "network_is_cut": walls.cuts_network,
        "may_write": sandbox.folder_is_memory(walls),
    }
    programs = tuple(_readable_for(program) for program in (ffmpeg, soffice) if program is not None)
    return sandbox.Job("tocsin.evidence.cleaners", (kind.family.value, json.dumps(asked)), programs)


def _readable_for(program: Path) -> Path:
    """A program alone, or, where it consists of many files (LibreOffice), the folder above its own."""
    real = program.resolve()
    return real.parents[1] if real.parent.name == "program" else program


def _checked(ran: sandbox.Ran, family: Family) -> SafeCopy | KeptSealed:
    """The cleaner's answer, believed only as far as it can be seen to be true."""
    told = _findings(ran.findings)
    if "refused" in told:
        known = {reason.value for reason in Reason}
        refused = str(told["refused"])
        return KeptSealed(Reason(refused) if refused in known else Reason.MALFORMED, ran.confinement)
    extension = dict(_MAY_BE[family]).get(str(told.get("media_type")))
    if extension is None or not _is_what_it_says(ran.output, str(told["media_type"])):
        return KeptSealed(Reason.MALFORMED, ran.confinement)
    notes = tuple(dict.fromkeys(note for note in _list(told.get("notes")) if isinstance(note, str)))
    return SafeCopy(
        data=ran.output,
        media_type=str(told["media_type"]),
        extension=extension,
        facts=_facts(told.get("facts")),
        notes=tuple(note for note in notes if sentences.is_note(note)),
        confinement=ran.confinement,
    )


def _findings(findings: bytes) -> dict[str, Any]:
    """The JSON object that the cleaner wrote; an empty one where it wrote something else."""
    try:
        told = json.loads(findings)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _list(told: object) -> list[object]:
    return told if isinstance(told, list) else []


def _facts(told: object) -> tuple[tuple[str, str], ...]:
    pairs = [pair for pair in _list(told)[:_MOST_FACTS] if isinstance(pair, list) and len(pair) == 2]
    return tuple(
        (code, text[:_LONGEST_FACT])
        for code, text in pairs
        if isinstance(code, str) and isinstance(text, str) and code.isascii() and len(code) <= _LONGEST_CODE
    )


def _is_what_it_says(data: bytes, media_type: str) -> bool:
    """Text is text without controls; everything else begins as its type does."""
    if media_type in _BEGINS:
        offset, magic = _BEGINS[media_type]
        return data.startswith(magic, offset)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(data.translate(None, _TEXT_CONTROLS)) == len(data)
