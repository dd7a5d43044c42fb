"""The one cookie of the public door: sealed, of one size, and worth nothing when it is changed, foreign or old."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from tests.stories import Reported
from tests.visitor import Visitor
from tocsin.public import sessions
from tocsin.public.sessions import SessionStore, seal, unseal

OPEN = {"mailbox": "00112233445566778899aabb", "_csrftoken": "x" * 32}
NOON = 1_800_000_000.0
AGE = 30 * 60
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.fixture(autouse=True)
def own_key() -> Iterator[None]:
    """No key of another test is remembered, and none of this one afterwards."""
    sessions._key.cache_clear()
    yield
    sessions._key.cache_clear()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """``at.now`` is the time that sessions see."""
    clock = SimpleNamespace(now=NOON)
    monkeypatch.setattr(sessions, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_what_was_put_in_comes_out(data: dict[str, Any]) -> None:
    assert unseal(seal(data)) == data


def test_the_same_session_is_never_written_the_same_way_twice() -> None:
    assert len({seal(OPEN) for _ in range(20)}) == 20


def test_nothing_of_a_session_can_be_read_in_its_cookie() -> None:
    text = seal(OPEN)
    raw = base64.urlsafe_b64decode(text)
    for part in ("mailbox", "csrftoken", "00112233445566778899aabb"):
        assert part not in text
        assert part.encode() not in raw
    assert bytes.fromhex(OPEN["mailbox"]) not in raw


@pytest.mark.parametrize("place", range(0, 284, 3))
def test_a_cookie_with_one_changed_byte_is_no_session(place: int) -> None:
    raw = base64.urlsafe_b64decode(seal(OPEN))
    assert len(raw) == 284
    changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
    assert unseal(base64.urlsafe_b64encode(changed).decode()) == {}


def test_a_cookie_that_was_cut_or_glued_together_is_no_session() -> None:
    text = seal(OPEN)
    for changed in (text[:-4], text[4:], "AAAA" + text, text[:200], text[::-1], ""):
        assert unseal(changed) == {}


@given(st.text(st.characters(exclude_categories=[])))
def test_a_cookie_that_was_never_ours_is_no_session(text: str) -> None:
    assert unseal(text) == {}


def test_a_cookie_under_another_key_is_no_session(settings: Settings) -> None:
    text = seal(OPEN)
    settings.SECRET_KEY = "another installation's secret, long enough"
    sessions._key.cache_clear()
    assert unseal(text) == {}
    assert unseal(seal(OPEN)) == OPEN


def test_a_ticket_of_a_form_is_no_session(settings: Settings) -> None:
    from tocsin.intake.attempts import TicketOffice

    assert unseal(TicketOffice(settings.SECRET_KEY).issue("report")) == {}


@pytest.mark.parametrize(("age", "open_"), [(0, True), (AGE - 1, True), (AGE, True), (AGE + 1, False), (10**8, False)])
def test_a_session_ends_after_half_an_hour_without_use(at: SimpleNamespace, age: int, open_: bool) -> None:
    text = seal(OPEN)
    at.now = NOON + age
    assert unseal(text) == (OPEN if open_ else {})


def test_a_session_written_anew_lives_for_another_half_hour(at: SimpleNamespace) -> None:
    text = seal(OPEN)
    at.now += AGE - 10
    again = seal(unseal(text))
    at.now += AGE - 10
    assert unseal(text) == {}
    assert unseal(again) == OPEN


def test_every_session_of_the_door_fills_a_cookie_of_one_length() -> None:
    empty: dict[str, Any] = {}
    lengths = {len(seal(data)) for data in (empty, {"_csrftoken": "x" * 32}, {"mailbox": "0" * 24}, OPEN)}
    assert len(lengths) == 1


def test_the_cookie_is_as_long_with_an_open_mailbox_as_without(reported: Reported) -> None:
    visitor, sizes = Visitor(), set()
    visitor.open_form()
    sizes.add(len(visitor.browser.cookies["session"].value))
    page = visitor.open_mailbox(reported.words)
    sizes.add(len(visitor.browser.cookies["session"].value))
    visitor.write(page, "One thing more.")
    sizes.add(len(visitor.browser.cookies["session"].value))
    assert len(sizes) == 1


def test_the_store_keeps_nothing_but_the_cookie() -> None:
    store = SessionStore()
    store["mailbox"] = OPEN["mailbox"]
    store.save()
    key = store.session_key
    assert key is not None
    assert SessionStore(key).get("mailbox") == OPEN["mailbox"]
    assert not store.exists(key)
    SessionStore.clear_expired()


def test_a_new_name_keeps_what_was_in_the_session_and_a_flush_forgets_it() -> None:
    store = SessionStore()
    store["mailbox"] = OPEN["mailbox"]
    store.save()
    before = store.session_key
    store.cycle_key()
    assert store.session_key != before
    assert SessionStore(store.session_key).get("mailbox") == OPEN["mailbox"]
    store.flush()
    assert store.is_empty()
    store.save()
    assert SessionStore(store.session_key).get("mailbox") is None


def test_a_session_that_must_be_new_starts_empty() -> None:
    store = SessionStore(seal(OPEN))
    store.save(must_create=True)
    assert unseal(store.session_key or "") == {}


def test_opening_a_mailbox_carries_nothing_over_from_before(reported: Reported) -> None:
    visitor = Visitor()
    visitor.open_form()
    planted = unseal(visitor.browser.cookies["session"].value)
    visitor.browser.cookies["session"] = seal({**planted, "planted": "by somebody else"})
    visitor.open_mailbox(reported.words)
    session = unseal(visitor.browser.cookies["session"].value)
    assert session["mailbox"] == reported.seed.hex()
    assert "planted" not in session
    assert session.get("_csrftoken") != planted["_csrftoken"]


def test_the_cookie_says_nothing_that_json_could_not_hold() -> None:
    with pytest.raises(TypeError):
        seal({"seed": b"bytes"})
    assert json.loads(json.dumps(unseal(seal(OPEN)))) == OPEN
