"""Plain text, tables, mail, web pages, drawings as source: shown as the characters they consist of, never rendered."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from tocsin.evidence.cleaners.contract import Asked, Made, read_all
from tocsin.evidence.cleaners.visible import shown

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HAN_TOGETHER = re.compile("[\u4e00-\u9fff]{2,}")
_SAMPLE = 64 * 1024  # bytes from which the encoding is judged
_RENDERED_ELSEWHERE = ("text/html", "image/svg+xml", "text/rtf", "text/xml", "message/rfc822")


def clean(source: BinaryIO, asked: Asked) -> Made:
    """UTF-8 with what is hidden written out."""
    data = read_all(source, asked)
    room = 4 * asked.characters  # bytes; no encoding needs more for one character
    encoding, start = encoding_of(data)
    decoded = data[start : start + room].decode(encoding, "replace")
    notes = ["source-shown"] if asked.media_type in _RENDERED_ELSEWHERE else []
    if len(decoded) > asked.characters or start + room < len(data):
        decoded = decoded[: asked.characters]
        notes.append("text-left-out")
    if "\ufffd" in decoded:
        notes.append("bytes-replaced")
    text, hidden = shown(decoded)
    if hidden:
        notes.append("hidden-shown")
    output = text.encode("utf-8", "replace")
    if len(output) > asked.output_bytes:
        output = output[: asked.output_bytes].decode("utf-8", "ignore").encode()
        notes.append("text-left-out")
    return Made(output, "text/plain", [("encoding", encoding)], notes)


def encoding_of(data: bytes) -> tuple[str, int]:
    """The likely encoding and the length of its mark: by mark, UTF-8, UTF-16, GB 18030, or else Windows-1252."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, len(mark)
    sample = data[:_SAMPLE]
    if _decodes(sample, "utf-8"):
        return _utf_16_without_mark(sample) or "utf-8", 0
    guessed = _utf_16_without_mark(sample)
    if guessed:
        return guessed, 0
    if _decodes(sample, "gb18030") and _mostly_han(sample):
        return "gb18030", 0
    return "windows-1252", 0


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) < _SAMPLE)
    except UnicodeDecodeError:
        return False
    return True


def _utf_16_without_mark(sample: bytes) -> str:
    """Text in Latin letters has a zero in nearly every second place then."""
    places = len(sample) // 2
    if places < 4:
        return ""
    for name, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if sample[first::2].count(0) > 0.7 * places and sample[1 - first :: 2].count(0) < 0.1 * places:
            return name
    return ""


def _mostly_han(sample: bytes) -> bool:
    """Han characters stand together. German or French read as GB 18030 has single ones among letters."""
    decoded = sample.decode("gb18030", "ignore")
    beyond_ascii = sum(sign > "\x7f" for sign in decoded)
    return sum(map(len, _HAN_TOGETHER.findall(decoded))) > 0.5 * beyond_ascii
