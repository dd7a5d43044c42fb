"""On which line of a TOML file each key stands. ``tomllib`` reads values and forgets where they were.

Keys are written as ``Table`` names them: ``clocks.acknowledge_days``, ``questions[2].options[0].label.en``.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]*")
_LAST_PART = re.compile(r"(?:\.[^.\[\]]+|\[\d+\])$")


def places_in(text: str) -> dict[str, int]:
    """The line, from 1, of every key, table and list entry of ``text``, which must be good TOML."""
    return _Locator(text).places


def line_of(key: str, places: Mapping[str, int]) -> int:
    """The line of ``key``; of the nearest table above it if it is not there itself; 1 if nothing is."""
    while key and key not in places:
        shorter = _LAST_PART.sub("", key)
        key = shorter if shorter != key else ""
    return places.get(key, 1)


class _Locator:
    """Walks once over the text. ``path`` is the dotted key of what is read; ``""`` at the top."""

    def __init__(self, text: str) -> None:
        self.places: dict[str, int] = {}
        self._text = text
        self._at = 0
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._entries: dict[str, int] = {}  # how many tables [[name]] has so far
        table = ""
        while self._skip(_BLANK) < len(text):
            if text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        if match is None:
            message = f"no TOML at line {self._line()}"
            raise ValueError(message)
        self._at = match.end()
        return self._at

    def _line(self) -> int:
        return bisect_right(self._line_ends, self._at) + 1

    def _note(self, path: str) -> None:
        self.places.setdefault(path, self._line())

    def _header(self) -> str:
        is_list = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if is_list else 1
        parts = self._key()
        end = self._skip(_SPACE) + (2 if is_list else 1)
        self._at = start
        path = ""
        for n, part in enumerate(parts):
            path = _below(path, part)
            self._note(path)
            if is_list and n == len(parts) - 1:
                self._entries[path] = self._entries.get(path, 0) + 1
            if path in self._entries:
                path = f"{path}[{self._entries[path] - 1}]"
                self._note(path)
        self._at = end
        return path

    def _pair(self, path: str) -> None:
        start = self._at
        parts = self._key()
        end = self._skip(_SPACE) + 1  # behind the =
        self._at = start
        for part in parts:
            path = _below(path, part)
            self._note(path)
        self._at = end
        self._value(path)

    def _key(self) -> list[str]:
        parts = []
        while True:
            start = self._skip(_SPACE)
            written = self._text[start : self._skip(_KEY)]
            parts.append(str(tomllib.loads(f"k = {written}")["k"]) if written[0] in "\"'" else written)
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return parts
            self._at += 1

    def _value(self, path: str) -> None:
        self._skip(_SPACE)
        first = self._text[self._at]
        if first == "[":
            self._list(path)
        elif first == "{":
            self._inline_table(path)
        else:
            self._skip(_STRING if first in "\"'" else _PLAIN)

    def _list(self, path: str) -> None:
        self._at += 1
        n = 0
        while not self._ends("]"):
            entry = f"{path}[{n}]"
            self._note(entry)
            self._value(entry)
            n += 1

    def _inline_table(self, path: str) -> None:
        self._at += 1
        while not self._ends("}"):
            self._pair(path)

    def _ends(self, bracket: str) -> bool:
        """Step over blanks and a comma; whether ``bracket`` follows, and over it."""
        self._skip(_BLANK)
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip(_BLANK)
        if self._text.startswith(bracket, self._at):
            self._at += 1
            return True
        return False


def _below(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part
