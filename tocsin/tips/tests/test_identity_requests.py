"""Who a reporter is: asked with a reason, found lawful by somebody else, refused, taken back, run out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection

from tests.identities import GROUND, LAWFUL, REASON, allow, ask, hire_officer, stored, turn
from tests.installation import Installation, TestClock
from tests.people import Cast, hire
from tests.stories import Reported, bring_to
from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Permission, Role
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.leaf import find_own, opens, public_key_of_event
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import identity_requests, mailbox
from tocsin.tips.deadlines import local_today
from tocsin.tips.identity_notice import end_requests
from tocsin.tips.identity_requests import Order
from tocsin.tips.identity_selectors import read_paper, request_history, requests_visible_to
from tocsin.tips.models import Declaration, IdentityRequest, RequestState
from tocsin.tips.papers import public_event
from tocsin.tips.workflow import State
from tocsin.vault import unlocked
from tocsin.vault.unlocked import Locked
from tocsin.workflow.models import StepRecord
from tocsin.workflow.selectors import waiting_for

pytestmark = pytest.mark.usefixtures("unlocked_desk")
SetClock = Callable[..., TestClock]


def kinds_found_by(reported: Reported) -> list[str]:
    """What the reporter finds of the own report among the leaves that wait, in the order of its events."""
    leaves = [bytes(leaf) for leaf in Pending.objects.values_list("leaf", flat=True)]
    kinds = ("received", "transition", "identity-opened")
    found = {}
    for index, n in find_own(reported.keys.events, leaves):
        key = public_key_of_event(reported.keys.events, n)
        found[n] = next(
            kind for kind in kinds if opens(leaves[index], key, public_event(kind, clock.now(), reported.tip.unit))
        )
    return [found[n] for n in sorted(found)]


def trail(request: IdentityRequest) -> list[str]:
    """The audit log's actions on this request, in order."""
    rows = AuditRecord.objects.filter(subject=f"identity:{request.ref}").order_by("id")
    return list(rows.values_list("action", flat=True))


def declare(actor: Actor, request: IdentityRequest) -> None:
    Declaration.objects.create(
        tip=request.tip, staff_id=actor.require_staff(), has_interest=True, declared_at=clock.now()
    )


def test_a_request_stands_in_the_audit_log_and_in_the_public_ledger_before_anybody_can_decide(
    asked: IdentityRequest, reported: Reported
) -> None:
    assert (asked.state, trail(asked)) == (RequestState.ASKED, ["identity.ask", "identity.allow.propose"])
    assert kinds_found_by(reported) == ["received", "transition"]
    assert AuditRecord.objects.filter(subject=f"tip:{reported.ref}", action="tip.identity_asked").count() == 1


def test_what_was_written_is_sealed(asked: IdentityRequest, ivo: Actor, leo: Actor, reported: Reported) -> None:
    allow(leo, asked)
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = cursor.fetchall()
        for value in (value for row in rows for value in row):
            data = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            assert not [text for text in (REASON, GROUND, LAWFUL, "12/2031") if text.encode() in data], table


def test_the_number_of_a_written_order_is_sealed_and_its_last_day_is_not(ivo: Actor, reported: Reported) -> None:
    asked = ask(ivo, reported, Order("12/2031", local_today() + timedelta(days=9)))
    assert read_paper(ivo, asked).order == "12/2031"
    assert b"12/2031" not in bytes(asked.paper)
    assert asked.notice_after == local_today() + timedelta(days=9)


@pytest.mark.parametrize(("reason", "ground"), [("", "x"), ("x", " \n"), ("x" * 4_001, "x"), ("\0", "x")])
def test_without_a_reason_and_a_legal_ground_nothing_is_asked(
    reason: str, ground: str, ivo: Actor, reported: Reported
) -> None:
    with pytest.raises(RuleBroken):
        identity_requests.request_identity(actor=ivo, tip=reported.tip, reason=reason, ground=ground)
    assert not IdentityRequest.objects.exists()


