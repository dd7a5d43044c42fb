"""The forms of the guided form's screens. They check what was typed; what it means is told by ``report``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.common.errors import RuleBroken
from tocsin.intake.question_fields import check_order, fields_of, point_field, text_area
from tocsin.intake.questions import COMMON_QUESTIONS
from tocsin.intake.submission import LONGEST_CONTACT, LONGEST_OTHER, LONGEST_WHAT
from tocsin.policy.active import get_pack
from tocsin.policy.category import Question
from tocsin.policy.rules import Anonymity
from tocsin.public.guided.form_base import ScreenForm, SharedFields
from tocsin.public.guided.once import once_per_language
from tocsin.public.page import language
from tocsin.tips.mailbox import find_tip
from tocsin.ui.forms import PartialDateField, Radios
from tocsin.vault.codes import CodeKeys, candidate_seeds


def _choose(name: str, *, hints: Mapping[str, Any] | None = None, required: bool = True) -> forms.ChoiceField:
    question = COMMON_QUESTIONS[name]
    return forms.ChoiceField(
        label=question.label, choices=list(question.options.items()), widget=Radios(hints=hints), required=required
    )


class RiskForm(ScreenForm):
    """Is anybody in danger?"""

    risk = _choose("risk")


@once_per_language
def identity_form() -> type[forms.Form]:
    """Anonymous, confidential or named, each with its effect, as the pack offers them."""
    modes = sorted(get_pack().identity_modes, key=lambda mode: mode.code is not Anonymity.ANONYMOUS)

    class IdentityForm(ScreenForm):
        mode = forms.ChoiceField(
            label=gettext_lazy("How do you want to report?"),
            choices=[(mode.code.value, mode.label.text(language())) for mode in modes],
            widget=Radios(hints={mode.code.value: mode.effect.text(language()) for mode in modes}),
            initial=Anonymity.ANONYMOUS.value,
        )

    return IdentityForm


@once_per_language
def category_form() -> type[forms.Form]:
    """The kinds of report, each with a hint."""
    known = get_pack().categories

    class CategoryForm(ScreenForm):
        category = forms.ChoiceField(
            label=gettext_lazy("What is it about?"),
            help_text=gettext_lazy("Choose what fits best. If you are not sure, choose the last one: we will sort it."),
            choices=[(each.code, each.label(language())) for each in known],
            widget=Radios(hints={each.code: each.hint(language()) for each in known}),
        )

    return CategoryForm


class WhatForm(ScreenForm):
    """What the reporter perceived with their own senses."""

    what = forms.CharField(
        label=gettext_lazy("What did you see, hear or read yourself?"),
        help_text=gettext_lazy(
            "What did the person do, or what happened? Use your own words, in any language. A few words are enough."
        ),
        max_length=LONGEST_WHAT,
        error_messages={"required": gettext_lazy("Write a few words about what happened.")},
        widget=text_area(9),
    )


class ToldForm(ScreenForm):
    """Hearsay and conclusions, apart from what was perceived."""

    label_sizes = {"think": "m"}

    heard = forms.CharField(
        label=COMMON_QUESTIONS["heard"].label,
        help_text=gettext_lazy("Leave it empty if nobody told you anything. You need not say who it was."),
        max_length=LONGEST_OTHER,
        required=False,
        widget=text_area(4),
    )
    think = forms.CharField(
        label=COMMON_QUESTIONS["think"].label,
        help_text=gettext_lazy("Your own idea, if you have one. It is fine to have none."),
        max_length=LONGEST_OTHER,
        required=False,
        widget=text_area(4),
    )


class WhenForm(ScreenForm):
    """When, how often, still going on."""

    when = forms.CharField(
        label=COMMON_QUESTIONS["when"].label,
        help_text=gettext_lazy("A day, a time, “since summer” – whatever you know."),
        max_length=LONGEST_OTHER,
        required=False,
        widget=text_area(2),
    )
    day = PartialDateField(
        label=COMMON_QUESTIONS["day"].label,
        help_text=gettext_lazy("The month or the year alone is fine too."),
        required=False,
    )
    often = _choose("often", required=False)
    still = _choose("still", required=False)


class WhereForm(ScreenForm):
    """Where, in words; a position if it is known."""

    where = forms.CharField(
        label=COMMON_QUESTIONS["where"].label,
        help_text=gettext_lazy(
            "A place, a street, a website. If it is where you live or work, a wider area is enough: it protects you."
        ),
        max_length=LONGEST_OTHER,
        required=False,
        widget=text_area(3),
    )
    point = point_field()


class WhoForm(ScreenForm):
    """Who did it, only if needed."""

    who = forms.CharField(
        label=COMMON_QUESTIONS["who"].label,
        help_text=gettext_lazy(
            "Only if it is needed to understand what happened: a name, a firm, a car, how somebody looked. Origin, "
            "religion or opinions are not a reason to report."
        ),
        max_length=LONGEST_OTHER,
        required=False,
        widget=text_area(4),
    )


class HowForm(ScreenForm):
    """Where the knowledge comes from, and the reporter's relation to the person."""

    source = _choose("source", required=False)
    how = forms.CharField(
        label=gettext_lazy("Say more, if you like"),
        help_text=gettext_lazy("From where did you see it? Who told you? You may leave this empty."),
        max_length=LONGEST_OTHER,
        required=False,
        widget=text_area(3),
    )
    relation = forms.ChoiceField(
        label=COMMON_QUESTIONS["relation"].label,
        help_text=gettext_lazy("This does not count against you; it helps us check fairly."),
        choices=list(COMMON_QUESTIONS["relation"].options.items()),
        widget=Radios(),
        required=False,
    )


