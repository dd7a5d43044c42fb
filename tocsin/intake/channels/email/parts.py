"""The parts of a parsed mail: which of them are its text, which are files."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import Any

from tocsin.intake.channels.email.html_text import text_of_html
from tocsin.intake.submission import shows_something

_LONGER = 3  # HTML that says this many times as much as the plain text beside it says something else
_MUCH = 500  # characters
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "iso-8859-1": "cp1252", "us-ascii": "utf-8"}
_SPACE = re.compile(r"\s+")
File = tuple[str, bytes]
Part = Message


@dataclass
class Found:
    """What was found so far: texts in order, HTML that waits to be turned into text, files by name."""

    texts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    made_of_html: bool = False

    @property
    def text(self) -> str:
        """All texts together."""
        return "\n\n".join(self.texts)

    def add(self, other: Found) -> None:
        """Take in what was found in a part."""
        self.texts += other.texts
        self.files += other.files
        self.made_of_html = self.made_of_html or other.made_of_html


def found_in(part: Part) -> Found:
    """Text and files of ``part`` and all below it."""
    kind = part.get_content_type()
    if kind == "multipart/alternative" and part.is_multipart():
        return _best_of([_gathered(below) for below in _parts_of(part)])
    return _settled(_gathered(part))


def _gathered(part: Part) -> Found:
    """As ``found_in``, but HTML stays HTML: a plain text beside it may be better."""
    kind = part.get_content_type()
    if kind.startswith("message/") and part.is_multipart():
        inner = part.get_payload()
        return Found(files=[("message.eml", b"\r\n".join(each.as_bytes() for each in inner))])  # type: ignore[union-attr]  # a list of messages, as is_multipart() has said
    if kind == "multipart/alternative" and part.is_multipart():
        return found_in(part)
    if part.is_multipart():
        found = Found()
        for below in _parts_of(part):
            inner_found = _gathered(below)
            found.add(inner_found)
            found.pages += inner_found.pages
        return found
    return _leaf(part, kind)


def _parts_of(part: Part) -> list[Any]:
    payload = part.get_payload()
    return payload if isinstance(payload, list) else []


def _leaf(part: Part, kind: str) -> Found:
    data, name = _data_of(part), _name_of(part)
    if part.get_content_disposition() == "attachment" or name or kind not in ("text/plain", "text/html"):
        return Found(files=[(name or _made_up_name(kind), data)] if data else [])
    text = _decoded(data, part.get_content_charset() or "utf-8")
    if not shows_something(text):
        return Found()
    return Found(texts=[text]) if kind == "text/plain" else Found(pages=[text])


def _best_of(choices: list[Found]) -> Found:
    """The plain text of an alternative; its HTML where there is no plain text, or where it says much more."""
    best = Found(files=[file for choice in choices for file in choice.files])
    best.texts = next((choice.texts for choice in choices if choice.texts), [])
    pages = [page for choice in choices for page in choice.pages]
    if not best.texts:
        best.pages = pages
        return _settled(best)
    written = len(_SPACE.sub("", best.text))
    for page in pages:
        read = text_of_html(page)
        if not read or len(_SPACE.sub("", read)) > _LONGER * written + _MUCH:
            best.files.append(_as_file(page))
    return best


def _settled(found: Found) -> Found:
    """HTML turned into text; the HTML itself is kept beside it as a file, so that nothing is lost."""
    for page in found.pages:
        text = text_of_html(page)
        found.texts += [text] if text else []
        found.files.append(_as_file(page))
        found.made_of_html = True
    found.pages = []
    return found


def _as_file(page: str) -> File:
    return "message.html", page.encode("utf-8", "replace")


def _data_of(part: Part) -> bytes:
    """The decoded bytes of a part; as they were sent where decoding leaves nothing of them."""
    data = part.get_payload(decode=True)
    if isinstance(data, bytes) and data:
        return data
    sent = part.get_payload()
    return sent.encode("utf-8", "surrogateescape") if isinstance(sent, str) and sent.strip() else b""


def _decoded(data: bytes, charset: str) -> str:
    """``data`` as text: UTF-8 where it is, else as the mail says, else with replacement characters."""
    for name in ("utf-8", _WIDER.get(charset.lower(), charset)):
        try:
            return data.decode(name)
        except (LookupError, ValueError):  # ValueError: also a charset with a NUL in its name
            continue
    return data.decode("utf-8", "replace")


def header_text(told: object) -> str:
    """An encoded header as text; as it stands when it cannot be decoded."""
    if told is None:
        return ""
    try:
        parts = decode_header(str(told))
    except (HeaderParseError, ValueError):
        return str(told)
    texts = (_decoded(part, charset or "utf-8") if isinstance(part, bytes) else part for part, charset in parts)
    return "".join(texts) or str(told)


def _name_of(part: Part) -> str:
    """The name that the writer gave a file, without folders."""
    return header_text(part.get_filename() or "").replace("\\", "/").rpartition("/")[2].strip()


def _made_up_name(kind: str) -> str:
    return f"file{mimetypes.guess_extension(kind) or '.bin'}"
