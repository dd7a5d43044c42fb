"""Draws a screen: what is the same for everybody once for each language, a visitor's own part filled in.

Only a screen with a fault on it is drawn anew: no answer of anybody may stick to a stencil.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from tocsin.policy.active import get_pack
from tocsin.public.guided import screens as road
from tocsin.public.guided.draft import Draft, drafts
from tocsin.public.guided.filling import answers_on, with_holes
from tocsin.public.guided.hints import hints
from tocsin.public.guided.once import once_per_language
from tocsin.public.guided.report import lines
from tocsin.public.guided.screens import CHECK, SEND, Screen
from tocsin.public.page import in_language, language
from tocsin.public.stencils import Stencil, hole, stencil

_SCREEN = "public/guided/screen.html"
_OWN = ("csrf", "ticket", "draft", "progress")


def draw(draft: Draft, screen: Screen, *, ticket: str, csrf: str, notice: str = "") -> str:
    """The page with one screen, the answers so far sealed in it."""
    own = {"csrf": csrf, "ticket": ticket, "draft": drafts().seal(draft, ticket), "progress": _progress(draft, screen)}
    variant = _VARIANTS.get(screen.name, _no_variant)(draft)
    form = None if screen.is_blank(draft) else screen.bound(draft)
    wrong = form is not None and bool(form.errors)
    if wrong:
        body: str = render_to_string(_SCREEN, {**_told(screen, variant), **own, "form": form})
    else:
        answers = answers_on(screen, draft)
        told = _check_page(draft) if screen.name == CHECK else answers.marks
        body = _screen(screen.name, variant).fill({**answers.texts, **own}, drawn=told)
    return stencil("public/guided/frame.html", language(), reverse("guided"), _frame_holes).fill(
        {
            "title": str(screen.title),
            "prefix": _("Error:") + " " if wrong else "",
            "go": "send" if screen.name == SEND else "next",
        },
        drawn={
            "back": _back() if screen.name != road.FIRST else "",
            "notice": _notice(notice) if notice else "",
            "body": body,
        },
    )


def _progress(draft: Draft, screen: Screen) -> str:
    """How far the reporter is; the end of the road is told when the category's questions are known."""
    names = [each.name for each in road.screens(draft)]
    told = {"place": names.index(screen.name) + 1 if screen.name in names else 1, "count": len(names)}
    known = road.chosen_category(draft) and screen.name != "category"
    return (_("Step %(place)s of %(count)s") if known else _("Step %(place)s")) % told


def _frame_holes() -> dict[str, Any]:
    return {name: hole(name) for name in ("title", "prefix", "go", "back", "notice", "body")}


@once_per_language
def _back() -> str:
    return render_to_string("public/guided/back.html")


def _notice(text: str) -> str:
    return render_to_string("ui/components/notification.html", {"text": text, "success": False})


@once_per_language
def _screen(name: str, variant: str) -> Stencil:
    """A screen with holes for the answers."""
    draft = road.draft_with(name)
    screen = next(screen for screen in road.all_screens(draft) if screen.name == name)
    holes = {part: hole(part) for part in (*_OWN, "hints", "lines")}
    told = {**_told(screen, variant), "form": with_holes(screen, draft)}
    return Stencil.cut(render_to_string(_SCREEN, {**holes, **told}))


def _told(screen: Screen, variant: str) -> dict[str, Any]:
    """What the screen's template needs beside the visitor's own part."""
    about = _ABOUT.get(screen.name)
    return {"screen": screen, "texts": get_pack().texts(language()), **(about(variant) if about else {})}


def _check_page(draft: Draft) -> dict[str, str]:
    """The parts of the check page: hints, and a line for every answer."""
    given, empty = _line("given"), _line("")
    told = (
        (given if line.answer else empty).fill(
            {"question": line.question, "screen": line.screen},
            drawn={"answer": escape(line.answer).replace("\n", "<br>")},
        )
        for line in lines(draft)
    )
    return {"hints": "".join(_hint().fill({"hint": hint}) for hint in hints(draft)), "lines": "".join(told)}


@once_per_language
def _line(given: str) -> Stencil:
    holes = {name: hole(name) for name in ("question", "screen", "answer")}
    return Stencil.cut(render_to_string("public/guided/line.html", {**holes, "given": given}))


@once_per_language
def _hint() -> Stencil:
    return Stencil.cut(render_to_string("public/guided/hint.html", {"hint": hole("hint")}))


def _no_variant(_draft: Draft) -> str:
    return ""


def _category_code(draft: Draft) -> str:
    category = road.chosen_category(draft)
    return category.code if category else ""


def _takes_files(draft: Draft) -> str:
    chosen = draft.first("files", "evidence")
    return "files" if chosen == "now" or (chosen != "later" and road.promised_files(draft)) else ""


_VARIANTS: Mapping[str, Callable[[Draft], str]] = {"what": _category_code, SEND: _takes_files}
"""On what a screen's text hangs, beside pack and language: one of a few codes."""


def _about_danger(_variant: str) -> dict[str, Any]:
    numbers = get_pack().emergency_numbers
    return {"emergency_numbers": [{"number": each.number, "label": in_language(each.label)} for each in numbers]}


def _about_what(code: str) -> dict[str, Any]:
    if not code:
        return {}
    category = get_pack().category(code)
    urgent = category.urgent_hint(language()) if category.suggests_urgent else ""
    lawful = in_language(category.lawful_note) if category.lawful_note else ""
    return {"category": {"urgent_hint": urgent, "lawful_note": lawful}}


def _about_send(takes_files: str) -> dict[str, Any]:
    return {"takes_files": takes_files, "evidence": get_pack().evidence, "go": "send", "go_text": _("Send")}


_ABOUT: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "danger": _about_danger,
    "what": _about_what,
    SEND: _about_send,
}
