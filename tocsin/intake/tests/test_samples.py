"""The written-out samples: enough of every kind, plainly invented, and taken by the same check as everybody's."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from difflib import SequenceMatcher
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from tocsin.intake import samples
from tocsin.intake.samples import LANGUAGES, Sample, load_samples
from tocsin.intake.submission import LONGEST_WHAT, clean
from tocsin.policy.active import get_pack

FOLDER = Path(samples.__file__).parent
QUESTIONS = ("what", "where", "when", "how")
KINDS = {"genuine", "mistaken", "hoax", "malicious", "irrelevant", "protected", "noise"}
TIERS = {"danger_now", "time_bound", "vulnerable", "other"}
CHANNELS = {"web", "hotline", "letter", "in_person", "other_body"}
FOR_DOCUMENTS = [ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
ALL = load_samples()


def lines(language: str) -> list[dict[str, Any]]:
    text = (FOLDER / f"{language}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def words(sample: Sample) -> str:
    return " ".join([*sample.answers.values(), sample.contact])


def in_language(language: str) -> list[Sample]:
    return [sample for sample in ALL if sample.language == language]


def matters(language: str) -> dict[str, list[Sample]]:
    """Samples that tell of the same facts, by matter."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in in_language(language):
        if sample.group:
            found[sample.group].append(sample)
    return found


def alike(one: Sample, other: Sample) -> float:
    return SequenceMatcher(None, one.answers["what"], other.answers["what"], autojunk=False).ratio()


def test_there_are_enough_samples_in_both_languages() -> None:
    assert len(ALL) >= 150
    for language in LANGUAGES:
        assert len(in_language(language)) >= 100


def test_the_loader_loses_no_line_and_no_answer() -> None:
    by_id = {sample.id: sample for sample in ALL}
    told = [line for language in LANGUAGES for line in lines(language)]
    assert len(told) == len(ALL) == len(by_id)
    for line in told:
        sample = by_id[line["id"]]
        assert sample.answers == {name: line[name] for name in QUESTIONS if line[name]}
        assert (sample.language, sample.category, sample.channel) == (line["lang"], line["category"], line["channel"])
        assert (sample.contact, sample.kind, sample.group) == (line["contact"], line["kind"], line["group"])


def test_every_line_has_the_same_fields() -> None:
    (names,) = {tuple(sorted(line)) for language in LANGUAGES for line in lines(language)}
    assert set(names) >= {"id", "what", "where", "when", "how", "contact", "told_at", "kind", "tier", "line"}


def test_every_id_is_used_once_and_says_its_language() -> None:
    assert max(Counter(sample.id for sample in ALL).values()) == 1
    for sample in ALL:
        assert re.fullmatch(sample.language.split("-")[0] + r"-\d{3}", sample.id)


def test_samples_come_in_the_order_in_which_they_were_told() -> None:
    moments = [sample.told_at for sample in ALL]
    assert moments == sorted(moments)
    for language in LANGUAGES:
        own = [datetime.fromisoformat(line["told_at"]) for line in lines(language)]
        assert own == sorted(own)
        assert all(moment.tzinfo for moment in own)
    assert datetime(2026, 7, 31, tzinfo=UTC) < moments[0] < moments[-1] < datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_category_of_the_seed_pack_has_samples(language: str) -> None:
    known = {category.code for category in get_pack().categories}
    assert len(known) == 15
    assert {sample.category for sample in in_language(language)} == known


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_tier_and_channel_is_there(language: str) -> None:
    own = in_language(language)
    assert {sample.kind for sample in own} == KINDS
    assert {sample.tier for sample in own} == TIERS
    assert {sample.channel for sample in own} == CHANNELS
    assert {sample.channel for sample in own} <= {channel.code for channel in get_pack().channels}


def test_one_caller_rings_more_than_twenty_times_with_a_hoax_and_once_with_the_truth() -> None:
    calls = [line for line in lines("en") if line["line"] == "L-07"]
    hoaxes = [line for line in calls if line["kind"] == "hoax"]
    assert len(hoaxes) > 20
    assert len({line["what"] for line in hoaxes}) == len(hoaxes)
    assert calls[-1]["kind"] == "genuine"
    assert any(line["group"] == calls[-1]["group"] and line["line"] != "L-07" for line in lines("en"))


def test_a_business_dispute_is_among_them_and_somebody_corrects_it() -> None:
    dispute = matters("en")["granary-court"]
    assert [sample.kind for sample in dispute][:1] == ["malicious"]
    assert "genuine" in {sample.kind for sample in dispute}
    assert any(sample.kind == "malicious" for sample in matters("zh-hans")["zh-business"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_witnesses_tell_of_one_matter_in_words_of_their_own(language: str) -> None:
    several = [group for group in matters(language).values() if sum(each.kind == "genuine" for each in group) >= 3]
    assert len(several) >= 5
    for group in several:
        assert len({sample.answers["what"] for sample in group}) == len(group)
        assert len({sample.told_at for sample in group}) == len(group)


def test_near_duplicates_come_from_different_people() -> None:
    rumour = [sample for sample in matters("en")["water-rumour"] if sample.kind == "mistaken"]
    first, *rest = rumour
    assert len(rest) >= 2
    for other in rest:
        assert 0.7 < alike(first, other) < 1
    assert len({(sample.contact, sample.told_at) for sample in rumour}) == len(rumour)


def test_a_complaint_about_lawful_activity_is_marked_as_protected() -> None:
    for language in LANGUAGES:
        assert sum(sample.kind == "protected" for sample in in_language(language)) >= 5


@pytest.mark.parametrize(("language", "short", "long"), [("en", 20, 5000), ("zh-hans", 5, 1000)])
def test_there_are_very_short_and_very_long_ones(language: str, short: int, long: int) -> None:
    lengths = sorted(len(sample.answers["what"]) for sample in in_language(language))
    assert lengths[0] <= short
    assert long <= lengths[-1] < LONGEST_WHAT


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.id)
def test_every_sample_is_taken_as_it_is_written(sample: Sample) -> None:
    told = clean(
        channel=sample.channel, category=sample.category, answers=sample.answers, contact=sample.contact, flags=()
    )
    assert told.answers == {name: text.strip() for name, text in sample.answers.items()}
    assert told.contact == sample.contact.strip()


def test_the_folder_says_that_everything_is_invented() -> None:
    assert "All of it is fictional" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "fictional" in (samples.__doc__ or "")


def test_nothing_in_them_can_belong_to_anybody() -> None:
    for sample in ALL:
        text = words(sample)
        for host in re.findall(r"@([\w-]+(?:\.[\w-]+)+)", text, re.ASCII):
            assert host.endswith((".example", "example.org")), f"{sample.id}: {host}"
        for number in re.findall(r"\b\d{3}-\d{4}\b", text):
            assert number.startswith("555-01"), f"{sample.id}: {number}"
        for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text):
            assert any(ip_address(address) in net for net in FOR_DOCUMENTS), f"{sample.id}: {address}"


def test_every_point_lies_in_the_open_ocean() -> None:
    points = [(line["lat"], line["lon"]) for language in LANGUAGES for line in lines(language) if line["lat"]]
    assert points
    assert all(28 < lat < 29 and 152 < lon < 153 for lat, lon in points)
