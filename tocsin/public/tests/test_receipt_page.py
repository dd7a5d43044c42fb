"""The page with the nine words, and what is left of it on paper."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as installed
from pytest_django.fixtures import Settings

from tests.installation import Installation
from tests.visitor import Guided, Page, Visitor
from tocsin.policy.active import get_pack
from tocsin.tips.models import Tip
from tocsin.ui.templatetags.ui import plain_date
from tocsin.ui.tests.markup import Page as Markup
from tocsin.ui.tests.test_stylesheets import rules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(installation: Installation) -> Installation:
    """A report needs keys."""
    return installation


def slip(page: Page) -> str:
    """The part of the page that is printed."""
    found = re.search(r'<div class="tocsin-slip">.*?</div>', page.body.decode(), re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize("language", [code for code, _name in installed.LANGUAGES])
def test_on_paper_stand_the_words_the_address_and_a_date_and_nobodys_name(language: str) -> None:
    page = Visitor(language).tell("Seeds by post.")
    assert len(page.words) == 9
    paper = slip(page)
    assert re.findall(r"tocsin-words__word\">([^<]+)<", paper) == page.words
    assert f">testserver/{language}/mailbox<" in paper
    pack = get_pack()
    for told in (pack.authority.name, pack.title, pack.mark):
        assert told.text(language) not in paper
    left = re.sub(r"<li.*?</li>|<[^>]+>|[0-9]", " ", paper, flags=re.DOTALL).lower()
    assert not [word for word in ("tip", "report", "authority", "seeds", "promise", "ledger") if f" {word}" in left]


def test_the_date_on_the_paper_is_the_latest_day_of_the_next_step() -> None:
    paper = slip(Visitor().tell("Seeds by post."))
    assert f"Next date: {plain_date(Tip.objects.get().acknowledge_by)}" in paper


def test_the_guided_form_ends_with_the_same_paper() -> None:
    page = Guided.open().finish()
    assert len(page.words) == 9
    assert ">testserver/en/mailbox<" in slip(page)


def test_the_address_on_the_paper_is_the_one_at_which_the_reporter_came(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["tips.example.org", "sample.onion"]
    visitor = Visitor()
    for host in ("tips.example.org", "sample.onion"):
        visitor.browser.defaults["SERVER_NAME"] = host
        assert f">{host}/en/mailbox<" in slip(visitor.tell("Seeds by post."))


def test_the_page_holds_no_picture_no_script_and_the_words_once() -> None:
    page = Visitor().tell("Seeds by post.")
    markup = Markup(page.body.decode())
    assert markup.faults == []
    assert [tag for tag, _attributes in markup.elements if tag in ("img", "svg", "script")] == []
    assert page.body.decode().count("tocsin-words__word") == 9
    assert "it waits in your mailbox" in page.plain


def printed() -> str:
    """The rules for paper, with single spaces."""
    return " ".join(rules("tocsin.css").split("@media print")[-1].split())


def test_everything_but_the_slip_is_hidden_on_paper() -> None:
    page = Visitor().tell("Seeds by post.").body.decode()
    assert "tocsin-prints-slip" in page.split("<body", 1)[1].split(">", 1)[0]
    hidden = re.search(r"([^{}]*)\{ display: none; \} \.tocsin-slip \{", printed())
    assert hidden
    for part in (".tocsin-header", ".tocsin-footer", "main > div > div > :not(.tocsin-slip)"):
        assert f".tocsin-prints-slip {part}" in hidden[1]
    assert "@page slip { margin: 0; }" in printed(), "the browser would print the title and the address of the form"


def test_only_the_receipt_prints_as_a_slip() -> None:
    for path in ("", "report", "about", "guide", "mailbox"):
        assert "tocsin-prints-slip" not in Visitor().get(path).body.decode()
