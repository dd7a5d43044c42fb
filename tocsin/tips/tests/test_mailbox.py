"""What the reporter sees and may do in each state, without any private key of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, write_to_staff
from tocsin.access.actors import Actor
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.leaf import opens, public_key_of_event
from tocsin.ledger.merkle import leaf_hash
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.ledger.promise import parse_promise
from tocsin.tips import mailbox, selectors, services
from tocsin.tips.deadlines import Owed, next_date
from tocsin.tips.mailbox import LONGEST_TEXT, find_tip, read_mailbox
from tocsin.tips.models import Tip, TipMessage
from tocsin.tips.workflow import FACES, State
from tocsin.vault.codes import CodeKeys, new_seed
from tocsin.vault.unlocked import lock_now
from tocsin.workflow.models import StepRecord

pytestmark = pytest.mark.django_db
TOLD = {State.FEEDBACK_GIVEN: "Confirmed", State.CLOSED: "Confirmed", State.WITHDRAWN: "Taken back by the reporter"}
NO_WAY_BACK = {State.CLOSED, State.WITHDRAWN}


def stored() -> tuple[int, int, int, int]:
    return TipMessage.objects.count(), StepRecord.objects.count(), AuditRecord.objects.count(), Pending.objects.count()


@pytest.mark.parametrize("state", State, ids=str)
def test_each_state_shows_its_plain_word_and_opens_what_fits(state: State, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(state)
    lock_now()
    box = read_mailbox(reported.keys)
    assert box.plain_state is FACES[state].plain
    assert box.outcome_label == TOLD.get(state, ""), "the outcome is said when the reporter is told, not before"
    assert box.owed == Owed(next_date(reported.tip), paused_until=box.owed.paused_until)
    assert (box.owed.paused_until is not None) == (state == State.NEED_INFO)
    assert box.waits_for_answer is (state is State.NEED_INFO)
    assert box.can_write is (state is not State.WITHDRAWN)
    assert box.can_withdraw is (state not in NO_WAY_BACK)


@pytest.mark.parametrize("state", State, ids=str)
def test_what_the_mailbox_offers_is_what_it_does(state: State, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(state)
    box = read_mailbox(reported.keys)
    for offered, act in (
        (box.can_write, lambda: write_to_staff(reported, "more")),
        (box.can_withdraw, lambda: mailbox.withdraw(keys=reported.keys)),
    ):
        if offered:
            act()
        else:
            before = stored()
            with pytest.raises(Conflict):
                act()
            assert stored() == before


def test_the_reporter_reads_what_staff_wrote_and_the_receipt_but_not_the_own_words(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.NEED_INFO)
    write_to_staff(reported, "On Monday.")
    lock_now()
    box = read_mailbox(reported.keys)
    assert [(each.kind, each.from_staff, each.text) for each in box.messages] == [
        ("question", True, "On which day was it?"),
        ("answer", False, None),
    ]
    assert (box.promise, box.leaf) == (reported.promise, reported.leaf)
    assert opens(box.leaf, public_key_of_event(reported.keys.events, 0), box.event)
    assert box.event.kind == "received"


def test_the_promise_in_the_mailbox_is_about_the_leaf_beside_it(reported: Reported, installation: Installation) -> None:
    box = read_mailbox(reported.keys)
    text, _signatures = box.promise.decode().split("\n\n")
    assert parse_promise(text + "\n").leaf_hash == leaf_hash(box.leaf)


def test_reading_the_mailbox_leaves_no_line_that_says_when_somebody_came_back(reported: Reported) -> None:
    before = stored()
    read_mailbox(reported.keys)
    assert stored() == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(number=st.integers(1, 8), data=st.data())
def test_any_number_of_codes_costs_one_query_found_or_not(number: int, data: st.DataObject, reported: Reported) -> None:
    keys = [CodeKeys.derive(new_seed()) for _ in range(number)]
    with CaptureQueriesContext(connection) as wrong:
        assert find_tip(keys) is None
    keys.insert(data.draw(st.integers(0, number)), reported.keys)
    with CaptureQueriesContext(connection) as right:
        found = find_tip(keys)
    assert found == (reported.tip, reported.keys)
    assert len(wrong) == len(right) == 1


def test_no_code_is_no_tip(reported: Reported) -> None:
    assert find_tip([]) is None


def test_a_code_that_opens_nothing_is_refused_the_same_way_everywhere(reported: Reported) -> None:
    strange, before = CodeKeys.derive(new_seed()), stored()
    told = set()
    for act in (
        lambda: read_mailbox(strange),
        lambda: mailbox.write_to_staff(keys=strange, text="x", attempt="A"),
        lambda: mailbox.withdraw(keys=strange),
    ):
        with pytest.raises(NotPermitted) as refused:
            act()
        told.add(str(refused.value))
    assert len(told) == 1
    assert stored() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write something"),
        ("\x00 \n", "Write something"),
        ("x" * (LONGEST_TEXT + 1), "longer than 200,000"),
    ],
    ids=["empty", "nothing to be seen", "too long"],
)
def test_an_unreadable_answer_is_refused_and_the_clock_stays_stopped(
    text: str, sentence: str, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.NEED_INFO)
    before, row = stored(), reported.tip
    with pytest.raises(RuleBroken, match=sentence):
        write_to_staff(reported, text)
    assert stored() == before
    assert (reported.tip.state, reported.tip.paused_on) == (State.NEED_INFO, row.paused_on)


def test_the_longest_text_that_is_allowed_arrives_whole(
    ines: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    text = "河" * LONGEST_TEXT
    write_to_staff(reported, f"  {text}\r\n")
    (message,) = selectors.read_tip(ines, reported.ref).messages
    assert hashlib.sha256(message.text.encode()).digest() == hashlib.sha256(text.encode()).digest()


def test_an_answer_to_a_question_goes_on_and_an_addition_leaves_the_state(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.NEED_INFO)
    for text in ("On Monday.", "In the morning.", "It rained."):
        write_to_staff(reported, text)
    assert list(TipMessage.objects.order_by("id").values_list("kind", flat=True)) == [
        "question",
        "answer",
        "addition",
        "addition",
    ]
    assert (reported.tip.state, reported.tip.unread_replies) == (State.IN_TRIAGE, 3)


def test_an_answer_that_cannot_be_sealed_leaves_everything_as_it_was(
    tip_in: Callable[[State], Reported], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no randomness")

    reported = tip_in(State.NEED_INFO)
    before = stored(), Tip.objects.filter(ref=reported.ref).values().get()
    monkeypatch.setattr(mailbox, "seal_message", broken)
    with pytest.raises(OSError, match="no randomness"):
        write_to_staff(reported, "On Monday.")
    assert (stored(), Tip.objects.filter(ref=reported.ref).values().get()) == before


def test_taking_back_what_was_read_ends_contact_and_keeps_the_text(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.IN_TRIAGE)
    assert mailbox.withdraw(keys=reported.keys) is False
    assert selectors.content_of(reported.tip).answers["what"]
    with pytest.raises(Conflict):
        services.ask_reporter(actor=cast.tara, tip=reported.tip, text="Why?")
    with pytest.raises(Conflict, match="You took this report back"):
        write_to_staff(reported, "I changed my mind.")
    assert not TipMessage.objects.exists()


def test_an_urgent_report_keeps_its_text_when_it_is_taken_back_unread(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.RECEIVED)
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="Somebody is in danger.")
    assert mailbox.read_mailbox(reported.keys).can_withdraw
    assert mailbox.withdraw(keys=reported.keys) is False
    assert selectors.content_of(reported.tip).answers["what"]
    assert reported.tip.state == State.WITHDRAWN
