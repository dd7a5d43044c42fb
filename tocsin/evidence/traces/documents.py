"""Traces in documents: PDF's information dictionary, the properties of office packages and of old Office files."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from typing import Final

from tocsin.evidence import packages
from tocsin.evidence.traces import xmp
from tocsin.evidence.traces.codes import Code

_VALUE = rb"\s*(?:\((?!\))|<(?![<>])|\d+\s+\d+\s+R)"  # a string that is not empty, or a reference to one
_PDF: tuple[tuple[Code, re.Pattern[bytes]], ...] = (
    (Code.AUTHOR, re.compile(rb"/Author" + _VALUE)),
    (Code.TIME, re.compile(rb"/(?:CreationDate|ModDate)" + _VALUE)),
    (Code.SOFTWARE, re.compile(rb"/(?:Creator|Producer)" + _VALUE)),
    (Code.COMMENT, re.compile(rb"/(?:Subject|Keywords)" + _VALUE)),
    (Code.PLACE, re.compile(rb"/(?:GPTS|Location)\s*[\[(]\s*[^\s\])]")),
)
_STREAM = re.compile(rb"/ObjStm\b[^>]{0,400}>>\s*stream\r?\n|/Type\s*/Metadata\b[^>]{0,400}>>\s*stream\r?\n")
_MOST_STREAMS: Final = 16
_STREAM_BYTES: Final = 256 * 1024
_PART_BYTES: Final = 64 * 1024
_PARTS = ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "meta.xml", "word/people.xml")
_XML: tuple[tuple[Code, re.Pattern[bytes]], ...] = (
    (
        Code.AUTHOR,
        re.compile(
            rb"<(?:dc:creator|cp:lastModifiedBy|meta:initial-creator|Company|Manager|w15:person\b)[^<>]{0,200}>[^<]"
        ),
    ),
    (
        Code.TIME,
        re.compile(rb"<(?:dcterms:(?:created|modified)|meta:creation-date|dc:date|meta:print-date)[^<>]{0,200}>[^<]"),
    ),
    (Code.SOFTWARE, re.compile(rb"<(?:Application|AppVersion|meta:generator|Template)>[^<]")),
    (Code.COMMENT, re.compile(rb"<(?:dc:(?:title|subject|description)|cp:keywords|meta:keyword)>[^<]")),
)
_RTF: tuple[tuple[Code, re.Pattern[bytes]], ...] = (
    (Code.AUTHOR, re.compile(rb"\{\\(?:author|operator|\*\\company|\*\\manager) [^}]")),
    (Code.TIME, re.compile(rb"\{\\(?:creatim|revtim)\\yr[1-9]")),
    (Code.SOFTWARE, re.compile(rb"\{\\\*\\generator [^}]")),
    (Code.COMMENT, re.compile(rb"\{\\(?:title|subject|keywords|doccomm) [^}]")),
)
_SUMMARY = "SummaryInformation".encode("utf-16-le")
_OLE = b"\xd0\xcf\x11\xe0"


def in_pdf(head: bytes, tail: bytes, _media_type: str) -> set[Code]:
    """What a PDF gives away, also in compressed object streams. Encrypted ones say nothing readable."""
    data = head + tail
    pieces = [data]
    for mark in list(_STREAM.finditer(data))[:_MOST_STREAMS]:
        with suppress(zlib.error):
            pieces.append(zlib.decompressobj().decompress(data[mark.end() :], _STREAM_BYTES))
    codes: set[Code] = set()
    for piece in pieces:
        codes |= xmp.found(piece) | {code for code, pattern in _PDF if pattern.search(piece)}
    return codes


def in_package(head: bytes, tail: bytes, media_type: str) -> set[Code]:
    """What an office document gives away: OOXML, OpenDocument, RTF; of the old formats only that they may."""
    if media_type == "application/rtf":
        return {code for code, pattern in _RTF if pattern.search(head)}
    if head.startswith(_OLE):
        return {Code.AUTHOR, Code.TIME} if _SUMMARY in head or _SUMMARY in tail else set()
    codes: set[Code] = set()
    for data in (head, tail):
        for member in packages.members_in(data):
            if member.name in _PARTS:
                part = packages.unpacked(data, member, _PART_BYTES)
                codes |= {code for code, pattern in _XML if pattern.search(part)}
                codes |= {Code.AUTHOR} if member.name == "word/people.xml" and b"author=" in part else set()
            elif member.name in ("docProps/thumbnail.jpeg", "Thumbnails/thumbnail.png"):
                codes.add(Code.PREVIEW)
    return codes
