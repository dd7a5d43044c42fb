"""Word lists and the many ways in which people type words."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

# Django language code → list of BIP-39. Languages without a list of their own get English words.
LANGUAGES = {
    "en": "english",
    "zh": "chinese_simplified",
    "zh-cn": "chinese_simplified",
    "zh-hans": "chinese_simplified",
    "zh-hant": "chinese_traditional",
    "zh-tw": "chinese_traditional",
    "cs": "czech",
    "fr": "french",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "pt": "portuguese",
    "ru": "russian",
    "es": "spanish",
    "tr": "turkish",
}
_SHORT = 4
_LONGEST_TYPED = 2000  # characters; nine words need far fewer
_SEPARATORS = re.compile(r"[\s,;.:!?#*+/|·•、，。；：()\[\]{}\"'“”‘’«»\-–—_]+")
_NUMBERING = re.compile(r"^[0-9]+$")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def fold(word: str) -> str:
    """One spelling for all: compatibility forms resolved, case and accents taken off (kana and hangul keep theirs).

    The dotless i counts as an i, because a Turkish capital I may mean either. Invisible marks that come along when
    text is copied (direction, soft hyphen, byte order) are dropped.
    """
    decomposed = unicodedata.normalize("NFKD", word.casefold()).replace("ı", "i")
    return "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f" and unicodedata.category(c) != "Cf")


def split_typed(typed: str) -> list[str]:
    """The words in what was typed: numbering and punctuation dropped, Han characters one word each.

    Cut before normalising: that takes quadratic time on long runs of combining marks.
    """
    words: list[str] = []
    for part in _SEPARATORS.split(unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED])):
        if _HAN.search(part):
            words += [fold(c) for c in part if _HAN.match(c)]
        elif part and not _NUMBERING.match(part):
            words.append(fold(part.lstrip("0123456789")))
    return [word for word in words if word]


@dataclass(frozen=True)
class WordList:
    """2,048 words; ``places`` finds a folded word, ``shorts`` its first letters where these are unique."""

    words: tuple[str, ...]
    places: dict[str, int]
    shorts: dict[str, int]

    def place(self, word: str) -> int | None:
        """The place of a folded word (0…2047). Four letters or more may be cut off where the list allows it."""
        exact = self.places.get(word)
        if exact is not None or len(word) < _SHORT:
            return exact
        short = self.shorts.get(word[:_SHORT])
        if short is None or not fold(self.words[short]).startswith(word):
            return None
        return short

    def near(self, word: str, most: int = 3) -> list[str]:
        """Up to ``most`` words of the list that look like ``word``: the one that begins alike comes first."""
        alike = self.shorts.get(word[:_SHORT])
        close = [self.places[each] for each in difflib.get_close_matches(word, self.places, n=most, cutoff=0.6)]
        found = dict.fromkeys([*([] if alike is None else [alike]), *close])
        return [self.words[place] for place in found][:most]


@cache
def word_list(name: str) -> WordList:
    """The list ``name`` of the ``mnemonic`` package, folded and indexed."""
    text = resources.files("mnemonic").joinpath("wordlist", f"{name}.txt").read_text(encoding="utf-8")
    words = tuple(unicodedata.normalize("NFC", line) for line in text.split())
    folded = [fold(word) for word in words]
    places = {word: place for place, word in enumerate(folded)}
    shorts: dict[str, int] = {}
    for place, word in enumerate(folded):
        if len(word) >= _SHORT:
            shorts[word[:_SHORT]] = -1 if word[:_SHORT] in shorts else place
    return WordList(words, places, {short: place for short, place in shorts.items() if place >= 0})
