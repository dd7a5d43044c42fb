"""A locked or full store: nothing is promised, nothing typed is lost, and sending again works afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, connections, transaction

from tests.installation import Installation
from tests.stories import Reported, send_report
from tests.visitor import Page, Visitor
from tocsin.access.actors import REPORTER
from tocsin.common.errors import Busy
from tocsin.intake import store as storing
from tocsin.intake.attempts import Attempt
from tocsin.intake.services import accept_tip
from tocsin.intake.submission import clean
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import mailbox
from tocsin.tips.models import Identity, Tip, TipMessage
from tocsin.vault.codes import new_seed, words_of

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("shared_database", "installation")]
WHAT = "The guard hands badges to strangers on Sundays."
sqlite_only = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="a full disk cannot be made for a PostgreSQL that runs beside the tests"
)


@contextmanager
def somebody_holds_the_store() -> Iterator[None]:
    """Another process writes and does not finish."""
    held, enough = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute("LOCK TABLE tips_tip IN EXCLUSIVE MODE")
                held.set()
                enough.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        yield
    finally:
        enough.set()
        thread.join()


@pytest.fixture(autouse=True)
def patience(shared_database: None) -> None:
    """PostgreSQL waits half a second for a lock here, as SQLite does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION lock_timeout = '500ms'")


def fill_the_disk() -> None:
    """From now on this connection finds no room for another page."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count={pages}")


def rows() -> tuple[int, int, int, int]:
    return Tip.objects.count(), Identity.objects.count(), Pending.objects.count(), TipMessage.objects.count()


def assert_honest(refused: Page, text: str) -> None:
    """503, the text still in the form, no words, no promise, and when to try again."""
    assert refused.status == 503
    assert refused.response["Retry-After"] == "60"
    assert refused.form("/report").fields["what"] == text
    assert "not accepted and no promise was given" in refused.plain
    assert not refused.words
    assert not refused.preformatted


def test_a_locked_store_is_said_openly_and_the_same_page_works_afterwards() -> None:
    visitor = Visitor()
    form = visitor.open_form()
    with somebody_holds_the_store():
        refused = visitor.send(form, typed={"what": WHAT})
    assert_honest(refused, WHAT)
    assert rows() == (0, 0, 0, 0)
    accepted = visitor.send(refused)
    assert accepted.status == 200
    assert rows() == (1, 1, 1, 0)
    assert Visitor().open_mailbox(accepted.words).status == 200


@sqlite_only
def test_a_full_disk_is_said_openly_and_the_same_page_works_when_there_is_room_again() -> None:
    visitor = Visitor()
    long = WHAT * 1000
    form = visitor.open_form()
    fill_the_disk()
    assert_honest(visitor.send(form, typed={"what": long}), long)
    assert rows() == (0, 0, 0, 0)
    assert AuditRecord.objects.count() == 0
    accepted = visitor.send(form, typed={"what": long})
    assert accepted.status == 200
    assert rows() == (1, 1, 1, 0)


@sqlite_only
def test_sending_again_after_a_full_disk_gives_the_words_of_one_tip_only() -> None:
    visitor = Visitor()
    form = visitor.open_form()
    pages = []
    for full in (True, False, True):
        if full:
            fill_the_disk()
        pages.append(visitor.send(form, typed={"what": WHAT * 1000}))
    refused, accepted, again = pages
    assert (refused.status, accepted.status) == (503, 200)
    assert again.words == accepted.words  # nothing new had to be stored, so the full disk does not matter
    assert Tip.objects.count() == 1


def test_the_desk_is_told_so_too_when_it_types_up_a_letter() -> None:
    attempt = Attempt.of_source("letter 17")
    letter = clean(channel="letter", category="other", answers={"what": WHAT}, contact="")
    with somebody_holds_the_store(), pytest.raises(Busy):
        accept_tip(actor=REPORTER, submission=letter, attempt=attempt)
    assert accept_tip(actor=REPORTER, submission=letter, attempt=attempt).first_time
    assert not accept_tip(actor=REPORTER, submission=letter, attempt=attempt).first_time
    assert Tip.objects.count() == 1


def open_mailbox(reported: Reported) -> tuple[Visitor, Page]:
    visitor = Visitor()
    return visitor, visitor.open_mailbox(reported.words)


def test_an_answer_that_could_not_be_stored_stays_in_the_form() -> None:
    visitor, page = open_mailbox(send_report())
    before = rows()
    with somebody_holds_the_store():
        refused = visitor.write(page, "It was on Monday.")
    assert refused.status == 503
    assert refused.form("/mailbox/write").fields["text"] == "It was on Monday."
    assert rows() == before
    assert visitor.write(refused, "It was on Monday.").status == 200
    assert TipMessage.objects.count() == 1


@sqlite_only
def test_an_answer_on_a_full_disk_stays_in_the_form_too() -> None:
    visitor, page = open_mailbox(send_report())
    fill_the_disk()
    refused = visitor.write(page, "Monday. " * 2000)
    assert refused.status == 503
    assert refused.form("/mailbox/write").fields["text"] == "Monday. " * 2000
    assert TipMessage.objects.count() == 0


def test_a_report_that_could_not_be_taken_back_is_not_said_to_be() -> None:
    reported = send_report()
    visitor, _page = open_mailbox(reported)
    ask = visitor.get("mailbox/take-back")
    with somebody_holds_the_store():
        refused = visitor.send(ask, "/mailbox/take-back")
    assert refused.status == 503
    assert "destroyed" not in refused.plain
    assert bytes(reported.tip.content)
    assert mailbox.withdraw(keys=reported.keys)
    assert not bytes(reported.tip.content)


def test_a_store_that_is_gone_gives_a_page_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("no such host: secret.internal")

    monkeypatch.setattr(Tip.objects, "filter", gone)
    page = Visitor().open_mailbox(words_of_nobody())
    assert page.status == 503
    assert "secret.internal" not in page.body.decode()


def words_of_nobody() -> str:
    """A good code that belongs to no tip."""
    return " ".join(words_of(new_seed(), "en"))


def test_tip_identity_ledger_entry_and_trace_are_stored_together_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, installation: Installation
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("disk I/O error")

    for part in ("queue_entries", "record_audits"):
        with monkeypatch.context() as patch:
            patch.setattr(storing, part, broken)
            with pytest.raises(Busy):
                send_report()
        assert rows() == (0, 0, 0, 0)
        assert AuditRecord.objects.count() == 0
