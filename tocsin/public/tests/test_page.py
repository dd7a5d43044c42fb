"""What stands around every page: links to the other languages that lead here and nowhere else."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory
from django.urls import get_resolver, reverse
from django.utils.translation import get_language, override
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from tests.visitor import Visitor
from tocsin.public.page import context, language, language_links
from tocsin.public.stencils import made_up_request


def pages() -> list[str]:
    """The names of all pages that begin with their language."""
    with override("en"):
        names = {name for name in get_resolver("tocsin.public.urls").reverse_dict if isinstance(name, str)}
        return sorted(name for name in names if name != "ledger-file" and reverse(name).startswith("/en/"))


def links(path: str, spoken: str = "en") -> dict[str, str]:
    with override(spoken):
        return {code: address for code, _name, address in language_links(made_up_request(path))}


@pytest.mark.parametrize("name", pages())
def test_a_page_links_to_itself_in_every_language(name: str) -> None:
    addresses = {}
    for code in ("en", "zh-hans"):
        with override(code):
            addresses[code] = reverse(name)
    for code in ("en", "zh-hans"):
        assert links(addresses[code], code) == addresses


def test_the_pages_that_everybody_needs_are_among_them() -> None:
    assert {"start", "report", "mailbox-sign-in", "mailbox", "verify"} <= set(pages())


def test_languages_are_called_by_their_own_names_and_come_from_the_installation(settings: Settings) -> None:
    with override("zh-hans"):
        told = [(code, name) for code, name, _address in language_links(made_up_request("/zh-hans/report"))]
    assert told == [("en", "English"), ("zh-hans", "简体中文")]
    settings.TOCSIN_LANGUAGES = ("en",)
    assert links("/en/report") == {"en": "/en/report"}


ELSEWHERE = [
    "//elsewhere.example/en/report",
    "//elsewhere.example/en/",
    "//elsewhere.example/",
    "///elsewhere.example/en/report",
    "/\\elsewhere.example/en/report",
    "https://elsewhere.example/en/report",
    "http:/en/report",
    "javascript:alert(1)//en/report",
    "/en//elsewhere.example",
    "/en/canary",
    "/log/canary",
    "/canary",
    "/exit",
    "/",
    "",
]


@pytest.mark.parametrize("path", ELSEWHERE)
def test_an_address_that_is_no_page_leads_to_the_first_page(path: str) -> None:
    assert links(path) == {"en": "/en/", "zh-hans": "/zh-hans/"}


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.sampled_from(["", "/", "//", "/en/", "//h/en/"])
)
def test_no_address_leads_out_of_this_door(tail: str, head: str) -> None:
    for address in links(head + tail).values():
        assert re.match(r"/(en|zh-hans)/", address), address


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["//elsewhere.example/en/report", "/en/canary-of-the-address", "/log/canary-of-the-address"]
)
def test_a_page_that_is_not_here_repeats_nothing_of_the_address(path: str) -> None:
    visitor = Visitor()
    answer = visitor.browser.generic("GET", "/", PATH_INFO=path)
    assert answer.status_code == 404
    for canary in (b"elsewhere", b"canary"):
        assert canary not in answer.content


def test_a_question_mark_and_what_follows_is_not_carried_into_another_language(rf: RequestFactory) -> None:
    with override("en"):
        addresses = [address for _code, _name, address in language_links(rf.get("/en/report?secret=canary#there"))]
    assert addresses == ["/en/report", "/zh-hans/report"]


def test_the_links_leave_the_language_of_the_page_as_it_is() -> None:
    with override("zh-hans"):
        language_links(made_up_request("/zh-hans/report"))
        assert (get_language(), language()) == ("zh-hans", "zh-hans")


def test_the_texts_around_a_page_speak_its_language() -> None:
    told = {}
    for code in ("en", "zh-hans"):
        with override(code):
            told[code] = context(made_up_request(f"/{code}/"))
    assert told["en"]["authority_name"] != told["zh-hans"]["authority_name"]
    assert told["en"]["emergency_numbers"]
    assert told["zh-hans"]["home_url"] == "/zh-hans/"
