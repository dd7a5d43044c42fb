"""Words that must never be the ground of a category: who people are, think or lawfully do.

A plain word test. It cannot tell every bad category, but it stops the honest mistake and makes the
dishonest one visible. The words are in ``forbidden_words``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tocsin.policy.category import Category
from tocsin.policy.forbidden_words import WORDS
from tocsin.policy.languages import Localised

# Not \b: a Chinese character counts as part of a word, and would hide an English one beside it. With accents: a
# French «réunions» is no union.
_LETTER = "[a-zà-öø-ÿœа-яё]"
_ARABIC_LETTER = "[ء-ي]"
_ARABIC_PREFIX = "[وف]?[بلك]?(?:ال|لل)?"  # and, in, to, like, the: written as one with the word


@dataclass(frozen=True, slots=True)
class ForbiddenGround:
    """A ground and how it is written.

    ``everywhere`` is looked for in texts of every language, ``by_language`` in texts of that language alone.
    """

    name: str
    everywhere: re.Pattern[str]
    by_language: Mapping[str, re.Pattern[str]]


def _pattern(language: str, words: str) -> str:
    if language == "zh":
        return words
    if language == "ar":
        return rf"(?<!{_ARABIC_LETTER}){_ARABIC_PREFIX}(?:{words})(?!{_ARABIC_LETTER})"
    return rf"(?<!{_LETTER})(?:{words})(?!{_LETTER})"


def _ground(name: str, words: Mapping[str, str]) -> ForbiddenGround:
    patterns = {language: _pattern(language, listed) for language, listed in words.items()}
    everywhere = re.compile("|".join(patterns.pop(language) for language in ("en", "zh")))
    return ForbiddenGround(name, everywhere, {language: re.compile(own) for language, own in patterns.items()})


FORBIDDEN_GROUNDS = tuple(_ground(name, words) for name, words in WORDS.items())


@cache
def _any_in(language: str) -> tuple[re.Pattern[str], ...]:
    """What finds a word of any ground in a text of this language: one pass for each script instead of one a ground.

    Chinese apart: a pattern that begins with a look back is tried at every character, one that does not is not.
    """
    listed = {
        one: [words[one] for words in WORDS.values() if one in words] for one in dict.fromkeys(("en", "zh", language))
    }
    return tuple(re.compile(_pattern(one, "|".join(words))) for one, words in listed.items() if words)


def has_words_for(language: str) -> bool:
    """Whether every ground is known in this language; ``fr-be`` is read as ``fr``."""
    return all(language.split("-")[0] in words for words in WORDS.values())


# Marks that show nothing, and the vowel signs and the lengthening stroke of Arabic, which may stand or not.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u0640\u064b-\u0652\u0670]")
_DASHES = str.maketrans(dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015", " "))
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")


def _plain(text: str) -> str:
    """``text`` in lower case, with one space for each gap and dash, without what shows nothing."""
    if text.isascii():
        return " ".join(text.lower().translate(_DASHES).split())
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    return _BETWEEN_HAN.sub("", " ".join(visible.translate(_DASHES).split()))


def forbidden_grounds_in(text: str, language: str = "en") -> Iterator[tuple[str, str]]:
    """Each forbidden ground that ``text`` mentions, with the words that show it, in lower case.

    ``language`` is that of the text. English and Chinese words are found in any of them.
    """
    plain = _plain(text)
    spoken = language.split("-")[0]
    if not any(pattern.search(plain) for pattern in _any_in(spoken)):
        return
    for ground in FORBIDDEN_GROUNDS:
        own = ground.by_language.get(spoken)
        if found := ground.everywhere.search(plain) or (own and own.search(plain)):
            yield ground.name, found.group()


def grounds_of(category: Category) -> Iterator[tuple[str, Localised]]:
    """The texts by which a category is chosen and judged, with their keys.

    ``rule`` and ``lawful_note`` are left out: titles of laws and the words that set limits may name what
    must not be a ground.
    """
    yield "label", category.labels
    yield "behaviour", category.behaviour
    yield "hint", category.hints
    yield "urgent_hint", category.urgent_hints
    for n, fact in enumerate(category.facts):
        yield f"facts[{n}]", fact
    for n, example in enumerate(category.examples):
        yield f"examples[{n}]", example
    for n, question in enumerate(category.questions):
        key = f"questions[{n}]"
        yield f"{key}.label", question.label
        if question.help is not None:
            yield f"{key}.help", question.help
        for m, option in enumerate(question.options):
            yield f"{key}.options[{m}].label", option.label
