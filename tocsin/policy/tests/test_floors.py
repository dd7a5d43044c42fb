from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tocsin.policy.grounds import FORBIDDEN_GROUNDS, forbidden_grounds_in, has_words_for
from tocsin.policy.rules import Evidence
from tocsin.policy.tests.conftest import EU, Draft


@pytest.mark.parametrize(
    ("line", "looser", "tighter"),
    [
        ("acknowledge_days = 7", 8, 3),
        ("triage_working_days = 3", 4, 1),
        ("urgent_hours = 1", 2, 1),
        ("feedback_months = 3", 4, 2),
        ("feedback_extended_months = 4", 7, 3),
        ("need_info_pause_days = 30", 31, 14),
        ("unfounded_days = 90", 91, 30),
        ("substantiated_review_years = 5", 6, 2),
        ("legal_hold_months = 12", 13, 6),
        ("smallest_cell = 5", 4, 10),
        ("answer_days = 14", 13, 30),
        ("decision_people = 2", 1, 3),
        ("expires_days = 90", 366, 30),
        ("most_files = 20", 0, 1),
        ("largest_file_mb = 200", 4, 5),
        ("largest_file_mb = 200", 2001, 100),
        ("revoke_people = 2", 1, 3),
        ("claim_extended_months = 36", 37, 12),
    ],
)
def test_a_pack_may_tighten_a_floor_and_never_loosen_it(draft: Draft, line: str, looser: int, tighter: int) -> None:
    name = line.split(" = ")[0]
    draft.replace("pack.toml", line, f"{name} = {tighter}")
    draft.load()
    draft.replace("pack.toml", "largest_total_mb = 1000", "largest_total_mb = 9000")  # no floor but one file
    draft.replace("pack.toml", f"{name} = {tighter}", f"{name} = {looser}")
    assert {key.rsplit(".", 1)[-1] for _, key in draft.faults()} == {name}


def test_the_longest_time_for_an_answer_is_not_shorter_than_the_usual_one(draft: Draft) -> None:
    draft.replace("pack.toml", "feedback_extended_months = 4", "feedback_extended_months = 3")
    assert draft.load().clocks.feedback_extended_months == 3
    draft.replace("pack.toml", "feedback_extended_months = 3", "feedback_extended_months = 2")
    assert draft.faults() == {("pack.toml", "clocks.feedback_extended_months")}


def test_all_files_together_may_be_as_large_as_one(draft: Draft) -> None:
    draft.replace("pack.toml", "largest_total_mb = 1000", "largest_total_mb = 200")
    assert draft.load().evidence == Evidence(most_files=20, largest_file_mb=200, largest_total_mb=200)
    draft.replace("pack.toml", "largest_total_mb = 200", "largest_total_mb = 199")
    assert draft.faults() == {("pack.toml", "evidence.largest_total_mb")}


def test_a_pack_says_how_much_evidence_a_report_may_bring(draft: Draft) -> None:
    draft.cut("pack.toml", "[evidence]", "[awards]")
    assert draft.faults() == {("pack.toml", "evidence")}


@pytest.mark.parametrize("line", ["acknowledge_days = 7", "feedback_months = 3", "unfounded_days = 90"])
def test_a_clock_of_nothing_is_no_clock(draft: Draft, line: str) -> None:
    draft.replace("pack.toml", line, line.split(" = ")[0] + " = 0")
    assert len(draft.faults()) == 1


def test_nobody_needs_a_name_to_report(draft: Draft) -> None:
    draft.replace("pack.toml", 'code = "anonymous"', 'code = "confidential"')
    assert draft.faults() == {("pack.toml", "identity_modes")}


def test_one_channel_is_online_and_one_is_not(draft: Draft) -> None:
    text = (draft.path / "pack.toml").read_text(encoding="utf-8")
    for this, that in (("true", "false"), ("false", "true")):
        changed = text.replace(f"online = {this}", f"online = {that}")
        (draft.path / "pack.toml").write_text(changed, encoding="utf-8")
        assert draft.faults() == {("pack.toml", "channels")}


def test_figures_come_yearly_and_quarterly(draft: Draft) -> None:
    draft.replace("pack.toml", '["year", "quarter"]', '["year"]')
    assert draft.faults() == {("pack.toml", "statistics.periods")}


