"""The screens of the guided form in their order, as data: what each asks, and when it is shown.

Every screen is one thing. ``screens(draft)`` is the road for what was answered so far; the questions of the chosen
category stand in its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.policy.active import get_pack
from tocsin.policy.category import Category, Question, QuestionType
from tocsin.policy.rules import Anonymity
from tocsin.public.guided import screen_forms as ask
from tocsin.public.guided.draft import Draft, Typed
from tocsin.public.guided.once import once_per_language
from tocsin.public.page import language
from tocsin.tips.content import clean_text

if TYPE_CHECKING:
    Sent = MultiValueDict[str, str]

Text = str | Promise
_QUESTION = "q-"
_UNKNOWN = _("I do not know")


def _always(_draft: Draft) -> bool:
    return True


@dataclass(frozen=True)
class Screen:
    """``form`` makes the bound or unbound form; ``None`` for a screen that only tells something.

    ``template`` draws what stands above the fields; ``unknown`` is the text of the button "I do not know", where there
    is one.
    """

    name: str
    title: Text
    form: Callable[[Draft], type[forms.Form]] | None = None
    template: str = ""
    shown: Callable[[Draft], bool] = _always
    unknown: Text = ""

    def is_blank(self, draft: Draft) -> bool:
        """Whether it shows nothing of what was typed: it only tells something, or was not answered in words yet."""
        answered = self.name in draft.seen or draft.of(self.name)
        return self.form is None or not answered or draft.is_unknown(self.name)

    def bound(self, draft: Draft) -> forms.Form | None:
        """The form with what was typed; unbound when nothing was."""
        if self.form is None:
            return None
        made = self.form(draft)
        return made() if self.is_blank(draft) else made(as_sent(draft.of(self.name)))

    def answers(self, draft: Draft) -> Mapping[str, object] | None:
        """What the form makes of its answers, nothing for "I do not know"; ``None`` when they cannot be taken so."""
        if self.form is None or draft.is_unknown(self.name):
            return {}
        form = self.form(draft)(as_sent(draft.of(self.name)))
        return form.cleaned_data if form.is_valid() else None

    def fields(self, draft: Draft) -> Mapping[str, forms.Field]:
        """The fields that stand on it, none of them filled in."""
        return self.form(draft).base_fields if self.form else {}

    def typed_in(self, sent: Sent, draft: Draft) -> Typed:
        """What belongs to this screen in what a browser sent, without characters that show nothing."""
        names = [part for name, field in self.fields(draft).items() for part in sent_as(name, field.widget)]
        return {name: [clean_text(value) for value in sent.getlist(name)] for name in names if name in sent}


def as_sent(typed: Typed) -> Sent:
    """Kept answers in the form in which Django's forms read them."""
    return MultiValueDict({name: list(values) for name, values in typed.items()})


def sent_as(name: str, widget: forms.Widget) -> list[str]:
    """The names under which a browser sends a field: one, or one for each of its boxes."""
    parts: list[str] = getattr(widget, "widgets_names", [""])  # a date has three boxes, each with a name of its own
    return [f"{name}{part}" for part in parts]


def chosen_category(draft: Draft) -> Category | None:
    """The category picked so far; ``None`` before that or when the pack does not have it."""
    code = draft.first("category", "category")
    return next((known for known in get_pack().categories if known.code == code), None)


def identity_mode(draft: Draft) -> Anonymity:
    """How the reporter wants to report; anonymous until they say otherwise."""
    told = draft.first("identity", "mode")
    offered = {mode.code for mode in get_pack().identity_modes}
    return Anonymity(told) if told in offered else Anonymity.ANONYMOUS


_WITH_IDENTITY = (Anonymity.NAMED, Anonymity.CONFIDENTIAL)


def gives_identity(draft: Draft) -> bool:
    """Whether a name or contact is asked for."""
    return identity_mode(draft) in _WITH_IDENTITY


def award_is_possible(draft: Draft) -> bool:
    """Whether the chosen way of reporting leaves room for an award."""
    pack = get_pack()
    return pack.awards is not None and pack.identity_mode(identity_mode(draft)).award_possible


def _at_risk(draft: Draft) -> bool:
    return draft.first("risk", "risk") == "yes"


