from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.test import override_settings

from tocsin.common.errors import Unsafe
from tocsin.policy.active import get_pack
from tocsin.policy.findings import PackInvalid
from tocsin.policy.loader import fingerprint_of, load_pack
from tocsin.policy.model import Pack
from tocsin.policy.tests.conftest import SEED, Draft

OTHER = "categories/other.toml"


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("pack.toml", 'id = "seed"', 'id = "seed"\ncolour = "red"', "colour"),
        ("pack.toml", "acknowledge_days = 7", "acknowledge_days = 7\nslack_days = 9", "clocks.slack_days"),
        ("pack.toml", "acknowledge_days = 7", 'acknowledge_days = "7"', "clocks.acknowledge_days"),
        ("pack.toml", "acknowledge_days = 7", "acknowledge_days = true", "clocks.acknowledge_days"),
        ("pack.toml", "acknowledge_days = 7", "acknowledge_days = -1", "clocks.acknowledge_days"),
        ("pack.toml", "acknowledge_days = 7\n", "", "clocks.acknowledge_days"),
        ("pack.toml", 'id = "seed"', 'id = "Seed pack"', "id"),
        ("pack.toml", '"seed-2026.1"', '"seed 2026"', "version"),
        ("pack.toml", "2027-12-31", "2025-12-31", "expires_on"),
        ("pack.toml", "2026-01-01", "2026-01-01T00:00:00Z", "valid_from"),
        ("pack.toml", '["en", "zh-hans"]', '["en", "zh_Hans"]', "languages[1]"),
        ("pack.toml", '["en", "zh-hans"]', '["en", "en"]', "languages[1]"),
        ("pack.toml", "Asia/Shanghai", "Asia/Nowhere", "calendar.time_zone"),
        ("pack.toml", "Asia/Shanghai", "../etc", "calendar.time_zone"),
        ("pack.toml", '"saturday", "sunday"', '"saturday", "caturday"', "calendar.weekend[1]"),
        ("pack.toml", "worked_days = [", "worked_days = [2026-05-01, ", "calendar.worked_days"),
        ("pack.toml", "2027-09-15,", "2027-09-15, 2027-09-15,", "calendar.holidays[43]"),
        ("pack.toml", "at_least = 30_000", "at_least = 40_000", "awards.tiers[2].at_least"),
        ("pack.toml", 'code = "letter"', 'code = "web"', "channels[2].code"),
        ("pack.toml", 'match = "all"', 'match = "most"', "awards.match"),
        ("pack.toml", 'after = "verified_outcome"', 'after = "arrival"', "awards.after"),
        ("pack.toml", 'graded_by = "person"', 'graded_by = "machine"', "awards.graded_by"),
        ("pack.toml", "biosecurity = 8", "biosecurity = 9", "sectors[12].biosecurity"),
        ("pack.toml", "https://oversight.example", "http://oversight.example", "oversight_body.website"),
        (OTHER, 'code = "other"', 'code = "another"', "code"),
        (OTHER, 'sector = "other"', 'sector = "unheard_of"', "sector"),
        (OTHER, 'about = "unsure"', 'about = "who_they_are"', "about"),
        (OTHER, "order = 900", "order = 900.5", "order"),
        (OTHER, 'type = "place"', 'type = "map"', "questions[2].type"),
        (OTHER, 'code = "danger_place"', 'code = "danger"', "questions[2].code"),
        (OTHER, "suggests_urgent = false", 'suggests_urgent = false\nextra_fact = "danger"', "extra_fact"),
        (
            OTHER,
            'label = { en = "Where?", zh-hans = ',
            'label = { en = "Where?", fr = ',
            "questions[2].label.zh-hans",
        ),
        (
            "categories/data_without_permit.toml",
            'extra_fact = "missing_permit"',
            'extra_fact = "x"',
            "extra_fact",
        ),
        ("categories/data_without_permit.toml", 'extra_fact = "missing_permit"\n', "", "extra_fact"),
        ("texts/en.toml", "[complaint]", "[complaints]", "complaint.text"),
        ("texts/en.toml", 'minimal = "', 'maximal = "', "feedback.minimal"),
        ("texts/en.toml", 'protection = "', 'shelter = "', "legal_basis.protection"),
        ("texts/en.toml", 'received = "Received"', 'received = ""', "status.received"),
        ("texts/zh-hans.toml", 'door = "', 'gate = "', "not_for.doors[0].door"),
    ],
)
def test_a_fault_is_named_with_its_file_and_key(draft: Draft, file: str, old: str, new: str, key: str) -> None:
    draft.replace(file, old, new)
    assert (file, key) in draft.faults()


def test_all_faults_of_all_files_are_told_at_once(draft: Draft) -> None:
    draft.replace(OTHER, "order = 900", 'order = "last"')
    draft.replace("categories/plant_pest.toml", "order = 100", "")
    draft.replace("texts/en.toml", "[emergency]\ntext", "[emergency]\ntxt")
    draft.replace("texts/en.toml", "[withdraw]\ntext", "[withdraw]\ntxt")
    assert draft.faults() >= {
        (OTHER, "order"),
        ("categories/plant_pest.toml", "order"),
        ("texts/en.toml", "emergency.text"),
        ("texts/en.toml", "emergency.txt"),
        ("texts/en.toml", "withdraw.text"),
    }


