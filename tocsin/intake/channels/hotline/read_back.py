"""The nine words as a caller reads them back, held against those that were given."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from tocsin.vault.words import LANGUAGES, split_typed, word_list


def spelled(word: str) -> str:
    """A word letter by letter, for reading out; nothing for a word that is one sign."""
    return " ".join(word.upper()) if len(word) > 1 else ""


def not_heard(words: Sequence[str], typed: str, *, language: str) -> list[int]:
    """The places, from 1, of the words that did not come back as they were given.

    As forgiving as the mailbox: case, accents and what follows the fourth letter do not count, nor does numbering.
    """
    listed = word_list(LANGUAGES.get(language.lower(), "english"))
    given = [listed.places[_folded(word)] for word in words]
    heard = [listed.place(word) for word in split_typed(typed)]
    if len(heard) == len(given):
        return [at for at, (one, other) in enumerate(zip(given, heard, strict=True), start=1) if one != other]
    matched: set[int] = set()
    for block in SequenceMatcher(a=given, b=heard, autojunk=False).get_matching_blocks():
        matched |= set(range(block.a, block.a + block.size))
    return [at for at in range(1, len(given) + 1) if at - 1 not in matched]


def _folded(word: str) -> str:
    (folded,) = split_typed(word)
    return folded
