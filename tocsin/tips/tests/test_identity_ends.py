"""Requests for a reporter's name, when the report's time is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.identities import GROUND, REASON, allow, ask, stored, turn
from tests.installation import Installation, TestClock
from tests.people import Cast
from tests.stories import Reported, bring_to
from tocsin.access.actors import WORKER, Actor
from tocsin.tips import mailbox
from tocsin.tips.content import message_place
from tocsin.tips.deadlines import local_today
from tocsin.tips.expiry import expire_overdue
from tocsin.tips.identity_notice import end_requests
from tocsin.tips.identity_requests import Order
from tocsin.tips.identity_selectors import read_paper, request_history
from tocsin.tips.models import IdentityRequest, RequestState, Tip, TipMessage
from tocsin.tips.workflow import State
from tocsin.vault.opening import CannotOpen, open_message
from tocsin.workflow.models import Proposal, StepRecord, Voice

pytestmark = pytest.mark.django_db


def over(reported: Reported) -> None:
    Tip.objects.filter(ref=reported.ref).update(
        state=State.CLOSED, ended_on=local_today(), expires_on=local_today() - timedelta(days=1)
    )


def test_the_papers_of_a_request_go_with_the_report_and_who_decided_stays(
    allowed: IdentityRequest, kim: Actor, leo: Actor, reported: Reported, unlocked_desk: Installation
) -> None:
    assert turn(kim, allowed, unlocked_desk, "kim") is None, "the first of two"
    assert bytes(stored(allowed).half_opened)
    paper = read_paper(leo, allowed)
    assert (paper.reason, paper.ground) == (REASON, GROUND)
    over(reported)
    assert expire_overdue(actor=WORKER) == 1
    request = stored(allowed)
    assert (bytes(request.paper), bytes(request.half_opened)) == (b"", b"")
    about = {"subject_kind": "identity", "subject_ref": request.ref}
    assert not StepRecord.objects.filter(**about).exclude(reason=b"").exists()
    assert not Proposal.objects.filter(**about).exclude(payload=b"").exists()
    assert not Voice.objects.filter(proposal__subject_kind="identity").exclude(reason=b"").exists()
    assert end_requests(actor=WORKER) == 1
    assert stored(allowed).state == RequestState.EXPIRED
    assert read_paper(leo, request).reason == ""
    assert [line.step.name for line in request_history(leo, request)] == ["ask", "allow", "first_key", "lapse"]


def test_a_report_waits_for_the_notice_that_an_order_put_off_and_for_its_reporter_to_read_it(
    reported: Reported,
    cast: Cast,
    leo: Actor,
    kim: Actor,
    lou: Actor,
    unlocked_desk: Installation,
    set_clock: Callable[..., TestClock],
) -> None:
    stopped = set_clock()
    request = allow(leo, ask(cast.ivo, reported, Order("12/2031", local_today() + timedelta(days=9))))
    turn(kim, request, unlocked_desk, "kim")
    assert turn(lou, request, unlocked_desk, "lou")
    over(reported)
    assert expire_overdue(actor=WORKER) == 0
    stopped.forward(days=10)
    assert end_requests(actor=WORKER) == 1
    assert expire_overdue(actor=WORKER) == 0
    assert mailbox.read_mailbox(keys=reported.keys).messages[-1].kind == "notice"
    stopped.forward(days=30)
    assert expire_overdue(actor=WORKER) == 1


def test_a_notice_is_sealed_to_the_key_of_the_report_and_not_to_the_unit(
    reported: Reported, cast: Cast, leo: Actor, kim: Actor, lou: Actor, unlocked_desk: Installation
) -> None:
    bring_to(State.IN_TRIAGE, reported=reported, cast=cast)
    request = allow(leo, ask(cast.ivo, reported))
    turn(kim, request, unlocked_desk, "kim")
    assert turn(lou, request, unlocked_desk, "lou")
    notice = TipMessage.objects.get(kind="notice")
    with pytest.raises(CannotOpen):
        open_message(unlocked_desk.unit_private, bytes(notice.blob), message_place(notice.ref))
    assert "two custodians" in (mailbox.read_mailbox(keys=reported.keys).messages[-1].text or "")
