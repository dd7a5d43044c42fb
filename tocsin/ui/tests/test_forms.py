"""Forms tie every question, hint and error together, and every error can be reached."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ui.forms import (
    Checkboxes,
    DateParts,
    PartialDateField,
    Radios,
    UiFormMixin,
    UiRenderer,
    partial_date,
)
from tocsin.ui.tests.markup import Page

MODES = [("a", "Without my name"), ("n", "With my name")]
WAYS = [("s", "I saw it"), ("h", "I heard it")]


class Story(UiFormMixin, forms.Form):
    heading_field = "story"
    label_sizes = {"place": "m"}

    story = forms.CharField(
        label="What did the person do?", help_text="In your words.", max_length=2_000, widget=forms.Textarea
    )
    place = forms.CharField(label="Where was it?", required=False)
    when = PartialDateField(label="When was it?", help_text="The year is enough.", required=False)
    mode = forms.ChoiceField(
        label="How do you report?", choices=MODES, widget=Radios(hints={"a": "You get nine words."})
    )
    how = forms.MultipleChoiceField(label="How do you know?", choices=WAYS, widget=Checkboxes(), required=False)
    kind = forms.ChoiceField(label="What is it about?", choices=[("", "Choose"), ("x", "Secrets")])
    true = forms.BooleanField(label="This is true as far as I know.")
    step = forms.CharField(widget=forms.HiddenInput, initial="7")


def page_of(form: forms.Form) -> Page:
    return Page(render_to_string("ui/components/error_summary.html", {"form": form}) + str(form))


@pytest.fixture
def empty() -> Page:
    return page_of(Story())


@pytest.fixture
def wrong() -> Page:
    return page_of(Story({"when_day": "31", "when_month": "2", "when_year": "2026"}))


def test_every_control_has_a_label_and_every_reference_a_target(empty: Page, wrong: Page) -> None:
    assert empty.faults == []
    assert wrong.faults == []


def test_hint_error_and_length_note_are_read_out_with_the_control(wrong: Page) -> None:
    story = wrong.find("textarea")[0]
    assert story["aria-describedby"].split() == ["id_story_hint", "id_story_error", "id_story_note"]
    assert story["aria-invalid"] == "true"
    assert "govuk-textarea--error" in story["class"]
    assert "You can write up to 2,000 characters." in wrong.text


def test_a_limit_that_nobody_reaches_is_not_told_beforehand() -> None:
    class Long(UiFormMixin, forms.Form):
        story = forms.CharField(max_length=200_000, widget=forms.Textarea)

    page = page_of(Long())
    assert "characters" not in page.text
    assert "aria-describedby" not in page.find("textarea")[0]
    assert "200000" in page_of(Long({"story": "a" * 200_001})).text.replace(",", "")


@pytest.mark.parametrize(("language", "first"), [("en", "Day"), ("fr", "Jour"), ("zh-hans", "年")])
def test_the_parts_of_a_date_stand_in_the_order_of_the_language(language: str, first: str) -> None:
    with override(language):
        form = Story({"when_day": "7", "when_month": "5", "when_year": "2026"})
        page = page_of(form)
        labels = [text for text in ("Day", "Jour", "日", "年") if text in page.text]
        assert min(labels, key=page.text.index) == first
        assert form["when"].value() == ["7", "5", "2026"]
    boxes = [box["name"] for box in page.find("input") if box["name"].startswith("when")]
    assert boxes[0] == ("when_year" if first == "年" else "when_day")


def test_a_group_is_described_by_its_fieldset(wrong: Page) -> None:
    described = [fieldset.get("aria-describedby") for fieldset in wrong.find("fieldset")]
    assert described == ["id_when_hint id_when_error", "id_mode_error", None]


def test_pasted_text_is_never_cut_by_the_browser(empty: Page) -> None:
    assert "maxlength" not in empty.find("textarea")[0]


def test_the_browser_does_not_interrupt_with_its_own_bubbles(empty: Page) -> None:
    assert [tag for tag, attrs in empty.elements if "required" in attrs] == []


def test_each_line_of_the_error_summary_leads_to_its_control(wrong: Page) -> None:
    links = [link["href"] for link in wrong.find("a")]
    assert links == ["#id_story", "#id_when_0", "#id_mode_0", "#id_kind", "#id_true"]
    assert "What did the person do? Write an answer." in wrong.text
    assert "How do you report? Choose an answer." in wrong.text


def test_no_summary_without_errors() -> None:
    assert render_to_string("ui/components/error_summary.html", {"form": Story()}).strip() == ""


def test_a_fault_of_the_whole_form_stands_in_the_summary_without_a_link() -> None:
    form = Story({"story": "x", "mode": "a", "kind": "x", "true": "on", "step": "7"})
    assert form.is_valid(), form.errors
    form.add_error(None, "Both cannot be.")
    assert form.error_links() == [("", "Both cannot be.")]
    assert "Both cannot be." in page_of(form).text


def test_the_heading_field_is_the_only_h1(empty: Page) -> None:
    assert len(empty.find("h1")) == 1
    assert empty.find("label", class_="govuk-label--l")[0]["for"] == "id_story"
    assert empty.find("label", class_="govuk-label--m")[0]["for"] == "id_place"


def test_optional_questions_say_so_and_others_do_not(empty: Page) -> None:
    assert empty.text.count("(optional)") == 3
    assert "Where was it? (optional)" in " ".join(empty.text.split())


def test_a_hint_belongs_to_its_choice(empty: Page) -> None:
    radios = empty.find("input", type="radio")
    assert [radio.get("aria-describedby") for radio in radios] == ["id_mode_0_hint", None]


def test_what_was_typed_comes_back_escaped() -> None:
    page = page_of(Story({"story": "<script>alert(1)</script>", "place": '"><b>', "mode": "n", "how": ["h"]}))
    assert page.faults == []
    assert [box["value"] for box in page.find("input") if "checked" in box] == ["n", "h"]
    assert page.find("input", name="place")[0]["value"] == '"><b>'


def test_hidden_fields_keep_quiet(empty: Page) -> None:
    hidden = empty.find("input", type="hidden")
    assert [(field["name"], field["value"]) for field in hidden] == [("step", "7")]


def test_a_plain_django_form_is_drawn_in_the_same_way() -> None:
    class Plain(forms.Form):
        name = forms.CharField(help_text="As you like.")
        colour = forms.ChoiceField(choices=[("r", "Red")], widget=forms.RadioSelect)

    page = Page(str(Plain(renderer=UiRenderer())))
    assert page.faults == []
    assert "govuk-input" in page.find("input", name="name")[0]["class"]
    assert page.find("input", class_="govuk-radios__input")


def test_a_sentence_of_our_own_is_not_replaced() -> None:
    class Own(UiFormMixin, forms.Form):
        name = forms.CharField(error_messages={"required": "Tell us a name."})

    assert Own({}).errors["name"] == ["Tell us a name."]


class When(UiFormMixin, forms.Form):
    when = PartialDateField(required=False)


def cleaned(day: str, month: str, year: str) -> Any:
    form = When({"when_day": day, "when_month": month, "when_year": year})
    return form.cleaned_data["when"] if form.is_valid() else form.errors["when"]


@pytest.mark.parametrize(
    ("parts", "iso"),
    [
        (("", "", ""), ""),
        (("", "", "2026"), "2026"),
        (("", "5", "2026"), "2026-05"),
        ((" 1 ", "5", "2026"), "2026-05-01"),
        (("٣", "٥", "٢٠٢٦"), "2026-05-03"),
    ],
)
def test_a_date_may_be_known_in_part(parts: tuple[str, str, str], iso: str) -> None:
    assert cleaned(*parts) == iso


@pytest.mark.parametrize(
    "parts",
    [
        ("1", "", "2026"),
        ("31", "2", "2026"),
        ("1", "13", "2026"),
        ("1", "1", "26"),
        ("x", "1", "2026"),
        ("1", "1", ""),
    ],
)
def test_parts_that_make_no_date_are_named(parts: tuple[str, str, str]) -> None:
    assert isinstance(cleaned(*parts), forms.utils.ErrorList)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_date_survives_the_boxes(moment: date) -> None:
    boxes = DateParts().decompress(moment.isoformat())
    assert partial_date(*boxes) == moment.isoformat()


@given(st.text(max_size=4), st.text(max_size=4), st.text(max_size=4))
def test_no_input_breaks_the_date(day: str, month: str, year: str) -> None:
    with suppress(ValidationError):
        assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", partial_date(day, month, year), re.ASCII)
