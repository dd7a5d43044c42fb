"""Leaves and promises: what they hide, who finds them, what is refused."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ledger.checkpoint import CheckpointInvalid, parse
from tocsin.ledger.leaf import (
    KINDS,
    LEAF_SIZE,
    MOST_EVENTS,
    WITH_DETAIL,
    Event,
    Opening,
    find_own,
    is_leaf,
    make_leaf,
    make_pad,
    opens,
    opens_private,
    public_key_of_event,
)
from tocsin.ledger.note import NoteInvalid, Signer, sign
from tocsin.ledger.promise import Promise, make_promise, open_promise

KEY = bytes(range(32))
EVENT = Event("closed:substantiated", "2026-01", "", "东城")
DIGEST = bytes(32)
FROZEN_LEAF = (
    "0150127ed490b41e588b968fb34579e066a26b2f76fecc706604f2a724e24d5b076a38ff78286864540dd69a5f21bc7b"
    "102ed93b091002c87d709a538af2b5ca33a43d6a244e34bed700298d6d91ba5d752f44eaad907280d4f24e3c546a33f7"
    "af"
)
FROZEN_OPENING = (
    "0187c10c81415fb9c10f00606b9bca24d3edcc1ee4ba981350616ca2aef72181f43f1abf21e59e5cb9fed8bf4906af79"
    "5b8e0782e56bcb226069f8d6b039b5609700000000000000000000000000000000000000000000000000000000000000"
    "00636c6f7365643a7375627374616e7469617465647c323032362d30317c7ce4b89ce59f8e"
)


def test_a_leaf_keeps_one_form_for_ever() -> None:
    leaf, opening = make_leaf(k_events=KEY, n=7, event=EVENT, private_digest=DIGEST)
    assert leaf.hex() == FROZEN_LEAF
    assert opening.to_bytes().hex() == FROZEN_OPENING


def test_every_kind_gives_a_leaf_of_one_size() -> None:
    for n, kind in enumerate(KINDS):
        full = f"{kind}:detail" if kind in WITH_DETAIL else kind
        leaf, opening = make_leaf(k_events=KEY, n=n, event=Event(full, "2026-12", "", ""), private_digest=DIGEST)
        assert len(leaf) == LEAF_SIZE
        assert is_leaf(leaf)
        assert opens(leaf, opening.r_pub, opening.event)
        assert opens_private(leaf, opening.r_priv, DIGEST)
        assert public_key_of_event(KEY, n) == opening.r_pub


def test_an_opening_opens_nothing_else() -> None:
    leaf, opening = make_leaf(k_events=KEY, n=0, event=EVENT, private_digest=DIGEST)
    other = Event("closed:substantiated", "2026-02", "", EVENT.unit)
    assert not opens(leaf, opening.r_pub, other)
    assert not opens(leaf, opening.r_priv, EVENT)
    assert not opens(leaf[:-1], opening.r_pub, EVENT)
    assert not opens(leaf, opening.r_pub + b"\0", EVENT)  # the same key to HMAC
    assert not opens_private(leaf, opening.r_priv + b"\0", DIGEST)
    assert not opens_private(leaf, opening.r_priv, b"x" * 32)
    assert not opens_private(leaf, opening.r_pub, DIGEST)


def test_two_leaves_of_one_code_share_nothing() -> None:
    one, first = make_leaf(k_events=KEY, n=0, event=EVENT, private_digest=DIGEST)
    two, second = make_leaf(k_events=KEY, n=1, event=EVENT, private_digest=DIGEST)
    assert not {one[at : at + 32] for at in (1, 33, 65)} & {two[at : at + 32] for at in (1, 33, 65)}
    assert first.r_pub != second.r_pub
    assert first.r_priv != second.r_priv


def test_the_owner_finds_all_own_leaves_and_nobody_elses() -> None:
    mine = {n: make_leaf(k_events=KEY, n=n, event=EVENT, private_digest=DIGEST)[0] for n in (0, 1, 2, 900)}
    entries = [make_pad("2026-01")[0] for _ in range(30)]
    for place, n in ((3, 2), (10, 0), (11, 900), (29, 1)):
        entries[place] = mine[n]
    entries[5] = b"strange entry"
    entries[6] = mine[0][:40]
    assert find_own(KEY, entries) == [(3, 2), (10, 0), (11, 900), (29, 1)]
    assert find_own(secrets.token_bytes(32), entries) == []


def test_a_pad_looks_like_any_leaf_and_differs_each_time() -> None:
    leaf, opening = make_pad("2026-01")
    assert is_leaf(leaf)
    assert opens(leaf, opening.r_pub, Event("pad", "2026-01", "", ""))
    assert make_pad("2026-01")[0] != leaf


@pytest.mark.parametrize(
    ("kind", "month", "tier", "unit"),
    [
        ("unknown", "2026-01", "", ""),
        ("closed", "2026-01", "", ""),
        ("closed:", "2026-01", "", ""),
        ("closed:a|b", "2026-01", "", ""),
        ("received:x", "2026-01", "", ""),
        ("received", "2026-13", "", ""),
        ("received", "2026-1", "", ""),
        ("received", "2026-01\n", "", ""),
        ("received", "２０２６-01", "", ""),
        ("received", "2026-01", "a|b", ""),
        ("received", "2026-01", "", "a\nb"),
        ("received", "2026-01", "", "x" * 201),
    ],
)
def test_an_event_that_reads_in_two_ways_is_refused(kind: str, month: str, tier: str, unit: str) -> None:
    with pytest.raises(ValueError):
        Event(kind, month, tier, unit)


@given(st.text(max_size=30), st.text(max_size=30))
def test_events_with_different_fields_have_different_bytes(tier: str, unit: str) -> None:
    try:
        event = Event("received", "2026-01", tier, unit)
        data = event.canonical()
    except ValueError:
        return
    assert Event.from_canonical(data) == event


@given(st.binary(max_size=200))
def test_any_bytes_are_an_opening_or_refused_by_name(data: bytes) -> None:
    for tried in (data, b"\x01" + bytes(96) + data):
        try:
            opening = Opening.from_bytes(tried)
        except ValueError:
            continue
        assert opening.to_bytes() == tried


@pytest.mark.parametrize(
    ("key", "n", "digest"), [(b"short", 0, DIGEST), (KEY, -1, DIGEST), (KEY, MOST_EVENTS, DIGEST), (KEY, 0, b"short")]
)
def test_a_leaf_needs_a_key_a_number_and_a_digest(key: bytes, n: int, digest: bytes) -> None:
    with pytest.raises(ValueError):
        make_leaf(k_events=key, n=n, event=EVENT, private_digest=digest)


SIGNER = Signer("tips.example/promise", bytes(32))
DUE = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)


def test_a_promise_reads_as_it_was_given() -> None:
    data = make_promise(origin="tips.example", leaf_hash=DIGEST, due=DUE, signer=SIGNER)
    assert data.startswith(
        b"tocsin-promise/v1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntips.example\n2026-01-02T03:04:05Z\n\n"
    )
    assert open_promise(data, SIGNER.verifier) == Promise("tips.example", DIGEST, DUE.replace(microsecond=0))
    east = DUE.astimezone(timezone(timedelta(hours=8)))
    assert make_promise(origin="tips.example", leaf_hash=DIGEST, due=east, signer=SIGNER) == data


def test_a_promise_never_reads_as_a_checkpoint() -> None:
    for origin in ("1", "5\n", "tips.example"):
        if "\n" in origin:
            with pytest.raises(NoteInvalid):
                make_promise(origin=origin, leaf_hash=DIGEST, due=DUE, signer=SIGNER)
            continue
        text = make_promise(origin=origin, leaf_hash=DIGEST, due=DUE, signer=SIGNER).decode().partition("\n\n")[0]
        with pytest.raises(CheckpointInvalid):
            parse(text + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "tocsin-promise/v2\nAAAA\no\n2026-01-02T03:04:05Z\n",
        "tocsin-promise/v1\nAAAA\no\n2026-01-02T03:04:05Z\n",
        f"tocsin-promise/v1\n{'A' * 43}=\n\n2026-01-02T03:04:05Z\n",
        f"tocsin-promise/v1\n{'A' * 43}=\no\n2026-1-02T03:04:05Z\n",
        f"tocsin-promise/v1\n{'A' * 43}=\no\n2026-02-30T03:04:05Z\n",
        f"tocsin-promise/v1\n{'A' * 43}=\no\n2026-01-02T03:04:05Z\nmore\n",
    ],
)
def test_another_form_of_promise_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        open_promise(sign(text, SIGNER), SIGNER.verifier)


def test_a_promise_of_another_key_or_without_zone_is_refused() -> None:
    data = make_promise(origin="o", leaf_hash=DIGEST, due=DUE, signer=SIGNER)
    with pytest.raises(NoteInvalid):
        open_promise(data, Signer.generate("tips.example/promise").verifier)
    with pytest.raises(NoteInvalid):
        open_promise(data)
    with pytest.raises(ValueError, match="zone"):
        make_promise(origin="o", leaf_hash=DIGEST, due=DUE.replace(tzinfo=None), signer=SIGNER)