@pytest.mark.parametrize(("number", "days"), [("", 9), ("1", -1), ("1", 181), ("x" * 101, 9)])
def test_an_order_needs_its_number_and_an_end(number: str, days: int, ivo: Actor, reported: Reported) -> None:
    with pytest.raises(RuleBroken):
        ask(ivo, reported, Order(number, local_today() + timedelta(days=days)))
    assert not IdentityRequest.objects.exists()


def test_on_a_locked_desk_nobody_asks(ivo: Actor, reported: Reported) -> None:
    unlocked.lock_now()
    with pytest.raises(Locked):
        ask(ivo, reported)
    assert not IdentityRequest.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.INVESTIGATOR, Role.SUPERVISOR)])
def test_only_investigators_and_supervisors_ask(role: Role, reported: Reported) -> None:
    person = hire("person", role) if role.value in dict(_granted()) else None
    if person is not None:
        with pytest.raises(NotPermitted):
            ask(person, reported)


def _granted() -> list[tuple[str, str]]:
    from tocsin.access.permissions import NOT_FOR_STAFF

    return [(role.value, "") for role in Role if role not in NOT_FOR_STAFF]


def test_somebody_with_an_interest_does_not_ask(ivo: Actor, reported: Reported) -> None:
    Declaration.objects.create(
        tip=reported.tip, staff_id=ivo.require_staff(), has_interest=True, declared_at=clock.now()
    )
    with pytest.raises(NotPermitted):
        ask(ivo, reported)


def test_one_request_waits_at_a_time(asked: IdentityRequest, sam: Actor, reported: Reported, leo: Actor) -> None:
    with pytest.raises(Conflict):
        ask(sam, reported)
    identity_requests.refuse_request(actor=leo, request=asked, reason="No.")
    assert ask(sam, reported).state == RequestState.ASKED


def test_the_legal_officer_sees_the_reason_and_not_the_report(asked: IdentityRequest, leo: Actor) -> None:
    paper = read_paper(leo, asked)
    assert (paper.reason, paper.ground) == (REASON, GROUND)
    assert not leo.may(Permission.TIP_READ)
    assert trail(asked)[-1] == "identity.read"


def test_the_request_waits_in_the_legal_officers_queue_and_then_in_the_custodians(
    asked: IdentityRequest, ivo: Actor, leo: Actor, kim: Actor, lou: Actor, ada: Actor
) -> None:
    def queues() -> list[int]:
        return [waiting_for(actor).filter(subject_kind="identity").count() for actor in (ivo, leo, kim, lou, ada)]

    assert queues() == [0, 1, 0, 0, 0]
    allow(leo, asked)
    assert queues() == [0, 0, 1, 1, 0]


def test_nobody_finds_the_own_request_lawful(reported: Reported, cast: Cast) -> None:
    both = cast.lea  # supervisor and legal officer
    asked = ask(both, reported)
    assert not waiting_for(both).filter(subject_ref=asked.ref).exists()
    with pytest.raises(NotPermitted):
        allow(both, asked)
    with pytest.raises(NotPermitted):
        identity_requests.refuse_request(actor=both, request=asked, reason="x")
    assert stored(asked).state == RequestState.ASKED


def test_an_officer_with_an_interest_is_shut_out(asked: IdentityRequest, leo: Actor) -> None:
    identity_requests.declare_interest(actor=leo, request=asked, has_interest=True)
    assert asked not in requests_visible_to(leo)
    for decide in (
        lambda: allow(leo, asked),
        lambda: identity_requests.refuse_request(actor=leo, request=asked, reason="x"),
        lambda: identity_requests.declare_interest(actor=leo, request=asked, has_interest=False),
    ):
        with pytest.raises(NotPermitted):
            decide()
    assert trail(asked)[-1] == "identity.declare_interest"