def test_a_list_that_is_shorter_in_one_language_is_refused(draft: Draft) -> None:
    draft.cut("texts/zh-hans.toml", '  "我们会进行核查', "\n")
    assert draft.faults() == {("texts/zh-hans.toml", "next_steps.steps")}


def test_a_declared_language_needs_its_text_file(draft: Draft) -> None:
    (draft.path / "texts" / "zh-hans.toml").unlink()
    assert draft.faults() == {("texts/zh-hans.toml", "")}


def test_a_declared_language_needs_every_text_of_every_category(draft: Draft) -> None:
    draft.replace("pack.toml", '["en", "zh-hans"]', '["en", "zh-hans", "fr"]')
    assert ("pack.toml", "title.fr") in draft.faults()


def test_one_to_four_behaviours_are_too_few(draft: Draft) -> None:
    for _ in range(3):
        draft.cut("texts/en.toml", "  { act", "\n")
    assert ("texts/en.toml", "purpose.behaviours") in draft.faults()


@pytest.mark.parametrize("name", ["notes.txt", "texts/fr.toml", "categories/old/other.toml", "categories/other.toml~"])
def test_a_file_that_belongs_to_no_pack_is_refused(draft: Draft, name: str) -> None:
    (draft.path / name).parent.mkdir(exist_ok=True)
    (draft.path / name).write_text("x", encoding="utf-8")
    assert draft.faults() == {(name, "")}


def test_hidden_files_change_nothing(draft: Draft) -> None:
    before = draft.load().fingerprint
    (draft.path / ".DS_Store").write_bytes(b"\0")
    (draft.path / "texts" / ".en.toml.swp").write_bytes(b"\0")
    assert draft.load().fingerprint == before


@pytest.mark.parametrize("data", [b"order = = 1", b"\xff\xfe"])
def test_a_broken_file_is_named(draft: Draft, data: bytes) -> None:
    (draft.path / OTHER).write_bytes(data)
    assert draft.faults() == {(OTHER, "")}


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(PackInvalid, match=r"pack\.toml"):
            load_pack(path)


def test_a_pack_without_categories_is_refused(draft: Draft) -> None:
    for file in (draft.path / "categories").iterdir():
        file.unlink()
    assert draft.faults() == {("categories", "")}


def test_adding_a_category_is_one_file_and_no_edit(draft: Draft) -> None:
    text = (draft.path / OTHER).read_text(encoding="utf-8").replace('code = "other"', 'code = "fresh"', 1)
    (draft.path / "categories" / "fresh.toml").write_text(text.replace("order = 900", "order = 5"), encoding="utf-8")
    assert draft.load().categories[0].code == "fresh"


def test_awards_are_off_unless_the_pack_switches_them_on(draft: Draft) -> None:
    draft.cut("pack.toml", "[awards]", "[calendar]")
    draft.cut("pack.toml", '[[identity_modes]]\ncode = "anonymous_with_token"', '[[identity_modes]]\ncode = "named"')
    draft.replace("pack.toml", "award_possible = true", "award_possible = false")
    assert draft.load().awards is None


def test_the_fingerprint_follows_every_byte_and_every_name(draft: Draft) -> None:
    before = draft.load().fingerprint
    assert draft.load().fingerprint == before
    draft.replace(OTHER, "or I am not sure", "or I am unsure")
    assert draft.load().fingerprint != before
    assert fingerprint_of({"a": b"bc"}) != fingerprint_of({"ab": b"c"})
    assert fingerprint_of({"a": b"1", "b": b"2"}) == fingerprint_of({"b": b"2", "a": b"1"})


def test_a_pack_ends(seed: Pack) -> None:
    assert seed.is_valid_on(date(2027, 12, 31))
    assert not seed.is_valid_on(date(2028, 1, 1))
    assert not seed.is_valid_on(date(2025, 12, 31))


def test_the_installation_gets_its_pack_once(draft: Draft) -> None:
    with override_settings(TOCSIN_PACK=SEED):
        assert get_pack() is get_pack()
    with override_settings(TOCSIN_PACK=str(draft.path)):
        assert get_pack().version == "seed-2026.1"


def test_an_installation_without_a_pack_says_what_to_do() -> None:
    with override_settings(TOCSIN_PACK=None), pytest.raises(Unsafe, match="TOCSIN_PACK"):
        get_pack()


def test_loading_needs_no_django_settings() -> None:
    code = (
        "import sys; from pathlib import Path; from tocsin.policy.loader import load_pack; load_pack(Path(sys.argv[1]))"
    )
    env = {"PYTHONPATH": str(SEED.parents[1])}
    subprocess.run([sys.executable, "-c", code, str(SEED)], check=True, env=env)
