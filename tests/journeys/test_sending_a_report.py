"""Sending a report: twice, late, broken, huge, in any script. Nothing typed is lost and nothing is stored twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.installation import Installation
from tests.visitor import Page, Visitor
from tocsin.intake import attempts
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.public import sessions
from tocsin.tips.models import Identity, Tip
from tocsin.tips.selectors import content_of

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
WHAT = "Somebody empties barrels into the brook behind the tannery."


@pytest.fixture(autouse=True)
def open_desk(unlocked_desk: Installation) -> Installation:
    """The content of what was stored can be compared with what was typed."""
    return unlocked_desk


def stored() -> list[str]:
    """What the stored tips say, in the order of arrival."""
    return [content_of(tip).answers["what"] for tip in Tip.objects.order_by("id")]


def left_over() -> tuple[int, int, int]:
    """Rows that a failed attempt must not leave behind."""
    return Tip.objects.count(), Identity.objects.count(), Pending.objects.count()


def test_a_double_click_stores_one_tip_and_shows_the_same_words_twice() -> None:
    visitor = Visitor()
    form = visitor.open_form()
    first, second = (visitor.send(form, typed={"what": WHAT}) for _ in range(2))
    assert first.status == second.status == 200
    assert first.words == second.words
    assert first.preformatted == second.preformatted
    assert left_over() == (1, 1, 1)
    assert AuditRecord.objects.filter(action="tip.receive").count() == 1


def test_the_same_form_with_another_text_is_another_tip() -> None:
    visitor = Visitor()
    form = visitor.open_form()
    first, second = (visitor.send(form, typed={"what": text}) for text in (WHAT, WHAT + " Every Friday."))
    assert first.words != second.words
    assert stored() == [WHAT, WHAT + " Every Friday."]


def test_the_same_text_from_two_people_is_two_tips() -> None:
    first, second = Visitor().tell(WHAT), Visitor().tell(WHAT)
    assert first.words != second.words
    assert Tip.objects.count() == 2


def test_two_tabs_of_one_browser_do_not_disturb_each_other() -> None:
    visitor = Visitor()
    left, right = visitor.open_form(), visitor.open_form()
    from_right = visitor.send(right, typed={"what": "right"})
    from_left = visitor.send(left, typed={"what": "left"})
    assert stored() == ["right", "left"]
    for page in (from_left, from_right):
        assert Visitor().open_mailbox(page.words).status == 200


@pytest.fixture
def days_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``days_pass(2)``: tickets see a later time; sessions, which somebody keeps alive in another tab, do not."""

    def to(days: float) -> None:
        later = time.time() + days * 24 * 3600
        monkeypatch.setattr(attempts, "time", SimpleNamespace(time=lambda: later))

    return to


def test_a_page_that_was_open_for_more_than_a_day_keeps_the_text_and_can_be_sent_again(
    days_pass: Callable[[float], None],
) -> None:
    visitor = Visitor()
    form = visitor.open_form()
    days_pass(1.01)
    refused = visitor.send(form, typed={"what": WHAT})
    assert refused.status == 403
    assert "open for more than a day" in refused.plain
    assert refused.form("/report").fields["what"] == WHAT
    assert left_over() == (0, 0, 0)
    accepted = visitor.send(refused)
    assert accepted.status == 200
    assert stored() == [WHAT]


def test_a_report_that_was_stored_shows_its_words_when_the_same_page_is_sent_again_days_later(
    days_pass: Callable[[float], None],
) -> None:
    visitor = Visitor()
    form = visitor.open_form()
    first = visitor.send(form, typed={"what": WHAT})
    days_pass(3)
    again = visitor.send(form, typed={"what": WHAT})
    assert again.words == first.words
    assert again.preformatted == first.preformatted
    assert Tip.objects.count() == 1


def test_somebody_who_writes_for_longer_than_a_session_loses_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor()
    form = visitor.open_form()
    later = time.time() + 3600
    monkeypatch.setattr(sessions, "time", SimpleNamespace(time=lambda: later))
    refused = visitor.send(form, typed={"what": WHAT})
    assert refused.status == 403
    assert refused.form("/report").fields["what"] == WHAT
    assert visitor.send(refused).status == 200
    assert stored() == [WHAT]


