"""Drafts: what was typed comes back as it was, to this door and this form only, and its size says little."""

from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.public.guided.draft import UNKNOWN, Draft, DraftBox, DraftInvalid
from tocsin.vault.blobs import BUCKETS

UNHURRIED = settings(deadline=None)
BOX = DraftBox("a secret of the tests")
TICKET, OTHER_TICKET = "t" * 80, "u" * 80
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=300)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_-", min_size=1, max_size=12)
TYPED = st.dictionaries(NAMES, st.dictionaries(NAMES, st.lists(TEXTS, min_size=1, max_size=3), max_size=3), max_size=5)
DRAFTS = st.builds(Draft, TYPED, st.lists(NAMES, unique=True, max_size=6).map(tuple))


def of_size(characters: int, letter: str = "x") -> Draft:
    return Draft({"what": {"what": [letter * characters]}}, ("what",))


@UNHURRIED
@given(DRAFTS)
@example(Draft())
@example(Draft({"what": {"what": ["🚨👩🏽‍🔬 رأيت 昨晚 \U0010fffd \u202e </textarea>"]}}, ("what",)))
def test_any_draft_comes_back_as_it_was(draft: Draft) -> None:
    assert BOX.open(BOX.seal(draft, TICKET), TICKET) == draft


@UNHURRIED
@given(DRAFTS)
def test_nothing_of_a_draft_can_be_read_in_its_sealed_form(draft: Draft) -> None:
    first, second = BOX.seal(draft, TICKET), BOX.seal(draft, TICKET)
    assert first != second
    assert len(first) == len(second)
    sealed = base64.urlsafe_b64decode(first)
    for screen in draft.typed.values():
        for values in screen.values():
            assert not any(len(value) > 6 and value.encode() in sealed for value in values)


def test_a_draft_opens_only_with_the_ticket_of_its_form() -> None:
    sealed = BOX.seal(of_size(20), TICKET)
    for ticket in (OTHER_TICKET, "", TICKET[:-1], TICKET + "t", TICKET.upper()):
        with pytest.raises(DraftInvalid):
            BOX.open(sealed, ticket)


def test_a_draft_of_another_door_is_refused() -> None:
    for secret in ("", "another secret", "a secret of the tests "):
        with pytest.raises(DraftInvalid):
            BOX.open(DraftBox(secret).seal(of_size(20), TICKET), TICKET)


def test_every_changed_byte_is_refused() -> None:
    sealed = base64.urlsafe_b64decode(BOX.seal(of_size(20), TICKET))
    for place in range(len(sealed)):
        changed = bytes([*sealed[:place], sealed[place] ^ 1, *sealed[place + 1 :]])
        with pytest.raises(DraftInvalid):
            BOX.open(base64.urlsafe_b64encode(changed).decode(), TICKET)


@UNHURRIED
@given(st.integers(min_value=0), st.characters())
def test_a_changed_letter_never_changes_what_a_draft_says(place: int, letter: str) -> None:
    draft = of_size(20)
    sealed = BOX.seal(draft, TICKET)
    place %= len(sealed)
    try:
        opened = BOX.open(sealed[:place] + letter + sealed[place + 1 :], TICKET)
    except DraftInvalid:
        return
    assert opened == draft  # some letters of Base64 carry bits that nobody reads


@UNHURRIED
@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
@example("\ud800")
@example("é" * 80)
@example("A")
@example("A" * 16)
@example("A" * 5000)
def test_what_is_no_draft_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(DraftInvalid):
        BOX.open(text, TICKET)


def test_a_cut_draft_is_refused() -> None:
    sealed = BOX.seal(of_size(20), TICKET)
    for length in range(0, len(sealed), 7):
        with pytest.raises(DraftInvalid):
            BOX.open(sealed[:length], TICKET)


def sealed_size(draft: Draft) -> int:
    return len(base64.urlsafe_b64decode(BOX.seal(draft, TICKET)))


def test_short_and_long_answers_differ_in_size_by_steps_only() -> None:
    around = 12 + 16  # nonce and tag
    steps = {sealed_size(of_size(characters)) - around for characters in range(1, 60_000, 211)}
    assert steps == set(BUCKETS)
    assert sealed_size(Draft()) == sealed_size(of_size(600)) == BUCKETS[0] + around


@pytest.mark.parametrize("letter", ["x", "字", "🚨"])
def test_the_longest_report_still_fits_and_grows_by_a_sixteenth_at_most(letter: str) -> None:
    draft = of_size(200_000, letter)
    assert BOX.open(BOX.seal(draft, TICKET), TICKET) == draft
    assert sealed_size(draft) <= (200_000 * len(letter.encode()) + 100) * 17 / 16 + 28


def test_the_sealed_form_is_safe_in_a_page_and_in_a_form() -> None:
    sealed = BOX.seal(of_size(3000, "é"), TICKET)
    assert set(sealed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")
    try:
        base64.b64decode(sealed.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        pytest.fail("no Base64")


def test_an_answer_replaces_the_one_before_and_an_empty_one_takes_it_away() -> None:
    draft = Draft().answered("what", {"what": ["one"]}).answered("told", {"heard": ["two"]})
    again = draft.answered("what", {"what": ["three"], "more": ["", ""]})
    assert again.typed == {"what": {"what": ["three"]}, "told": {"heard": ["two"]}}
    assert again.seen == ("what", "told")
    assert again.answered("what", {"what": [""]}).first("what", "what") == ""


def test_what_was_left_without_an_answer_is_kept_but_not_taken_as_answered() -> None:
    draft = Draft().kept("what", {"what": ["half a sent"]})
    assert draft.first("what", "what") == "half a sent"
    assert draft.seen == ()


def test_i_do_not_know_stays_until_something_is_typed() -> None:
    draft = Draft().answered("when", {UNKNOWN: ["1"]})
    assert draft.is_unknown("when")
    assert draft.kept("when", {"when": [""]}).is_unknown("when")
    assert draft.answered("when", {}).is_unknown("when")
    told = draft.answered("when", {"when": ["in May"]})
    assert (told.is_unknown("when"), told.first("when", "when")) == (False, "in May")


def test_a_draft_is_never_changed_in_place() -> None:
    first = Draft().answered("what", {"what": ["one"]})
    first.answered("what", {"what": ["two"]})
    first.kept("told", {"heard": ["three"]})
    assert first == Draft({"what": {"what": ["one"]}}, ("what",))
