"""The guide: each kind of report with examples, what is none, how one is protected, which traces stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils.translation import override
from pytest_django.fixtures import Settings

from tests.installation import Installation
from tests.visitor import Visitor
from tocsin.policy.tests.conftest import EU, SEED
from tocsin.public.tests.test_about import NAMES, UNDER, says, strict, work_under
from tocsin.public.views import guidance

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(installation: Installation) -> Installation:
    """Keys and folders; packs that a test loads are forgotten after it."""
    return installation


@pytest.mark.parametrize(("path", "language"), UNDER, ids=NAMES)
def test_each_kind_of_report_stands_there_with_hint_examples_and_rule(
    settings: Settings, path: Path, language: str
) -> None:
    pack = work_under(settings, path)
    page = Visitor(language).get("guide")
    markup = strict(page)
    for category in pack.categories:
        assert category.code in markup.ids
        assert [each for each in markup.find("a") if each["href"] == f"#{category.code}"]
        says(page, category.label(language), category.hint(language), category.urgent_hint(language))
        says(page, category.rule.text(language), *(example.text(language) for example in category.examples))
        if category.lawful_note:
            says(page, category.lawful_note.text(language))


@pytest.mark.parametrize(("path", "language"), UNDER, ids=NAMES)
def test_what_is_no_report_and_how_one_is_protected_stand_there_too(
    settings: Settings, path: Path, language: str
) -> None:
    texts = work_under(settings, path).texts(language)
    page = Visitor(language).get("guide")
    says(page, texts.line("not_for.intro"), *(text for pair in texts.pairs("not_for.doors") for text in pair.values()))
    says(page, *texts.lines("protection.paragraphs"), *texts.lines("next_steps.steps"))
    says(page, *(texts.line(f"{key}.text") for key in ("honest_mistake", "involved", "withdraw")))


@pytest.mark.parametrize("path", [SEED, EU], ids=["seed", "eu-directive"])
def test_kinds_are_grouped_by_sector_and_no_sector_is_empty(settings: Settings, path: Path) -> None:
    pack = work_under(settings, path)
    page = Visitor().get("guide").body.decode()
    sections = page.split('<section class="tocsin-sector">')[1:]
    used = [sector for sector in pack.sectors if any(each.sector == sector.code for each in pack.categories)]
    assert len(sections) == len(used)
    for sector, section in zip(used, sections, strict=True):
        codes = [each.code for each in pack.categories if each.sector == sector.code]
        assert [code for code in codes if f'id="{code}"' in section] == codes


@pytest.mark.parametrize("path", [SEED, EU], ids=["seed", "eu-directive"])
def test_the_contents_list_leads_to_every_part_in_its_order(settings: Settings, path: Path) -> None:
    work_under(settings, path)
    markup = strict(Visitor().get("guide"))
    listed = [each["href"] for each in markup.find("a") if each["href"].startswith("#part-")]
    assert listed == [f"#{each['id']}" for each in markup.find("h2") if each["id"].startswith("part-")]
    assert len(listed) == 8


def test_a_kind_that_the_pack_gains_or_loses_comes_and_goes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = work_under(settings, SEED)
    gone, *kept = pack.categories
    monkeypatch.setattr(guidance, "get_pack", lambda: replace(pack, categories=tuple(kept)))
    ids = strict(Visitor().get("guide")).ids
    assert gone.code not in ids
    assert {each.code for each in kept} <= ids


def test_traces_are_named_plainly_and_the_nine_words_belong_on_paper() -> None:
    page = Visitor().get("guide")
    says(page, "Use a private window, or Tor Browser", "It cannot delete the list of pages", "Write them down by hand")


@pytest.mark.parametrize("name", ["about", "guide"])
def test_every_page_leads_there(name: str) -> None:
    for language in ("en", "zh-hans", "ar"):
        with override(language):
            address = reverse(name)
        for path in ("", "report", "mailbox", "verify", "about", "guide"):
            assert f'href="{address}"' in Visitor(language).get(path).body.decode(), (language, path)


@pytest.mark.parametrize("name", ["about", "guide"])
def test_the_start_page_names_it_in_its_text_not_only_at_the_foot(name: str) -> None:
    assert Visitor().get("").body.decode().count(f'href="/en/{name}"') == 2


@pytest.mark.parametrize("name", ["about", "guide"])
def test_reading_leaves_no_cookie_and_takes_no_form(name: str) -> None:
    visitor = Visitor()
    page = visitor.get(name)
    assert not visitor.browser.cookies
    assert page.forms == []
    assert visitor.browser.post(f"/en/{name}").status_code in (403, 405)
