"""The fields of the form: those of every report, those of a road, and the questions of a category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import get_language_info, gettext, override
from django.utils.translation import gettext_lazy as _

from tocsin.desk.writing.roads import MEDIA, Road
from tocsin.intake.question_fields import fields_of, text_area
from tocsin.intake.questions import COMMON_QUESTIONS, YES_NO
from tocsin.policy.active import get_pack
from tocsin.policy.category import Category
from tocsin.ui.forms import DateParts, PartialDateField, Radios

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_LINE = 200
STORY = {"what": 8, "heard": 3, "think": 2, "where": 2, "when": 2, "who": 2, "how": 2}
"""The questions that are answered in words, with the lines that each field shows."""
CHOICES = ("source", "relation")
SEPARATOR = "__"
Fields = dict[str, forms.Field]


def _line(label: StrOrPromise, hint: StrOrPromise = "", **attrs: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off", "spellcheck": "false", **attrs})
    return forms.CharField(label=label, help_text=hint, required=False, max_length=LONGEST_LINE, widget=widget)


def language_names() -> list[tuple[str, str]]:
    """The languages of the pack, each in its own words."""
    return [(code, get_language_info(code)["name_local"]) for code in get_pack().languages]


def first_fields(road: Road, language: str) -> Fields:
    """What is known before the story: danger, the line or the day, the language, the kind of report."""
    pack = get_pack()
    safety = pack.hotline.safety.text(language) if pack.hotline and road.talks else str(COMMON_QUESTIONS["risk"].label)
    risk = forms.ChoiceField(label=safety, choices=list(YES_NO.items()), required=False, widget=Radios(layout="inline"))
    fields: Fields = {"risk": risk}
    if road.has_number:
        hint = _("As the telephone shows it. Leave it empty if it is withheld or nobody wants to give it.")
        look = {"inputmode": "tel", "dir": "ltr", "class": "govuk-input--width-20"}
        fields["number"] = _line(_("Number of the caller"), hint, **look)
    if road.has_arrival:
        label = _("Day of arrival") if road.talks else _("Day of arrival, as stamped on the envelope")
        hint = (
            _("The clocks count from this day. Leave it empty if it is today.")
            if road.talks
            else _("The clocks count from this day.")
        )
        fields["arrived"] = PartialDateField(label=label, help_text=hint, required=not road.talks, widget=DateParts())
    fields["language"] = forms.ChoiceField(
        label=_("Language of the questions and of the nine words"),
        choices=language_names(),
        required=False,
        widget=forms.Select(),
    )
    hint = _("Type a part of it and choose. Leave it empty if you are not sure: it will be sorted.")
    fields["category"] = _line(_("What is it about?"), hint, list="categories")
    return fields


def story_fields(language: str) -> Fields:
    """The questions that every report may be asked, as the caller hears them."""
    known = COMMON_QUESTIONS
    with override(language):
        labels = {name: str(known[name].label) for name in (*STORY, *CHOICES)}
        options = {name: [(code, str(text)) for code, text in known[name].options.items()] for name in CHOICES}
    fields: Fields = {
        name: forms.CharField(label=labels[name], required=False, widget=text_area(rows))
        for name, rows in STORY.items()
    }
    for name in CHOICES:
        asked = [("", gettext("Not asked")), *options[name]]
        fields[name] = forms.ChoiceField(label=labels[name], choices=asked, required=False, widget=forms.Select())
    return fields


def category_fields(category: Category | None, language: str) -> Fields:
    """The questions of a category; names are ``<code>__answer`` and the like."""
    with override(language):
        return {
            f"{question.code}{SEPARATOR}{part}": _in_words(field)
            for question in (category.questions if category else ())
            for part, field in fields_of(question, language).items()
        }


def _in_words(field: forms.Field) -> forms.Field:
    """Labels and hints fixed in the language of now: the form is drawn in that of the desk."""
    field.label, field.help_text = str(field.label or ""), str(field.help_text)
    if isinstance(field, forms.CharField):
        field.max_length = None  # its validator stays; the note about it would be in the language of the desk
    if isinstance(field, forms.ChoiceField):
        listed: Mapping[str, object] = dict(field.choices)  # type: ignore[arg-type]  # pairs in all our forms
        field.choices = [(code, str(label)) for code, label in listed.items()]
    return field


def last_fields(road: Road) -> Fields:
    """The reporter, the nine words, and how it came to be written down."""
    return {
        "contact": forms.CharField(
            label=_("Name, or a way to reach the reporter"),
            help_text=_("Only if they want to. It is sealed apart: two custodians together can open it, you cannot."),
            required=False,
            widget=text_area(2),
        ),
        "words": forms.ChoiceField(
            label=_("Nine words for the mailbox"),
            choices=[
                ("yes", _("Give the words to the reporter")),
                ("no", _("No words: nobody can be reached to get them")),
            ],
            required=False,
            initial="yes" if road.talks else "no",
            widget=Radios(
                layout="small",
                hints={
                    "yes": _("The reporter can read what you wrote down, correct it and see the answer."),
                    "no": _("Nobody can open the mailbox of this report. What you write down is not put into it."),
                },
            ),
        ),
        "medium": forms.ChoiceField(
            label=_("Typed from"),
            choices=[(code, MEDIA[code]) for code in road.media],
            required=False,
            widget=forms.Select(),
        ),
        "original": _line(_("Language of the original, if it was translated")),
        "translator": _line(_("Translated by"), _("A name or a service. Leave it empty if nothing was translated.")),
    }
