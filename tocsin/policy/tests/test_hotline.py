"""The script for telephone calls: read, refused, and asked for where it is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.policy.lint import lint
from tocsin.policy.model import Pack
from tocsin.policy.tests.conftest import Draft

SPRING = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", ["seed", "eu"])
def test_the_shipped_packs_ask_about_danger_before_anything_else(name: str, request: pytest.FixtureRequest) -> None:
    pack: Pack = request.getfixturevalue(name)
    assert pack.hotline is not None
    for language in pack.languages:
        assert pack.hotline.safety.text(language).rstrip().endswith(("?", "？", "؟"))
        assert pack.hotline.greeting.text(language) != pack.hotline.closing.text(language)


def test_a_pack_needs_no_script(draft: Draft) -> None:
    text = (draft.path / "pack.toml").read_text(encoding="utf-8")
    (draft.path / "pack.toml").write_text(text[: text.index("[hotline]")], encoding="utf-8")
    assert draft.load().hotline is None
    told = [each for each in lint(draft.path, SPRING).warnings if "[hotline]" in each.problem]
    assert [(each.file, each.key) for each in told] == [("pack.toml", "channels[1]")]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("safety = {", "saftey = {", "hotline.safety"),
        ("greeting = { en", "greeting = { xx", "hotline.greeting.en"),
        ('country = "CN" # of', 'country = "China" # of', "hotline.country"),
        ('country = "CN" # of', "country = 86 # of", "hotline.country"),
        ("[hotline]", '[hotline]\nrecording = "yes"', "hotline.recording"),
    ],
)
def test_a_slip_in_the_script_is_named(old: str, new: str, key: str, draft: Draft) -> None:
    draft.replace("pack.toml", old, new)
    assert ("pack.toml", key) in draft.faults()


def test_the_country_may_be_left_out(draft: Draft) -> None:
    draft.cut("pack.toml", 'country = "CN" # of', "greeting = {")
    script = draft.load().hotline
    assert script is not None
    assert script.country == ""


def test_a_sentence_that_is_too_long_to_say_is_pointed_at(draft: Draft) -> None:
    long = "We " + "really " * 30 + "listen."
    draft.replace("pack.toml", "Tip line, good day.", long)
    assert [each.key for each in lint(draft.path, SPRING).warnings if "hotline" in each.key] == ["hotline.greeting.en"]