def test_no_mode_promises_an_award_that_the_pack_does_not_give(draft: Draft) -> None:
    draft.cut("pack.toml", "[awards]", "[calendar]")
    assert ("pack.toml", "identity_modes") in draft.faults()


def test_payment_without_identity_needs_its_token(draft: Draft) -> None:
    draft.replace("pack.toml", "pay_without_identity = true", "pay_without_identity = false")
    assert draft.faults() == {("pack.toml", "awards.pay_without_identity")}


ENGLISH = [
    "nationality",
    "ethnicity",
    "religion",
    "sect",
    "political opinion",
    "hostile forces",
    "extremist views",
    "petitioning",
    "protest",
    "strike",
    "journalism",
    "union",
    "migration status",
    "sexuality",
]
CHINESE = [
    "国籍",
    "民族",
    "宗教",
    "教派",
    "政治观点",
    "敌对势力",
    "极端思想",
    "上访",
    "抗议",
    "罢工",
    "记者",
    "工会",
    "移民",
    "性取向",
]


FRENCH = [
    "nationalité",
    "ethnie",
    "religion",
    "secte",
    "opinion politique",
    "forces hostiles",
    "idées extrémistes",
    "pétition",
    "manifestation",
    "grève",
    "journaliste",
    "syndicat",
    "immigré",
    "orientation sexuelle",
]


@pytest.mark.parametrize(("name", "word"), [*zip(ENGLISH, FRENCH, strict=True)])
def test_every_word_of_the_list_fails_as_a_ground_in_french(tmp_path: Path, name: str, word: str) -> None:
    shutil.copytree(EU, tmp_path / "pack")
    draft = Draft(tmp_path / "pack")
    draft.replace("categories/other.toml", "Autre chose, ou je ne suis pas sûr", f"Je n’aime pas leur {word}")
    assert draft.faults() == {("categories/other.toml", "label.fr")}
    assert name in {ground for ground, _ in forbidden_grounds_in(f"l’{word.upper()}", "fr")}


@pytest.mark.parametrize(
    "text",
    [
        "À des réunions",
        "Des données partent à l’étranger",
        "un corps étranger dans l’aliment",
        "Les manifestations cliniques de la maladie",
        "le droit de l’Union européenne",
        "une culture de bactéries",
        "des traces de sang",
    ],
)
def test_harmless_french_passes(text: str) -> None:
    assert list(forbidden_grounds_in(text, "fr")) == []


SPANISH = [
    "nacionalidad",
    "etnia",
    "religión",
    "secta",
    "opinión política",
    "fuerzas hostiles",
    "ideas extremistas",
    "petición",
    "manifestación",
    "huelga",
    "periodista",
    "sindicato",
    "inmigrante",
    "orientación sexual",
]
RUSSIAN = [
    "национальность",
    "этнической группы",
    "религией",
    "секту",
    "политические взгляды",
    "враждебные силы",
    "экстремистские идеи",
    "петицию",
    "митинг",
    "забастовка",
    "журналистов",
    "профсоюзом",
    "мигрантов",
    "сексуальная ориентация",
]
ARABIC = [
    "الجنسية",
    "العرقية",
    "دِينهم",
    "الطائفة",
    "آراؤهم السياسية",
    "القوى المعادية",
    "متطرفون",
    "توقيع عريضة",
    "للاحتجاج",
    "الإضراب",
    "الصحفيين",
    "النقابة",
    "اللاجئين",
    "الميول الجنسية",
]


@pytest.mark.parametrize(
    ("language", "name", "word"),
    [
        (language, name, word)
        for language, words in (("es", SPANISH), ("ru", RUSSIAN), ("ar", ARABIC), ("fr-be", FRENCH))
        for name, word in zip(ENGLISH, words, strict=True)
    ],
)
def test_the_words_of_the_list_are_known_in_the_other_languages(language: str, name: str, word: str) -> None:
    assert name in {ground for ground, _ in forbidden_grounds_in(f"({word.upper()}!)", language)}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Envían los datos al extranjero"),
        ("es", "Aves migratorias muertas en el sector"),
        ("ru", "Гибель племенного скота в этом секторе"),
        ("ru", "Миграция птиц, культура бактерий, расходы"),
        ("ar", "طيور مهاجرة نافقة"),
        ("ar", "عرق وحمى واضطراب في المدينة"),
        ("ar", "شركة أجنبية لم تسدد الدين"),
    ],
)
def test_harmless_words_of_the_other_languages_pass(language: str, text: str) -> None:
    assert list(forbidden_grounds_in(text, language)) == []


