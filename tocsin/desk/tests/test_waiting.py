"""The queue of decisions, and leaving a decision to others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.installation import Installation
from tests.people import Cast, hire
from tests.stories import Reported
from tocsin.access.actors import Actor
from tocsin.access.permissions import Role
from tocsin.desk.subjects import PLACES, address_of
from tocsin.desk.tests.conftest import Desk
from tocsin.tips import services
from tocsin.tips.workflow import State
from tocsin.workflow.models import Proposal, ProposalState
from tocsin.workflow.registry import lives

pytestmark = pytest.mark.django_db
OpenDesk = Callable[[Actor], Desk]
TipIn = Callable[[State], Reported]


@pytest.fixture
def proposed(tip_in: TipIn, cast: Cast) -> Reported:
    """ivo proposes an outcome."""
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="The cages were found.")
    return reported


def test_every_kind_of_subject_has_its_page(desk_door: Installation) -> None:
    assert {entry.life.kind for entry in lives()} == set(PLACES)
    for kind in PLACES:
        assert address_of(kind, "A" * 20)


def test_the_supervisor_finds_it_in_the_queue_and_the_proposer_sees_it_wait(
    proposed: Reported, desk: OpenDesk, cast: Cast
) -> None:
    page = desk(cast.sam).get("/waiting")
    assert f'href="/tips/{proposed.ref}"' in page.body.decode()
    assert "Waiting for me (1)" in page.plain
    assert "The cages were found." not in page.plain, "a list shows nothing of what was written"
    own = desk(cast.ivo).get("/waiting")
    assert "Nothing waits for your decision." in own.plain
    assert "Waiting for a second person" in own.plain


def test_who_neither_proposes_nor_decides_has_no_link_to_it(proposed: Reported, desk: OpenDesk) -> None:
    inspector = hire("ina", Role.INSPECTOR)
    assert "Waiting for me" not in desk(inspector).get("/ledger").plain
    page = desk(inspector).get("/waiting")
    assert proposed.ref not in page.body.decode()


def test_whoever_steps_aside_is_not_asked_again_and_others_are(proposed: Reported, desk: OpenDesk, cast: Cast) -> None:
    browser = desk(cast.sam)
    page = browser.get(f"/tips/{proposed.ref}")
    refused = browser.send(page, "/step-aside", reason=" ")
    assert refused.status == 422
    assert "Write down why." in refused.plain
    done = browser.send(browser.get(f"/tips/{proposed.ref}"), "/step-aside", reason="I know the owner.")
    assert "You left this decision to others." in done.plain
    assert "Approve" not in done.plain
    assert "Waiting for me (1)" not in done.plain
    assert "Waiting for me (1)" in desk(cast.lea).get("/waiting").plain


def test_a_proposer_takes_it_back(proposed: Reported, desk: OpenDesk, cast: Cast) -> None:
    browser = desk(cast.ivo)
    page = browser.get(f"/tips/{proposed.ref}")
    assert "Take the proposal back" in page.plain
    browser.send(page, "/step-aside", reason="I found more.")
    assert Proposal.objects.get().state == ProposalState.WITHDRAWN
    assert "Taken back" in browser.get("/waiting").plain


def test_the_queue_costs_the_same_for_one_and_for_many(tip_in: TipIn, desk: OpenDesk, cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert browser.get("/waiting").status == 200
        return len(caught)

    def one_more() -> None:
        reported = tip_in(State.UNDER_VERIFICATION)
        services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")

    browser = desk(cast.sam)
    one_more()
    few = queries()
    for _again in range(4):
        one_more()
    assert queries() == few
