"""What a mailbox must be able to do, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.common.errors import RuleBroken


class MailboxFault(RuleBroken):
    """The mailbox does not answer, or refuses; nothing is lost, and the next round tries again."""


@dataclass(frozen=True)
class Waiting:
    """One mail that waits. ``size`` in bytes; ``arrived_at`` is when the mailbox got it, if it says so."""

    handle: str
    size: int
    arrived_at: datetime | None


class Box(Protocol):
    """A mailbox. Every call raises ``MailboxFault`` when the mailbox does not take part."""

    def waiting(self) -> Iterator[Waiting]:
        """The mails in the order in which they arrived."""
        ...

    def read(self, mail: Waiting, most: int) -> bytes:
        """The first ``most`` bytes of a mail; nothing of the mailbox changes."""
        ...

    def remove(self, mail: Waiting) -> None:
        """Remove a mail for good: it is stored."""
        ...

    def put_aside(self, mail: Waiting) -> None:
        """Move a mail into the folder for what could not be taken whole."""
        ...
