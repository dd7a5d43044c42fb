"""Every text of a pack as it stands in its files: where, in which language, and who reads it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.policy.floors import PACK_FILE

_FOR_STAFF_IN_TEXTS = "legal_basis."
_PUBLIC_IN_PACK = ("title", "mark", "emergency_numbers", "channels", "identity_modes", "hotline")
_PUBLIC_IN_CATEGORY = ("label", "hint", "urgent_hint", "lawful_note", "examples", "questions")


@dataclass(frozen=True, slots=True)
class Written:
    """One text. ``key`` is dotted and, in a table of languages, ends with ``language``.

    ``same_as`` is what the text of the pack's first language says at the same place; ``None`` for that one itself.
    """

    file: str
    key: str
    language: str
    text: str
    same_as: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether people read it at the public door, and not staff alone."""
        first = self.key.partition(".")[0].partition("[")[0]
        if self.file == PACK_FILE:
            return first in _PUBLIC_IN_PACK
        if self.file.startswith("categories/"):
            return first in _PUBLIC_IN_CATEGORY
        return not self.key.startswith(_FOR_STAFF_IN_TEXTS) and not self.key.endswith(".rule")


def texts_in(files: Mapping[str, bytes], languages: Sequence[str]) -> Iterator[Written]:
    """All texts of a pack that was read without findings; ``languages`` in its order."""
    first = f"texts/{languages[0]}.toml"
    originals = dict(_leaves(tomllib.loads(files[first].decode())))
    for file in sorted(files):
        data = tomllib.loads(files[file].decode())
        if not file.startswith("texts/"):
            for key, texts in _localised(data, languages):
                for language, text in texts.items():
                    same_as = None if language == languages[0] else texts[languages[0]]
                    yield Written(file, f"{key}.{language}", language, text, same_as)
            continue
        language = file.removeprefix("texts/").removesuffix(".toml")
        for key, text in _leaves(data):
            yield Written(file, key, language, text, None if file == first else originals.get(key))


def _localised(value: object, languages: Sequence[str], path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """The tables that hold one text in each language."""
    if isinstance(value, dict) and set(value) == set(languages):
        yield path, value
    else:
        for key, below in _below(value, path):
            yield from _localised(below, languages, key)


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    for key, below in _below(value, path):
        yield from _leaves(below, key)


def _below(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield f"{path}.{name}" if path else name, below
    elif isinstance(value, list):
        for n, below in enumerate(value):
            yield f"{path}[{n}]", below
