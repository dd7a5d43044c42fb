"""Pages to read before one writes: who we are and by which rules, and what to report."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tocsin.policy.active import get_pack
from tocsin.policy.awards import Awards
from tocsin.policy.category import Category
from tocsin.policy.model import Pack
from tocsin.policy.rules import IdentityMode
from tocsin.public import policy_page
from tocsin.public.doors import for_everybody
from tocsin.public.page import context, in_language, language, office_in_words


@for_everybody
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Who we are and the rules we follow: the pack, in words."""
    pack = get_pack()
    rows = {name: rows_of(pack) for name, rows_of in policy_page.TABLES.items()}
    told = context(request, host=request.get_host(), rows=rows, **_who_and_how(pack))
    return render(request, "public/about.html", told)


def _who_and_how(pack: Pack) -> dict[str, Any]:
    texts = pack.texts(language())
    return {
        "parts": _parts_of_about(pack),
        "pack_title": in_language(pack.title),
        "authority": office_in_words(pack.authority),
        "oversight_body": office_in_words(pack.oversight_body),
        "legal_basis": [texts.line(f"legal_basis.{name}") for name in pack.legal_basis],
        "channels": [policy_page.Row(in_language(road.label), in_language(road.where)) for road in pack.channels],
        "identity_modes": [_mode(mode) for mode in pack.identity_modes],
        "awards": _awards(pack.awards) if pack.awards else None,
    }


def _parts_of_about(pack: Pack) -> dict[str, str]:
    """The headings of the page by their anchor, in order: the list of contents and the page read the same."""
    texts = pack.texts(language())
    parts = {
        "who": _("Who we are"),
        "rules": _("The rules we follow"),
        "roads": _("Ways to reach us"),
        "names": _("With or without your name"),
        "times": _("What happens to your report, and by when"),
        "keeping": texts.line("retention.title"),
        "sharing": _("When we pass a report on"),
        "figures": _("What we publish"),
        "awards": texts.line("award.title"),
        "mistakes": _("Honest mistakes and made-up reports"),
        "files": _("How much you can send"),
        "complain": texts.line("complaint.title"),
    }
    if pack.awards is None:
        del parts["awards"]
    return parts


def _mode(mode: IdentityMode) -> policy_page.Row:
    return policy_page.Row(in_language(mode.label), in_language(mode.effect))


def _awards(awards: Awards) -> dict[str, Any]:
    return {
        "forms": policy_page.award_forms(awards),
        "must_hold": policy_page.award_conditions(awards),
        "conditions": [in_language(ground.label) for ground in awards.conditions],
        "exclusions": [in_language(ground.label) for ground in awards.exclusions],
        "tiers": policy_page.tiers(awards, language()),
        "clocks": policy_page.award_clocks(awards),
        "notes": policy_page.award_notes(awards),
    }


@for_everybody
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """What to report with examples, what not, how one is protected, what happens next, which traces stay."""
    pack = get_pack()
    told = context(request, host=request.get_host(), sectors=_sectors(pack), parts=_parts_of_guide(pack))
    return render(request, "public/guide.html", told)


def _parts_of_guide(pack: Pack) -> dict[str, str]:
    texts = pack.texts(language())
    return {
        "what": texts.line("purpose.title"),
        "not_for": texts.line("not_for.title"),
        "protection": texts.line("protection.title"),
        "mistakes": _("Honest mistakes"),
        "involved": texts.line("involved.title"),
        "next": texts.line("next_steps.title"),
        "traces": _("Devices and traces"),
        "words": _("Your nine words belong on paper"),
    }


def _sectors(pack: Pack) -> list[dict[str, Any]]:
    """The sectors in which something can be reported, each with its categories in their order."""
    found = []
    for sector in pack.sectors:
        categories = [_category(each) for each in pack.categories if each.sector == sector.code]
        if categories:
            found.append({"label": in_language(sector.label), "categories": categories})
    return found


def _category(category: Category) -> dict[str, Any]:
    return {
        "code": category.code,
        "label": category.label(language()),
        "hint": category.hint(language()),
        "examples": [in_language(example) for example in category.examples],
        "urgent_hint": category.urgent_hint(language()),
        "lawful_note": in_language(category.lawful_note) if category.lawful_note else "",
        "rule": in_language(category.rule),
    }
