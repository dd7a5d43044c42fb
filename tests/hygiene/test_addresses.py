"""No address holds a secret: addresses end up in histories, proxies, referrers and on screens behind one's back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest

from tests.hygiene.doors import PUBLIC, Heard, names, patterns, references
from tests.hygiene.story import Told, tell_the_story
from tests.hygiene.traces import forms, phrases
from tests.installation import Installation
from tests.people import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.journey]
SECRET_FIELDS = ("csrfmiddlewaretoken", "ticket")


def led_to(heard: list[Heard]) -> Iterator[str]:
    """Every address that was asked for, and every one that an answer named."""
    for each in heard:
        yield each.address
        yield each.headers.get("Location", "")
        yield each.headers.get("Content-Disposition", "")
        if each.is_page:
            yield from references(each.markup)


def secret_values(heard: list[Heard]) -> set[str]:
    """The form checks and tickets that the pages handed out, and the cookies."""
    found = set()
    for each in heard:
        found |= {cookie.value for cookie in each.cookies.values() if cookie.value}
        if each.is_page:
            boxes = each.markup.find("input")
            found |= {box.get("value", "") for box in boxes if box.get("name") in SECRET_FIELDS}
    return found - {"", "canary"}


_TOLD: list[Told] = []


@pytest.fixture
def told(cast: Cast, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A whole story with all that was answered in it; told once, because only its answers are looked at here."""
    if not _TOLD:
        _TOLD.append(tell_the_story(installation, monkeypatch))
    return _TOLD[0]


def test_no_address_of_a_reporters_journey_holds_a_secret(told: Told) -> None:
    addresses = {unquote_plus(each) for each in led_to(told.public)} | set(led_to(told.public))
    assert len(addresses) > 20
    handed_out = secret_values(told.public)
    assert len(handed_out) > 20
    keys = told.keys
    secrets = {each.encode() for each in handed_out} | {told.ref.encode(), told.promise.split("\n")[1].encode()}
    for raw in (told.seed, keys.login, keys.login_hash, keys.events, keys.mail_private, keys.receipt):
        secrets |= forms(raw)
    secrets |= phrases(told.words) | {word.encode() for word in told.words if len(word) > 7}
    held = sorted(
        f"{secret!r} in {address}" for address in addresses for secret in secrets if secret in address.encode()
    )
    assert held == []


def test_no_address_of_the_public_door_has_a_place_for_a_secret() -> None:
    parts = {pattern.name: set(pattern.pattern.converters) for pattern in patterns(PUBLIC)}
    assert {name for name, found in parts.items() if found} == {"ledger-file"}
    assert len(parts) == len(names(PUBLIC))


def test_the_pages_of_a_mailbox_do_not_name_the_tip(told: Told) -> None:
    pages = [heard for heard in told.public if heard.address.startswith("/en/mailbox") and heard.is_page]
    assert len(pages) > 10
    assert not [heard.address for heard in pages if told.ref in heard.text]


def test_no_form_of_the_public_door_puts_what_is_typed_into_an_address(told: Told) -> None:
    methods = {
        (form.get("method", "get").lower(), re.match("/(?!/)", form["action"]) is not None)
        for heard in told.public
        if heard.is_page
        for form in heard.markup.find("form")
    }
    assert methods == {("post", True)}


def test_at_the_desk_an_address_names_tips_and_pages_and_nothing_that_was_written(told: Told) -> None:
    addresses = {unquote_plus(each) for each in led_to(told.desk)}
    handed_out = secret_values(told.desk)
    assert any(told.ref in address for address in addresses)
    queries = r"next=/[^?]*|state=\w*|(?:list=)?whose=(?:queue|list)|urgent=yes|due=\w+(?:&clock=\w+)?|done=[a-z-]+"
    queries = rf"{queries}|history=[a-z]+|about={told.ref}"
    shapes = re.compile(
        rf"(?:/tips/{told.ref}(?:/[a-z-]+)?|/why/{told.ref}|/inbox/(?:lists|filters)|/[a-z-]*|/[a-z]+/new"
        rf"|/(?:your-)?sign-in/[a-z/-]+)?(?:\?(?:{queries})?)?(?:#[a-z-]+)?|/static/.+|data:,"
    )
    assert [address for address in addresses if not shapes.fullmatch(address)] == []
    assert not [address for address in addresses for value in handed_out if value in address]


def test_the_words_are_shown_on_the_receipt_and_on_no_other_page(told: Told) -> None:
    shown = [heard for heard in told.public if heard.is_page and _shows_all(heard, told.words)]
    assert {heard.address for heard in shown} == {"/en/report"}
    assert {heard.method for heard in shown} == {"POST"}
    assert not [heard for heard in told.desk if heard.is_page and _shows_all(heard, told.words)]


def _shows_all(heard: Heard, words: list[str]) -> bool:
    shown = [
        attributes for attributes in heard.markup.find("li") if "tocsin-words__word" in attributes.get("class", "")
    ]
    return len(shown) == 9 or " ".join(words) in " ".join(heard.markup.text.split())
