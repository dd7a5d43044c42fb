"""What an actor may see of tips: nothing without the office, nothing with an own interest, everything else."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.people import Cast
from tocsin.access.actors import PUBLIC_DOOR, REPORTER, WORKER, Actor
from tocsin.common import clock
from tocsin.common.errors import NotPermitted
from tocsin.common.refs import new_ref
from tocsin.ledger.models import AuditRecord
from tocsin.tips import services
from tocsin.tips.inbox import counts_by_state, inbox, inbox_page
from tocsin.tips.models import Declaration, Tip, TipMessage
from tocsin.tips.selectors import tip_visible_to, tips_visible_to
from tocsin.tips.wanted import Wanted
from tocsin.tips.workflow import OPEN, State

pytestmark = pytest.mark.django_db
BareTips = Callable[..., list[Tip]]
DECLARED = (None, False, True)  # nothing said, no interest, an interest


def declare(actor: Actor, tip: Tip, has_interest: bool | None) -> None:
    if has_interest is not None:
        services.declare_interest(actor=actor, tip=tip, has_interest=has_interest)


def test_everybody_is_shut_out_of_exactly_the_tips_in_which_they_have_an_interest(
    cast: Cast, bare_tips: BareTips
) -> None:
    cases = list(itertools.product(DECLARED, repeat=2))
    tips = bare_tips(*({"state": State.ACKNOWLEDGED} for _ in cases))
    for tip, (of_tara, of_sam) in zip(tips, cases, strict=True):
        declare(cast.tara, tip, of_tara)
        declare(cast.sam, tip, of_sam)
    for actor, place in ((cast.tara, 0), (cast.sam, 1)):
        expected = [tip.ref for tip, case in zip(tips, cases, strict=True) if case[place] is not True]
        assert [tip.ref for tip in tips_visible_to(actor).order_by("id")] == expected
        assert [tip.ref for tip in inbox(actor, Wanted())] == expected
        assert counts_by_state(actor) == {State.ACKNOWLEDGED: len(expected)}
    assert tips_visible_to(cast.lea).count() == len(tips)


def test_a_tip_that_is_shut_looks_like_one_that_does_not_exist(cast: Cast, bare_tips: BareTips) -> None:
    (tip,) = bare_tips({})
    declare(cast.tara, tip, True)
    told = []
    for ref in (tip.ref, new_ref()):
        with pytest.raises(Tip.DoesNotExist) as missing:
            tip_visible_to(cast.tara, ref)
        told.append(str(missing.value))
    assert told[0] == told[1]
    assert tip_visible_to(cast.sam, tip.ref) == tip


def test_who_has_no_office_for_tips_lists_none(cast: Cast, bare_tips: BareTips) -> None:
    bare_tips({}, {"urgent": True})
    for actor in (cast.ada, REPORTER, WORKER, PUBLIC_DOOR):
        assert not tips_visible_to(actor).exists()
        assert not inbox(actor, Wanted()).exists()
        assert not inbox(actor, Wanted(state="closed")).exists()
        assert counts_by_state(actor) == {}
        page = inbox_page(actor, Wanted(), after="", size=10)
        assert (list(page.tips), page.next_after) == ([], "")


@pytest.mark.parametrize("ref", ["", "\x00", "' OR 1=1", "b" * 20, "B" * 33, "../", "%", "ＢＣＤ"])
def test_what_cannot_be_a_handle_is_not_even_looked_for(ref: str, ines: Actor) -> None:
    with CaptureQueriesContext(connection) as queries, pytest.raises(Tip.DoesNotExist):
        tip_visible_to(ines, ref)
    assert len(queries) == 0


def test_the_counts_are_those_of_the_lists(ines: Actor, bare_tips: BareTips) -> None:
    states = [*State, State.RECEIVED, State.RECEIVED, State.CLOSED]
    bare_tips(*({"state": state} for state in states))
    counts = counts_by_state(ines)
    assert counts == Counter(state.value for state in states)
    for state in State:
        assert inbox(ines, Wanted(state=state)).count() == counts[state]


def test_the_usual_list_holds_what_is_open_and_a_filter_one_state(ines: Actor, bare_tips: BareTips) -> None:
    tips = bare_tips(*({"state": state} for state in State))

    def listed(state: str = "") -> set[str]:
        return {tip.state for tip in inbox(ines, Wanted.read({"state": state}))}

    assert listed() == OPEN
    for state in State:
        assert listed(state) == {state}
    for made_up in ("nowhere", "RECEIVED", "\x00", "received' OR '1'='1"):
        assert listed(made_up) == OPEN
    assert len(tips) == len(State)


def test_declaring_is_written_down_with_what_was_said(tara: Actor, bare_tips: BareTips) -> None:
    (tip,) = bare_tips({})
    declare(tara, tip, False)
    declare(tara, tip, True)
    lines = AuditRecord.objects.filter(action="tip.declare_interest").order_by("id")
    assert [(line.actor, line.role, line.subject, line.detail) for line in lines] == [
        (tara.name, "triage", f"tip:{tip.ref}", {"has_interest": said}) for said in ("false", "true")
    ]
    assert Declaration.objects.get().has_interest, "the later word counts, and there is one row"
    with pytest.raises(NotPermitted):
        declare(tara, tip, False)
    assert Declaration.objects.get().has_interest, "an interest is not taken back by oneself"


def test_the_database_itself_keeps_one_declaration_of_each_person(tara: Actor, bare_tips: BareTips) -> None:
    (tip,) = bare_tips({})
    declare(tara, tip, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Declaration.objects.create(tip=tip, staff_id=tara.require_staff(), has_interest=False, declared_at=clock.now())


@pytest.mark.parametrize("kind", ["question", "feedback", "answer", "addition"])
def test_the_database_itself_names_staff_for_their_messages_and_nobody_for_a_reporters(
    kind: str, tara: Actor, bare_tips: BareTips
) -> None:
    (tip,) = bare_tips({})
    by_staff = kind in ("question", "feedback")
    wrong, right = (None, tara.staff_id) if by_staff else (tara.staff_id, None)

    def write(staff_id: int | None) -> TipMessage:
        return TipMessage.objects.create(
            tip=tip, ref=new_ref(), kind=kind, blob=b"x", written_hour=clock.now(), staff_id=staff_id
        )

    with pytest.raises(IntegrityError), transaction.atomic():
        write(wrong)
    message = write(right)
    assert message.from_staff is by_staff
    assert str(message) == f"{kind} {message.ref}"