BEFORE = (
    Screen("purpose", _("What this is for"), template="public/guided/purpose.html"),
    Screen("before", _("Before you start"), template="public/guided/before.html"),
    Screen("risk", _("Are you safe?"), lambda draft: ask.RiskForm),
    Screen("danger", _("If somebody is in danger"), template="public/guided/danger.html", shown=_at_risk),
    Screen("identity", _("How do you want to report?"), lambda draft: ask.identity_form()),
    Screen("category", _("What is it about?"), lambda draft: ask.category_form()),
    Screen("what", _("What happened"), lambda draft: ask.WhatForm, "public/guided/what.html"),
    Screen("told", _("What others say, what you think"), lambda draft: ask.ToldForm),
    Screen("when", _("When"), lambda draft: ask.WhenForm, unknown=_("I do not know any of this")),
    Screen("where", _("Where"), lambda draft: ask.WhereForm, unknown=_UNKNOWN),
    Screen("who", _("Who"), lambda draft: ask.WhoForm, unknown=_UNKNOWN),
)
AFTER = (
    Screen("how", _("How you know"), lambda draft: ask.HowForm),
    Screen("involved", _("Your own part"), lambda draft: ask.InvolvedForm, "public/guided/involved.html"),
    Screen("files", _("Files"), lambda draft: ask.FilesForm, "public/guided/files.html"),
    Screen("earlier", _("Earlier reports"), lambda draft: ask.EarlierForm),
    Screen("contact", _("Your name or contact"), lambda draft: ask.ContactForm, shown=gives_identity),
    Screen("award", _("Awards"), lambda draft: ask.AwardForm, "public/guided/award.html", award_is_possible),
    Screen("check", _("Check your answers"), template="public/guided/check.html"),
    Screen("send", _("Send your report"), template="public/guided/send.html"),
)
FIRST, CHECK, SEND = BEFORE[0].name, "check", "send"


def question_name(category: Category, question: Question) -> str:
    """The screen of a question. Two categories may ask under one code, and mean different things by it."""
    return f"{_QUESTION}{category.code}-{question.code}"


@once_per_language
def _question_screens(code: str) -> tuple[Screen, ...]:
    category = get_pack().category(code)
    return tuple(_question_screen(category, question) for question in category.questions)


def _question_screen(category: Category, question: Question) -> Screen:
    form = ask.question_form(question)
    name = question_name(category, question)
    return Screen(name, question.label.text(language()), lambda draft: form, unknown=_UNKNOWN)


def question_screens(draft: Draft) -> tuple[Screen, ...]:
    """One screen for each question of the chosen category."""
    category = chosen_category(draft)
    return _question_screens(category.code) if category else ()


def promised_files(draft: Draft) -> bool:
    """Whether a question of the category was answered with "I will send it at the end"."""
    category = chosen_category(draft)
    return category is not None and any(
        each.type is QuestionType.FILE and draft.first(question_name(category, each), "answer") == "yes"
        for each in category.questions
    )


def all_screens(draft: Draft) -> tuple[Screen, ...]:
    """Every screen there is, with the questions of the chosen category: also those that are not shown now."""
    return (*BEFORE, *question_screens(draft), *AFTER)


def screens(draft: Draft) -> tuple[Screen, ...]:
    """Every screen of the road as it is for the answers so far."""
    return tuple(screen for screen in all_screens(draft) if screen.shown(draft))


def draft_with(name: str) -> Draft:
    """The emptiest draft whose road has the screen ``name``, as far as the name itself tells what that hangs on.

    What it hangs on is put in but not taken as answered: the reporter comes by and confirms it.
    """
    if name.startswith(_QUESTION):
        return Draft().kept("category", {"category": [name.removeprefix(_QUESTION).partition("-")[0]]})
    modes = [mode.code for mode in get_pack().identity_modes if mode.code in _WITH_IDENTITY]
    return Draft().kept("identity", {"mode": modes[:1]}) if name == "contact" else Draft()


def screen_named(draft: Draft, name: str) -> Screen | None:
    """The screen ``name`` if the road has it."""
    return next((screen for screen in screens(draft) if screen.name == name), None)


def screen_asking(draft: Draft, field: str) -> Screen | None:
    """The screen on which the field ``field`` stands."""
    return next((screen for screen in screens(draft) if field in screen.fields(draft)), None)


def after(draft: Draft, name: str) -> Screen:
    """Where "Continue" leads: the next screen, or back to the check page once that was reached.

    A screen that a changed answer has added is never skipped.
    """
    road = screens(draft)
    names = [screen.name for screen in road]
    rest = road[names.index(name) + 1 :] if name in names else road
    if CHECK in draft.seen and name != CHECK:
        check = next(screen for screen in road if screen.name == CHECK)
        return next((screen for screen in rest if screen.name not in draft.seen and screen.name != SEND), check)
    return rest[0] if rest else road[-1]


def before(draft: Draft, name: str) -> Screen:
    """Where "Back" leads: the screen before, the first one at the beginning.

    To the check page if one came from there, unless a changed answer has added screens that were not seen yet.
    """
    road = screens(draft)
    names = [screen.name for screen in road]
    if CHECK in draft.seen and name not in (CHECK, SEND) and draft.seen_all(set(names) - {CHECK, SEND}):
        return road[names.index(CHECK)]
    return road[max(0, names.index(name) - 1)] if name in names else road[0]