@pytest.mark.parametrize("damage", ["", "AAAA", "not base64 at all!", "é" * 80, "A" * 80])
def test_a_damaged_ticket_keeps_the_text_and_can_be_sent_again(damage: str) -> None:
    visitor = Visitor()
    refused = visitor.send(visitor.open_form(), typed={"what": WHAT, "ticket": damage})
    assert refused.status == 403
    assert refused.form("/report").fields["what"] == WHAT
    assert visitor.send(refused).status == 200
    assert stored() == [WHAT]


def test_a_ticket_of_the_mailbox_form_is_no_ticket_for_a_report() -> None:
    visitor = Visitor()
    receipt = visitor.tell(WHAT)
    foreign = visitor.open_mailbox(receipt.words).form("/mailbox/write").fields["ticket"]
    refused = visitor.send(visitor.open_form(), typed={"what": "other", "ticket": foreign})
    assert refused.status == 403
    assert stored() == [WHAT]


def test_a_form_check_that_fails_keeps_everything_that_was_typed() -> None:
    visitor = Visitor()
    typed = {"what": WHAT, "where": "the brook", "contact": "Mia", "csrfmiddlewaretoken": "x" * 64}
    refused = visitor.send(visitor.open_form(), typed=typed)
    assert refused.status == 403
    kept = refused.form("/report").fields
    assert (kept["what"], kept["where"], kept["contact"]) == (WHAT, "the brook", "Mia")
    assert left_over() == (0, 0, 0)
    assert visitor.send(refused).status == 200


def test_without_cookies_nothing_is_stored_and_the_page_says_why_and_keeps_the_text() -> None:
    visitor = Visitor()
    form = visitor.open_form()
    visitor.browser.cookies.clear()
    refused = visitor.send(form, typed={"what": WHAT})
    assert refused.status == 403
    assert "allow cookies" in refused.plain
    assert refused.form("/report").fields["what"] == WHAT
    assert left_over() == (0, 0, 0)


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t\r\n", "\x00\x01"])
def test_an_empty_report_is_not_stored_and_the_page_says_what_is_missing(nothing: str) -> None:
    refused = Visitor().tell(nothing, where="here")
    assert refused.status == 422
    assert "Write what the person did" in refused.plain
    assert refused.form("/report").fields["where"] == "here"
    assert left_over() == (0, 0, 0)


def test_the_same_page_with_what_was_missing_is_accepted() -> None:
    visitor = Visitor()
    refused = visitor.tell("", where="here")
    assert visitor.send(refused, typed={"what": WHAT}).status == 200
    assert stored() == [WHAT]


def test_a_hundred_kilobytes_are_stored_whole() -> None:
    text = ("A long story, told in one breath. " * 3200)[:100_000].strip()
    assert Visitor().tell(text).status == 200
    assert stored() == [text]


def test_three_hundred_kilobytes_are_refused_with_the_reason_and_the_text_is_kept() -> None:
    text = "x" * 300_000
    refused = Visitor().tell(text)
    assert refused.status == 422
    assert "longer than 200,000" in refused.plain
    assert "300,000" in refused.plain
    assert refused.form("/report").fields["what"] == text
    assert left_over() == (0, 0, 0)


def test_five_megabytes_are_refused_with_a_page_that_says_so() -> None:
    refused = Visitor().tell("x" * 5_000_000)
    assert refused.status == 413
    assert "too big" in refused.plain
    assert left_over() == (0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "🚨🧪 two men, 10 barrels 👩🏽‍🔬",
        "رأيت رجلين يفرغان براميل في النهر ليلا",
        "ראיתי שני אנשים שופכים חביות לנחל",
        "昨晚有两个人往河里倒桶，车没有牌照。",
        "Ärger im Weiß-Bräu – “quoted” ‘it’ … naïve café",
        "a\u0301 and \u00e1, kept as typed",
        "<script>alert(1)</script> & </textarea> {{ 7*7 }} {% now %} [[hole:csrf]]",
        "line one\nline two\n\n\tindented",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𒀀 \U0010fffd",
    ],
)
def test_what_is_written_arrives_as_it_was_written(text: str) -> None:
    assert Visitor().tell(text).status == 200
    assert stored() == [text]


