"""Forms as no browser sends them: wrong kinds, files, thousands of fields, broken bodies. A page answers each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.hygiene.doors import PUBLIC, Heard, ListeningVisitor, address, names
from tests.hygiene.test_hostile_values import multipart, rows, urlencoded
from tests.installation import Installation
from tests.stories import Reported
from tests.visitor import Page, Visitor
from tocsin.tips.models import Tip
from tocsin.tips.selectors import content_of

pytestmark = pytest.mark.django_db
WHAT = "Somebody empties barrels into the brook."
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=border"
FORM_PAGES = [name for name in names(PUBLIC) if name not in ("ledger-file",)]


def send_body(body: bytes | str, kind: str, *, to: str = "/en/report") -> Heard:
    """Post a body from a browser that has the form check of the page, but not in the body."""
    visitor = ListeningVisitor()
    visitor.open_form()
    visitor.browser.generic("POST", to, body, content_type=kind)
    return visitor.heard[-1]


def assert_refused_with_a_page(heard: Heard, *statuses: int) -> None:
    assert heard.status in statuses
    assert heard.is_page
    assert heard.markup.faults == []
    assert "your text is still here" not in heard.markup.text.lower() or WHAT in heard.markup.text
    assert rows() == (0, 0, 0, 0)


TOLD = json.dumps({"what": WHAT, "csrfmiddlewaretoken": "x"})
WRONG_KINDS = [
    (TOLD, "application/json"),
    (f"what={WHAT}", "text/plain"),
    (f"what={WHAT}", ""),
    (f"what={WHAT}", "application/octet-stream"),
    (f"what={WHAT}", "x" * 5000),
    (f"<what>{WHAT}</what>", "application/xml"),
    (f"what={WHAT}", "image/png; charset=utf-8"),
    (f"what={WHAT}".encode("utf-16"), "text/plain; charset=utf-16"),
]


@pytest.mark.parametrize(("body", "kind"), WRONG_KINDS, ids=lambda value: ascii(value)[:40])
def test_a_body_of_another_kind_is_refused_and_the_page_does_not_claim_to_hold_the_text(
    body: bytes | str, kind: str, installation: Installation
) -> None:
    assert_refused_with_a_page(send_body(body, kind), 400, 403)


WHAT_PART = b'Content-Disposition: form-data; name="what"\r\n'
BROKEN = [
    (b"what=x", "multipart/form-data"),
    (b"what=x", "multipart/form-data; boundary="),
    (b"what=x", "multipart/form-data; boundary=" + "b" * 300),
    (b"what=x", "multipart/form-data; boundary=\xfc"),
    (b"what=x", MULTIPART),
    (b"--border", MULTIPART),
    (b"--border\r\n", MULTIPART),
    (b"--border\r\nContent-Disposition: form-data\r\n\r\nx\r\n--border--", MULTIPART),
    (b'--border\r\nContent-Disposition: form-data; name="\r\n\r\nx', MULTIPART),
    (b"--border\r\n" + WHAT_PART + b"Content-Transfer-Encoding: base64\r\n\r\n!!\r\n--border--", MULTIPART),
    (b'--border\r\nContent-Disposition: form-data; name="what"; filename="\r\n\r\n', MULTIPART),
    (b'--border\r\nContent-Disposition: form-data; name*=utf-7\'\'x\r\n\r\nx\r\n--border--', MULTIPART),
    (b"--border\r\n" * 5000, MULTIPART),
    (b"--border\r\nX: " + b"y" * 200_000 + b"\r\n\r\nx\r\n--border--", MULTIPART),
    (b"", URLENCODED),
    (b"&" * 50, URLENCODED),
    (b"=" * 5000, URLENCODED),
    (b"%" * 5000, URLENCODED),
    (b"%zz%&%1=%", URLENCODED),
    (b"\x00=\x00&\xff", URLENCODED),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_body_is_refused_with_a_page(body: bytes, kind: str, installation: Installation) -> None:
    for to in ("/en/report", "/en/mailbox", "/en/verify"):
        assert_refused_with_a_page(send_body(body, kind, to=to), 400, 403)


CHARSETS = ["utf-7", "utf-16", "utf-32", "latin-1", "unicode_escape", "raw_unicode_escape", "punycode", "idna", "hex",
            "base64", "rot13", "zlib", "undefined", "cp037", "utf-8-sig", "mbcs", "x" * 5000]  # fmt: skip


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_a_form_in_another_encoding_is_refused_or_read_as_utf8_and_never_breaks_the_door(
    charset: str, kind: str, unlocked_desk: Installation
) -> None:
    visitor = ListeningVisitor()
    fields = {name: value.encode() for name, value in visitor.open_form().form("/report").fields.items()}
    fields["what"] = rb"caf\xe9 \ud800 +2AA- M\374ller " + "Müller".encode()
    body, content_type = multipart(fields)
    if kind == "urlencoded":
        body, content_type = urlencoded(fields)
    visitor.browser.generic("POST", "/en/report", body, content_type=f"{content_type}; charset={charset}")
    heard = visitor.heard[-1]
    assert heard.is_page
    if heard.status == 200:
        assert content_of(Tip.objects.get()).answers["what"] == fields["what"].decode()
    else:
        assert_refused_with_a_page(heard, 400)


@pytest.mark.parametrize("number", [101, 1000, 10_000])
@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_too_many_fields_are_refused_with_a_page(number: int, kind: str, installation: Installation) -> None:
    visitor = ListeningVisitor()
    form = visitor.open_form().form("/report")
    many = {**form.fields, "what": WHAT, **{f"field{place}": "x" for place in range(number)}}
    if kind == "multipart":
        visitor.browser.post(form.action, many)
    else:
        body = "&".join(f"{name}={value}" for name, value in many.items())
        visitor.browser.post(form.action, body, content_type=URLENCODED)
    assert_refused_with_a_page(visitor.heard[-1], 400)


@pytest.mark.parametrize("place", [0, 2, 4, 8])
@pytest.mark.parametrize("size", [0, 10, 300_000])
def test_a_file_is_left_aside_and_the_text_around_it_is_kept(
    place: int, size: int, unlocked_desk: Installation
) -> None:
    visitor = ListeningVisitor()
    form = visitor.open_form().form("/report")
    typed = {**form.fields, "what": WHAT, "where": "the brook"}
    file = SimpleUploadedFile("plan-of-the-canary.pdf", b"canary" * size, content_type="application/pdf")
    order = list(typed)
    order.insert(place, "file")
    data = {name: file if name == "file" else typed[name] for name in order}
    visitor.browser.post(form.action, data)
    heard = visitor.heard[-1]
    assert heard.status == 200
    assert content_of(Tip.objects.get()).answers == {"what": WHAT, "where": "the brook"}
    assert "canary" not in heard.text


def test_a_file_in_the_place_of_the_text_is_no_text(installation: Installation) -> None:
    visitor = ListeningVisitor()
    form = visitor.open_form().form("/report")
    file = SimpleUploadedFile("story.txt", WHAT.encode(), content_type="text/plain")
    page = Page(visitor.browser.post(form.action, {**form.fields, "where": "the brook", "what": file}))
    assert page.status == 422
    assert page.form("/report").fields["where"] == "the brook"
    assert rows() == (0, 0, 0, 0)


def test_a_hundred_files_are_refused_or_left_aside(installation: Installation) -> None:
    visitor = ListeningVisitor()
    form = visitor.open_form().form("/report")
    files = {f"file{number}": SimpleUploadedFile(f"{number}.txt", b"x") for number in range(150)}
    visitor.browser.post(form.action, {**form.fields, "what": WHAT, **files})
    assert_refused_with_a_page(visitor.heard[-1], 400)


HEADERS: dict[str, dict[str, Any]] = {
    "a long cookie": {"HTTP_COOKIE": "session=" + "A" * 100_000},
    "many cookies": {"HTTP_COOKIE": "; ".join(f"c{number}={number}" for number in range(3000))},
    "a broken cookie": {"HTTP_COOKIE": 'session="\\000\\377\\";=;;,; session; \xff\xfe=\x01'},
    "many languages": {"HTTP_ACCEPT_LANGUAGE": ",".join(["en;q=0.1"] * 20_000)},
    "a long language": {"HTTP_ACCEPT_LANGUAGE": "x" * 100_000},
    "a broken language": {"HTTP_ACCEPT_LANGUAGE": "../../etc;q=nan,\x00,*;q=-1,zh-hans-" + "-".join("abcdefgh")},
    "a long agent": {"HTTP_USER_AGENT": "x" * 100_000},
    "a long referrer": {"HTTP_REFERER": "http://testserver/" + "x" * 100_000},
    "a broken referrer": {"HTTP_REFERER": "http://[::1"},
    "a long name": {"HTTP_" + "X" * 10_000: "y"},
    "a condition": {"HTTP_IF_NONE_MATCH": '"x"', "HTTP_IF_MODIFIED_SINCE": "Sat, 29 Oct 2094 19:43:31 GMT"},
    "a range": {"HTTP_RANGE": "bytes=0-1,5-9999999999999999999999"},
    "an accept": {"HTTP_ACCEPT": "application/json", "HTTP_ACCEPT_ENCODING": "gzip;q=1e999"},
    "another method inside": {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"},
    "another address inside": {"HTTP_X_ORIGINAL_URL": "/admin", "HTTP_X_REWRITE_URL": "/admin"},
    "another host inside": {"HTTP_X_FORWARDED_HOST": "elsewhere.example"},
}


@pytest.mark.parametrize("name", FORM_PAGES)
def test_no_header_breaks_a_page_or_shows_on_it(name: str, installation: Installation) -> None:
    for what, headers in HEADERS.items():
        visitor = ListeningVisitor()
        visitor.browser.get(address(PUBLIC, name), **headers)
        heard = visitor.heard[-1]
        assert heard.status < 500, what
        shown = f"{heard.text}{heard.headers}"
        assert "elsewhere.example" not in shown, what
        assert "x" * 1000 not in shown, what


@pytest.mark.parametrize("what", HEADERS)
def test_a_report_can_be_sent_whatever_else_a_browser_says(what: str, installation: Installation) -> None:
    visitor = Visitor()
    page = visitor.open_form()
    visitor.browser.defaults |= {name: value for name, value in HEADERS[what].items() if name != "HTTP_COOKIE"}
    assert visitor.send(page, typed={"what": WHAT}).status == 200


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "testserver:99999", "testserver@elsewhere.example", "a b", "[::1", ""]
)
def test_another_host_name_is_never_repeated(host: str, installation: Installation) -> None:
    for name in FORM_PAGES:
        visitor = ListeningVisitor()
        visitor.browser.get(address(PUBLIC, name), HTTP_HOST=host)
        heard = visitor.heard[-1]
        assert heard.status < 500, name
        assert "elsewhere.example" not in f"{heard.text}{heard.headers}", name


@pytest.mark.parametrize("form", ["/mailbox/write", "/mailbox/leave", "/mailbox/take-back", "/mailbox", "/verify"])
def test_no_form_works_without_its_check(form: str, reported: Reported, installation: Installation) -> None:
    visitor = Visitor()
    visitor.open_mailbox(reported.words)
    before = rows()
    for token in (
        {},
        {"csrfmiddlewaretoken": ""},
        {"csrfmiddlewaretoken": "x" * 64},
        {"csrfmiddlewaretoken": "ü" * 32},
    ):
        data = {"words": reported.words, "receipt": "x", "ticket": "x", **token}
        assert Page(visitor.browser.post(f"/en{form}", data)).status == 403
    assert rows() == before
    assert visitor.get("mailbox/messages").status == 200
    assert reported.tip.state == "received"