class InvolvedForm(ScreenForm):
    """The reporter's own part; may be skipped."""

    involved = _choose("involved", required=False)


class FilesForm(ScreenForm):
    """Whether there are files."""

    evidence = forms.ChoiceField(
        label=gettext_lazy("Do you have pictures, recordings or papers that show it?"),
        choices=[
            ("no", gettext_lazy("No")),
            ("now", gettext_lazy("Yes, I will choose them at the end, when I send the report")),
            ("later", gettext_lazy("Yes, but I will send them later, through my mailbox")),
        ],
        widget=Radios(),
        initial="no",
    )


class WordsField(forms.CharField):
    """Nine words of a code: a secret, which no page shows again but the one on which it is typed."""


class EarlierForm(ScreenForm):
    """The code of an earlier report, so that staff can put both together. The tip keeps its handle, never the words."""

    earlier = WordsField(
        label=gettext_lazy("Did you report before?"),
        help_text=gettext_lazy(
            "If you like, type the nine words of your earlier report, so that we can put both together. You may leave "
            "this empty."
        ),
        validators=[MaxLengthValidator(600)],  # no max_length: "you can write up to 600 characters" says nothing here
        required=False,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_earlier(self) -> str:
        """The handle of that report. Raises ``ValidationError`` when no report belongs to the words."""
        typed = str(self.cleaned_data["earlier"])
        ref = _earlier_ref(typed) if typed else ""
        if ref is None:
            raise forms.ValidationError(
                _("We could not find a report with these words. Check them, or leave this empty.")
            )
        return ref


def _earlier_ref(typed: str) -> str | None:
    """The handle of the report behind nine words; ``None`` when there is none."""
    try:
        found = find_tip([CodeKeys.derive(seed) for seed in candidate_seeds(typed)])
    except RuleBroken:
        return None
    return found[0].ref if found else None


class ContactForm(ScreenForm):
    """Who the reporter is."""

    contact = forms.CharField(
        label=gettext_lazy("Your name, and one way to reach you"),
        help_text=gettext_lazy(
            "It is locked apart from your report: only two appointed people together can open it. With your nine words "
            "we can write to each other without it."
        ),
        required=False,
        widget=text_area(3),
    )

    def clean_contact(self) -> str:
        """The contact, which is measured in bytes: a Chinese character has three."""
        typed = str(self.cleaned_data["contact"])
        if len(typed.encode()) > LONGEST_CONTACT:
            raise forms.ValidationError(_("This is too long. One name and one way to reach you are enough."))
        return typed


class AwardForm(ScreenForm):
    """Whether an award is wanted."""

    award = _choose("award", required=False)


def question_form(question: Question) -> type[forms.Form]:
    """The form of one question of a category."""
    fields = fields_of(question, language())

    class QuestionForm(ScreenForm):
        def clean(self) -> dict[str, Any]:
            """All fields; a span of days must not end before it begins."""
            cleaned: dict[str, Any] = super().clean() or self.cleaned_data
            wrong = check_order(cleaned) if "until" in fields else ""
            if wrong:
                self.add_error("until", wrong)
            return cleaned

    QuestionForm.base_fields = SharedFields(fields)
    return QuestionForm
