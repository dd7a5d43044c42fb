"""Traces in films and sound: QuickTime's user data, ID3, Vorbis comments, RIFF lists, Matroska."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tocsin.evidence.traces import xmp
from tocsin.evidence.traces.codes import Code

_MOST_BOXES: Final = 500
_AREA: Final = 64 * 1024
_ISO = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")
# Atoms of the user data list ("©xyz") and keys of the metadata list (QuickTime File Format, "Metadata").
_ATOMS: tuple[tuple[Code, re.Pattern[bytes]], ...] = (
    (Code.PLACE, re.compile(rb"\xa9xyz|loci|location\.ISO6709|location\.name|mdtalocation")),
    (Code.AUTHOR, re.compile(rb"\xa9(?:ART|aut|dir|prd|cpy)|quicktime\.(?:author|artist)|aART|auth|cprt|mdtaartist")),
    (
        Code.DEVICE,
        re.compile(rb"\xa9(?:mak|mod)|quicktime\.(?:make|model)|android\.(?:model|manufacturer)|mdtam(?:ake|odel)"),
    ),
    (Code.TIME, re.compile(rb"\xa9day|quicktime\.creationdate|android\.creation|date_recorded")),
    (Code.SOFTWARE, re.compile(rb"\xa9(?:swr|too|enc)|quicktime\.software|android\.version|mdtaencode")),
    (Code.COMMENT, re.compile(rb"\xa9(?:nam|cmt|des)|quicktime\.(?:title|description|comment)|mdta(?:title|comment)")),
    (Code.PREVIEW, re.compile(rb"covr")),
)
_ID3: dict[Code, tuple[bytes, ...]] = {
    Code.AUTHOR: (b"TPE1", b"TPE2", b"TCOM", b"TOPE", b"TOWN", b"TEXT", b"TCOP", b"TP1", b"TCM"),
    Code.TIME: (b"TDRC", b"TYER", b"TDAT", b"TDEN", b"TDTG", b"TIME", b"TYE"),
    Code.SOFTWARE: (b"TENC", b"TSSE", b"TEN", b"TSS"),
    Code.COMMENT: (b"COMM", b"USLT", b"TXXX", b"TIT2", b"PRIV", b"GEOB", b"UFID", b"COM", b"TT2", b"TXX"),
    Code.PREVIEW: (b"APIC", b"PIC"),
}
_VORBIS: tuple[tuple[Code, re.Pattern[bytes]], ...] = (
    (Code.PLACE, re.compile(rb"(?:LOCATION|GEO_?\w*)=[^\0]", re.IGNORECASE)),
    (Code.AUTHOR, re.compile(rb"(?:ARTIST|AUTHOR|PERFORMER|COMPOSER|CONTACT|COPYRIGHT)=[^\0]", re.IGNORECASE)),
    (Code.TIME, re.compile(rb"(?:DATE|CREATION_TIME)=[^\0]", re.IGNORECASE)),
    (Code.SOFTWARE, re.compile(rb"ENCODER=[^\0]", re.IGNORECASE)),
    (Code.COMMENT, re.compile(rb"(?:TITLE|DESCRIPTION|COMMENT)=[^\0]", re.IGNORECASE)),
)
_RIFF: tuple[tuple[Code, re.Pattern[bytes]], ...] = (
    (Code.AUTHOR, re.compile(rb"IART|ICOP|ITCH|IENG")),
    (Code.TIME, re.compile(rb"ICRD|IDIT")),
    (Code.SOFTWARE, re.compile(rb"ISFT")),
    (Code.DEVICE, re.compile(rb"ISRC|IMED")),
    (Code.COMMENT, re.compile(rb"ICMT|INAM|ISBJ")),
)
_MATROSKA: tuple[tuple[Code, re.Pattern[bytes]], ...] = (
    (Code.TIME, re.compile(rb"\x44\x61\x88|(?i:DATE_\w+|CREATION_TIME)")),
    (Code.SOFTWARE, re.compile(rb"\x4d\x80|\x57\x41")),
    (Code.COMMENT, re.compile(rb"\x7b\xa9")),
    (Code.PLACE, re.compile(rb"(?:RECORDING_)?LOCATION")),
    (Code.AUTHOR, re.compile(rb"ARTIST|DIRECTOR|PRODUCER")),
)
_MATROSKA_INFO, _MATROSKA_TAGS = b"\x15\x49\xa9\x66", b"\x12\x54\xc3\x67"


def found(head: bytes, tail: bytes, _media_type: str) -> set[Code]:
    """What a film or a recording gives away."""
    codes = xmp.found(head) | xmp.found(tail) | _of_id3(head) | _of_old_id3(tail or head)
    if head[4:8] in _ISO:
        codes |= _of_iso(head, tail)
    elif head.startswith((b"OggS", b"fLaC")):
        codes |= _matches(_VORBIS, head[:_AREA])
    elif head.startswith(b"RIFF"):
        codes |= _of_riff(head) | _of_riff(tail)
    elif head.startswith(b"\x1aE\xdf\xa3"):
        codes |= _of_matroska(head) | _of_matroska(tail)
    return codes


def _matches(patterns: tuple[tuple[Code, re.Pattern[bytes]], ...], area: bytes) -> set[Code]:
    return {code for code, pattern in patterns if pattern.search(area)}


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """``(type, first byte of the content, end)`` of the boxes in a range, as far as they make sense."""
    at = start
    for _number in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind, content = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, content = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < content - at:
            return
        yield kind, content, min(end, at + size)
        at += size


def _of_iso(head: bytes, tail: bytes) -> set[Code]:
    codes: set[Code] = set()
    for kind, start, end in _boxes(head, 0, len(head)):
        if kind == b"moov":
            codes |= _of_moov(head, start, end)
    at = tail.find(b"moov")
    if at >= 4:
        codes |= _of_moov(tail, at + 4, len(tail))
    elif (at := tail.rfind(b"udta")) >= 4:  # a film so long that its index does not fit into the tail
        codes |= _matches(_ATOMS, tail[at : at + int.from_bytes(tail[at - 4 : at], "big")])
    return codes


def _of_moov(data: bytes, start: int, end: int) -> set[Code]:
    codes: set[Code] = set()
    for kind, inner, stop in _boxes(data, start, end):
        if kind in (b"udta", b"meta", b"uuid"):
            codes |= _matches(_ATOMS, data[inner : min(stop, inner + _AREA)])
        elif kind == b"mvhd" and any(data[inner + 4 : inner + (12 if data[inner : inner + 1] == b"\1" else 8)]):
            codes.add(Code.TIME)
    return codes


def _of_id3(head: bytes) -> set[Code]:
    """Frames of ID3v2 (id3.org): four letters and a size from 2.3 on, three before."""
    if head[:3] != b"ID3" or len(head) < 10:
        return set()
    letters = 3 if head[3] == 2 else 4
    end = min(len(head), 10 + _seven_bits(head[6:10]))
    codes: set[Code] = set()
    at = 10
    for _number in range(_MOST_BOXES):
        name = head[at : at + letters]
        if at + 10 > end or not name.isalnum():
            break
        told = head[at + letters : at + 2 * letters]
        size = _seven_bits(told) if head[3] == 4 else int.from_bytes(told, "big")
        codes |= {code for code, names in _ID3.items() if name in names and size > 1}
        at += (6 if letters == 3 else 10) + size
    return codes


def _seven_bits(told: bytes) -> int:
    value = 0
    for byte in told:
        value = value << 7 | byte & 0x7F
    return value


def _of_old_id3(tail: bytes) -> set[Code]:
    """ID3v1: the last 128 bytes; title, artist, album, year, remark."""
    tag = tail[-128:]
    if len(tag) < 128 or not tag.startswith(b"TAG"):
        return set()
    parts = ((Code.COMMENT, 3, 33), (Code.AUTHOR, 33, 63), (Code.TIME, 93, 97), (Code.COMMENT, 97, 127))
    return {code for code, start, end in parts if tag[start:end].strip(b"\0 ")}


def _of_riff(data: bytes) -> set[Code]:
    codes: set[Code] = set()
    at = data.find(b"INFO")
    if at >= 8 and data[at - 8 : at - 4] == b"LIST":
        codes |= _matches(_RIFF, data[at : at + min(_AREA, int.from_bytes(data[at - 4 : at], "little"))])
    if data[12:16] == b"bext":
        codes |= {Code.AUTHOR, Code.TIME}  # Broadcast Wave (EBU Tech 3285): originator, date and time
    if re.search(rb"IDIT[\x10-\x40]\0\0\0", data[:_AREA]):
        codes.add(Code.TIME)
    return codes


def _of_matroska(data: bytes) -> set[Code]:
    codes: set[Code] = set()
    for mark in (_MATROSKA_INFO, _MATROSKA_TAGS):
        at = data.find(mark)
        if at >= 0:
            codes |= _matches(_MATROSKA, data[at : at + 4096])
    return codes
