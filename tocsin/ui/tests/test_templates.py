"""Every component and page: well formed, labelled, without style, script or foreign address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils import translation

from tocsin.ui.tests.markup import Page
from tocsin.ui.tests.test_forms import Story

COMPONENTS = Path(__file__).parents[1] / "templates" / "ui" / "components"
NOON = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)
LANGUAGES = [("en", "English", "?language=en"), ("zh-hans", "简体中文", "?language=zh-hans")]
NAVIGATION = [
    {"text": "Inbox", "url": "/inbox/", "is_current": True, "count": 4},
    {"text": "Deadlines", "url": "/deadlines/"},
]
STEPS = [
    {"word": "Received", "phase": "done"},
    {"word": "Being read", "phase": "current", "help": "By 1 December."},
    {"word": "Finished", "phase": "later"},
]
ROWS = [{"key": "Where", "value": "<b>", "change_url": "/where/"}, {"key": "When", "value": ""}]
PERSON: dict[str, Any] = {"user_name": "Sam", "user_role": "Supervisor", "sign_out_url": "/out/"}
GALLERY: dict[str, dict[str, Any]] = {
    "back_link": {"href": "/before/"},
    "breadcrumbs": {"items": [("Inbox", "/inbox/"), ("T-7F3K", "")]},
    "button": {"text": "Send", "kind": "secondary", "name": "step", "value": "send"},
    "code_words": {"words": ["anchor", "velvet", "orbit"]},
    "conversation": {"items": [{"author": "You", "at": NOON, "text": "One.\n\nTwo.", "is_own": True}]},
    "desk_navigation": {"navigation": NAVIGATION},
    "desk_person": {**PERSON, "is_unlocked": True, "lock_url": "/lock/"},
    "details": {"summary": "What we store", "text": "Only what you write."},
    "emergency": {"emergency_numbers": [SimpleNamespace(number="000-0001", label="Police")]},
    "error_summary": {"form": Story({"step": "1"})},
    "exit_link": {},
    "inset": {"text": "Opinions are not a reason to report."},
    "language_links": {"language_links": LANGUAGES},
    "machine_mark": {},
    "notification": {"text": "Saved.", "success": True},
    "owner": {"authority_name": "Sample Authority", "mark": "Sample"},
    "pagination": {"page": Paginator(range(400), 20).page(7), "prefix": "state=open&"},
    "panel": {"title": "We have your report", "text": "Keep your nine words."},
    "status_steps": {"steps": STEPS},
    "sub_navigation": {"items": NAVIGATION},
    "summary_list": {"rows": ROWS},
    "tag": {"tone": "green", "word": "Finished"},
    "timeline": {"items": [{"title": "Received", "at": NOON, "who": "Sam", "text": "By post"}]},
    "warning": {"text": "Do not follow anybody."},
}
SHARED: dict[str, Any] = {
    "service_name": "Reports about dangers",
    "authority_name": "Sample Authority",
    "mark": "Sample – not legal advice",
    "language_links": LANGUAGES,
    "emergency_numbers": [SimpleNamespace(number="000-0001", label="Police")],
    "footer_links": [("What we store", "/storage/")],
}


@pytest.fixture(autouse=True)
def _plain_static_names() -> Iterator[None]:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


@pytest.fixture
def arabic() -> Iterator[None]:
    with translation.override("ar"):
        yield


def component(name: str, **changes: Any) -> Page:
    html: str = render_to_string(f"ui/components/{name}.html", {**GALLERY[name], **changes})
    if name == "error_summary":  # its links need the controls that they lead to
        html += str(GALLERY[name]["form"])
    return Page(html)


def test_the_gallery_shows_every_component() -> None:
    assert {path.stem for path in COMPONENTS.glob("*.html")} == set(GALLERY)


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_a_component_is_well_formed_and_says_something(name: str) -> None:
    page = component(name)
    assert page.faults == []
    assert page.text.strip()


@pytest.mark.parametrize("base", ["ui/page.html", "ui/public_base.html", "ui/desk_base.html"])
@pytest.mark.parametrize("shared", [SHARED, {}], ids=["full", "bare"])
def test_a_page_has_one_main_one_title_and_a_way_to_it(base: str, shared: dict[str, Any]) -> None:
    page = Page(render_to_string(base, {**shared, **PERSON, "navigation": NAVIGATION}))
    assert page.faults == []
    assert [main["id"] for main in page.find("main")] == ["main"]
    assert len(page.find("title")) == 1
    assert page.find("a")[0]["href"] == "#main"
    assert page.find("html")[0]["lang"] == "en"


def test_a_page_asks_for_own_stylesheets_alone() -> None:
    page = Page(render_to_string("ui/public_base.html", SHARED))
    asked = [link["href"] for link in page.find("link", rel="stylesheet")]
    assert asked == ["/static/ui/vendor/govuk-frontend.css", "/static/ui/tocsin.css"]
    assert [attrs["src"] for _tag, attrs in page.elements if "src" in attrs] == []


@pytest.mark.usefixtures("arabic")
def test_a_page_in_arabic_runs_from_right_to_left() -> None:
    assert Page(render_to_string("ui/page.html")).find("html")[0]["dir"] == "rtl"


def test_chinese_pages_name_their_script() -> None:
    with translation.override("zh-hans"):
        page = Page(render_to_string("ui/page.html", SHARED))
    assert page.find("html")[0]["lang"] == "zh-Hans"
    assert page.find("a", hreflang="en")[0]["href"] == "?language=en"
    assert page.find("span", lang="zh-Hans")[0]["aria-current"] == "true"


def test_the_public_door_names_the_numbers_and_a_way_out() -> None:
    page = Page(render_to_string("ui/public_base.html", {**SHARED, "exit_url": "https://weather.example/"}))
    assert page.find("a", href="tel:000-0001")
    way_out = page.find("a", href="https://weather.example/")[0]
    assert {"noreferrer", "nofollow", "noopener"} <= set(way_out["rel"].split())
    assert "This form is not read at once." in page.text


def test_the_title_says_first_that_something_is_wrong() -> None:
    html = render_to_string("ui/page.html", {"form": Story({})})
    assert "<title>Error: " in " ".join(html.split())


def test_status_is_said_in_words_and_not_by_colour_alone() -> None:
    page = component("status_steps")
    assert [step.get("aria-current") for step in page.find("li")] == [None, "step", None]
    assert " ".join(page.text.split()) == "Received Done Being read Now By 1 December. Finished Later"


def test_the_desk_says_whether_the_keys_are_open_and_offers_the_opposite() -> None:
    opened, locked = (
        component("desk_person"),
        component("desk_person", is_unlocked=False, unlock_url="/unlock/"),
    )
    assert "Unlocked" in opened.text
    assert opened.find("form", action="/lock/")
    assert "Locked" in locked.text
    assert locked.find("a", href="/unlock/")
    assert all(form["method"] == "post" for form in opened.find("form"))


def test_pages_are_numbered_and_the_filter_is_kept() -> None:
    page = component("pagination")
    current = [link["href"] for link in page.find("a") if "aria-current" in link]
    assert current == ["?state=open&page=7"]
    assert "1 ⋯ 5 6 7 8 9 ⋯ 20" in " ".join(page.text.split())
    assert all(link["href"].startswith("?state=open&page=") for link in page.find("a"))


def test_one_page_needs_no_page_numbers() -> None:
    alone = {"page": Paginator(range(3), 20).page(1)}
    assert render_to_string("ui/components/pagination.html", alone).strip() == ""


def test_values_are_escaped_and_missing_ones_named() -> None:
    page = component("summary_list")
    assert "<b>" in page.text
    assert "Not given" in page.text


def test_dates_stand_in_the_order_of_the_language() -> None:
    assert "24 November 2026, 12:05" in component("timeline").text


def test_a_button_may_be_a_link() -> None:
    link = component("button", href="/start/", kind="start").find("a")[0]
    assert link["class"] == "govuk-button govuk-button--start"