def test_a_language_has_words_for_all_grounds_or_is_said_to_have_none() -> None:
    assert all(has_words_for(language) for language in ("en", "zh-hans", "zh-hant", "fr", "fr-be", "es", "ru", "ar"))
    assert not has_words_for("ja")


def test_french_words_are_looked_for_in_french_only() -> None:
    assert list(forbidden_grounds_in("The manifestation of the illness", "en")) == []
    assert [ground for ground, _ in forbidden_grounds_in("Les étrangers du quartier", "fr")] == ["nationality"]


@pytest.mark.parametrize("text", ["money of the European Union", "the customs union"])
def test_the_european_union_is_a_place_and_no_union_of_workers(text: str) -> None:
    assert list(forbidden_grounds_in(text)) == []
    assert [ground for ground, _ in forbidden_grounds_in(f"{text} and their trade union")] == ["union"]


@pytest.mark.parametrize(("name", "word"), [*zip(ENGLISH, ENGLISH, strict=True), *zip(ENGLISH, CHINESE, strict=True)])
def test_every_word_of_the_list_fails_as_a_ground_in_both_languages(draft: Draft, name: str, word: str) -> None:
    assert [ground for ground, _ in forbidden_grounds_in(f"What is their {word}? 他们的{word}是什么")] == [name]
    draft.replace("categories/other.toml", "Something else, or I am not sure", f"Their {word} is odd")
    assert draft.faults() == {("categories/other.toml", "label.en")}


def test_every_forbidden_ground_is_tried() -> None:
    assert [ground.name for ground in FORBIDDEN_GROUNDS] == ENGLISH


@pytest.mark.parametrize(
    ("old", "key"),
    [
        ("does or causes something", "behaviour.en"),
        ("Choose this if nothing else fits", "hint.en"),
        ("Someone did something, or", "facts[0].en"),
        ("Barrels without a label", "examples[0].en"),
        ("What is dangerous about it", "questions[0].label.en"),
        ("Harm to people", "questions[1].options[0].label.en"),
        ("Is someone in danger now?", "urgent_hint.en"),
    ],
)
def test_a_ground_hides_nowhere_in_a_category(draft: Draft, old: str, key: str) -> None:
    draft.replace("categories/other.toml", old, f"{old} (religious)")
    assert draft.faults() == {("categories/other.toml", key)}


def test_no_field_of_reports_is_about_a_kind_of_people(draft: Draft) -> None:
    draft.replace("pack.toml", 'label = { en = "Violence"', 'label = { en = "Cults"')
    assert draft.faults() == {("pack.toml", "sectors[3].label.en")}


def test_the_first_page_asks_for_no_forbidden_ground(draft: Draft) -> None:
    draft.replace("texts/zh-hans.toml", "有人打听秘密", "有人上访")
    assert draft.faults() == {("texts/zh-hans.toml", "purpose.behaviours[0].act")}


@pytest.mark.parametrize(
    "text",
    [
        "An insect or larva was found",
        "They work in good faith",
        "Migratory birds lie dead",
        "bird migration",
        "Tell the reporter of the tip",
        "暗示威胁",
        "Foreign soil in the box",
        "研究机构把数据传到境外",
        "an assembly of parts",
    ],
)
def test_harmless_words_pass(text: str) -> None:
    assert list(forbidden_grounds_in(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "RELIGIOUS people",
        "his re\u00adligion",
        "宗 教",
        "ｒｅｌｉｇｉｏｎ",
        "的religion吗",
        "re\u200bligion",
        "宗\u200b教",
    ],
)
def test_disguised_words_are_seen(text: str) -> None:
    assert [ground for ground, _ in forbidden_grounds_in(text)] == ["religion"]


def test_words_with_hyphens_and_line_breaks_are_seen() -> None:
    assert list(forbidden_grounds_in("hostile-\n forces")) == [("hostile forces", "hostile forces")]