def test_right_to_left_text_is_kept_in_a_form_that_was_refused() -> None:
    text = "رأيت رجلين <b>"
    visitor = Visitor()
    refused = visitor.tell(text, category="no such thing")
    assert refused.status == 422
    assert refused.form("/report").fields["what"] == text
    assert "<b>" not in refused.body.decode().replace("&lt;b&gt;", "")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("two\x00 men", "two men"),
        ("\x07bell\x1b[31m red", "bell[31m red"),
        ("c1 \x85\x9b end", "c1  end"),
        ("old\r\nline\rends", "old\nline\nends"),
    ],
)
def test_control_characters_are_taken_out_and_the_words_stay(typed: str, kept: str) -> None:
    assert Visitor().tell(typed).status == 200
    assert stored() == [kept]


@pytest.mark.parametrize("broken", [b"\xff\xfe barrels", b"half a \xe6\x97", b"\xed\xa0\x80 surrogate", b"\xc0\xaf"])
def test_bytes_that_are_no_utf8_are_stored_as_far_as_they_can_be_read(broken: bytes) -> None:
    visitor = Visitor()
    page = visitor.send_raw(visitor.open_form(), typed={"what": b"seen: " + broken})
    assert page.status == 200
    (text,) = stored()
    assert text.startswith("seen:")
    assert "\N{REPLACEMENT CHARACTER}" in text


def test_a_form_in_another_encoding_does_not_break_the_door() -> None:
    visitor = Visitor()
    form = visitor.open_form().form("/report")
    body = "&".join(f"{name}={value}" for name, value in {**form.fields, "what": "m%FCll"}.items())
    for encoding in ("latin-1", "utf-16", "no-such-thing"):
        kind = f"application/x-www-form-urlencoded; charset={encoding}"
        page = Page(visitor.browser.generic("POST", form.action, body.encode(), content_type=kind))
        assert page.status in (200, 400, 403), encoding
        assert page.status != 200 or page.words


def test_an_attached_file_is_refused_and_nothing_of_it_is_kept() -> None:
    visitor = Visitor()
    form = visitor.open_form().form("/report")
    data = {**form.fields, "what": WHAT, "file": SimpleUploadedFile("plan.pdf", b"secret plan")}
    page = Page(visitor.browser.post(form.action, data))
    assert page.status in (200, 403, 413, 422)
    assert b"secret plan" not in page.body


def test_unknown_fields_and_many_fields_are_no_reason_to_break() -> None:
    visitor = Visitor()
    assert visitor.send(visitor.open_form(), typed={"what": WHAT, "state": "closed", "ref": "X"}).status == 200
    assert Tip.objects.get().state == "received"
    many = visitor.send(visitor.open_form(), typed={f"f{n}": "x" for n in range(200)})
    assert many.status == 400
    assert Tip.objects.count() == 1


def test_a_name_that_is_too_long_is_refused_in_plain_words() -> None:
    refused = Visitor().tell(WHAT, contact="é" * 400)
    assert refused.status == 422
    assert "One name and one way to reach you" in refused.plain
    assert refused.form("/report").fields["contact"] == "é" * 400


def test_no_address_and_no_browser_name_is_stored_anywhere() -> None:
    visitor = Visitor()
    visitor.browser.defaults |= {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "VerySpecialBrowser/9"}
    visitor.tell(WHAT)
    (tip,) = Tip.objects.values()
    (line,) = AuditRecord.objects.values()
    told = f"{tip}{line}{content_of(Tip.objects.get())}"
    assert "203.0.113.77" not in told
    assert "VerySpecialBrowser" not in told
    assert (line["at"].minute, line["at"].second, line["at"].microsecond) == (0, 0, 0)
    assert (tip["received_hour"].minute, tip["received_hour"].second) == (0, 0)
