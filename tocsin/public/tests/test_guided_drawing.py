"""Drawing the guided form: once for each language, nothing of a visitor in it, each category with its own words."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.forms import ChoiceField
from django.template.loader import render_to_string
from django.utils.translation import override

from tests.installation import Installation
from tests.visitor import ENOUGH, Guided
from tocsin.intake.question_fields import CountField
from tocsin.policy.active import get_pack
from tocsin.public.guided import drawing, once
from tocsin.public.guided.draft import Draft
from tocsin.public.guided.drawing import draw
from tocsin.public.guided.once import once_per_language
from tocsin.public.guided.screens import Screen, all_screens, draft_with, screen_named, screens, sent_as

EVERYWHERE = {**ENOUGH, "risk": {"risk": "yes"}, "identity": {"mode": "named"}, "when": {"when": "in May"}}


def drawn(draft: Draft, name: str, language: str = "en", **told: str) -> str:
    with override(language):
        screen = screen_named(draft, name)
        assert screen is not None
        return draw(draft, screen, **{"ticket": "t" * 80, "csrf": "c" * 64, **told})


@pytest.mark.django_db
def test_a_form_that_others_have_walked_before_is_filled_in_and_not_drawn_again(
    monkeypatch: pytest.MonkeyPatch, installation: Installation
) -> None:
    Guided.open_at("send", EVERYWHERE)
    templates: list[str] = []

    def counted(template: str, told: dict[str, Any] | None = None) -> str:
        templates.append(template)
        return render_to_string(template, told)

    monkeypatch.setattr(drawing, "render_to_string", counted)
    walk = Guided.open_at("send", EVERYWHERE)
    assert templates == []
    walk.walk_back_to("when")
    assert walk.form.fields["when"] == "in May"
    assert templates == []
    walk.press("stay", day_month="13")
    assert templates == ["public/guided/screen.html"], "a fault is the visitor's own"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_screen_that_is_filled_in_is_the_one_that_django_would_draw(language: str) -> None:
    """Every kind of field, blank and answered, with text that would break a page or look like a hole."""
    text = 'a "b" <b> & [[hole:draft]] 三只天鹅'
    for category in get_pack().categories:
        blank = Draft().answered("category", {"category": [category.code]}).answered("risk", {"risk": ["yes"]})
        blank = blank.answered("identity", {"mode": ["named"]})
        with override(language):
            asked = [screen for screen in screens(blank) if screen.form]
        for screen in asked:
            answered = blank.answered(screen.name, dict(typed_everywhere(screen, blank, text)))
            for draft in (blank, answered):
                page = drawn(draft, screen.name, language)
                with override(language):
                    form = str(screen.bound(draft))
                assert " ".join(form.split()) in " ".join(page.split()).replace(" >", ">").replace(' value=""', "")


def typed_everywhere(screen: Screen, draft: Draft, text: str) -> Iterator[tuple[str, list[str]]]:
    """The last of several choices, a day, and ``text``."""
    for name, field in screen.fields(draft).items():
        if isinstance(field, ChoiceField):
            listed: Any = field.choices
            yield name, [str(list(listed)[-1][0])]
        elif len(boxes := sent_as(name, field.widget)) > 1:
            yield from zip(boxes, (["3"], ["5"], ["2026"]), strict=True)
        elif name != "earlier":
            yield name, ["39.9, 116.4" if name == "point" else "20–30" if isinstance(field, CountField) else text]


def test_a_screen_without_answers_is_the_same_for_everybody_but_for_its_hidden_fields() -> None:
    first = drawn(Draft(), "what", ticket="one", csrf="two")
    second = drawn(Draft(), "what", ticket="three", csrf="four")
    own = [line for line in first.splitlines() if line not in second.splitlines()]
    assert len(own) == 3
    assert all('type="hidden"' in line for line in own)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_category_tells_its_own_warning_and_what_is_lawful(language: str) -> None:
    categories = get_pack().categories
    assert {bool(category.lawful_note) for category in categories} == {True, False}
    for category in categories:
        page = drawn(Draft().answered("category", {"category": [category.code]}), "what", language)
        for other in categories:
            told = [other.urgent_hint(language)] if other.suggests_urgent else []
            told += [other.lawful_note.text(language)] if other.lawful_note else []
            assert all((text in page) == (other is category) for text in told)


def test_the_last_screen_takes_files_only_from_those_who_want_to_send_some() -> None:
    for evidence in ("now", "no", "later", "now"):
        page = drawn(Draft().answered("files", {"evidence": [evidence]}), "send")
        assert ('type="file"' in page) == (evidence == "now")
        assert ("multipart/form-data" in page) == (evidence == "now")


def test_every_screen_can_be_drawn_in_both_languages_and_differs_between_them() -> None:
    for category in get_pack().categories:
        draft = Draft().answered("category", {"category": [category.code]}).answered("risk", {"risk": ["yes"]})
        draft = draft.answered("identity", {"mode": ["named"]})
        for screen in screens(draft):
            pages = [drawn(draft, screen.name, language) for language in ("en", "zh-hans")]
            assert len(set(pages)) == 2, screen.name
            assert all(f'name="at" value="{screen.name}"' in page for page in pages)
            assert not [page for page in pages if "[[hole:" in page]


def test_a_notice_is_text_and_stands_above_the_screen() -> None:
    page = drawn(Draft(), "what", notice="Busy <b>now</b>.")
    assert "Busy &lt;b&gt;now&lt;/b&gt;." in page
    assert page.index("Busy") < page.index("<form")
    assert "Busy" not in drawn(Draft(), "what")


def test_the_first_button_of_the_page_is_the_one_that_goes_on() -> None:
    """The key Enter presses it, wherever it stands."""
    for name, go in (("where", "next"), ("send", "send")):
        page = drawn(Draft(), name)
        first = page[page.index("<button") :].split(">", 1)[0]
        assert 'form="guided"' in first
        assert f'value="{go}"' in first


def test_a_screen_can_be_found_from_its_name_alone() -> None:
    for category in get_pack().categories:
        draft = Draft().answered("category", {"category": [category.code]}).answered("identity", {"mode": ["named"]})
        for screen in all_screens(draft):
            found = screen_named(draft_with(screen.name), screen.name)
            if screen.name not in ("danger", "award"):  # nothing is typed there
                assert isinstance(found, Screen), screen.name
            assert draft_with(screen.name).seen == ()


@pytest.mark.parametrize("name", ["", "q-", "q-nothing-x", "nothing", "q-other", "é", "\x00"])
def test_a_name_that_is_no_screen_leads_nowhere(name: str) -> None:
    assert screen_named(draft_with(name), name) is None


def test_a_thing_is_made_once_for_each_language_pack_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, ...]] = []

    @once_per_language
    def make(*codes: str) -> int:
        made.append(codes)
        return len(made)

    for language in ("en", "zh-hans", "en", "zh-hans"):
        with override(language):
            make("a")
    assert made == [("a",), ("a",)]
    with override("en"):
        assert (make("a"), make("b"), make("a"), make("b")) == (1, 3, 1, 3)
        monkeypatch.setattr(once, "get_pack", lambda: SimpleNamespace(fingerprint="of tomorrow"))
        assert make("a") == 4
