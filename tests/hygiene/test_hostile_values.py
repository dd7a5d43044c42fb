"""Every field of the public door against every kind of text: a page, never a fault, and no word is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from tests.hygiene.doors import Heard, ListeningVisitor
from tests.installation import Installation
from tests.stories import Reported
from tests.visitor import Form, Page
from tocsin.ledger.models import Pending
from tocsin.tips.models import Identity, Tip, TipMessage
from tocsin.tips.selectors import content_of

pytestmark = pytest.mark.django_db

LONG, HUGE = 100_000, 3_000_000
TEXTS: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \t\r\n \x0b\x0c",
    "a hundred kilobytes": b"x" * LONG,
    "a hundred kilobytes on one combining letter": b"a" + "\u0301".encode() * (LONG // 2),
    "controls": bytes(range(1, 32)) + b"word" + bytes(range(127, 128)),
    "nul": b"\x00before\x00\x00after\x00",
    "emoji": "🚨👩🏽‍🔬🏴󠁧󠁢󠁳󠁣󠁴󠁿".encode(),
    "right to left with overrides": "رأيت \u202eevil\u202c \u2066רעב\u2069 \u200f".encode(),
    "a lone surrogate": b"seen \xed\xa0\x80\xed\xb0\x80 there",
    "no utf-8 at all": b"\xff\xfe\xc0\xaf\xf8\x88\x80\x80\x80\x80",
    "half a character": "日".encode()[:2],
    "noncharacters": "\ufdd0\uffff\U0010ffff\ufffe".encode(),
    "markup": b"</textarea></select></form><script>alert(1)</script>\"'><b onclick=x>&lt;&#60;",
    "templates": b"[[hole:csrf]] {{ csrf }} {% now 'Y' %} %(count)s %s %n {0} ${x} $(id)",
    "queries": b"'; DROP TABLE tips_tip; -- \" OR 1=1 \\x00",
    "paths and headers": b"../../etc/passwd\r\nSet-Cookie: x=y\r\n\r\n<html>",
    "a number": b"-9999999999999999999999999999999999e999",
    "json": b'{"a": [1, {"b": null}]}' + b"[" * 5000,
}


@dataclass(frozen=True)
class Field:
    """One field of one form: the page it stands on, the form's address, its name."""

    page: str
    form: str
    name: str

    @property
    def label(self) -> str:
        """For the name of a test."""
        return f"{self.form}:{self.name}"


REPORT = [Field("report", "/report", name) for name in ("what", "where", "when", "how", "contact", "category")]
HIDDEN = [Field("report", "/report", name) for name in ("ticket", "csrfmiddlewaretoken")]
BEFORE = [
    Field("mailbox", "/mailbox", "words"),
    Field("mailbox", "/mailbox", "text"),
    Field("verify", "/verify", "receipt"),
]
INSIDE = [Field("mailbox/messages", "/mailbox/write", name) for name in ("text", "ticket", "csrfmiddlewaretoken")]
FIELDS = [*REPORT, *HIDDEN, *BEFORE, *INSIDE]
LARGE_FIELDS = [each for each in FIELDS if each.name in ("what", "contact", "ticket", "words", "text", "receipt")]


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Tip, Identity, Pending, TipMessage))


def urlencoded(fields: dict[str, bytes]) -> tuple[bytes, str]:
    """The body that browsers send by default; any byte can be written with its percent sign."""
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def multipart(fields: dict[str, bytes]) -> tuple[bytes, str]:
    """A body in which every byte stands as it is."""
    head = '--border-of-a-test\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
    parts = [head.format(name).encode() + value + b"\r\n" for name, value in fields.items()]
    return b"".join(parts) + b"--border-of-a-test--\r\n", "multipart/form-data; boundary=border-of-a-test"


Encode = Callable[[dict[str, bytes]], tuple[bytes, str]]
ENCODINGS: dict[str, Encode] = {"urlencoded": urlencoded, "multipart": multipart}


