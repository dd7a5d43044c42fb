from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from django.template import Context, Engine

from tocsin.policy.category import QuestionType
from tocsin.policy.floors import check_floors
from tocsin.policy.languages import Localised
from tocsin.policy.model import Pack, UnknownCategory
from tocsin.policy.rules import Texts
from tocsin.policy.text_file import LINES, LISTS, PAIRS

CODES = {
    "secrets_approach",
    "secrets_passed",
    "data_without_permit",
    "facility_tampering",
    "system_intrusion",
    "violence_threat",
    "illegal_weapons",
    "illness_cluster",
    "animal_deaths",
    "plant_pest",
    "invasive_species",
    "biotech_unsafe",
    "agent_lost",
    "agent_misuse",
    "other",
}
HAN = re.compile("[\u4e00-\u9fff]")


def localised_in(value: object) -> Iterator[Localised]:
    if isinstance(value, Localised):
        yield value
    elif isinstance(value, tuple):
        for entry in value:
            yield from localised_in(entry)
    elif is_dataclass(value) and not isinstance(value, (type, Texts)):
        for field in fields(value):
            yield from localised_in(getattr(value, field.name))


def chinese_texts(pack: Pack) -> Iterator[str]:
    for localised in localised_in(pack):
        yield localised.text("zh-hans")
    texts = pack.texts("zh-hans")
    yield from (texts.line(key) for key in LINES)
    for key in LISTS:
        yield from texts.lines(key)
    for key in PAIRS:
        for pair in texts.pairs(key):
            yield from pair.values()


def test_the_seed_pack_breaks_no_floor(seed: Pack) -> None:
    assert check_floors(seed) == []
    assert seed.version == "seed-2026.1"
    assert seed.languages == ("en", "zh-hans", "ar", "fr", "ru", "es")
    assert seed.mark.text("en") == "Sample – not legal advice"


def test_every_seed_category_is_there_and_the_unsure_one_comes_last(seed: Pack) -> None:
    assert {category.code for category in seed.categories} == CODES
    assert seed.categories[-1].code == "other"


def test_every_category_asks_three_to_six_questions_of_its_own(seed: Pack) -> None:
    for category in seed.categories:
        assert 3 <= len(category.questions) <= 6, category.code
    assert {q.type for c in seed.categories for q in c.questions} == set(QuestionType)


def test_species_data_is_lawful_until_a_missing_permit_is_named(seed: Pack) -> None:
    category = seed.category("data_without_permit")
    assert category.needs_second_reader
    assert category.extra_question is not None
    assert category.extra_question.type is QuestionType.PERMIT
    assert category.extra_question.label.text("en") == "Which permit seems to be missing?"


def test_places_of_living_things_and_homes_are_blurred(seed: Pack) -> None:
    for code in ("data_without_permit", "animal_deaths", "invasive_species", "illness_cluster"):
        places = [q for q in seed.category(code).questions if q.type is QuestionType.PLACE]
        assert places
        assert all(question.blurred for question in places), code


def test_all_eight_sectors_of_biosecurity_are_declared(seed: Pack) -> None:
    assert {s.biosecurity for s in seed.sectors} == {None, *range(1, 9)}
    assert seed.sector(seed.category("agent_misuse").sector).biosecurity == 7


def test_tiers_touch_and_a_sum_on_the_border_fits_both(seed: Pack) -> None:
    assert seed.awards is not None
    fitting = [tier.code for tier in seed.awards.tiers if tier.allows(30_000)]
    assert fitting == ["important", "major"]
    assert seed.awards.tier("special").allows(10_000_000)
    assert not seed.awards.tier("special").allows(99_999)


def test_every_chinese_text_is_chinese_with_chinese_punctuation(seed: Pack) -> None:
    texts = list(chinese_texts(seed))
    assert len(texts) > 300
    for text in texts:
        assert HAN.search(text), text
        clockless = re.sub(r"\d:\d\d", "", text)
        assert not re.search(r"[,;:?!()]", clockless), text


def test_english_texts_hold_no_chinese(seed: Pack) -> None:
    assert not any(HAN.search(localised.text("en")) for localised in localised_in(seed))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_texts_promise_what_the_clocks_say(seed: Pack, language: str) -> None:
    texts = seed.texts(language)
    steps = " ".join(texts.lines("next_steps.steps"))
    assert re.findall(r"\d+", steps) == [str(seed.clocks.acknowledge_days), str(seed.clocks.feedback_months)]
    assert str(seed.clocks.acknowledge_days) in texts.line("status.received_help")
    assert re.findall(r"\d+", texts.line("retention.text")) == [
        str(seed.retention.unfounded_days),
        str(seed.retention.substantiated_review_years),
    ]
    assert seed.oversight_body.phone in texts.line("complaint.text")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_door_with_a_number_is_marked_as_sample(seed: Pack, language: str) -> None:
    mark = {"en": "sample number", "zh-hans": "示例号码"}[language]
    for pair in seed.texts(language).pairs("not_for.doors"):
        assert mark in pair["door"]
    assert all(mark in number.label.text(language) for number in seed.emergency_numbers)


def test_no_sum_of_money_stands_in_the_texts(seed: Pack) -> None:
    for language in seed.languages:
        assert not re.search(r"\d", seed.texts(language).line("award.text"))


@pytest.mark.parametrize(
    ("wanted", "got"),
    [("zh-hans", "zh-hans"), ("zh-CN", "zh-hans"), ("zh", "zh-hans"), ("en-gb", "en"), ("EN", "en")],
)
def test_a_reader_gets_the_nearest_language(seed: Pack, wanted: str, got: str) -> None:
    assert seed.texts(wanted).language == got


@pytest.mark.parametrize("wanted", ["de", "zh-hant", "ja"])
def test_a_language_outside_the_pack_gets_its_first_one(seed: Pack, wanted: str) -> None:
    assert seed.texts(wanted).language == "en"
    assert seed.category("other").label(wanted) == seed.category("other").label("en")


def test_a_made_up_category_is_refused_with_a_sentence(seed: Pack) -> None:
    with pytest.raises(UnknownCategory) as caught:
        seed.category("no_such_thing")
    assert "no_such_thing" not in str(caught.value)


def test_templates_read_texts_with_dots(seed: Pack) -> None:
    template = Engine().from_string("{{ t.statement.text }}|{% for d in t.not_for.doors %}{{ d.what }};{% endfor %}")
    statement, doors = template.render(Context({"t": seed.texts("en")}, autoescape=False)).split("|")
    assert statement == seed.texts("en").line("statement.text")
    assert doors.count(";") == len(seed.texts("en").pairs("not_for.doors"))


def test_nobody_can_change_a_loaded_pack(seed: Pack) -> None:
    with pytest.raises(AttributeError):
        seed.version = "other"  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        seed.texts("en")["statement"]["text"] = "other"  # type: ignore[index]  # the point of the test
