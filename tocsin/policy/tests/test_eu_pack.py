"""The second pack: another law, another calendar, other languages, no awards. Nothing of the seed is hard-wired."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from tocsin.policy.category import QuestionType
from tocsin.policy.floors import check_floors
from tocsin.policy.model import Pack
from tocsin.policy.rules import Anonymity, Evidence
from tocsin.policy.tests.conftest import EU
from tocsin.policy.written import Written, texts_in

AREAS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")


def written() -> Iterator[Written]:
    files = {path.relative_to(EU).as_posix(): path.read_bytes() for path in EU.rglob("*.toml")}
    return texts_in(files, ("en", "fr"))


def test_the_eu_sample_breaks_no_floor(eu: Pack) -> None:
    assert check_floors(eu) == []
    assert (eu.id, eu.version, eu.languages) == ("eu_directive", "eu-2026.1", ("en", "fr"))
    assert "not legal advice" in eu.mark.text("en")
    assert "avis juridique" in eu.mark.text("fr")


def test_it_differs_from_the_seed_in_everything_that_a_pack_may_set(eu: Pack, seed: Pack) -> None:
    assert eu.awards is None
    assert seed.awards is not None
    assert eu.calendar.zone == ZoneInfo("Europe/Brussels")
    assert [mode.code for mode in eu.identity_modes] == [Anonymity.ANONYMOUS, Anonymity.CONFIDENTIAL, Anonymity.NAMED]
    assert {channel.code for channel in eu.channels} == {"web", "letter", "email", "hotline", "in_person"}
    assert eu.evidence == Evidence(most_files=10, largest_file_mb=100, largest_total_mb=500)
    for part in ("retention", "false_tips", "sharing", "evidence", "clocks"):
        assert getattr(eu, part) != getattr(seed, part), part
    assert {category.code for category in eu.categories} & {category.code for category in seed.categories} == {"other"}


@pytest.mark.parametrize("area", AREAS)
def test_every_area_of_the_directive_has_its_category(eu: Pack, area: str) -> None:
    assert any(f"Article 2(1)(a)({area})" in category.rule.text("en") for category in eu.categories)


@pytest.mark.parametrize("point", ["b", "c"])
def test_so_have_the_money_and_the_market_of_the_union(eu: Pack, point: str) -> None:
    assert any(f"Article 2(1)({point})" in category.rule.text("en") for category in eu.categories)


def test_both_languages_cite_the_same_rules(eu: Pack) -> None:
    for category in eu.categories:
        english, french = category.rule.text("en"), category.rule.text("fr")
        numbers = [sorted(re.findall(r"\d{2,}[/\d]*", text)) for text in (english, french)]
        assert numbers[0] == numbers[1], category.code


def test_every_category_asks_three_to_six_questions_of_its_own(eu: Pack) -> None:
    for category in eu.categories:
        assert 3 <= len(category.questions) <= 6, category.code
    assert {question.type for category in eu.categories for question in category.questions} == set(QuestionType)
    assert eu.categories[-1].code == "other"


@pytest.mark.parametrize("code", ["data_misused", "tax_arranged"])
def test_what_is_usually_lawful_needs_a_fact_and_a_second_reader(eu: Pack, code: str) -> None:
    category = eu.category(code)
    assert category.needs_second_reader
    assert category.extra_question is not None
    assert category.lawful_note is not None


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_texts_promise_what_the_clocks_say(eu: Pack, language: str) -> None:
    texts = eu.texts(language)
    steps = " ".join(texts.lines("next_steps.steps"))
    assert re.findall(r"\d+", steps) == [str(eu.clocks.acknowledge_days), str(eu.clocks.feedback_months)]
    assert str(eu.clocks.acknowledge_days) in texts.line("status.received_help")
    assert re.findall(r"\d+", texts.line("retention.text")) == [
        str(eu.retention.unfounded_days),
        str(eu.retention.substantiated_review_years),
    ]
    assert eu.oversight_body.phone in texts.line("complaint.text")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_invented_number_is_marked_as_sample(eu: Pack, language: str) -> None:
    mark = {"en": "(sample number)", "fr": "(numéro fictif)"}[language]
    for text in (each.text for each in written() if each.language == language):
        assert len(re.findall(r"\b000-\d{4}\b", text)) == text.count(mark), text


def test_french_is_written_as_french(eu: Pack) -> None:
    french = [each.text for each in written() if each.language == "fr"]
    assert len(french) > 350
    for text in french:
        assert "'" not in text, text
        assert not re.search(r"(?<!\N{NO-BREAK SPACE})[;:!?](?!//)", text), text


def test_english_holds_no_french_mark() -> None:
    assert not any(re.search("[\N{NO-BREAK SPACE}é«»]", each.text) for each in written() if each.language == "en")
