"""One try of one report: the ticket in the form, the code that follows from it, and what changes it."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake import attempts
from tocsin.intake.attempts import TICKET_LIFETIME, Attempt, Ticket, TicketInvalid, TicketOffice
from tocsin.tips.models import Tip, TipMessage
from tocsin.vault.codes import words_of

SECRET = "the secret of one door"
OFFICE = TicketOffice(SECRET)
DIGEST, OTHER_DIGEST = b"\x01" * 32, b"\x02" * 32
NOON = 1_800_000_000.0


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """``at.now`` is the time that tickets see."""
    clock = SimpleNamespace(now=NOON)
    monkeypatch.setattr(attempts, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


def test_a_ticket_opens_where_it_was_issued_and_knows_its_time(at: SimpleNamespace) -> None:
    ticket = OFFICE.open(OFFICE.issue("report"), "report")
    assert ticket.issued_at == NOON
    assert not ticket.expired


def test_a_ticket_is_eighty_characters_that_need_no_quoting() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{80}", OFFICE.issue("report"))
    assert len(OFFICE.issue("a much longer purpose than the others")) == 80


def test_no_two_tickets_are_alike_even_in_one_second(at: SimpleNamespace) -> None:
    tokens = {OFFICE.issue("report") for _ in range(50)}
    assert len(tokens) == 50
    assert len({OFFICE.open(token, "report").raw for token in tokens}) == 50


def test_a_ticket_of_another_purpose_is_no_ticket() -> None:
    token = OFFICE.issue("report")
    for purpose in ("mailbox", "", "Report", "report ", "report\0"):
        with pytest.raises(TicketInvalid):
            OFFICE.open(token, purpose)


def test_a_ticket_of_another_door_is_no_ticket() -> None:
    token = TicketOffice("the secret of another door").issue("report")
    with pytest.raises(TicketInvalid):
        OFFICE.open(token, "report")


def test_a_secret_may_come_as_text_or_bytes() -> None:
    assert TicketOffice(SECRET.encode()).open(OFFICE.issue("report"), "report")


@pytest.mark.parametrize("place", range(60))
def test_a_ticket_with_one_changed_byte_is_no_ticket(place: int) -> None:
    raw = base64.urlsafe_b64decode(OFFICE.issue("report"))
    assert len(raw) == 60
    for bit in (0x01, 0x80):
        changed = raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :]
        with pytest.raises(TicketInvalid):
            OFFICE.open(base64.urlsafe_b64encode(changed).decode(), "report")


@pytest.mark.parametrize("place", range(80))
def test_a_ticket_with_one_changed_character_is_no_ticket(place: int) -> None:
    token = OFFICE.issue("report")
    for letter in ("A" if token[place] != "A" else "B", "!", "é", "\x00"):
        with pytest.raises(TicketInvalid):
            OFFICE.open(token[:place] + letter + token[place + 1 :], "report")


@given(st.one_of(st.text(st.characters(exclude_categories=[])), st.text("ABCDEFabcdef0189_-=", max_size=120)))
def test_what_was_never_issued_is_no_ticket(text: str) -> None:
    with pytest.raises(TicketInvalid):
        OFFICE.open(text, "report")


@pytest.mark.parametrize("length", range(0, 80, 7))
def test_a_ticket_that_was_cut_is_no_ticket(length: int) -> None:
    with pytest.raises(TicketInvalid):
        OFFICE.open(OFFICE.issue("report")[:length], "report")


@pytest.mark.parametrize(
    ("age", "expired"),
    [(0, False), (TICKET_LIFETIME - 1, False), (TICKET_LIFETIME, False), (TICKET_LIFETIME + 1, True), (10**8, True)],
)
def test_a_ticket_lives_for_one_day(at: SimpleNamespace, age: int, expired: bool) -> None:
    assert TICKET_LIFETIME == 24 * 3600
    token = OFFICE.issue("report")
    at.now = NOON + age
    assert OFFICE.open(token, "report").expired is expired


def test_the_same_form_with_the_same_text_is_the_same_try(at: SimpleNamespace) -> None:
    token = OFFICE.issue("report")
    first = OFFICE.open(token, "report").attempt(DIGEST)
    at.now += 3 * 24 * 3600
    again = TicketOffice(SECRET).open(token, "report").attempt(DIGEST)
    assert first == again
    assert words_of(first.seed, "en") == words_of(again.seed, "en")


def test_another_text_or_another_form_is_another_try() -> None:
    one, other = (OFFICE.open(OFFICE.issue("report"), "report") for _ in range(2))
    tries = [one.attempt(DIGEST), one.attempt(OTHER_DIGEST), other.attempt(DIGEST), other.attempt(OTHER_DIGEST)]
    assert len({each.seed for each in tries}) == 4
    assert len({each.key for each in tries}) == 4


def test_what_a_try_gives_out_says_nothing_about_the_rest() -> None:
    ticket = OFFICE.open(OFFICE.issue("report"), "report")
    attempt = ticket.attempt(DIGEST)
    assert (len(attempt.seed), len(attempt.key)) == (12, 32)
    assert attempt.seed not in attempt.key
    assert attempt.key not in ticket.raw
    assert base64.b32decode(ticket.message_ref(DIGEST) + "====") not in attempt.seed + attempt.key


def test_the_code_cannot_be_computed_from_the_ticket_without_the_secret_of_the_door() -> None:
    token = OFFICE.issue("report")
    clear = base64.urlsafe_b64decode(token)
    guesses = [Ticket(guess, 0).attempt(DIGEST).seed for guess in (token.encode(), clear, clear[12:], clear[:32])]
    assert OFFICE.open(token, "report").attempt(DIGEST).seed not in guesses


def test_a_message_has_a_handle_of_twenty_characters_that_fits_its_column() -> None:
    ticket = OFFICE.open(OFFICE.issue("mailbox"), "mailbox")
    ref = ticket.message_ref(DIGEST)
    assert re.fullmatch(r"[A-Z2-7]{20}", ref)
    assert TipMessage._meta.get_field("ref").max_length == len(ref)
    assert ref == ticket.message_ref(DIGEST)
    assert ref != ticket.message_ref(OTHER_DIGEST)


@given(
    purpose=st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    secret=st.binary(min_size=1, max_size=64),
    digest=st.binary(min_size=32, max_size=32),
)
def test_every_ticket_opens_again_and_leads_to_the_same_code(purpose: str, secret: bytes, digest: bytes) -> None:
    office = TicketOffice(secret)
    token = office.issue(purpose)
    ticket = office.open(token, purpose)
    assert ticket == TicketOffice(secret).open(token, purpose)
    assert ticket.attempt(digest) == office.open(token, purpose).attempt(digest)
    assert re.fullmatch(r"[A-Z2-7]{20}", ticket.message_ref(digest))
    with pytest.raises(TicketInvalid):
        TicketOffice(secret + b"x").open(token, purpose)


def test_a_try_of_a_source_has_one_key_and_never_the_same_code() -> None:
    one, again = Attempt.of_source("mail 17"), Attempt.of_source("mail 17")
    assert one.key == again.key
    assert one.seed != again.seed  # whoever knows the source must not know the words
    assert Attempt.of_source("mail 18").key != one.key
    assert len(one.key) == Tip._meta.get_field("intake_key").max_length


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_two_sources_have_one_key_exactly_when_they_are_the_same(one: str, other: str) -> None:
    assert (Attempt.of_source(one).key == Attempt.of_source(other).key) == (one == other)


def test_a_fresh_try_is_never_the_same_twice() -> None:
    fresh = [Attempt.fresh() for _ in range(50)]
    assert len({each.seed for each in fresh}) == len({each.key for each in fresh}) == 50
    assert {(len(each.seed), len(each.key)) for each in fresh} == {(12, 32)}
