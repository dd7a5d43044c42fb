"""Strict reading of TOML: a wrong type, a missing key and an unknown key are all noted, by name.

A fault is noted, not raised, and the reading goes on with a harmless stand-in of the right type, so that
whoever writes a pack sees all faults at once. The loader lets no pack out that has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from types import TracebackType
from typing import Self, TypeVar

from tocsin.policy.findings import Finding
from tocsin.policy.languages import Localised

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Table:
    """One TOML table, read key by key. Used in a ``with``: leaving it notes the keys nobody asked for.

    ``faults`` is the list that all tables of a pack add to. ``is_there`` is false for the stand-in of a table
    that is missing: its own fault was noted, so what it lacks is not.
    """

    def __init__(
        self, data: Mapping[str, object], *, file: str, faults: list[Finding], key: str = "", is_there: bool = True
    ) -> None:
        self.file = file
        self.key = key
        self.languages: tuple[str, ...] = ()
        self._faults = faults
        self._data = data
        self._unread = set(data)
        self._asked: set[str] = set()
        self._is_there = is_there

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in sorted(self._unread):
            meant = get_close_matches(name, self._asked - set(self._data), n=1)
            remedy = f"Did you mean “{meant[0]}”?" if meant else "Remove it or correct its spelling."
            self.note(name, "unknown key.", remedy)

    def __contains__(self, name: str) -> bool:
        self._asked.add(name)
        return name in self._data

    @property
    def sound(self) -> bool:
        """Whether this table is there and nothing in it was wrong so far."""
        inside = (f"{self.key}.", f"{self.key}[") if self.key else ("",)
        return self._is_there and not any(
            fault.file == self.file and (fault.key == self.key or fault.key.startswith(inside))
            for fault in self._faults
        )

    def path(self, name: str) -> str:
        """The dotted name of a key of this table within its file."""
        return f"{self.key}.{name}" if self.key else name

    def note(self, name: str, problem: str, remedy: str) -> None:
        """Note a fault of the key ``name`` of this table. A key with a fault is not noted as unknown too."""
        self._unread.discard(name)
        if self._is_there:
            self._faults.append(Finding(self.file, self.path(name), problem, remedy))

    def names(self) -> tuple[str, ...]:
        """All keys of the table, in the file's order."""
        return tuple(self._data)

    def text(self, name: str) -> str:
        """A text with something in it; blanks at its ends are removed. Stand-in: the empty text."""
        value = self._get(name, str, "a text in quotation marks")
        if value is not None and not value.strip():
            self.note(name, "is empty.", "Write the text.")
        return (value or "").strip()

    def number(self, name: str) -> int:
        """A whole number of zero or more. Stand-in: 0."""
        value = self._get(name, int, "a whole number")
        if value is None:
            return 0
        if isinstance(value, bool) or value < 0:
            self.note(name, "is not a whole number of zero or more.", "Write a whole number, such as 7.")
            return 0
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """``true`` or ``false``; ``default`` where the key may be left out. Stand-in: false."""
        if default is not None and name not in self:
            return default
        return bool(self._get(name, bool, "true or false"))

    def day(self, name: str) -> date:
        """A date without a time. Stand-in: ``date.min``."""
        value = self._get(name, date, "a date such as 2026-01-31, without quotation marks")
        if isinstance(value, datetime):
            self.note(name, "has a time.", "Write the date alone, such as 2026-01-31.")
            return date.min
        return value or date.min

    def days(self, name: str) -> frozenset[date]:
        """A list of dates, none of them twice; may be empty. Stand-in: no dates."""
        values = self._get(name, list, "a list of dates") or []
        for n, value in enumerate(values):
            if not isinstance(value, date) or isinstance(value, datetime):
                self.note(f"{name}[{n}]", "is no date.", "Write a date such as 2026-01-31, without quotation marks.")
            elif value in values[:n]:
                self.note(f"{name}[{n}]", f"{value} stands twice.", "Keep each date once.")
        return frozenset(values) if self._is_sound_list(name) else frozenset()

    def words(self, name: str) -> tuple[str, ...]:
        """A list of at least one text, none of them twice. Stand-in: an empty list."""
        values = self._get(name, list, "a list of texts")
        if values == []:
            self.note(name, "is an empty list.", 'Write a list such as ["one", "two"].')
        for n, value in enumerate(values or []):
            if not isinstance(value, str) or not value.strip():
                self.note(f"{name}[{n}]", "is no text.", "Write a text in quotation marks.")
            elif value in (values or [])[:n]:
                self.note(f"{name}[{n}]", f"“{value}” stands twice.", "Keep each entry once.")
        return tuple(values or ()) if self._is_sound_list(name) else ()

    def numbers(self, name: str) -> tuple[int, ...]:
        """A rising list of whole numbers. Stand-in: an empty list."""
        values = self._get(name, list, "a list of whole numbers") or []
        for n, value in enumerate(values):
            if not isinstance(value, int) or isinstance(value, bool):
                self.note(f"{name}[{n}]", "is no whole number.", "Write a number such as 30.")
        if self._is_sound_list(name) and list(values) != sorted(set(values)):
            self.note(name, "is not in rising order.", "Sort the numbers, each once.")
        return tuple(values) if self._is_sound_list(name) else ()

    def one_of(self, name: str, choices: type[E]) -> E:
        """One word out of a fixed list. Stand-in: its first word."""
        word = self.text(name)
        return self._member(name, word, choices) if word else next(iter(choices))

    def some_of(self, name: str, choices: type[E]) -> tuple[E, ...]:
        """Words out of a fixed list, none twice. Stand-in: an empty list."""
        return tuple(self._member(f"{name}[{n}]", word, choices) for n, word in enumerate(self.words(name)))

    def localised(self, name: str) -> Localised:
        """A text in every language of the pack."""
        return self.table(name).as_localised()

    def as_localised(self) -> Localised:
        """This whole table read as one text in every language of the pack; unread if that has no languages."""
        if not self.languages:
            return Localised(())
        with self as table:
            return Localised(tuple((language, table._in(language)) for language in table.languages))

    def table(self, name: str) -> Table:
        """A table below this one. Stand-in: an empty one of which nothing is noted."""
        data = self._get(name, dict, "a table")
        return self._below({} if data is None else data, self.path(name), is_there=data is not None)

    def section(self, name: str) -> Table:
        """As ``table``; where it is missing, each key that it lacks will be noted by its own name."""
        if name in self:
            return self.table(name)
        return self._below({}, self.path(name), is_there=self._is_there)

    def tables(self, name: str, *, at_least: int = 1) -> list[Table]:
        """A list of tables below this one; may be left out if ``at_least`` is 0. Stand-in: an empty list."""
        if at_least == 0 and name not in self:
            return []
        values = self._get(name, list, "a list of tables")
        if values is not None and len(values) < at_least:
            self.note(name, f"has fewer entries than {at_least}.", "Write one [[table]] for each entry.")
        below = []
        for n, value in enumerate(values or []):
            if isinstance(value, dict):
                below.append(self._below(value, f"{self.path(name)}[{n}]"))
            else:
                self.note(f"{name}[{n}]", "is no table.", "Write one [[table]] for each entry.")
        return below

    def _below(self, data: Mapping[str, object], key: str, *, is_there: bool = True) -> Table:
        below = Table(data, file=self.file, faults=self._faults, key=key, is_there=self._is_there and is_there)
        below.languages = self.languages
        return below

    def _in(self, language: str) -> str:
        if language not in self:
            self.note(language, "the text is missing in this language.", "Translate it.")
            return ""
        return self.text(language)

    def _member(self, name: str, word: str, choices: type[E]) -> E:
        try:
            return choices(word)
        except ValueError:
            known = ", ".join(choice.value for choice in choices)
            self.note(name, f"does not know “{word}”.", f"Use one of: {known}.")
            return next(iter(choices))

    def _is_sound_list(self, name: str) -> bool:
        path = self.path(name)
        mine = (fault.key for fault in self._faults if fault.file == self.file)
        return not any(key == path or key.startswith(f"{path}[") for key in mine)

    def _get(self, name: str, kind: type[T], expected: str) -> T | None:
        self._unread.discard(name)
        if name not in self:
            self.note(name, "is missing.", f"Add it: {expected}.")
            return None
        value = self._data[name]
        if not isinstance(value, kind):
            self.note(name, "has the wrong type.", f"Write {expected}.")
            return None
        return value
