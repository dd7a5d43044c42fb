"""What every channel hands over: cleaned, checked, and each refusal with the field and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake.submission import (
    LONGEST_CONTACT,
    LONGEST_OTHER,
    LONGEST_WHAT,
    Submission,
    SubmissionInvalid,
    clean,
)
from tocsin.tips.content import Particulars

USUAL: dict[str, Any] = {
    "channel": "web",
    "category": "other",
    "answers": {"what": "A lorry without plates."},
    "contact": "",
    "flags": (),
}
QUESTIONS = ("what", "where", "when", "how")
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)
INVISIBLE = [
    "\u200b",
    "\u200d\u200c",
    "\ufeff",
    "\u00ad",
    "\u2060",
    "\u202e\u202c",
    "\u2028",
    "\u3000",
    "\u00a0",
    "\x00",
]


def cleaned(**changes: Any) -> Submission:
    return clean(**{**USUAL, **changes})


def errors_of(**changes: Any) -> Mapping[str, str]:
    with pytest.raises(SubmissionInvalid) as caught:
        cleaned(**changes)
    return caught.value.errors


def test_a_usual_report_is_taken_as_it_stands() -> None:
    told = cleaned(answers={"what": "Two men.", "where": "the quay"}, contact="Mia", flags=("late",))
    assert told == Submission("web", "other", {"what": "Two men.", "where": "the quay"}, "Mia", ("late",))


def test_a_report_without_a_story_is_told_what_to_write() -> None:
    (told,) = errors_of(answers={}).items()
    assert told[0] == "what"
    assert told[1].startswith("Write what the person did")
    assert set(errors_of(answers={"where": "the quay"})) == {"what"}


@pytest.mark.parametrize("nothing", ["", " ", "\n\t \r\n", *INVISIBLE, " \u200b\n\ufeff "])
def test_a_story_that_shows_nothing_is_no_story(nothing: str) -> None:
    assert set(errors_of(answers={"what": nothing})) == {"what"}


@pytest.mark.parametrize("nothing", ["", "  ", *INVISIBLE])
def test_an_answer_that_shows_nothing_is_left_out(nothing: str) -> None:
    told = cleaned(answers={"what": "x", "where": nothing, "how": nothing}, contact=nothing)
    assert told.answers == {"what": "x"}
    assert told.contact == ""


@pytest.mark.parametrize("kept", ["می\u200cخواهم", "👩\u200d🔬", "a\u00adb", "\u202bשלום\u202c", "⠀x", "\ue000"])
def test_invisible_marks_inside_a_story_stay_where_they_are(kept: str) -> None:
    assert cleaned(answers={"what": kept}).answers["what"] == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("two\x00 men", "two men"),
        ("\x07bell\x1b[31m", "bell[31m"),
        ("\x7f\x80 c1 \x85\x9f", "c1"),
        ("old\r\nline\rends\n", "old\nline\nends"),
        ("a\tb", "a\tb"),
        ("  space around  ", "space around"),
    ],
)
def test_control_characters_go_and_words_stay_in_every_field(typed: str, kept: str) -> None:
    told = cleaned(answers=dict.fromkeys(QUESTIONS, typed), contact=typed)
    assert told.answers == dict.fromkeys(QUESTIONS, kept)
    assert told.contact == kept


def test_half_a_character_is_marked_as_unreadable_and_the_rest_is_kept() -> None:
    told = cleaned(answers={"what": "cut off \ud83d"}, contact="\udc00 Mia")
    assert told.answers["what"] == "cut off \N{REPLACEMENT CHARACTER}"
    assert told.contact == "\N{REPLACEMENT CHARACTER} Mia"
    assert cleaned(answers={"what": "\ud83d\ude00 whole"}).answers["what"] == "😀 whole"


@pytest.mark.parametrize("category", ["", "OTHER", "other ", "no_such_thing", "../other", "other\x00", "其他"])
def test_an_unknown_category_is_refused_with_the_way_out(category: str) -> None:
    errors = errors_of(category=category)
    assert set(errors) == {"category"}
    assert "choose one from the list" in errors["category"]


LONGEST = {"what": LONGEST_WHAT, "where": LONGEST_OTHER, "when": LONGEST_OTHER, "how": LONGEST_OTHER}


@pytest.mark.parametrize("field", QUESTIONS)
@pytest.mark.parametrize("letter", ["x", "字", "😀"])
def test_an_answer_of_exactly_the_longest_length_is_taken_and_one_more_is_not(field: str, letter: str) -> None:
    most = LONGEST[field]
    told = cleaned(answers={"what": "x", field: letter * most})
    assert told.answers[field] == letter * most
    errors = errors_of(answers={"what": "x", field: letter * (most + 1)})
    assert set(errors) == {field}
    assert f"longer than {most:,} characters (it has {most + 1:,})" in errors[field]
    assert "Shorten it, or send the rest later through your mailbox." in errors[field]


def test_what_is_cut_away_does_not_count_as_length() -> None:
    assert cleaned(answers={"what": " " + "x" * LONGEST_WHAT + "\x00\n"}).answers["what"] == "x" * LONGEST_WHAT


def test_a_contact_is_measured_in_bytes_because_its_stored_size_is_fixed() -> None:
    assert cleaned(contact="x" * LONGEST_CONTACT).contact == "x" * LONGEST_CONTACT
    assert cleaned(contact="é" * (LONGEST_CONTACT // 2)).contact
    for long in ("x" * (LONGEST_CONTACT + 1), "é" * (LONGEST_CONTACT // 2) + "x", "字" * (LONGEST_CONTACT // 3 + 1)):
        errors = errors_of(contact=long)
        assert set(errors) == {"contact"}
        assert "One name and one way to reach you are enough" in errors["contact"]


def test_all_faults_of_a_report_are_told_at_once() -> None:
    errors = errors_of(
        category="?", answers={"where": "x" * (LONGEST_OTHER + 1), "how": "y" * (LONGEST_OTHER + 1)}, contact="z" * 701
    )
    assert set(errors) == {"category", "what", "where", "how", "contact"}


def test_a_refusal_never_repeats_what_was_typed() -> None:
    typed = "canary-of-the-text"
    with pytest.raises(SubmissionInvalid) as caught:
        cleaned(category=typed, answers={"where": typed * 2000}, contact=typed * 100)
    assert typed not in f"{caught.value} {caught.value.errors} {caught.value.sentence}"


def test_errors_speak_the_language_of_the_page() -> None:
    english = errors_of(answers={})["what"]
    with override("zh-hans"):
        chinese = errors_of(answers={})["what"]
    assert english != chinese


@given(what=ANY_TEXT, where=ANY_TEXT, contact=ANY_TEXT)
def test_no_text_breaks_the_check_and_what_is_taken_can_be_stored(what: str, where: str, contact: str) -> None:
    try:
        told = cleaned(answers={"what": what, "where": where}, contact=contact)
    except SubmissionInvalid:
        return
    assert len(told.digest()) == 32
    for text in (*told.answers.values(), told.contact):
        assert text.encode().decode() == text
        assert "\x00" not in text


@given(what=ANY_TEXT, where=ANY_TEXT, contact=ANY_TEXT)
def test_what_was_cleaned_once_is_not_changed_by_cleaning_it_again(what: str, where: str, contact: str) -> None:
    try:
        once = cleaned(answers={"what": what, "where": where}, contact=contact)
    except SubmissionInvalid:
        return
    assert cleaned(answers=once.answers, contact=once.contact) == once


BASE = Submission("web", "other", {"what": "a", "where": "b"}, "c", ("d",))


DIFFERENT: list[tuple[str, object]] = [
    ("channel", "letter"),
    ("category", "plant_pest"),
    ("answers", {"what": "a!", "where": "b"}),
    ("answers", {"what": "a", "where": "b!"}),
    ("answers", {"what": "a", "when": "b"}),
    ("answers", {"what": "a"}),
    ("answers", {"what": "b", "where": "a"}),
    ("contact", "C"),
    ("contact", ""),
    ("flags", ()),
    ("flags", ("d", "d")),
    ("flags", ("e",)),
    ("particulars", Particulars(details={"q": "x"})),
    ("particulars", Particulars(details={"q": None})),
    ("particulars", Particulars(mode="named")),
    ("particulars", Particulars(earlier="BCDF")),
    ("particulars", Particulars(award="yes")),
    ("files", (SimpleNamespace(digest="11"),)),
    ("files", (SimpleNamespace(digest="11"), SimpleNamespace(digest="22"))),
]


@pytest.mark.parametrize(("name", "value"), DIFFERENT)
def test_every_difference_changes_the_digest(name: str, value: Any) -> None:
    assert replace(BASE, **{name: value}).digest() != BASE.digest()


def test_no_field_of_a_report_is_missing_in_the_list_above() -> None:
    assert {field.name for field in fields(Submission)} == {name for name, _value in DIFFERENT}


def test_text_that_moves_from_one_field_to_the_next_changes_the_digest() -> None:
    shifted = [
        Submission("web", "other", {"what": "ab"}, "c"),
        Submission("web", "other", {"what": "a"}, "bc"),
        Submission("webother", "", {"what": "ab"}, "c"),
        Submission("web", "other", {"what": "ab"}, "", ("c",)),
    ]
    assert len({each.digest() for each in shifted}) == len(shifted)


def test_the_digest_depends_on_nothing_else() -> None:
    same = Submission("web", "other", dict(reversed(list(BASE.answers.items()))), "c", ("d",))
    with override("zh-hans"):
        assert same.digest() == BASE.digest()


TOLD = st.builds(
    Submission,
    channel=st.sampled_from(["web", "letter"]),
    category=st.sampled_from(["other", "plant_pest"]),
    answers=st.dictionaries(st.sampled_from(sorted(QUESTIONS)), st.text(max_size=3), max_size=3),
    contact=st.text(max_size=3),
    flags=st.lists(st.text(max_size=2), max_size=2).map(tuple),
)


@given(TOLD, TOLD)
def test_two_reports_have_one_digest_exactly_when_they_say_the_same(one: Submission, other: Submission) -> None:
    assert (one.digest() == other.digest()) == (one == other)
