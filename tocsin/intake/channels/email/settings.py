"""The table ``[mail]`` of ``tocsin.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

CHANNEL = "email"
IMAP, MAILDIR = "imap", "maildir"
_MOST_MB = 500


@dataclass(frozen=True)
class MailSettings:
    """Where mails wait and what is done with them. Paths are absolute.

    ``kind``: ``imap`` (``host``, ``port``, ``user``, ``password_file``, ``folder``, ``ca_file``) or ``maildir``
    (``maildir``). ``aside``: folder of the mailbox for what cannot be taken whole. ``every_seconds``: how often the
    worker fetches; 0 when a timer of the operator's does.
    """

    kind: str
    maildir: Path | None = None
    host: str = ""
    port: int = 993
    user: str = ""
    password_file: Path | None = None
    folder: str = "INBOX"
    aside: str = "aside"
    ca_file: Path | None = None
    category: str = "other"
    largest_mb: int = 50
    every_seconds: int = 300

    @property
    def where(self) -> str:
        """The mailbox in words for the operator."""
        return str(self.maildir) if self.kind == MAILDIR else f"{self.folder} at {self.host}:{self.port}"


def mail_settings(told: Mapping[str, Any] | None, home: Path) -> MailSettings | None:
    """What ``[mail]`` says; ``None`` without that table. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    if told is None:
        return None
    if "password" in told:
        raise ValueError("mail.password must not stand here: put it alone into the file keys/door/mail.key, mode 600")
    known = {field.name for field in fields(MailSettings)}
    if unknown := [name for name in told if name not in known]:
        raise ValueError(f"mail.{unknown[0]} is not a setting; these are: {', '.join(sorted(known))}")
    kind = _kind(told)
    paths = {name: (home / told[name]).resolve() for name in ("maildir", "password_file", "ca_file") if name in told}
    if kind == IMAP:
        paths.setdefault("password_file", home / "keys" / "door" / "mail.key")
    settings = MailSettings(**{**told, **paths, "kind": kind})
    _check(settings)
    return settings


def _kind(told: Mapping[str, Any]) -> str:
    kind = told["kind"]
    needed = {IMAP: ("host", "user"), MAILDIR: ("maildir",)}
    if kind not in needed:
        raise ValueError("mail.kind must be imap or maildir")
    for name in needed[kind]:
        if not told.get(name):
            raise ValueError(f"mail.{name} is missing")
    return str(kind)


def _check(settings: MailSettings) -> None:
    for name in ("host", "user", "folder", "aside", "category"):
        if not isinstance(getattr(settings, name), str):
            raise TypeError(f"mail.{name} must be a text")
    for name, least, most in (("port", 1, 65535), ("largest_mb", 1, _MOST_MB), ("every_seconds", 0, 24 * 3600)):
        value = getattr(settings, name)
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"mail.{name} must be a number from {least} to {most}")
    if 0 < settings.every_seconds < 10:
        raise ValueError("mail.every_seconds must be 10 or more, or 0")
    if not settings.aside or settings.aside == settings.folder:
        raise ValueError("mail.aside must be another folder than mail.folder")
    if settings.kind == MAILDIR and not settings.aside.replace("-", "").isalnum():
        raise ValueError("mail.aside must be letters, digits and hyphens for a maildir")
