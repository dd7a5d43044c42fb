"""Whether bytes are text, and of which sort. Web pages, drawings, scripts are text here: shown as source."""

from __future__ import annotations

import codecs
import re
from typing import Final

_SAMPLE: Final = 32 * 1024
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"
_PAGE = re.compile(rb"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>]", re.IGNORECASE)
_DRAWING = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_MAIL = re.compile(
    rb"^(from|to|subject|date|message-id|received|return-path|mime-version): ", re.IGNORECASE | re.MULTILINE
)
_JSON = re.compile(rb"\{\s*(\"|\})|\[\s*[\[{\"\]0-9-]")
_SEPARATORS = (b",", b";", b"\t")


def media_type(head: bytes) -> str:
    """``text/plain`` or something finer; "" when ``head`` is not text."""
    sample = head[:_SAMPLE]
    if not sample or not _is_text(sample):
        return ""
    start = sample.lstrip(b"\xef\xbb\xbf \t\r\n")[:4096]
    if _DRAWING.search(start):
        return "image/svg+xml"
    if _PAGE.search(start):
        return "text/html"
    if start.startswith(b"<?xml"):
        return "text/xml"
    if _JSON.match(start):
        return "application/json"
    if len(_MAIL.findall(start)) >= 3:
        return "message/rfc822"
    return "text/csv" if _is_table(sample) else "text/plain"


def _is_text(sample: bytes) -> bool:
    """UTF-8, or UTF-16 with or without a mark, or an older encoding: hardly any control characters, no zero bytes."""
    if sample.startswith(_MARKS):
        return True
    if _looks_like_utf_16(sample):
        return True
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls == 0 and _is_utf_8(sample):
        return True
    if 0 in sample or controls > len(sample) // 200:
        return False
    # An 8-bit encoding: in random bytes a third would be control characters, half above ASCII without any spaces.
    return sum(sample.count(sign) for sign in (b" ", b"\n", b",", b"\xa3\xac", b"\xa1\xa3")) > len(sample) // 100


def _is_utf_8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=len(sample) < _SAMPLE)
    except UnicodeDecodeError:
        return False
    return True


def _looks_like_utf_16(sample: bytes) -> bool:
    half = len(sample) // 2
    if half < 4:
        return False
    counts = sorted((sample[0::2].count(0), sample[1::2].count(0)))
    printable = len(sample.translate(None, _CONTROLS.replace(b"\0", b"")))
    return counts[1] > 0.7 * half and counts[0] < 0.02 * half and printable > 0.98 * len(sample)


def _is_table(sample: bytes) -> bool:
    """The same number of separators, at least one, in each of the first lines."""
    lines = [line for line in sample.splitlines()[:20] if line.strip()]
    if len(sample) == _SAMPLE:
        lines = lines[:-1]
    return len(lines) >= 2 and any(
        lines[0].count(sign) > 0 and len({line.count(sign) for line in lines}) == 1 for sign in _SEPARATORS
    )
