"""The nine words read back over the telephone: which of them were heard differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake.channels.hotline.read_back import not_heard, spelled
from tocsin.vault.codes import words_of

SEED = bytes(range(100, 112))
LANGUAGES = ["en", "zh-hans", "ar", "fr", "ru", "es"]


def words(language: str) -> list[str]:
    return words_of(SEED, language)


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=st.binary(min_size=12, max_size=12))
def test_the_same_words_come_back_as_they_are(language: str, seed: bytes) -> None:
    given = words_of(seed, language)
    assert not_heard(given, " ".join(given), language=language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", range(1, 10))
def test_a_word_that_came_back_differently_is_named(language: str, place: int) -> None:
    typed = words(language)
    others = words_of(bytes(range(12)), language)
    typed[place - 1] = next(word for word in others if word not in typed)
    assert not_heard(words(language), " ".join(typed), language=language) == [place]


def test_case_numbering_and_what_follows_the_fourth_letter_do_not_count() -> None:
    typed = " ".join(f"{at}. {word[:4].upper()}" for at, word in enumerate(words("en"), start=1))
    assert not_heard(words("en"), typed, language="en") == []


def test_chinese_needs_no_spaces() -> None:
    assert not_heard(words("zh-hans"), "".join(words("zh-hans")), language="zh-hans") == []


@pytest.mark.parametrize("missing", range(1, 10))
def test_a_word_that_is_missing_is_named_and_the_rest_is_right(missing: int) -> None:
    typed = words("en")
    del typed[missing - 1]
    assert not_heard(words("en"), " ".join(typed), language="en") == [missing]


def test_two_that_were_swapped_are_both_named() -> None:
    typed = words("en")
    typed[2], typed[6] = typed[6], typed[2]
    assert not_heard(words("en"), " ".join(typed), language="en") == [3, 7]


@pytest.mark.parametrize("typed", ["", " ", "x" * 200_000, "\x00", "😀 😀", "1 2 3 4 5 6 7 8 9"], ids=ascii)
def test_nonsense_differs_everywhere(typed: str) -> None:
    assert not_heard(words("en"), typed, language="en") == list(range(1, 10))


def test_a_word_is_spelled_letter_by_letter_and_a_sign_is_not() -> None:
    assert spelled("orbit") == "O R B I T"
    assert spelled("门") == ""
