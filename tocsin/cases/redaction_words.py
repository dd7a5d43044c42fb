"""The words and shapes of ``redaction.toml``, ready for looking up."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

LONGEST_PHRASE = 4
LONGEST_HAN = 6


class Kind(StrEnum):
    """Why a place in a text is marked. ``redaction_reasons.WHY`` says it in words."""

    FIRST_PERSON = "first_person"
    RELATION = "relation"
    NAME = "name"
    NUMBER = "number"
    ADDRESS = "address"
    PLATE = "plate"
    TIME = "time"
    CIRCLE = "circle"
    WORKPLACE = "workplace"
    PLACE = "place"
    LANGUAGE = "language"
    ONLY_ONE = "only_one"
    RARE = "rare"
    REPORTER = "reporter"
    FILE = "file"
    HIDDEN = "hidden"
    OVERLAP = "overlap"


@dataclass(frozen=True)
class Lexicon:
    """``phrases``: tuples of folded words. ``han``: words of Han signs. ``shapes``: bounded patterns."""

    phrases: dict[tuple[str, ...], Kind]
    han: dict[str, Kind]
    shapes: tuple[tuple[Kind, re.Pattern[str]], ...]
    language_names: frozenset[str]
    speaking: frozenset[str]
    titles: frozenset[str]
    called: frozenset[str]
    no_names: frozenset[str]
    han_titles: tuple[str, ...]
    han_surnames: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Everything, read once for each process."""
    told = tomllib.loads(resources.files("tocsin.cases").joinpath("redaction.toml").read_text(encoding="utf-8"))
    phrases: dict[tuple[str, ...], Kind] = {
        (word,): Kind(kind) for kind, listed in told["words"].items() for word in _words(listed)
    }
    phrases |= {tuple(_words(phrase)): Kind(kind) for kind, listed in told["phrases"].items() for phrase in listed}
    beside: dict[str, str] = told["beside"]
    return Lexicon(
        phrases=phrases,
        han={word: Kind(kind) for kind, listed in told["han"].items() for word in listed.split()},
        shapes=tuple((Kind(each["kind"]), _compiled(each)) for each in told["shapes"]),
        language_names=frozenset(_words(beside["language_names"])),
        speaking=frozenset(_words(beside["speaking"])),
        titles=frozenset(_words(beside["titles"])),
        called=frozenset(_words(beside["called"])),
        no_names=frozenset(_words(beside["no_names"])),
        han_titles=tuple(beside["han_titles"].split()),
        han_surnames=frozenset("".join(beside["han_surnames"].split())),
    )


def _words(listed: str) -> list[str]:
    return listed.casefold().split()


def _compiled(shape: dict[str, Any]) -> re.Pattern[str]:
    return re.compile(shape["regex"], re.IGNORECASE if shape.get("folds") else 0)
