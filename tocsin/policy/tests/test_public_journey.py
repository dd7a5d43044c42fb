"""The whole way of a report at the public door, under each pack that is shipped and under a shelf of versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from pytest_django.fixtures import Settings

from tests.installation import Installation, clear_caches
from tests.visitor import Page, Visitor
from tocsin.policy.active import get_pack
from tocsin.policy.model import Pack
from tocsin.policy.tests.conftest import EU, SEED, ShelfDraft

pytestmark = [pytest.mark.journey, pytest.mark.django_db]

WHAT = "The chimney filter runs only on the day of the inspection. Der Filter läuft nur dann."
UNDER = [(SEED, "en"), (SEED, "zh-hans"), (EU, "en"), (EU, "fr")]
NAMES = [f"{pack.name}-{language}" for pack, language in UNDER]


@pytest.fixture
def work_under(settings: Settings, installation: Installation) -> Iterator[Callable[[Path], Pack]]:
    """``work_under(EU)``: the installation has this pack and offers its languages, even without an interface."""

    def begin(path: Path) -> Pack:
        settings.TOCSIN_PACK = path
        clear_caches()
        pack = get_pack()
        settings.LANGUAGES = [(code, code) for code in pack.languages]
        settings.TOCSIN_LANGUAGES = pack.languages
        return pack

    yield begin
    clear_caches()


def the_only_tip() -> Any:
    """The stored tip; by its name, as policy lies below the tips."""
    return apps.get_model("tips", "Tip").objects.get()


def says(page: Page, *texts: str) -> None:
    for text in texts:
        assert " ".join(text.split()) in page.plain


@pytest.mark.parametrize(("path", "language"), UNDER, ids=NAMES)
def test_a_report_goes_in_and_its_reporter_comes_back(
    work_under: Callable[[Path], Pack], path: Path, language: str
) -> None:
    pack = work_under(path)
    texts, visitor = pack.texts(language), Visitor(language)

    start = visitor.get("")
    assert start.status == 200
    says(start, pack.mark.text(language), pack.authority.name.text(language), texts.line("purpose.intro"))
    says(start, *(number.number for number in pack.emergency_numbers), texts.lines("protection.paragraphs")[0])
    says(start, *(pair["act"] for pair in texts.pairs("purpose.behaviours")))
    says(start, *(pair["door"] for pair in texts.pairs("not_for.doors")))

    form = visitor.open_form()
    says(form, *(category.label(language) for category in pack.categories), texts.line("statement.text"))

    chosen = pack.categories[2].code
    receipt = visitor.send(form, typed={"what": WHAT, "category": chosen})
    assert receipt.status == 200
    assert len(receipt.words) == 9
    says(receipt, *texts.lines("next_steps.steps"))
    tip = the_only_tip()
    assert (tip.category, tip.pack_version, tip.state) == (chosen, pack.version, "received")

    box = visitor.open_mailbox(receipt.words)
    assert box.status == 200
    assert visitor.write(box, "It ran again on Friday.").status == 200
    assert the_only_tip().unread_replies == 1
    says(visitor.get("mailbox/take-back"), texts.line("withdraw.text"))
    gone = visitor.send(visitor.get("mailbox/take-back"), "/mailbox/take-back")
    assert gone.status == 200
    assert the_only_tip().state == "withdrawn"


@pytest.mark.parametrize("path", [SEED, EU], ids=["seed", "eu-directive"])
def test_every_kind_of_report_of_a_pack_is_accepted_and_no_other(
    work_under: Callable[[Path], Pack], path: Path
) -> None:
    pack, visitor = work_under(path), Visitor()
    for category in pack.categories:
        assert len(visitor.tell(WHAT, category=category.code).words) == 9, category.code
    stranger = "violence_threat" if path == EU else "food_unsafe"
    refused = visitor.tell(WHAT, category=stranger)
    assert refused.status == 422
    assert refused.words == []
    assert apps.get_model("tips", "Tip").objects.count() == len(pack.categories)


def test_a_reader_of_another_language_gets_the_first_one_of_the_pack(
    work_under: Callable[[Path], Pack], settings: Settings
) -> None:
    pack = work_under(EU)
    settings.LANGUAGES = [*settings.LANGUAGES, ("zh-hans", "zh-hans")]
    page = Visitor("zh-hans").get("")
    says(page, pack.texts("en").line("purpose.intro"))


@pytest.mark.parametrize(("path", "due"), [(SEED, date(2026, 5, 8)), (EU, date(2026, 5, 7))], ids=["seed", "eu"])
def test_the_day_on_which_it_must_be_read_is_that_of_the_place(
    work_under: Callable[[Path], Pack], set_clock: Callable[..., Any], path: Path, due: date
) -> None:
    set_clock(datetime(2026, 4, 30, 18, 30, tzinfo=UTC))  # still April in Brussels, May in Shanghai
    work_under(path)
    Visitor().tell(WHAT)
    assert the_only_tip().acknowledge_by == due


def test_a_report_is_taken_under_the_version_of_its_day_and_after_the_last_one_too(
    work_under: Callable[[Path], Pack], set_clock: Callable[..., Any], shelf_draft: ShelfDraft
) -> None:
    clock = set_clock(datetime(2025, 3, 1, tzinfo=UTC))
    work_under(shelf_draft.path)
    for moment in (clock.moment, datetime(2026, 3, 1, tzinfo=UTC), datetime(2030, 3, 1, tzinfo=UTC)):
        clock.moment = moment
        assert Visitor().tell(WHAT).words
    stored = apps.get_model("tips", "Tip").objects.order_by("pk").values_list("pack_version", flat=True)
    assert list(stored) == ["seed-2024.1", "seed-2026.1", "seed-2026.1"]
