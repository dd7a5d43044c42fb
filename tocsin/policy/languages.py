"""Texts in the languages of a pack, and which one a reader gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Browsers and Django name written Chinese by country as well as by script.
_SCRIPT_OF = {"zh": "zh-hans", "zh-cn": "zh-hans", "zh-sg": "zh-hans", "zh-my": "zh-hans"}


def language_for(wanted: str, offered: Sequence[str]) -> str:
    """The language of ``offered`` that serves ``wanted`` best; the first one if none fits.

    ``wanted`` is a language tag in any case ("zh-Hans", "en_GB"). ``zh-hant`` is never answered with
    ``zh-hans`` by likeness: only the pack's first language stands in for what it does not have.
    """
    tag = wanted.lower().replace("_", "-")
    for candidate in (tag, _SCRIPT_OF.get(tag, tag), tag.split("-")[0]):
        if candidate in offered:
            return candidate
    return offered[0]


@dataclass(frozen=True, slots=True)
class Localised:
    """One text in every language of its pack, in the pack's order of languages."""

    by_language: tuple[tuple[str, str], ...]

    def text(self, language: str) -> str:
        """The text in ``language``, or in the pack's first language if the pack does not have it."""
        texts = dict(self.by_language)
        return texts[language_for(language, tuple(texts))]

    def all_texts(self) -> tuple[str, ...]:
        """The text in each language, first language first."""
        return tuple(text for _, text in self.by_language)
