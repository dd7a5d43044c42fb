"""What every page of the public door shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import is_valid_path, reverse, translate_url
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from tocsin.policy.active import get_pack
from tocsin.policy.languages import Localised
from tocsin.policy.rules import Office


def language() -> str:
    """The language of the page."""
    return get_language() or settings.LANGUAGE_CODE


def in_language(text: Localised) -> str:
    """A text of the pack in the language of the page."""
    return text.text(language())


def office_in_words(office: Office) -> dict[str, str]:
    """An office and the ways to reach it in the language of the page."""
    return {
        "name": in_language(office.name),
        "address": in_language(office.address),
        "phone": office.phone,
        "website": office.website,
    }


def context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """The pack's texts and numbers, the language links, and ``more``."""
    pack = get_pack()
    return {
        "pack": pack,
        "texts": pack.texts(language()),
        "authority_name": in_language(pack.authority.name),
        "emergency_numbers": [
            {"number": line.number, "label": in_language(line.label)} for line in pack.emergency_numbers
        ],
        "language_links": language_links(request),
        "home_url": reverse("start"),
        "exit_url": reverse("exit"),
        "mark": in_language(pack.mark),
        "footer_links": [
            (_("Tell us something"), reverse("guided")),
            (_("Your mailbox"), reverse("mailbox-sign-in")),
            (_("Check your receipt"), reverse("verify")),
            (_("What to report, and how to do it safely"), reverse("guide")),
            (_("Who we are and the rules we follow"), reverse("about")),
        ],
        **more,
    }


def language_links(request: HttpRequest) -> list[tuple[str, str, str]]:
    """``(code, own name, address)`` of this page in every language of the installation.

    An address that is none of our pages leads to the first page: what somebody made up, perhaps with the name of
    another site in it (``//elsewhere.example/en/report``), is not repeated.
    """
    first = reverse("start")
    here = request.path if request.path.startswith(first) and is_valid_path(request.path) else first
    return [
        (code, get_language_info(code)["name_local"], translate_url(here, code)) for code in settings.TOCSIN_LANGUAGES
    ]
