"""Whatever people try, in whatever order: a tip only ever takes permitted steps, and each leaves its traces."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.installation import Installation
from tests.people import Cast
from tests.stories import Reported, send_report
from tocsin.access.actors import Actor
from tocsin.clocks.models import Deadline, Span
from tocsin.common.errors import RuleBroken
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import dictation, discarding, handoff, mailbox, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.models import Tip
from tocsin.tips.workflow import OPEN, TIP_LIFE, State
from tocsin.workflow.models import Proposal, StepRecord

pytestmark = [pytest.mark.journey, pytest.mark.django_db]

Act = Callable[[Actor, Reported], object]


def _decide(actor: Actor, reported: Reported, approve: bool) -> object:
    proposal = Proposal.objects.filter(subject_ref=reported.ref).order_by("-id").first()
    if proposal is None:
        return None
    return services.decide_proposal(actor=actor, tip=reported.tip, proposal=proposal, approve=approve, reason="so")


STAFF_ACTS: dict[str, Act] = {
    "acknowledge": lambda who, it: services.acknowledge(actor=who, tip=it.tip),
    "urgent": lambda who, it: services.flag_urgent(actor=who, tip=it.tip, reason="danger"),
    "triage": lambda who, it: services.begin_triage(actor=who, tip=it.tip, has_interest=False),
    "ask": lambda who, it: services.ask_reporter(actor=who, tip=it.tip, text="when?"),
    "resume": lambda who, it: services.resume_triage(actor=who, tip=it.tip, reason="silence"),
    "verify": lambda who, it: services.start_verification(actor=who, tip=it.tip, legal_basis="law"),
    "propose": lambda who, it: services.propose_outcome(actor=who, tip=it.tip, outcome="substantiated", reason="r"),
    "approve": lambda who, it: _decide(who, it, True),
    "refuse": lambda who, it: _decide(who, it, False),
    "remit": lambda who, it: services.refuse_remit(actor=who, tip=it.tip, reason="r", door="4"),
    "protected": lambda who, it: discarding.refuse_protected(actor=who, tip=it.tip, ground="0"),
    "hand over": lambda who, it: handoff.hand_off(actor=who, tip=it.tip, body="000-0001", said="danger"),
    "extend": lambda who, it: services.extend_feedback(
        actor=who, tip=it.tip, until=(local_today() + timedelta(days=105)).isoformat(), reason="r", text="t"
    ),
    "feedback": lambda who, it: services.give_feedback(actor=who, tip=it.tip, text="thank you"),
    "close": lambda who, it: services.close(actor=who, tip=it.tip, reason="done"),
    "reopen": lambda who, it: services.reopen(actor=who, tip=it.tip, reason="new fact"),
    "dictate": lambda who, it: dictation.dictate(actor=who, tip=it.tip, text="more", attempt=secrets.token_hex(10)),
}
REPORTER_ACTS: dict[str, Act] = {
    "write": lambda _who, it: mailbox.write_to_staff(keys=it.keys, text="more", attempt=secrets.token_hex(10)),
    "withdraw": lambda _who, it: mailbox.withdraw(keys=it.keys),
}
PEOPLE = ("ines", "tara", "ivo", "sam", "lea", "ada")
# Usual moves come up often enough to walk far; everything else is tried in between.
USUAL = [
    ("ines", "acknowledge"),
    ("tara", "triage"),
    ("sam", "verify"),
    ("ivo", "propose"),
    ("sam", "approve"),
    ("lea", "approve"),
    ("ines", "feedback"),
    ("sam", "close"),
]
ANY = st.tuples(st.sampled_from(PEOPLE), st.sampled_from([*STAFF_ACTS, *REPORTER_ACTS]))
WALKS = st.lists(st.one_of(st.sampled_from(USUAL), ANY), min_size=8, max_size=24)


@dataclass(frozen=True)
class Seen:
    """What can be counted of a tip at one moment."""

    row: dict[str, Any]
    history: int
    audit: int
    ledger: int
    proposals: int

    @classmethod
    def now(cls, ref: str) -> Seen:
        """Count."""
        return cls(
            dict(Tip.objects.filter(ref=ref).values().get()),
            StepRecord.objects.filter(subject_ref=ref).count(),
            AuditRecord.objects.filter(subject=f"tip:{ref}").count(),
            Pending.objects.count(),
            Proposal.objects.filter(subject_ref=ref).count(),
        )


def check_move(before: Seen, after: Seen, ref: str) -> None:
    """What was done is a permitted step with its traces, or a proposal, or nothing at all."""
    steps = after.history - before.history
    assert steps in (0, 1)
    if steps == 0:
        assert after.row["state"] == before.row["state"]
        assert after.ledger == before.ledger
        assert after.proposals - before.proposals in (0, 1)
        return
    record = StepRecord.objects.filter(subject_ref=ref).latest("id")
    step = TIP_LIFE.step(record.step)
    assert before.row["state"] in step.sources
    assert (record.source, record.target) == (before.row["state"], after.row["state"])
    assert after.row["state"] == (step.target or before.row["state"])
    assert after.audit > before.audit
    assert after.ledger - before.ledger == (0 if step.public_kind is None else 1)
    assert after.row["event_count"] - before.row["event_count"] == after.ledger - before.ledger
    assert record.actor
    assert record.role
    assert record.rule
    if step.four_eyes:
        assert record.proposed_by not in ("", record.actor)
    if step.barred_by:
        assert not before.row[step.barred_by]


def check_story(ref: str) -> None:
    """What must hold of every tip at the end of every story."""
    tip = Tip.objects.get(ref=ref)
    records = list(StepRecord.objects.filter(subject_ref=ref).order_by("id"))
    names = [record.step for record in records]
    chain = [State.RECEIVED.value, *(record.target for record in records)]
    assert [record.source for record in records] == chain[:-1]
    assert tip.state == chain[-1]
    if tip.state not in (State.RECEIVED, State.WITHDRAWN):
        assert "acknowledge" in names
        read = next(record for record in records if record.step == "acknowledge")
        assert read.actor.startswith("staff:")
    if tip.state == State.CLOSED:
        told = "refuse_protected" if tip.destroyed_on else "give_feedback"
        assert next(n for n, name in enumerate(names) if name.startswith(told)) < len(names) - 1 - names[::-1].index(
            "close" if "close" in names else "close_urgent"
        )
        assert tip.outcome
    if tip.state in (State.OUTCOME_SET, State.FEEDBACK_GIVEN):
        assert tip.outcome
    if tip.outcome == "substantiated":
        decided = next(record for record in reversed(records) if record.step == "set_outcome")
        assert decided.proposed_by not in ("", decided.actor)
    assert (
        (bytes(tip.content) == b"")
        == (tip.destroyed_on is not None)
        == any(name.startswith(("withdraw_unread", "refuse_protected")) for name in names)
    )
    assert (tip.expires_on is not None) == (tip.state in (State.CLOSED, State.WITHDRAWN))
    check_clocks(tip)
    waiting = Proposal.objects.filter(subject_ref=ref, state="open")
    assert waiting.count() <= 1
    assert not waiting or tip.state in OPEN


def check_clocks(tip: Tip) -> None:
    """The clocks that run are those of the state, and the columns of the tip say what they say."""
    running = {row.clock: row for row in Deadline.objects.filter(subject_ref=tip.ref, ended_at__isnull=True)}
    wanted = {"acknowledge"} if tip.state == State.RECEIVED else set()
    if tip.state in OPEN - {State.RECEIVED, State.FEEDBACK_GIVEN}:
        wanted |= {"feedback"}
    wanted |= {"triage"} if tip.state == State.ACKNOWLEDGED else set()
    wanted |= {"answer"} if tip.state == State.NEED_INFO else set()
    assert set(running) - {"urgent"} == wanted
    assert ("urgent" in running) == (tip.urgent and tip.handed_off_at is None and tip.state in OPEN)
    if "feedback" in running:
        assert (tip.feedback_by, tip.paused_on) == (running["feedback"].due_on, running["feedback"].paused_on)
    else:
        assert tip.paused_on is None
    spans = Span.objects.filter(deadline__subject_ref=tip.ref)
    assert spans.filter(kind="pause").count() <= 1
    assert not spans.filter(kind="pause", days=None) or tip.state == State.NEED_INFO


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=WALKS)
def test_no_order_of_acts_breaks_the_life_of_a_tip(
    walk: list[tuple[str, str]], cast: Cast, unlocked_desk: Installation
) -> None:
    with transaction.atomic():
        reported = send_report()
        for person, act in walk:
            before = Seen.now(reported.ref)
            try:
                with transaction.atomic():
                    (STAFF_ACTS | REPORTER_ACTS)[act](getattr(cast, person), reported)
            except RuleBroken:
                after = Seen.now(reported.ref)
                assert after == before, f"{person} {act} was refused and changed something"
                continue
            check_move(before, Seen.now(reported.ref), reported.ref)
        check_story(reported.ref)
        transaction.set_rollback(True)


def test_the_walk_reaches_the_end_of_the_road(cast: Cast, unlocked_desk: Installation) -> None:
    """The walk above is worth something: its usual moves, in their usual order, close a tip."""
    reported = send_report()
    for person, act in USUAL:
        if (person, act) != ("lea", "approve"):
            STAFF_ACTS[act](getattr(cast, person), reported)
    assert reported.tip.state == State.CLOSED
    check_story(reported.ref)
