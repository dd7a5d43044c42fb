"""What people type into the guided form: seen on its own screen only, too long, broken, in any script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pytest

from tests.installation import Installation
from tests.visitor import ENOUGH, STEPS, Guided, Page
from tocsin.intake.question_fields import LONGEST_LINE, LONGEST_TEXT
from tocsin.intake.submission import LONGEST_OTHER, LONGEST_WHAT
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of

pytestmark = pytest.mark.django_db
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def open_desk(unlocked_desk: Installation) -> Installation:
    """What was stored can be compared with what was typed."""
    return unlocked_desk


def assert_kept(page: Page, walk: Guided, screen: str, **typed: str) -> None:
    """The same screen again with what was typed on it."""
    assert page.status < 500
    assert walk.at == screen
    assert {name: walk.form.fields[name] for name in typed} == typed


CANARIES: Mapping[str, Mapping[str, str]] = {
    "what": {"what": "Kestrelfold saw barrels"},
    "told": {"heard": "Quillhaven", "think": "Osterwind"},
    "when": {"when": "Thornwick"},
    "where": {"where": "Larchmere"},
    "who": {"who": "Pellworm"},
    "q-other-danger": {"answer": "Ambervale"},
    "q-other-danger_place": {"answer": "Grimsdottir"},
    "how": {"how": "Unbekanntz"},
    "contact": {"contact": "Mirabel"},
}


@pytest.mark.parametrize("screen", CANARIES)
def test_what_was_typed_stands_in_clear_on_its_own_screen_and_on_the_check_page_only(screen: str) -> None:
    canaries = list(CANARIES[screen].values())
    walk = Guided.open_at(screen, {"identity": {"mode": "named"}})
    before, shown = walk.page, []
    walk.press(**CANARIES[screen])
    while not walk.page.words:
        body = walk.page.body.decode()
        shown += [walk.at for word in canaries if word in body]
        walk.press("send" if walk.at == "send" else "next")
    assert shown == ["check"] * len(canaries)
    assert not [word for word in canaries if word in walk.page.body.decode()]
    walk.page = before
    walk.press("stay", **CANARIES[screen])
    assert walk.at == screen
    assert all(word in walk.page.body.decode() for word in canaries)


def test_nothing_of_one_visitor_reaches_another() -> None:
    Guided.open_at("send", CANARIES)
    other = Guided.open()
    while other.at != "check":
        assert not [word for typed in CANARIES.values() for word in typed.values() if word in other.page.text]
        other.press(**ENOUGH.get(other.at, {}))


LIMITS: list[tuple[str, str, int]] = [
    ("what", "what", LONGEST_WHAT),
    ("told", "heard", LONGEST_OTHER),
    ("when", "when", LONGEST_OTHER),
    ("where", "where", LONGEST_OTHER),
    ("who", "who", LONGEST_OTHER),
    ("how", "how", LONGEST_OTHER),
    ("q-animal_deaths-species", "answer", LONGEST_LINE),
    ("q-animal_deaths-signs", "answer", LONGEST_TEXT),
    ("q-animal_deaths-deaths_place", "answer", LONGEST_LINE),
]


@pytest.mark.parametrize("letter", ["x", "字"])
@pytest.mark.parametrize(("screen", "name", "most"), LIMITS)
def test_ten_thousand_characters_too_many_are_refused_and_kept(screen: str, name: str, most: int, letter: str) -> None:
    walk = Guided.open_at(screen, {"category": {"category": "animal_deaths"}})
    text = letter * (most + 10_000)
    page = walk.press(**{name: text})
    assert page.status == 422
    assert "There is a problem" in page.plain
    assert_kept(page, walk, screen, **{name: text})
    walk.press(**{name: letter * most})
    assert walk.at != screen


@pytest.mark.parametrize("contact", ["x" * 701, "字" * 234])
def test_a_contact_that_is_too_long_for_its_blob_is_refused_on_its_own_screen(contact: str) -> None:
    walk = Guided.open_at("contact", {"identity": {"mode": "named"}})
    page = walk.press(contact=contact)
    assert page.status == 422
    assert "One name and one way to reach you" in page.plain
    assert_kept(page, walk, "contact", contact=contact)
    walk.press(contact=contact[:233])
    assert walk.at == "award"


def test_a_story_that_shows_nothing_is_asked_for_again() -> None:
    walk = Guided.open_at("send", {"what": {"what": "\u200b\u2060"}})
    page = walk.press("send")
    assert (page.status, walk.at) == (422, "what")
    assert "in your own words" in page.plain
    assert Tip.objects.count() == 0


def test_five_megabytes_are_refused_with_a_page_that_says_so() -> None:
    walk = Guided.open_at("what")
    sent = {**walk.form.fields, "what": "x" * 5_000_000}
    page = Page(walk.visitor.browser.post(walk.form.action, urlencode(sent), content_type=URLENCODED))
    assert page.status == 413
    assert "too big" in page.plain
    assert Tip.objects.count() == 0


BROKEN = {
    "nul": (b"two\x00 men", "two men"),
    "controls": (b"\x07bell\x1b[31m red", "bell[31m red"),
    "line ends": (b"old\r\nline\rends", "old\nline\nends"),
    "half a character": ("seen 日".encode()[:-1], "seen \ufffd"),
    "no utf-8": (b"\xff\xfe barrels \xc0\xaf", "\ufffd\ufffd barrels \ufffd\ufffd"),
    "lone surrogate": (b"seen \xed\xa0\x80", "seen \ufffd\ufffd\ufffd"),
    "emoji": ("🚨👩🏽‍🔬".encode(), "🚨👩🏽‍🔬"),
    "markup": (
        b"</textarea></form><b onclick=x>[[hole:csrf]]{{ 7*7 }}",
        "</textarea></form><b onclick=x>[[hole:csrf]]{{ 7*7 }}",
    ),
    "right to left": ("رأيت \u202eevil".encode(), "رأيت \u202eevil"),
}


def multipart(fields: dict[str, bytes]) -> tuple[bytes, str]:
    head = '--border\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
    parts = [head.format(name).encode() + value + b"\r\n" for name, value in fields.items()]
    return b"".join(parts) + b"--border--\r\n", "multipart/form-data; boundary=border"


def urlencoded(fields: dict[str, bytes]) -> tuple[bytes, str]:
    return urlencode(fields).encode(), URLENCODED


@pytest.mark.parametrize("encode", [multipart, urlencoded])
@pytest.mark.parametrize("kind", BROKEN)
def test_no_text_breaks_the_form_and_what_can_be_read_arrives(
    kind: str, encode: Callable[[dict[str, bytes]], tuple[bytes, str]]
) -> None:
    raw, kept = BROKEN[kind]
    walk = Guided.open_at("what")
    for screen, name in (("what", "what"), ("told", "heard")):
        assert walk.at == screen
        body, content_type = encode({**{n: v.encode() for n, v in walk.form.fields.items()}, "go": b"next", name: raw})
        walk.page = Page(walk.visitor.browser.post(f"/en{STEPS}", body, content_type=content_type))
        assert walk.page.status == 200
    walk.walk("check")
    assert "<b onclick" not in walk.page.body.decode()
    walk.finish()
    assert content_of(Tip.objects.get()).answers == {"what": kept, "heard": kept}


def test_a_text_full_of_markup_is_shown_as_text_on_its_screen_and_on_the_check_page() -> None:
    text = "</textarea></form><b onclick=x>[[hole:csrf]]{{ 7*7 }} & \"'"
    walk = Guided.open_at("who", {"what": {"what": text}, "told": {"heard": text}})
    walk.press("unknown")
    walk.walk("check")
    assert walk.page.text.count(text) == 2
    walk.press("change:told")
    assert walk.form.fields["heard"] == text
    assert "<b onclick" not in walk.page.body.decode()


def test_many_fields_are_refused_with_a_page() -> None:
    walk = Guided.open_at("what")
    page = walk.press(what="x", **{f"f{number}": "x" for number in range(200)})
    assert page.status == 400
    assert Tip.objects.count() == 0
