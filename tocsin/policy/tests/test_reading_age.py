from __future__ import annotations

import pytest

from tocsin.policy.reading_age import too_long


@pytest.mark.parametrize("language", ["en", "fr", "es", "ru", "en-gb"])
def test_twenty_five_words_are_enough_for_one_sentence(language: str) -> None:
    sentence = " ".join(["слово" if language == "ru" else "mot"] * 25) + "."
    assert too_long(sentence, language) == ""
    assert too_long(f"{sentence} {sentence}", language) == ""
    assert too_long(f"one {sentence}", language) == "has a sentence of 26 words"


def test_forty_five_characters_between_marks_are_enough_in_chinese() -> None:
    stretch = "举" * 45
    assert too_long(f"{stretch}，{stretch}。", "zh-hans") == ""
    assert too_long(f"{stretch}报。", "zh-hans") == "has 46 characters without a pause"
    assert too_long(f"{stretch[:30]} {stretch[:16]}", "zh-hans") == "has 46 characters without a pause"


@pytest.mark.parametrize(
    "text",
    [
        "l’employé n’a pas d’argent " * 4 + "aujourd’hui.",  # an apostrophe makes no second word
        ("one two three four five six seven eight nine ten eleven twelve thirteen " * 1 + "said: ") * 2,
        "a b c d e f g h i j k l m n\na b c d e f g h i j k l m n",
        "Is it so? " * 20,
        "« Est-ce vrai ? » " * 20,
        "",
    ],
)
def test_what_a_reader_takes_in_pieces_is_counted_in_pieces(text: str) -> None:
    assert too_long(text, "fr") == ""


@pytest.mark.parametrize("language", ["ar", "ja", "de"])
def test_a_language_that_is_not_measured_gets_no_hint(language: str) -> None:
    assert too_long("word " * 100, language) == ""
