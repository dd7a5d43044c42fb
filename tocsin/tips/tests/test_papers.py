"""How a tip's steps are written down: reasons that open in one place only, leaves that count up and tell no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.installation import UNIT, Installation, TestClock
from tests.people import Cast
from tests.stories import Reported, bring_to, send_report, write_to_staff
from tocsin.ledger.leaf import Event, Opening, find_own, opens, opens_private
from tocsin.ledger.models import Pending
from tocsin.tips.papers import TipPapers, ledger_entry, opening_place, public_event, reason_place
from tocsin.tips.services import ask_reporter
from tocsin.tips.tests.conftest import bare_tip
from tocsin.tips.workflow import State
from tocsin.vault.installed import keyring
from tocsin.vault.opening import CannotOpen, open_sealed

K_EVENTS, DIGEST = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def papers(installation: Installation) -> TipPapers:
    return TipPapers(ref="BCDFG", k_events=K_EVENTS, keyring=keyring())


def opened(installation: Installation, sealed: bytes) -> Opening:
    return Opening.from_bytes(open_sealed(installation.unit_private, sealed, opening_place()))


def test_a_reason_opens_for_the_unit_in_the_place_of_its_tip_only(
    papers: TipPapers, installation: Installation
) -> None:
    sealed = papers.seal("Section 4 – because")
    assert open_sealed(installation.unit_private, sealed, reason_place("BCDFG")).decode() == "Section 4 – because"
    for place in (reason_place("HJKMN"), opening_place()):
        with pytest.raises(CannotOpen):
            open_sealed(installation.unit_private, sealed, place)
    with pytest.raises(CannotOpen):
        open_sealed(installation.custodian_private("kim"), sealed, reason_place("BCDFG"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(reason=st.text().filter(str.strip))
def test_a_reason_comes_back_word_for_word_and_looks_different_each_time(
    reason: str, papers: TipPapers, installation: Installation
) -> None:
    first, second = papers.seal(reason), papers.seal(reason)
    assert first != second
    assert open_sealed(installation.unit_private, first, reason_place("BCDFG")).decode() == reason


@pytest.mark.parametrize("nothing", ["", " ", "\n\t"])
def test_no_reason_is_no_envelope(nothing: str, papers: TipPapers) -> None:
    assert papers.seal(nothing) == b""


def test_each_leaf_of_a_tip_gets_the_next_number(papers: TipPapers, installation: Installation) -> None:
    tip = bare_tip()
    leaves = [papers.public_entry(tip, "transition", DIGEST)[0] for _ in range(5)]
    assert tip.event_count == 6
    assert find_own(K_EVENTS, leaves) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert len({leaf[1:33] for leaf in leaves}) == 5


def test_a_leaf_says_kind_month_and_unit_and_nothing_finer(
    papers: TipPapers, installation: Installation, set_clock: Callable[..., TestClock]
) -> None:
    set_clock(datetime(2031, 4, 1, 1, tzinfo=timezone(timedelta(hours=8))))
    leaf, sealed = papers.public_entry(bare_tip(event_count=3), "closed:already_known", DIGEST)
    opening = opened(installation, sealed)
    assert opening.event == Event("closed:already_known", "2031-03", "", UNIT)
    assert opens(leaf, opening.r_pub, opening.event)
    assert opens_private(leaf, opening.r_priv, DIGEST)
    assert not opens_private(leaf, opening.r_priv, bytes(32))
    assert public_event("received", datetime(2031, 3, 31, 23, tzinfo=UTC), "u") == Event("received", "2031-03", "", "u")


def test_an_opening_is_sealed_to_the_unit_and_names_no_tip(papers: TipPapers, installation: Installation) -> None:
    _leaf, sealed = papers.public_entry(bare_tip(ref="BCDFG"), "transition", DIGEST)
    assert opening_place().row == "", "an entry of the ledger must not point at a tip, sealed or not"
    with pytest.raises(CannotOpen):
        open_sealed(installation.custodian_private("kim"), sealed, opening_place())
    assert b"BCDFG" not in opened(installation, sealed).to_bytes()


def test_without_the_key_of_the_tip_two_leaves_cannot_be_linked(installation: Installation) -> None:
    event = Event("transition", "2031-03", "", UNIT)
    first, second = (
        ledger_entry(k_events=key, n=1, event=event, private_digest=DIGEST, keyring=keyring())[0]
        for key in (K_EVENTS, DIGEST)
    )
    assert not {first[at : at + 32] for at in (1, 33, 65)} & {second[at : at + 32] for at in (1, 33, 65)}
    assert find_own(K_EVENTS, [second]) == []


@pytest.mark.django_db
def test_staff_and_reporter_write_one_row_of_numbers(cast: Cast, unlocked_desk: Installation) -> None:
    reported: Reported = send_report()
    bring_to(State.IN_TRIAGE, reported=reported, cast=cast)
    write_to_staff(reported, "One thing more.")
    ask_reporter(actor=cast.tara, tip=reported.tip, text="On which day?")
    write_to_staff(reported, "On Monday.")
    leaves = [bytes(leaf) for leaf in Pending.objects.values_list("leaf", flat=True)]
    assert sorted(n for _index, n in find_own(reported.keys.events, leaves)) == list(range(6))
    assert reported.tip.event_count == 6
