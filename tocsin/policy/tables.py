"""Strict reading of TOML: a wrong type, a missing key and an unknown key are all refused, by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import TracebackType
from typing import NoReturn, Self, TypeVar

from tocsin.policy.findings import Finding, PackInvalid
from tocsin.policy.languages import Localised

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Table:
    """One TOML table, read key by key. Used in a ``with``: leaving it refuses the keys nobody asked for."""

    def __init__(
        self, data: Mapping[str, object], *, file: str, key: str = "", languages: tuple[str, ...] = ()
    ) -> None:
        self.file = file
        self.key = key
        self.languages = languages
        self._data = data
        self._unread = set(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._unread:
            raise PackInvalid(
                Finding(self.file, self.path(name), "unknown key.", "Remove it or correct its spelling.")
                for name in sorted(self._unread)
            )

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def path(self, name: str) -> str:
        """The dotted name of a key of this table within its file."""
        return f"{self.key}.{name}" if self.key else name

    def refuse(self, name: str, problem: str, remedy: str) -> NoReturn:
        """Raise ``PackInvalid`` for the key ``name`` of this table."""
        raise PackInvalid([Finding(self.file, self.path(name), problem, remedy)])

    def names(self) -> tuple[str, ...]:
        """All keys of the table, in the file's order."""
        return tuple(self._data)

    def text(self, name: str) -> str:
        """A text with something in it; blanks at its ends are removed."""
        value = self._get(name, str, "a text in quotation marks").strip()
        if not value:
            self.refuse(name, "is empty.", "Write the text.")
        return value

    def number(self, name: str) -> int:
        """A whole number of zero or more."""
        value = self._get(name, int, "a whole number")
        if isinstance(value, bool) or value < 0:
            self.refuse(name, "is not a whole number of zero or more.", "Write a whole number, such as 7.")
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """``true`` or ``false``; ``default`` where the key may be left out."""
        if default is not None and name not in self._data:
            return default
        return self._get(name, bool, "true or false")

    def day(self, name: str) -> date:
        """A date without a time."""
        value = self._get(name, date, "a date such as 2026-01-31, without quotation marks")
        if isinstance(value, datetime):
            self.refuse(name, "has a time.", "Write the date alone, such as 2026-01-31.")
        return value

    def days(self, name: str) -> frozenset[date]:
        """A list of dates, none of them twice."""
        values = self._get(name, list, "a list of dates")
        if any(not isinstance(value, date) or isinstance(value, datetime) for value in values):
            self.refuse(name, "holds something that is no date.", "Write dates such as 2026-01-31.")
        if len(set(values)) != len(values):
            self.refuse(name, "names a date twice.", "Keep each date once.")
        return frozenset(values)

    def words(self, name: str) -> tuple[str, ...]:
        """A list of at least one text, none of them twice."""
        values = self._get(name, list, "a list of texts")
        if not values or any(not isinstance(value, str) or not value.strip() for value in values):
            self.refuse(name, "is no list of texts.", 'Write a list such as ["one", "two"].')
        if len(set(values)) != len(values):
            self.refuse(name, "names something twice.", "Keep each entry once.")
        return tuple(values)

    def numbers(self, name: str) -> tuple[int, ...]:
        """A rising list of whole numbers."""
        values = self._get(name, list, "a list of whole numbers")
        if any(not isinstance(value, int) or isinstance(value, bool) for value in values):
            self.refuse(name, "holds something that is no whole number.", "Write numbers such as 30.")
        if list(values) != sorted(set(values)):
            self.refuse(name, "is not in rising order.", "Sort the numbers, each once.")
        return tuple(values)

    def one_of(self, name: str, choices: type[E]) -> E:
        """One word out of a fixed list."""
        return self._member(name, self.text(name), choices)

    def some_of(self, name: str, choices: type[E]) -> tuple[E, ...]:
        """Words out of a fixed list, none twice."""
        return tuple(self._member(name, word, choices) for word in self.words(name))

    def localised(self, name: str) -> Localised:
        """A text in every language of the pack."""
        return self.table(name).as_localised()

    def as_localised(self) -> Localised:
        """This whole table read as one text in every language of the pack."""
        with self as table:
            return Localised(tuple((language, table._in(language)) for language in table.languages))

    def table(self, name: str) -> Table:
        """A table below this one."""
        return self._below(self._get(name, dict, "a table"), self.path(name))

    def tables(self, name: str, *, at_least: int = 1) -> list[Table]:
        """A list of tables below this one; may be left out if ``at_least`` is 0."""
        if at_least == 0 and name not in self._data:
            return []
        values = self._get(name, list, "a list of tables")
        if len(values) < at_least or any(not isinstance(value, dict) for value in values):
            self.refuse(name, f"is no list of {at_least} or more tables.", "Write one [[table]] for each entry.")
        return [self._below(value, f"{self.path(name)}[{n}]") for n, value in enumerate(values)]

    def _below(self, data: Mapping[str, object], key: str) -> Table:
        return Table(data, file=self.file, key=key, languages=self.languages)

    def _in(self, language: str) -> str:
        if language not in self._data:
            self.refuse(language, "the text is missing in this language.", "Translate it.")
        return self.text(language)

    def _member(self, name: str, word: str, choices: type[E]) -> E:
        try:
            return choices(word)
        except ValueError:
            known = ", ".join(choice.value for choice in choices)
            self.refuse(name, f"does not know “{word}”.", f"Use one of: {known}.")

    def _get(self, name: str, kind: type[T], expected: str) -> T:
        if name not in self._data:
            self.refuse(name, "is missing.", f"Add it: {expected}.")
        self._unread.discard(name)
        value = self._data[name]
        if not isinstance(value, kind):
            self.refuse(name, "has the wrong type.", f"Write {expected}.")
        return value
