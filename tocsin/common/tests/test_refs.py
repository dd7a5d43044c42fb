"""Handles: random, easy to copy, and told apart from hostile text before anything is looked for."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.common.refs import is_ref, new_ref

LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"


def test_a_handle_has_twenty_characters_that_nobody_mistakes() -> None:
    sample = "".join(new_ref() for _ in range(500))
    assert len(sample) == 500 * 20
    assert set(sample) == set(LETTERS), "every letter is used, and no other"
    assert not set(sample) & set("AEIOUL01")


@given(length=st.integers(1, 32))
def test_a_handle_is_as_long_as_asked_and_is_one(length: int) -> None:
    ref = new_ref(length)
    assert len(ref) == length
    assert is_ref(ref)


def test_many_handles_are_all_different_and_in_no_order() -> None:
    sample = [new_ref() for _ in range(20_000)]
    assert len(set(sample)) == len(sample)
    assert len({ref[:8] for ref in sample}) == len(sample), "the beginning alone is random enough"
    assert sample != sorted(sample)


def test_handles_do_not_follow_from_a_seed_that_somebody_may_guess() -> None:
    random.seed(7)
    first = new_ref()
    random.seed(7)
    assert new_ref() != first


@given(text=st.text(st.characters() | st.sampled_from(LETTERS), max_size=40))
def test_only_short_texts_of_these_letters_can_be_handles(text: str) -> None:
    assert is_ref(text) is bool(re.fullmatch("[2-9BCDFGHJKMNP-TV-Z]{1,32}", text))


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        " ",
        "bcdfg",
        "BCDFG\n",
        "\x00BCDFG",
        "BCDFG\x00",
        "BCDF G",
        "' OR 1=1 --",
        "../BCDFG",
        "BCDFG%00",
        "ＢＣＤＦＧ",
        "٢٣٤",
        "BCDFĢ",
        "B\u0301",
        "\ud800",
        "B" * 33,
        "B" * 5_000_000,
    ],
)
def test_hostile_text_is_no_handle(hostile: str) -> None:
    assert not is_ref(hostile)
