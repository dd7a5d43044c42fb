"""What a mail says: its text, its files, and whom to reach if the writer says so. Everything else of it is dropped.

Mails come from anybody, so nothing of one is believed: its size in lines, parts and nesting is bounded before it is
parsed, and what cannot be read as a mail is kept as one file without its sender.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32

from tocsin.intake.channels.email.parts import Found, found_in, header_text
from tocsin.intake.submission import LONGEST_CONTACT, LONGEST_WHAT
from tocsin.tips.content import clean_text

logger = logging.getLogger("tocsin.mail")

REMARKS = ("mail_html", "mail_cut", "mail_unreadable", "mail_in_part", "mail_too_large")
"""Flags of a report that say what became of its mail; the desk has words for them."""
LONGEST_HEAD = 256 * 1024
MOST_LINES = 1_000_000  # 50 MB of attachments have 700,000
MOST_BOUNDARIES = 100
MOST_DELIMITERS = 2_000
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(rb"boundary\s*(\*[0-9]*\*?)?\s*=", re.IGNORECASE)
_MIME_HEADER = re.compile(rb"^(?:content-[a-z-]+|mime-version):.*\r?\n(?:[ \t].*\r?\n)*", re.IGNORECASE | re.MULTILINE)
_CONTACT = re.compile(
    r"\s*(?:contact|contacto|контакт|контакты|联系方式|联系人|للتواصل|التواصل)\s*[:：]\s*(?P<told>.+)", re.IGNORECASE
)
_FAULTS = (MessageError, RecursionError, MemoryError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True)
class MailFile:
    """One file of a mail, in clear; ``name`` is as the writer gave it."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Letter:
    """A mail without its sender. ``remarks``: some of ``REMARKS``."""

    text: str = field(repr=False)
    contact: str = field(default="", repr=False)
    files: tuple[MailFile, ...] = ()
    remarks: tuple[str, ...] = ()


def head_and_body(raw: bytes) -> tuple[bytes, bytes]:
    """The lines before the first empty one, and all after it."""
    end = _END_OF_HEAD.search(raw)
    return (raw[: end.start() + 2], raw[end.end() :]) if end else (raw, b"")


def read_mail(raw: bytes) -> Letter:
    """What ``raw`` says. Raises nothing, whatever it is: what cannot be read becomes a file."""
    if not _is_reasonable(raw):
        return _unread(raw)
    try:
        message = message_from_bytes(raw, policy=compat32)
        found = found_in(message)
        if message.is_multipart() and not found.texts and not found.files and head_and_body(raw)[1].strip():
            return _unread(raw)  # something stands outside its parts
        return _letter(header_text(message.get("Subject")), found)
    except _FAULTS as fault:
        logger.warning("A mail could not be read (%s); it was kept as a file.", type(fault).__name__)
        return _unread(raw)


def message_id(head: bytes) -> str:
    """The Message-ID in ``head``; nothing when there is none."""
    told: Message = message_from_bytes(head[:LONGEST_HEAD], policy=compat32)
    return str(told.get("Message-ID") or "").strip()


def _is_reasonable(raw: bytes) -> bool:
    """Whether parsing takes seconds and megabytes at most."""
    head, _body = head_and_body(raw)
    return (
        len(head) <= LONGEST_HEAD
        and raw.count(b"\n") + raw.count(b"\r") <= 2 * MOST_LINES
        and raw.count(b"\n--") + raw.count(b"\r--") <= MOST_DELIMITERS
        and sum(1 for _each in _BOUNDARY.finditer(raw)) <= MOST_BOUNDARIES
    )


def _unread(raw: bytes) -> Letter:
    """The mail as it came, but for every header that could name somebody."""
    head, body = head_and_body(raw)
    kept = b"".join(each[0] for each in _MIME_HEADER.finditer(head)) if len(head) <= LONGEST_HEAD else b""
    return Letter("", files=(MailFile("message.eml", kept + b"\r\n" + body),), remarks=("mail_unreadable",))


def _letter(subject: str, found: Found) -> Letter:
    text, contact = _without_contact(found.text)
    files = [MailFile(name, data) for name, data in found.files]
    remarks = ["mail_html"] if found.made_of_html else []
    whole = "\n\n".join(part for part in (clean_text(subject), clean_text(text)) if part)
    if len(whole) > LONGEST_WHAT:
        files.insert(0, MailFile("message.txt", whole.encode()))
        remarks.append("mail_cut")
    return Letter(whole[:LONGEST_WHAT], contact, tuple(files), tuple(remarks))


def _without_contact(text: str) -> tuple[str, str]:
    """The text without a first line "Contact: …", and what stands in that line.

    Only the first line counts: further down it may be quoted, forwarded or somebody else's signature.
    """
    first, _end, rest = clean_text(text).partition("\n")
    told = _CONTACT.fullmatch(first)
    if told is None or len(told["told"].encode()) > LONGEST_CONTACT:
        return text, ""
    return rest, told["told"].strip()
