"""The text of OOXML and OpenDocument files, read with limits on everything a file can claim."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused
from tocsin.evidence.cleaners.visible import shown

_MOST_PARTS = 2000
_PART_BYTES = 64 * 1024 * 1024
_ALL_BYTES = 256 * 1024 * 1024
_SHARED = "xl/sharedStrings.xml"
_TEXT_PARTS = re.compile(
    r"content\.xml|word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml"
    r"|xl/worksheets/sheet\d+\.xml|ppt/(slides|notesSlides)/\w+\.xml"
)
_OPEN_DOCUMENT = "{urn:oasis:names:tc:opendocument:xmlns:"
_LINE_TAGS = {"p", "h", "row", "table-row", "br", "cr", "line-break"}
_CELL_TAGS = {"c", "tc", "table-cell", "tab"}
_NUMBERS = re.compile(r"(\d+)")


@dataclass
class Found:
    """What a package holds beside and in its text parts."""

    text: str = ""
    notes: list[str] = field(default_factory=list)
    readable: bool = False

    def made(self, asked: Asked) -> Made:
        """The text as a copy. Raises ``Refused`` where the format is none of these packages."""
        if not self.readable:
            raise Refused(Refusal.NO_CLEANER)
        text, hidden = shown(self.text[: asked.characters])
        notes = ["text-only", *self.notes]
        if hidden:
            notes.append("hidden-shown")
        if len(self.text) > asked.characters:
            notes.append("text-left-out")
        return Made(text.encode("utf-8", "replace")[: asked.output_bytes], "text/plain", [], notes)


def looked_through(data: bytes, asked: Asked) -> Found:
    """Text and warnings. A file that is no zip package (the old binary formats) gives an empty ``Found``.

    Raises ``Refused``: malformed XML, entities or a DTD, more than the limits, an encrypted package.
    """
    found = Found()
    if not data.startswith(b"PK"):
        return found
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _look(package, found, asked)
    except (zipfile.BadZipFile, zlib.error, ParseError, DefusedXmlException, OSError, EOFError, NotImplementedError):
        raise Refused(Refusal.MALFORMED) from None
    except RuntimeError:  # zipfile says so of a part with a password
        raise Refused(Refusal.ENCRYPTED) from None
    return found


def _look(package: zipfile.ZipFile, found: Found, asked: Asked) -> None:
    names = package.namelist()
    if len(names) > _MOST_PARTS:
        raise Refused(Refusal.TOO_LARGE)
    budget = _Budget()
    if any(name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/")) for name in names):
        found.notes.append("macros")
    if any("/embeddings/" in name or name.startswith("ObjectReplacements/") for name in names):
        found.notes.append("attachments")
    if "META-INF/manifest.xml" in names and b"encryption-data" in budget.read(package, "META-INF/manifest.xml"):
        raise Refused(Refusal.ENCRYPTED)
    if any(b'"External"' in budget.read(package, name) for name in names if name.endswith(".rels")):
        found.notes.append("links-outside")
    shared: list[str] = []
    if _SHARED in names:
        shared = _parsed(budget.read(package, _SHARED), _Characters(asked.characters, [])).strings
    left = asked.characters + 1
    for name in sorted(filter(_TEXT_PARTS.fullmatch, names), key=_as_people_count):
        found.readable = True
        piece = _parsed(budget.read(package, name), _Characters(left, shared)).text()
        found.text += piece
        left -= len(piece)


class _Budget:
    """Bytes that may be unpacked from one package. What a part claims does not count; what comes out does."""

    def __init__(self) -> None:
        self._left = _ALL_BYTES

    def read(self, package: zipfile.ZipFile, name: str) -> bytes:
        with package.open(name) as part:
            data = part.read(_PART_BYTES + 1)
        self._left -= len(data)
        if len(data) > _PART_BYTES or self._left < 0:
            raise Refused(Refusal.TOO_LARGE)
        return data


class _Characters:
    """Takes characters in reading order as the parser meets them, and stops keeping them at ``most``."""

    def __init__(self, most: int, shared: list[str]) -> None:
        self.strings: list[str] = []
        self._left = most
        self._shared = shared
        self._pieces: list[str] = []
        self._inside = 0
        self._refers = False
        self._value: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = _holds_characters(tag)
        self._inside += bool(name)
        if tag.endswith("}c"):
            self._refers = attributes.get("t") == "s"
        elif tag.endswith("}si"):
            self._pieces = []

    def data(self, text: str) -> None:
        """Characters."""
        if self._inside and self._left > 0:
            self._left -= len(text)
            self._value.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if _holds_characters(tag):
            self._inside -= 1
        value, self._value = "".join(self._value), []
        if tag.endswith("}v") and self._refers and value.isdecimal() and int(value[:9]) < len(self._shared):
            value = self._shared[int(value[:9])][: max(0, self._left)]
            self._left -= len(value)  # one long string, named a million times, is a bomb too
        self._pieces.append(value)
        name = tag.rpartition("}")[2]
        if name == "si":
            self.strings.append("".join(self._pieces))
        elif name in _LINE_TAGS:
            self._pieces.append("\n")
        elif name in _CELL_TAGS:
            self._pieces.append("\t")

    def close(self) -> _Characters:
        """The parser wants it."""
        return self

    def text(self) -> str:
        """What was kept."""
        return "".join(self._pieces)


def _holds_characters(tag: str) -> bool:
    """``t`` and ``v`` of the three OOXML languages; in OpenDocument everything inside a paragraph or heading."""
    name = tag.rpartition("}")[2]
    return name in ("p", "h") if tag.startswith(_OPEN_DOCUMENT) else name in ("t", "v")


def _parsed(part: bytes, into: _Characters) -> _Characters:
    """Read one part. No DTD, no entities, nothing from outside."""
    parser: Any = XMLParser(target=into, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.feed(part)
    made: _Characters = parser.close()
    return made


def _as_people_count(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _NUMBERS.split(name)]
