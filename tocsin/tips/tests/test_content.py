"""What a person wrote, on its way into the envelope: cleaned of what shows nothing, otherwise as it was written."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.tips.content import (
    CONTENT_VERSION,
    TipContent,
    clean_text,
    content_place,
    identity_place,
    message_place,
    receipt_place,
)
from tocsin.tips.papers import opening_place, reason_place

ANY = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("\r\n\t\x00\x0b\x0c\x1b\x7f\x80\x85\x9f\u200f\u2028\u0301")
)
CONTENTS = st.builds(
    TipContent,
    answers=st.dictionaries(st.text(max_size=12), st.text(max_size=60), max_size=5),
    k_events=st.binary(min_size=32, max_size=32),
    identity_given=st.booleans(),
    flags=st.lists(st.text(max_size=12), max_size=3).map(tuple),
)
# Sealed tips hold these bytes for years; they must open in every later version.
FROZEN = (
    '{"answers":{"what":"two \\"men\\"\\n在河边 🚨","where":""},"flags":["second_hand"],"identity_given":true,'
    '"k_events":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","v":1}'
).encode()
FROZEN_CONTENT = TipContent(
    {"where": "", "what": 'two "men"\n在河边 🚨'}, bytes(range(32)), identity_given=True, flags=("second_hand",)
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" \r\n\t ", ""),
        ("\x00\x1f\x7f\x80\x9f", ""),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("\r\r\n\n", ""),
        ("a\r\r\nb", "a\n\nb"),
        ("tab\there", "tab\there"),
        ("form\x0cfeed and\x0bmore", "formfeed andmore"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("c1 \x85\x9bmore", "c1 more"),
        ("\x00  kept  inside  \x00", "kept  inside"),
        ("e\u0301 stays two, \u00e9 stays one", "e\u0301 stays two, \u00e9 stays one"),
        ("\u200fמשהו\u200e", "\u200fמשהו\u200e"),
        ("👩🏽\u200d🔬", "👩🏽\u200d🔬"),
        ("<b> & {{ 1 }} %s \\n", "<b> & {{ 1 }} %s \\n"),
        ("half \ud83d an emoji", "half \N{REPLACEMENT CHARACTER} an emoji"),
    ],
)
def test_a_text_keeps_its_words_and_loses_what_shows_nothing(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept


@given(text=ANY)
def test_a_cleaned_text_holds_no_control_character_and_is_clean(text: str) -> None:
    cleaned = clean_text(text)
    assert not [each for each in cleaned if unicodedata.category(each) == "Cc" and each not in "\n\t"]
    assert clean_text(cleaned) == cleaned == cleaned.strip()


@given(text=ANY)
def test_cleaning_takes_nothing_that_can_be_seen_and_adds_nothing(text: str) -> None:
    def seen(each: str) -> bool:
        return not each.isspace() and unicodedata.category(each) != "Cc"

    assert list(filter(seen, clean_text(text))) == list(filter(seen, text))


@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"])).map(str.strip))
def test_a_text_without_control_characters_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text


@given(content=CONTENTS)
def test_a_content_comes_back_as_it_was_sealed(content: TipContent) -> None:
    assert TipContent.from_bytes(content.to_bytes()) == content


@given(content=CONTENTS)
def test_one_content_has_one_form_of_bytes(content: TipContent) -> None:
    backwards = TipContent(
        dict(reversed(list(content.answers.items()))), content.k_events, content.identity_given, content.flags
    )
    assert backwards.to_bytes() == content.to_bytes() == TipContent.from_bytes(content.to_bytes()).to_bytes()


def test_the_form_of_a_content_never_changes() -> None:
    assert FROZEN_CONTENT.to_bytes() == FROZEN
    assert TipContent.from_bytes(FROZEN) == FROZEN_CONTENT


@pytest.mark.parametrize("version", [0, 2, -1, "1", None, [1]])
def test_a_content_of_another_version_is_not_guessed_at(version: object) -> None:
    told = {**json.loads(FROZEN), "v": version}
    with pytest.raises(ValueError, match="unknown content version"):
        TipContent.from_bytes(json.dumps(told).encode())


@pytest.mark.parametrize("damaged", [b"", b"{", FROZEN[:-1], FROZEN.replace(b"000102", b"00010z"), b"\xff" + FROZEN])
def test_damaged_bytes_are_no_content(damaged: bytes) -> None:
    with pytest.raises(ValueError):
        TipContent.from_bytes(damaged)


def test_nothing_sealed_in_one_place_can_be_put_into_another() -> None:
    makers = (content_place, identity_place, message_place, receipt_place, reason_place)
    places = [maker(ref).to_bytes() for maker in makers for ref in ("BCDFG", "HJKMN", "")]
    places.append(opening_place().to_bytes())
    assert len(set(places)) == len(places)
    assert CONTENT_VERSION == 1, "a new version needs a way to read the old one, and a frozen vector of its own"
