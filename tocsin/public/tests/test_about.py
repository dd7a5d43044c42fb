"""Who we are and the rules we follow: the page says what the pack says, in every language and under every pack."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.installation import Installation, clear_caches
from tests.visitor import Page, Visitor
from tocsin.policy.active import get_pack
from tocsin.policy.awards import AwardForm, LaterReporters, Match
from tocsin.policy.loader import load_pack
from tocsin.policy.model import Pack
from tocsin.policy.rules import Period
from tocsin.policy.tests.conftest import EU, SEED
from tocsin.public import page as page_of_the_door
from tocsin.public.views import guidance
from tocsin.ui.tests.markup import Page as Markup

pytestmark = pytest.mark.django_db
UNDER = [(path, language) for path in (SEED, EU) for language in load_pack(path).languages]
NAMES = [f"{path.name}-{language}" for path, language in UNDER]
_ROW = re.compile(r'<th scope="row"[^>]*>(.*?)</th>\s*<td[^>]*>(.*?)</td>', re.DOTALL)


@pytest.fixture(autouse=True)
def files(installation: Installation) -> Installation:
    """Keys and folders; packs that a test loads are forgotten after it."""
    return installation


def work_under(settings: Settings, path: Path) -> Pack:
    """The installation has the pack in ``path`` and offers its languages, even without an interface."""
    settings.TOCSIN_PACK = path
    clear_caches()
    pack = get_pack()
    settings.LANGUAGES = [(code, code) for code in pack.languages]
    settings.TOCSIN_LANGUAGES = pack.languages
    return pack


def pretend(monkeypatch: pytest.MonkeyPatch, pack: Pack) -> Page:
    """The page as it would be under ``pack``."""
    for module in (guidance, page_of_the_door):
        monkeypatch.setattr(module, "get_pack", lambda: pack)
    return Visitor().get("about")


def says(page: Page, *texts: str) -> None:
    for text in texts:
        assert " ".join(text.split()) in page.plain


def rows(page: Page) -> dict[str, str]:
    """What the tables of the page say, by their first column."""
    return {unescape(what): unescape(holds) for what, holds in _ROW.findall(page.body.decode())}


def strict(page: Page) -> Markup:
    """The page read strictly: whole, no text missing, every heading one step below the one before at most."""
    markup = Markup(page.body.decode())
    assert page.status == 200
    assert markup.faults == []
    assert not re.search(r"\bNone\b|%\(|\[\[hole|\{\{|\{%", page.text)
    levels = [int(tag[1]) for tag, _attributes in markup.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    return markup


@pytest.mark.parametrize(("path", "language"), UNDER, ids=NAMES)
def test_the_page_says_who_we_are_and_every_rule_in_the_language_of_the_reader(
    settings: Settings, path: Path, language: str
) -> None:
    pack = work_under(settings, path)
    page, texts = Visitor(language).get("about"), pack.texts(language)
    strict(page)
    for office in (pack.authority, pack.oversight_body):
        says(page, office.name.text(language), office.address.text(language), office.phone, office.website)
    says(page, pack.title.text(language), pack.mark.text(language), pack.version)
    says(page, *(texts.line(f"legal_basis.{name}") for name in pack.legal_basis))
    told = rows(page)
    for road in pack.channels:
        assert told[road.label.text(language)] == road.where.text(language)
    for mode in pack.identity_modes:
        assert told[mode.label.text(language)] == mode.effect.text(language)
    says(page, *(texts.line(f"{key}.text") for key in ("retention", "complaint", "honest_mistake", "withdraw")))


@pytest.mark.parametrize(("path", "language"), UNDER, ids=NAMES)
def test_the_contents_list_leads_to_every_part_in_its_order(settings: Settings, path: Path, language: str) -> None:
    work_under(settings, path)
    markup = strict(Visitor(language).get("about"))
    listed = [each["href"] for each in markup.find("a") if each["href"].startswith("#part-")]
    assert listed == [f"#{each['id']}" for each in markup.find("h2") if each["id"].startswith("part-")]
    assert len(listed) == (12 if path == SEED else 11)


def changed(pack: Pack) -> Pack:
    """The same pack with every number another one."""
    assert pack.awards is not None
    clocks = replace(
        pack.clocks,
        acknowledge_days=4,
        triage_working_days=2,
        urgent_hours=6,
        feedback_months=1,
        feedback_extended_months=2,
        need_info_pause_days=17,
    )
    awards = replace(
        pack.awards,
        tiers=tuple(replace(each, at_least=each.at_least + 7, at_most=987_654) for each in pack.awards.tiers),
        revoke_people=5,
        clocks=replace(
            pack.awards.clocks,
            start_working_days=21,
            notice_working_days=8,
            claim_months=9,
            claim_extended_months=25,
        ),
    )
    return replace(
        pack,
        version="other-2031.9",
        clocks=clocks,
        retention=replace(pack.retention, unfounded_days=83, substantiated_review_years=1, legal_hold_months=7),
        false_tips=replace(pack.false_tips, answer_days=19, decision_people=3),
        sharing=replace(pack.sharing, expires_days=61, reminder_days=(11, 23)),
        statistics=replace(pack.statistics, smallest_cell=9, periods=(Period.YEAR,)),
        evidence=replace(pack.evidence, most_files=13, largest_file_mb=41, largest_total_mb=1402),
        awards=awards,
    )


def test_every_number_on_the_page_follows_the_pack(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = work_under(settings, SEED)
    before, page = rows(Visitor().get("about")), pretend(monkeypatch, changed(pack))
    after = rows(page)
    labels = [*(road.label for road in pack.channels), *(mode.label for mode in pack.identity_modes)]
    words = {label.text("en") for label in labels}
    numbers = [what for what, holds in before.items() if re.search("[0-9]", holds) and what not in words]
    assert len(numbers) == 26
    assert [what for what in numbers if before[what] == after[what]] == []
    assert set(after.values()) >= {
        "4 days", "2 working days", "6 hours", "1 month", "17 days", "83 days", "1 year", "7 months", "19 days", "3",
        "61 days", "11 days, 23 days", "9", "every year", "13", "41 MB", "1,402 MB", "21 working days",
        "8 working days", "9 months", "25 months", "5", "7 to 987,654 CNY",
    }  # fmt: skip
    says(page, "other-2031.9")


def test_one_is_not_many(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = work_under(settings, SEED)
    one = replace(pack, clocks=replace(pack.clocks, acknowledge_days=1, triage_working_days=1, urgent_hours=1))
    assert {"1 day", "1 working day", "1 hour"} <= set(rows(pretend(monkeypatch, one)).values())


def test_a_pack_without_awards_says_nothing_of_them(settings: Settings) -> None:
    work_under(settings, EU)
    page = Visitor().get("about")
    assert "part-awards" not in page.body.decode()
    assert "award" not in page.plain.lower()


def test_the_rules_about_awards_stand_there_with_grades_and_reasons(settings: Settings) -> None:
    pack = work_under(settings, SEED)
    page = Visitor().get("about")
    assert pack.awards is not None
    says(page, *(ground.label.text("en") for ground in (*pack.awards.conditions, *pack.awards.exclusions)))
    told = rows(page)
    assert [told[tier.label.text("en")] for tier in pack.awards.tiers] == [
        "up to 10,000 CNY", "10,000 to 30,000 CNY", "30,000 to 100,000 CNY", "100,000 CNY or more",
    ]  # fmt: skip
    says(page, "What an award can be: a certificate, money.", "All of these must hold:", "may fetch it for you")


def test_other_rules_about_awards_read_otherwise(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = work_under(settings, SEED)
    assert pack.awards is not None
    stricter = replace(
        pack.awards,
        match=Match.ANY,
        forms=(AwardForm.CERTIFICATE,),
        later_reporters=LaterReporters.NOTHING,
        proxy_allowed=False,
        pay_without_identity=False,
    )
    page = pretend(monkeypatch, replace(pack, awards=stricter))
    says(page, "What an award can be: a certificate.", "One of these must hold:", "Only the first to report")
    for gone in ("may fetch it for you", "a code and a sum.", "case by case"):
        assert gone not in page.body.decode().split("part-awards")[2].split("part-mistakes")[0]


def test_the_page_leads_to_no_other_site_though_it_names_some(settings: Settings) -> None:
    pack = work_under(settings, SEED)
    markup = strict(Visitor().get("about"))
    assert not [each for each in markup.find("a") if "example" in each["href"]]
    phones = {each["href"] for each in markup.find("a") if each["href"].startswith("tel:")}
    assert phones >= {f"tel:{pack.authority.phone}", f"tel:{pack.oversight_body.phone}"}


def test_the_days_of_the_pack_are_written_out(settings: Settings) -> None:
    work_under(settings, EU)
    says(Visitor().get("about"), "from 1 January 2026 to 9 July 2027")


def test_a_pack_that_allows_no_longer_time_promises_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = work_under(settings, SEED)
    told = "If it needs longer, we tell you why in your mailbox"
    assert any(what.startswith(told) for what in rows(Visitor().get("about")))
    same = replace(pack.clocks, feedback_extended_months=pack.clocks.feedback_months)
    assert not any(what.startswith(told) for what in rows(pretend(monkeypatch, replace(pack, clocks=same))))
