"""Whom a verifier believes: the keys of a log, and the words it needs to read events. Read from a ``keys``
file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tocsin.ledger.note import NoteInvalid, Verifier

_LARGEST_FILE = 200_000
Lines: TypeAlias = dict[str, list[str]]


class TrustInvalid(Exception):
    """A ``keys`` file is missing or malformed."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Keys of the log, of its promises and of witnesses; names of units, tiers, outcomes and deletion rules.

    ``source`` says in words where the keys come from: they are worth as much as that place.
    """

    log: tuple[Verifier, ...]
    promise: tuple[Verifier, ...] = ()
    witnesses: tuple[Verifier, ...] = ()
    units: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    source: str = "given by you"

    @classmethod
    def parse(cls, text: str, *, source: str = "given by you") -> Trust:
        """Read lines ``log <vkey>``, ``promise <vkey>``, ``witness <vkey>``, ``unit <name>``, ``tier
        <code>``, ``outcome <code>``, ``rule <code>``. Other lines are left alone. Raises ``TrustInvalid``.
        """
        found: Lines = {}
        for line in text.splitlines():
            word, _, rest = line.strip().partition(" ")
            found.setdefault(word, []).append(rest.strip())
        log = _keys(found.get("log", ()))
        if not log:
            raise TrustInvalid("the keys file names no key of the log")
        return cls(
            log,
            _keys(found.get("promise", ())),
            _keys(found.get("witness", ())),
            units=tuple(found.get("unit", ())),
            tiers=tuple(found.get("tier", ())),
            outcomes=tuple(found.get("outcome", ())),
            rules=tuple(found.get("rule", ())),
            source=source,
        )

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Read a ``keys`` file. Raises ``TrustInvalid``."""
        try:
            if not path.is_file():
                raise TrustInvalid(f"there is no keys file at {path}")
            with path.open("rb") as file:
                data = file.read(_LARGEST_FILE + 1)
            if len(data) > _LARGEST_FILE:
                raise TrustInvalid(f"{path} is too large for a keys file")
            return cls.parse(data.decode("utf-8"), source=f"read from {path}")
        except (OSError, ValueError) as error:  # a name with a zero byte and bad UTF-8 are ValueErrors
            raise TrustInvalid(f"{path} cannot be read") from error


def _keys(lines: Iterable[str]) -> tuple[Verifier, ...]:
    try:
        return tuple(dict.fromkeys(Verifier.from_vkey(line) for line in lines))
    except NoteInvalid as error:
        raise TrustInvalid(f"a key in the keys file is malformed: {error}") from error