def test_an_asker_who_turns_out_to_have_an_interest_stops_the_request(
    asked: IdentityRequest, ivo: Actor, leo: Actor
) -> None:
    declare(ivo, asked)
    with pytest.raises(Conflict):
        allow(leo, asked)
    assert identity_requests.refuse_request(actor=leo, request=asked, reason="x").state == RequestState.REFUSED


def test_an_officer_cannot_allow_what_nobody_could_read(asked: IdentityRequest, leo: Actor) -> None:
    unlocked.lock_now()
    with pytest.raises(Locked):
        allow(leo, asked)
    assert stored(asked).state == RequestState.ASKED


def test_a_refused_request_is_logged_and_opens_nothing(
    asked: IdentityRequest, leo: Actor, kim: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    identity_requests.refuse_request(actor=leo, request=asked, reason="The ground does not carry it.")
    assert trail(asked)[-2:] == ["identity.allow.refuse", "identity.refuse"]
    assert request_history(leo, asked)[-1].reason == "The ground does not carry it."
    with pytest.raises(Conflict):
        allow(leo, asked)
    with pytest.raises(Conflict):
        turn(kim, asked, unlocked_desk, "kim")
    # The report did not move, so the ledger says nothing more of it than that it was worked on.
    assert kinds_found_by(reported) == ["received", "transition"]


def test_a_refusal_needs_its_reason(asked: IdentityRequest, allowed: IdentityRequest, leo: Actor) -> None:
    with pytest.raises(RuleBroken):
        identity_requests.refuse_request(actor=leo, request=allowed, reason=" ")
    assert stored(allowed).state == RequestState.ALLOWED


def test_an_officer_stops_what_was_allowed(allowed: IdentityRequest, kim: Actor, unlocked_desk: Installation) -> None:
    turn(kim, allowed, unlocked_desk, "kim")
    stopped = identity_requests.refuse_request(actor=hire_officer("lars"), request=allowed, reason="Order lifted.")
    assert (stopped.state, bytes(stored(allowed).half_opened)) == (RequestState.REFUSED, b"")
    with pytest.raises(Conflict):
        turn(kim, allowed, unlocked_desk, "kim")


def test_only_the_asker_takes_it_back(allowed: IdentityRequest, ivo: Actor, sam: Actor, leo: Actor) -> None:
    for other in (sam, leo):
        with pytest.raises(NotPermitted):
            identity_requests.cancel_request(actor=other, request=allowed, reason="x")
    assert identity_requests.cancel_request(actor=ivo, request=allowed, reason="Found.").state == "cancelled"
    assert not waiting_for(leo).exists()


def test_two_people_of_three_parts_cannot_be_made_from_one(asked: IdentityRequest, leo: Actor) -> None:
    """Whoever allowed it holds a custodian's key as well, and still is not one of the two."""
    both = hire("both", Role.LEGAL_OFFICER, Role.CUSTODIAN)
    allow(both, asked)
    assert not waiting_for(both).filter(subject_ref=asked.ref).exists()


def test_a_request_runs_out_and_leaves_room_for_another(
    ivo: Actor, sam: Actor, leo: Actor, kim: Actor, reported: Reported, set_clock: SetClock, unlocked_desk: Installation
) -> None:
    now = set_clock()
    asked = ask(ivo, reported)
    now.forward(days=10)
    allow(leo, asked)
    now.forward(days=10)
    turn(kim, asked, unlocked_desk, "kim")
    assert end_requests(actor=WORKER) == 0
    now.forward(days=4, minutes=1)
    with pytest.raises(Conflict):
        turn(kim, asked, unlocked_desk, "kim")
    assert (end_requests(actor=WORKER), end_requests(actor=WORKER)) == (1, 0)
    assert (stored(asked).state, bytes(stored(asked).half_opened)) == (RequestState.EXPIRED, b"")
    assert trail(asked)[-1] == "identity.lapse"
    assert ask(sam, reported).state == RequestState.ASKED


def test_a_request_that_ran_out_before_the_workers_round_keeps_nobody_from_asking(
    asked: IdentityRequest, sam: Actor, reported: Reported
) -> None:
    IdentityRequest.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    assert ask(sam, reported).state == RequestState.ASKED
    assert stored(asked).state == RequestState.EXPIRED


def test_on_a_report_that_was_taken_back_the_identity_stays_closed(
    ivo: Actor, leo: Actor, kim: Actor, tip_in: Callable[[State], Reported], cast: Cast, unlocked_desk: Installation
) -> None:
    reported = tip_in(State.IN_TRIAGE)
    allowed = allow(leo, ask(ivo, reported))
    turn(kim, allowed, unlocked_desk, "kim")
    mailbox.withdraw(keys=reported.keys)
    with pytest.raises(Conflict):
        turn(kim, allowed, unlocked_desk, "kim")
    assert end_requests(actor=WORKER) == 1
    assert (stored(allowed).state, bytes(stored(allowed).half_opened)) == (RequestState.EXPIRED, b"")
    with pytest.raises(Conflict):
        ask(ivo, reported)


def test_on_a_report_whose_text_was_destroyed_nobody_asks(ivo: Actor, reported: Reported) -> None:
    mailbox.withdraw(keys=reported.keys)
    assert reported.tip.destroyed_on is not None
    with pytest.raises(Conflict):
        ask(ivo, reported)


def test_a_closed_report_can_still_be_asked_about(
    ivo: Actor, reported: Reported, cast: Cast, unlocked_desk: Installation
) -> None:
    bring_to(State.CLOSED, reported=reported, cast=cast)
    assert ask(ivo, reported).state == RequestState.ASKED


def test_the_list_of_one_role_holds_what_it_must(
    asked: IdentityRequest, ivo: Actor, sam: Actor, leo: Actor, kim: Actor, ada: Actor, ines: Actor
) -> None:
    inspector, rights = hire("ina", Role.INSPECTOR), hire("rita", Role.RIGHTS_OFFICER)

    def seen_by() -> set[str]:
        people = {"ivo": ivo, "sam": sam, "leo": leo, "kim": kim, "ada": ada, "ines": ines}
        everybody = {**people, "ina": inspector, "rita": rights}
        return {name for name, actor in everybody.items() if requests_visible_to(actor).exists()}

    assert seen_by() == {"ivo", "leo", "ina", "rita"}
    allow(leo, asked)
    assert seen_by() == {"ivo", "leo", "kim", "ina", "rita"}
    with pytest.raises(NotPermitted):
        read_paper(inspector, asked)
    assert [line.reason for line in request_history(inspector, asked)] == ["", ""]


def test_every_step_names_its_person_its_office_and_its_reason(
    allowed: IdentityRequest, ivo: Actor, leo: Actor
) -> None:
    told = [(line.step.name, line.actor, line.role, line.reason) for line in request_history(leo, allowed)]
    assert told == [
        ("ask", ivo.name, "investigator", REASON),
        ("allow", leo.name, "legal_officer", LAWFUL),
    ]
    assert StepRecord.objects.filter(subject_kind="identity", proposed_by=ivo.name).count() == 1


def test_one_broken_request_keeps_no_other_waiting(
    ivo: Actor, report: Callable[..., Reported], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    requests = [ask(ivo, report(f"Report {number}.")) for number in range(3)]
    IdentityRequest.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    IdentityRequest.objects.filter(pk=requests[1].pk).update(tip_id=requests[1].tip_id)
    from tocsin.tips import identity_notice

    lapse = identity_notice._lapse

    def broken(actor: Actor, tip: object, request: IdentityRequest) -> bool:
        if request.pk == requests[1].pk:
            raise OSError("the disk")
        return lapse(actor, tip, request)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(identity_notice, "_lapse", broken)
    assert end_requests(actor=WORKER) == 2
    assert [stored(each).state for each in requests] == ["expired", "asked", "expired"]
    assert "could not be ended" in caplog.text


def test_dates_of_orders_count_where_the_authority_sits() -> None:
    assert isinstance(local_today(), date)
