"""A hint where a sentence may be too long for a hurried reader. It measures length; people hear what is plain."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SENTENCE = 25  # words; the usual advice of public bodies for plain language
LONGEST_STRETCH = 45  # Chinese characters between two punctuation marks

WORD_LANGUAGES = frozenset({"en", "fr", "es", "ru"})
_WORD = re.compile(r"[^\W_]+(?:['’\-‑][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?:…])[\"”»’)]*\s+|\n")


def too_long(text: str, language: str) -> str:
    """What is too long about ``text``, as a clause; empty when nothing is, or the language is not measured."""
    if language.startswith("zh"):
        longest = max((len(stretch) for stretch in _stretches(text)), default=0)
        return f"has {longest} characters without a pause" if longest > LONGEST_STRETCH else ""
    if language.split("-")[0] not in WORD_LANGUAGES:
        return ""
    longest = max(len(_WORD.findall(sentence)) for sentence in _SENTENCE_END.split(text))
    return f"has a sentence of {longest} words" if longest > LONGEST_SENTENCE else ""


def _stretches(text: str) -> list[str]:
    """Runs of characters between punctuation marks; white space does not count."""
    signs = (sign for sign in text if not sign.isspace())
    return "".join("\0" if unicodedata.category(sign).startswith("P") else sign for sign in signs).split("\0")
