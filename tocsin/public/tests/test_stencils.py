"""Pages that are drawn once and filled in: nothing hostile gets in, nothing of one visitor reaches the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tests.installation import Installation
from tests.visitor import Visitor
from tocsin.policy.active import get_pack
from tocsin.public import stencils
from tocsin.public.page import context
from tocsin.public.report_form import _holes
from tocsin.public.stencils import Stencil, hole, made_up_request, numbered, stencil
from tocsin.public.views.report import _receipt_holes

HOSTILE = [
    "<script>alert(1)</script>",
    '"><b onmouseover=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</textarea><input>",
    "&lt;&amp;&#x3c;",
    "[[hole:ticket]]",
    "{{ csrf }}{% now 'Y' %}",
    "\u202e\u2066\x00",
]

WORD_HOLES = {f"word{place}" for place in range(9)}


class Reader(HTMLParser):
    """Collects tags, attribute values and text as a browser would read them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.values: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value or "" for _name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    stencils.drawn.cache_clear()
    yield
    stencils.drawn.cache_clear()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_text_and_stays_inside_its_attribute(value: str) -> None:
    cut = Stencil.cut(f'<p title="{hole("a")}">{hole("b")}</p>')
    read = Reader(cut.fill({"a": value, "b": value}))
    assert read.tags == ["p"]
    assert read.values == [value]
    assert read.text == value


@given(st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs"])))
def test_any_value_comes_back_as_it_was(value: str) -> None:
    read = Reader(Stencil.cut(f"<p>{hole('a')}</p>").fill({"a": value}))
    assert (read.tags, read.text) == (["p"], value)


def test_a_missing_value_is_an_error_and_not_an_empty_place() -> None:
    cut = Stencil.cut(f"{hole('csrf')} and {hole('ticket')}")
    with pytest.raises(KeyError, match="ticket"):
        cut.fill({"csrf": "x"})


def test_a_page_is_cut_exactly_at_its_holes() -> None:
    cut = Stencil.cut(f"one {hole('a')} two {hole('b1')} three {hole('a')} four")
    assert cut == Stencil(("one ", " two ", " three ", " four"), ("a", "b1", "a"))
    assert cut.fill({"a": "A", "b1": "B"}) == "one A two B three A four"
    assert Stencil.cut("no hole").fill({}) == "no hole"


def test_the_numbered_holes_are_those_that_the_receipt_fills() -> None:
    assert numbered("word", 2) == ["[[hole:word0]]", "[[hole:word1]]"]
    words = _receipt_holes()["words"]
    assert len(words) == 9
    assert len(set(words)) == 9


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("template", "holes", "names"),
    [
        ("public/report.html", _holes, {"csrf", "ticket"}),
        (
            "public/receipt.html",
            _receipt_holes,
            {"promise", "acknowledge_by", "files", "mailbox_address", "csrf", "day", *WORD_HOLES},
        ),
    ],
)
def test_every_hole_of_a_page_is_known_and_used(language: str, template: str, holes: object, names: set[str]) -> None:
    assert callable(holes)
    with override(language):
        cut = stencil(template, language, reverse("report"), holes)
    assert set(cut.names) == names


def test_each_language_has_a_page_of_its_own() -> None:
    pages = {}
    for language in ("en", "zh-hans"):
        with override(language):
            cut = stencil("public/report.html", language, reverse("report"), _holes)
        pages[language] = cut.fill({"csrf": "c", "ticket": "t"})
    assert 'lang="en"' in pages["en"]
    assert 'lang="zh-Hans"' in pages["zh-hans"]
    assert 'action="/en/report"' in pages["en"]
    assert 'action="/zh-hans/report"' in pages["zh-hans"]


def test_a_stencil_is_drawn_for_a_request_that_nobody_sent() -> None:
    request = made_up_request("/en/report")
    assert (request.method, request.path, dict(request.META), dict(request.COOKIES)) == ("GET", "/en/report", {}, {})
    assert context(request)["home_url"] == "/en/"


def values_of(visitor: Visitor) -> dict[str, str]:
    return visitor.open_form().form("/report").fields


@pytest.mark.django_db
def test_two_visitors_get_different_tickets_and_form_checks(installation: Installation) -> None:
    mia, tom = Visitor(), Visitor()
    mia.browser.defaults |= {"HTTP_USER_AGENT": "canary-of-mia", "REMOTE_ADDR": "203.0.113.9"}
    first, second, third = mia.open_form(), tom.open_form(), mia.open_form()
    for name in ("ticket", "csrfmiddlewaretoken"):
        assert len({page.form("/report").fields[name] for page in (first, second, third)}) == 3
        assert first.form("/report").fields[name] not in second.body.decode()
    for canary in ("canary-of-mia", "203.0.113.9", mia.browser.cookies["session"].value):
        assert canary not in second.body.decode()


@pytest.mark.django_db
def test_the_form_of_one_visitor_cannot_be_sent_by_another(installation: Installation) -> None:
    mia, tom = Visitor(), Visitor()
    form = mia.open_form()
    tom.open_form()
    assert tom.send(form, typed={"what": "sent from a copied page"}).status == 403
    assert mia.send(form, typed={"what": "sent from my own page"}).status == 200


@pytest.mark.django_db
def test_two_receipts_share_no_word_and_no_promise(installation: Installation) -> None:
    first, second = Visitor().tell("one"), Visitor().tell("two")
    assert first.words != second.words
    assert first.preformatted != second.preformatted
    assert first.preformatted[0] not in second.text
    again = Visitor().open_form()
    assert not again.words
    assert first.preformatted[0] not in again.text


def test_a_page_is_drawn_once_and_filled_often(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def counted(template: str, told: dict[str, object]) -> str:
        drawn.append(template)
        return render_to_string(template, told)

    monkeypatch.setattr(stencils, "render_to_string", counted)
    for _ in range(3):
        with override("en"):
            stencil("public/report.html", "en", reverse("report"), _holes).fill({"csrf": "c", "ticket": "t"})
    assert drawn == ["public/report.html"]


def test_another_version_of_the_pack_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = get_pack()
    first = stencil("public/report.html", "en", reverse("report"), _holes)
    monkeypatch.setattr(stencils, "get_pack", lambda: replace(pack, fingerprint="that of a newer version"))
    second = stencil("public/report.html", "en", reverse("report"), _holes)
    assert second is not first
    assert stencil("public/report.html", "en", reverse("report"), _holes) is second