def send(visitor: ListeningVisitor, form: Form, typed: dict[str, bytes], encode: Encode) -> Heard:
    """Send a form as it stands with ``typed`` over its values."""
    values = {name: value.encode() for name, value in form.fields.items()} | typed
    body, kind = encode(values)
    visitor.browser.post(form.action, body, content_type=kind)
    return visitor.heard[-1]


def as_read(value: bytes) -> str:
    """What a door that reads UTF-8 makes of these bytes."""
    return value.decode("utf-8", "replace")


def assert_nothing_is_lost(heard: Heard, form: Form, typed: dict[str, str]) -> None:
    """Where the answer is the form again, every text field holds what was sent."""
    again = [each for each in Page(_Fake(heard)).forms if each.action == form.action]
    for found in again:
        kept = {name: found.fields.get(name) for name in typed if name in found.fields}
        wrong = [name for name, text in kept.items() if text != typed[name]]
        assert not wrong, f"{heard.status}: lost in {wrong}"


class _Fake:
    """An answer for the reader of pages."""

    streaming = False

    def __init__(self, heard: Heard) -> None:
        self.status_code, self.content = heard.status, heard.body


TYPED = {"what": "I saw it myself.", "where": "the quay", "when": "in May", "how": "by chance", "contact": "Mia"}


def try_field(field: Field, value: bytes, encode: Encode, reported: Reported) -> Heard:
    """Fill in the form, put ``value`` into ``field``, send it, and hold the answer against all promises."""
    visitor = ListeningVisitor()
    if field in INSIDE:
        visitor.open_mailbox(reported.words)
    form = visitor.get(field.page).form(field.form)
    told = {name: text for name, text in TYPED.items() if name in form.fields}
    before = rows()
    heard = send(visitor, form, {**{name: text.encode() for name, text in told.items()}, field.name: value}, encode)
    assert heard.status < 500
    assert heard.is_page or heard.status == 302
    if heard.is_page:
        assert heard.markup.faults == []
    if heard.status >= 400:
        assert rows() == before
    shown = {**told, **({field.name: as_read(value)} if field.name not in ("ticket", "csrfmiddlewaretoken") else {})}
    shown.pop("category", None)  # a choice that does not exist cannot be shown as chosen
    assert_nothing_is_lost(heard, form, shown)
    if heard.status == 200 and field.form == "/report":
        assert rows() == tuple(count + 1 for count in before[:3]) + before[3:]
    return heard


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.label)
def test_no_text_in_any_field_breaks_the_door_or_loses_a_word(
    field: Field, encoding: str, reported: Reported, installation: Installation
) -> None:
    for value in TEXTS.values():
        try_field(field, value, ENCODINGS[encoding], reported)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("field", LARGE_FIELDS, ids=lambda field: field.label)
def test_three_megabytes_in_a_field_are_refused_with_a_page(
    field: Field, encoding: str, reported: Reported, installation: Installation
) -> None:
    heard = try_field(field, b"x" * HUGE, ENCODINGS[encoding], reported)
    assert heard.status == (200 if field.form == "/verify" else 403 if field.name == "ticket" else 422)


@pytest.mark.parametrize("field", [REPORT[0], INSIDE[0], BEFORE[-1]], ids=lambda field: field.label)
def test_three_megabytes_that_grow_on_the_way_are_refused_with_a_page_that_says_so(
    field: Field, reported: Reported, installation: Installation
) -> None:
    heard = try_field(field, "字".encode() * (HUGE // 3), urlencoded, reported)
    assert heard.status == 413
    assert "too big" in heard.markup.text


def test_a_field_that_is_sent_twice_is_taken_once(unlocked_desk: Installation) -> None:
    visitor = ListeningVisitor()
    form = visitor.open_form().form("/report")
    once = {name: value for name, value in form.fields.items() if name not in ("what", "ticket")}
    doubled = [("what", "the first"), ("what", "the second"), *[("ticket", form.fields["ticket"])] * 2, *once.items()]
    visitor.browser.post(form.action, urlencode(doubled), content_type="application/x-www-form-urlencoded")
    assert visitor.heard[-1].status == 200
    assert content_of(Tip.objects.get()).answers == {"what": "the second"}
