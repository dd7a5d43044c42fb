"""The life of a tip held against the design: which step, from where, by whom, with which traces; what never happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.installation import Installation
from tests.people import Cast, hire
from tests.stories import Reported, send_report, waiting
from tocsin.access.actors import PUBLIC_DOOR, REPORTER, SETUP, WORKER, Actor, ActorKind, recipient_of
from tocsin.access.permissions import ALLOWED, NOT_FOR_STAFF, Permission, Role
from tocsin.clocks.models import Deadline
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.leaf import Opening
from tocsin.ledger.models import AuditRecord, Pending
from tocsin.tips import selectors, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.inbox import inbox
from tocsin.tips.models import Tip
from tocsin.tips.papers import TipPapers, opening_place
from tocsin.tips.wanted import Wanted
from tocsin.tips.workflow import FACES, OPEN, TIP_LIFE, Outcome, State
from tocsin.vault.installed import keyring
from tocsin.vault.opening import open_sealed
from tocsin.workflow import services as workflow
from tocsin.workflow.models import Proposal, ProposalState, StepRecord
from tocsin.workflow.services import Move, take_step
from tocsin.workflow.steps import Step

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
STEPS = pytest.mark.parametrize("step", TIP_LIFE.steps, ids=lambda step: step.name)
S, R = State, Role

# The table of the design in this stage's states: step, from where, to where (None: stays), who.
DESIGN: dict[str, tuple[set[State], State | None, set[Role]]] = {
    "acknowledge": ({S.RECEIVED}, S.ACKNOWLEDGED, {R.INTAKE, R.TRIAGE}),
    "flag_urgent": (set(OPEN), None, {R.INTAKE, R.TRIAGE}),
    "confirm_urgent": (set(OPEN), None, {R.INTAKE, R.TRIAGE}),
    "hand_off": (set(OPEN), None, {R.INTAKE, R.TRIAGE}),
    "dictate": (set(S) - {S.WITHDRAWN, S.EXPIRED}, None, {R.INTAKE}),
    "begin_triage": ({S.ACKNOWLEDGED}, S.IN_TRIAGE, {R.TRIAGE}),
    "ask": ({S.IN_TRIAGE}, S.NEED_INFO, {R.TRIAGE, R.INVESTIGATOR}),
    "ask_while_checking": ({S.LINKED, S.UNDER_VERIFICATION, S.REFERRED}, None, {R.TRIAGE, R.INVESTIGATOR}),
    "answer": ({S.NEED_INFO}, S.IN_TRIAGE, {R.REPORTER}),
    "add": (set(S) - {S.NEED_INFO, S.WITHDRAWN, S.EXPIRED}, None, {R.REPORTER}),
    "resume": ({S.NEED_INFO}, S.IN_TRIAGE, {R.TRIAGE}),
    "start_verification": ({S.IN_TRIAGE}, S.UNDER_VERIFICATION, {R.SUPERVISOR}),
    "refuse_remit": ({S.IN_TRIAGE}, S.OUTCOME_SET, {R.TRIAGE}),
    "refuse_remit_urgent": ({S.IN_TRIAGE}, S.OUTCOME_SET, {R.TRIAGE, R.SUPERVISOR}),
    "refuse_protected": ({S.IN_TRIAGE}, S.FEEDBACK_GIVEN, {R.TRIAGE}),
    "refuse_protected_urgent": ({S.IN_TRIAGE}, S.FEEDBACK_GIVEN, {R.TRIAGE, R.SUPERVISOR}),
    "set_outcome": ({S.UNDER_VERIFICATION}, S.OUTCOME_SET, {R.SUPERVISOR}),
    "extend_feedback": (
        {S.ACKNOWLEDGED, S.IN_TRIAGE, S.LINKED, S.UNDER_VERIFICATION, S.REFERRED, S.OUTCOME_SET},
        None,
        {R.SUPERVISOR},
    ),
    "give_feedback": ({S.OUTCOME_SET}, S.FEEDBACK_GIVEN, {R.INTAKE}),
    "close": ({S.FEEDBACK_GIVEN}, S.CLOSED, {R.SUPERVISOR}),
    "close_urgent": ({S.FEEDBACK_GIVEN}, S.CLOSED, {R.SUPERVISOR}),
    "reopen": ({S.CLOSED}, S.IN_TRIAGE, {R.SUPERVISOR}),
    "add_files": (set(S) - {S.WITHDRAWN, S.EXPIRED}, None, {R.REPORTER}),
    "open_case": ({S.IN_TRIAGE, S.UNDER_VERIFICATION}, S.LINKED, {R.TRIAGE, R.SUPERVISOR}),
    "link": ({S.IN_TRIAGE}, S.LINKED, {R.TRIAGE, R.SUPERVISOR}),
    "unlink": ({S.LINKED, S.UNDER_VERIFICATION, S.REFERRED, S.CLOSED}, S.IN_TRIAGE, {R.SUPERVISOR}),
    "case_verifies": ({S.LINKED, S.REFERRED}, S.UNDER_VERIFICATION, {R.SUPERVISOR}),
    "share": ({S.LINKED, S.UNDER_VERIFICATION, S.REFERRED}, None, {R.SUPERVISOR}),
    "case_refers": ({S.LINKED, S.UNDER_VERIFICATION}, S.REFERRED, {R.SUPERVISOR}),
    "case_decides": ({S.LINKED, S.UNDER_VERIFICATION, S.REFERRED}, S.OUTCOME_SET, {R.SUPERVISOR}),
    "case_closes_urgent": ({S.FEEDBACK_GIVEN}, S.CLOSED, {R.SUPERVISOR}),
    "case_reopens": ({S.CLOSED}, S.LINKED, {R.SUPERVISOR}),
    "withdraw": (set(OPEN) - {S.RECEIVED}, S.WITHDRAWN, {R.REPORTER}),
    "withdraw_unread": ({S.RECEIVED}, S.WITHDRAWN, {R.REPORTER}),
    "withdraw_urgent": ({S.RECEIVED}, S.WITHDRAWN, {R.REPORTER}),
    "expire": ({S.CLOSED, S.WITHDRAWN}, S.EXPIRED, {R.WORKER}),
    "expire_empty": ({S.WITHDRAWN}, S.EXPIRED, {R.WORKER}),
    "keep_longer": ({S.CLOSED}, None, {R.SUPERVISOR}),
    "lift_interest": (set(S) - {S.EXPIRED}, None, {R.SUPERVISOR}),
}  # fmt: skip
PROPOSERS = {
    "refuse_remit_urgent": {R.TRIAGE},
    "refuse_protected_urgent": {R.TRIAGE},
    "set_outcome": {R.INVESTIGATOR},
    "close_urgent": {R.SUPERVISOR},
    "lift_interest": {R.SUPERVISOR},
}
ONLY_REPORTERS = {"answer", "add", "add_files", "withdraw", "withdraw_unread", "withdraw_urgent"}


def with_role(role: Role) -> Actor:
    """Somebody or something that holds this office alone."""
    programs = {Role.REPORTER: REPORTER, Role.PUBLIC_DOOR: PUBLIC_DOOR, Role.WORKER: WORKER, Role.SETUP: SETUP}
    programs[Role.RECIPIENT] = recipient_of("A" * 20)
    return programs.get(role) or hire(f"only-{role.value}", role)


def papers(reported: Reported) -> TipPapers:
    return TipPapers(ref=reported.ref, k_events=reported.keys.events, keyring=keyring())


def set_state(reported: Reported, state: State) -> Tip:
    """Put the tip into ``state`` behind everybody's back."""
    Tip.objects.filter(ref=reported.ref).update(state=state, outcome=Outcome.SUBSTANTIATED)
    return reported.tip


def approval_for(actor: Actor, step: Step, reported: Reported) -> Proposal | None:
    """Somebody else's proposal that ``actor`` has approved; ``None`` where one person is enough."""
    if not step.four_eyes or actor.staff_id is None:
        return None
    proposer = hire(f"proposer-{new_ref(6)}").require_staff()
    kind, name = step.decided_as or (TIP_LIFE.kind, step.name)
    return Proposal.objects.create(
        ref=new_ref(),
        subject_kind=kind,
        subject_ref=reported.ref,
        step=name,
        payload=b"x",
        state=ProposalState.APPROVED,
        proposer_id=proposer,
        proposed_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
        decider_id=actor.staff_id,
        decided_at=clock.now(),
    )


def later_day(step: Step, reported: Reported) -> date | None:
    """A day to which the answer can be put off, and its clock if none runs yet; ``None`` for other steps."""
    if step.name != "extend_feedback":
        return None
    today = local_today()
    Deadline.objects.get_or_create(
        subject_kind=TIP_LIFE.kind,
        subject_ref=reported.ref,
        clock="feedback",
        defaults={"started_at": clock.now(), "due_at": clock.now() + timedelta(days=1), "due_on": today},
    )
    return today + timedelta(days=110)


def attempt(actor: Actor, step: Step, reported: Reported) -> Any:
    """Take the step with everything that it may need."""
    return take_step(
        actor=actor,
        life=TIP_LIFE,
        subject=reported.tip,
        move=Move(step, reason="because", until=later_day(step, reported)),
        papers=papers(reported),
        approval=approval_for(actor, step, reported),
    )


def traces() -> tuple[int, int, int]:
    return StepRecord.objects.count(), AuditRecord.objects.count(), Pending.objects.count()


def test_the_steps_are_those_of_the_design() -> None:
    now = {step.name: (set(step.sources), step.target) for step in TIP_LIFE.steps}
    assert now == {name: (sources, target) for name, (sources, target, _who) in DESIGN.items()}
    assert len(TIP_LIFE.steps) == len(now), "two steps have one name"


def test_every_state_has_a_face_and_a_plain_word() -> None:
    assert set(FACES) == set(State)
    assert all(face.help and face.plain.label for face in FACES.values())


def test_every_state_can_be_reached_and_every_open_one_can_be_left() -> None:
    reached: set[str] = {State.RECEIVED.value}
    before: set[str] = set()
    while reached != before:
        before = set(reached)
        reached |= {step.target for step in TIP_LIFE.steps if step.target and step.sources & reached}
    assert reached == set(State.values)
    for state in OPEN:
        assert any(state in step.sources and step.target not in (None, state) for step in TIP_LIFE.steps), state


@pytest.mark.parametrize("state", State, ids=lambda state: state.value)
@STEPS
def test_a_step_is_taken_exactly_from_its_states(state: State, step: Step, reported: Reported) -> None:
    set_state(reported, state)
    sources, target, who = DESIGN[step.name]
    actor, before = with_role(sorted(who)[0]), traces()
    if state in sources:
        taken = attempt(actor, step, reported)
        assert taken.state == reported.tip.state == (target or state)
        assert traces()[0] == before[0] + 1
    else:
        with pytest.raises(Conflict):
            attempt(actor, step, reported)
        assert reported.tip.state == state
        assert traces()[0] == before[0]
        assert traces()[2] == before[2]


@STEPS
def test_a_step_is_taken_exactly_by_its_offices(step: Step, reported: Reported) -> None:
    sources, _target, who = DESIGN[step.name]
    start = sorted(sources)[0]
    allowed = set()
    for role in Role:
        set_state(reported, start)
        actor = with_role(role)
        try:
            with transaction.atomic():
                attempt(actor, step, reported)
                allowed.add(role)
                transaction.set_rollback(True)
        except NotPermitted:
            assert reported.tip.state == start
    assert allowed == who


@STEPS
def test_every_step_leaves_who_in_which_office_why_under_which_rule_and_when(
    step: Step, reported: Reported, unlocked_desk: Installation
) -> None:
    sources, target, who = DESIGN[step.name]
    start = sorted(sources)[0]
    set_state(reported, start)
    role = sorted(who)[0]
    actor, begun, public = with_role(role), clock.now(), Pending.objects.count()
    attempt(actor, step, reported)
    record = StepRecord.objects.get()
    assert (record.subject_ref, record.step) == (reported.ref, step.name)
    assert (record.source, record.target) == (start, target or start)
    assert (record.actor, record.role) == (actor.name, role.value)
    assert record.rule == step.rule != ""
    assert selectors.open_reason(reported.ref, bytes(record.reason)) == "because"
    assert b"because" not in bytes(record.reason)
    assert clock.on_the_hour(begun) <= record.at <= clock.now()
    if actor.kind is ActorKind.REPORTER:
        assert (record.at.minute, record.at.second, record.at.microsecond) == (0, 0, 0)
    line = AuditRecord.objects.get(action=f"tip.{step.name}")
    assert (line.actor, line.role, line.subject) == (actor.name, role.value, f"tip:{reported.ref}")
    assert line.detail == {"from": start, "to": target or start, "rule": step.rule}
    assert Pending.objects.count() - public == (0 if step.public_kind is None else 1)
    assert bool(record.proposed_by) is step.four_eyes


@STEPS
@pytest.mark.parametrize("part", ["record_audits", "queue_entry"])
def test_a_step_without_its_traces_is_not_taken(
    step: Step, part: str, reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    if part == "queue_entry" and step.public_kind is None:
        return

    def broken(*_: object, **__: object) -> None:
        raise OSError("no trace can be written")

    sources, _target, who = DESIGN[step.name]
    start = sorted(sources)[0]
    set_state(reported, start)
    actor, history = with_role(sorted(who)[0]), StepRecord.objects.count()
    monkeypatch.setattr(workflow, part, broken)
    with pytest.raises(OSError, match="no trace"):
        attempt(actor, step, reported)
    assert reported.tip.state == start
    assert reported.tip.event_count == 1
    assert StepRecord.objects.count() == history


@pytest.mark.parametrize("step", [step for step in TIP_LIFE.steps if step.needs_reason], ids=lambda step: step.name)
@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_step_that_needs_a_reason_is_not_taken_without_one(step: Step, reason: str, reported: Reported) -> None:
    sources, _target, who = DESIGN[step.name]
    set_state(reported, sorted(sources)[0])
    actor = with_role(sorted(who)[0])
    approval = approval_for(actor, step, reported)
    with pytest.raises(RuleBroken, match="reason"):
        take_step(
            actor=actor,
            life=TIP_LIFE,
            subject=reported.tip,
            move=Move(step, reason=reason),
            papers=papers(reported),
            approval=approval,
        )


@pytest.mark.parametrize("step", [step for step in TIP_LIFE.steps if step.barred_by], ids=lambda step: step.name)
def test_what_a_flag_bars_is_not_taken(step: Step, reported: Reported) -> None:
    """An urgent tip is never ended by one person, and a tip in a case goes where the case goes."""
    sources, _target, who = DESIGN[step.name]
    set_state(reported, sorted(sources)[0])
    Tip.objects.update(**{step.barred_by: True})
    with pytest.raises(Conflict, match="needs another step"):
        attempt(with_role(sorted(who)[0]), step, reported)


@pytest.mark.parametrize("step", [step for step in TIP_LIFE.steps if step.four_eyes], ids=lambda step: step.name)
def test_a_step_for_two_is_refused_with_every_approval_that_does_not_fit(step: Step, reported: Reported) -> None:
    sources, _target, who = DESIGN[step.name]
    set_state(reported, sorted(sources)[0])
    actor = with_role(sorted(who)[0])
    good = approval_for(actor, step, reported)
    assert good is not None

    def refused(approval: Proposal | None) -> None:
        with pytest.raises(NotPermitted):
            take_step(
                actor=actor,
                life=TIP_LIFE,
                subject=reported.tip,
                move=Move(step, reason="because"),
                papers=papers(reported),
                approval=approval,
            )

    refused(None)
    for name, wrong in {
        "state": ProposalState.OPEN,
        **({} if step.decided_as else {"subject_ref": "SOMEBODYELSE"}),
        "subject_kind": "matter",
        "step": "another",
        "decider_id": actor.require_staff() + 1000,
        "proposer_id": actor.staff_id,
    }.items():
        right = getattr(good, name)
        setattr(good, name, wrong)
        refused(good)
        setattr(good, name, right)
    assert take_step(
        actor=actor,
        life=TIP_LIFE,
        subject=reported.tip,
        move=Move(step, reason="because"),
        papers=papers(reported),
        approval=good,
    )


# Invariant 1


def test_no_road_leads_from_received_to_closed_without_somebody_who_read_it() -> None:
    reached: set[str] = {State.RECEIVED.value}
    before: set[str] = set()
    while reached != before:
        before = set(reached)
        for step in TIP_LIFE.steps:
            if step.name != "acknowledge" and step.target and step.sources & reached:
                reached.add(step.target)
    assert State.CLOSED not in reached
    assert reached == {State.RECEIVED, State.WITHDRAWN, State.EXPIRED}
    assert not any(Permission.TIP_ACKNOWLEDGE in ALLOWED[role] for role in NOT_FOR_STAFF)


# Invariant 2


def test_no_program_and_no_timer_can_decide_an_outcome_or_end_a_tip() -> None:
    ends = {step.needs for step in TIP_LIFE.steps if step.target in (State.OUTCOME_SET, State.CLOSED)}
    for role in (Role.WORKER, Role.PUBLIC_DOOR):
        assert not ends & ALLOWED[role]
    assert not {Permission.OUTCOME_PROPOSE, Permission.REMIT_DECIDE} & ALLOWED[Role.WORKER]
    assert "knowingly_false" not in Outcome.values, "knowingly_false needs its own road: see the design"


# Invariant 3


def test_nobody_decides_what_they_proposed(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    both = hire("both", Role.INVESTIGATOR, Role.SUPERVISOR)
    services.propose_outcome(actor=both, tip=reported.tip, outcome="substantiated", reason="Seen.")
    for approve in (True, False):
        with pytest.raises(NotPermitted, match="somebody else"):
            services.decide_proposal(
                actor=both, tip=reported.tip, proposal=waiting(reported.tip), approve=approve, reason="mine"
            )
    assert reported.tip.state == State.UNDER_VERIFICATION
    decided = services.decide_proposal(
        actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=True, reason=""
    )
    assert (decided.state, decided.outcome) == (State.OUTCOME_SET, "substantiated")


def test_the_database_itself_refuses_a_proposal_decided_by_its_proposer(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    proposal = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(decider_id=cast.ivo.staff_id)


def test_one_proposal_waits_at_a_time_and_is_decided_once(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.UNDER_VERIFICATION)
    proposal = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    with pytest.raises(Conflict):
        services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="already_known", reason="No.")
    services.decide_proposal(actor=cast.sam, tip=reported.tip, proposal=proposal, approve=False, reason="Look again.")
    assert reported.tip.state == State.UNDER_VERIFICATION
    with pytest.raises(Conflict):
        services.decide_proposal(actor=cast.lea, tip=reported.tip, proposal=proposal, approve=True, reason="")
    assert services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="already_known", reason="Twice.")


def test_a_proposal_runs_out_and_another_may_be_made(
    cast: Cast, tip_in: Callable[[State], Reported], set_clock: Callable[..., Any]
) -> None:
    stopped = set_clock()
    reported = tip_in(State.UNDER_VERIFICATION)
    old = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    stopped.forward(days=15)
    with pytest.raises(Conflict):
        services.decide_proposal(actor=cast.sam, tip=reported.tip, proposal=old, approve=True, reason="")
    new = services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Still.")
    old.refresh_from_db()
    assert (old.state, new.state) == (ProposalState.EXPIRED, ProposalState.OPEN)


def test_a_proposal_of_another_tip_decides_nothing_here(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    one, other = tip_in(State.UNDER_VERIFICATION), tip_in(State.UNDER_VERIFICATION)
    proposal = services.propose_outcome(actor=cast.ivo, tip=one.tip, outcome="substantiated", reason="Seen.")
    with pytest.raises(Conflict):
        services.decide_proposal(actor=cast.sam, tip=other.tip, proposal=proposal, approve=True, reason="")
    assert other.tip.state == State.UNDER_VERIFICATION


def everything(cast: Cast, actor: Actor, reported: Reported) -> dict[str, Callable[[], object]]:
    """Everything that staff can do with a tip, by ``actor``."""
    tip = reported.tip
    return {
        "acknowledge": lambda: services.acknowledge(actor=actor, tip=tip),
        "flag_urgent": lambda: services.flag_urgent(actor=actor, tip=tip, reason="x"),
        "begin_triage": lambda: services.begin_triage(actor=actor, tip=tip, has_interest=False),
        "declare_interest": lambda: services.declare_interest(actor=actor, tip=tip, has_interest=False),
        "ask_reporter": lambda: services.ask_reporter(actor=actor, tip=tip, text="x"),
        "resume_triage": lambda: services.resume_triage(actor=actor, tip=tip, reason="x"),
        "start_verification": lambda: services.start_verification(actor=actor, tip=tip, legal_basis="x"),
        "propose_outcome": lambda: services.propose_outcome(actor=actor, tip=tip, outcome="substantiated", reason="x"),
        "refuse_remit": lambda: services.refuse_remit(actor=actor, tip=tip, reason="x", door="4"),
        "give_feedback": lambda: services.give_feedback(actor=actor, tip=tip, text="x"),
        "close": lambda: services.close(actor=actor, tip=tip, reason="x"),
        "reopen": lambda: services.reopen(actor=actor, tip=tip, reason="x"),
        "mark_replies_read": lambda: services.mark_replies_read(actor=actor, tip=tip),
        "read_tip": lambda: selectors.read_tip(actor, tip.ref),
        "decide_proposal": lambda: services.decide_proposal(
            actor=actor, tip=tip, proposal=waiting(tip), approve=False, reason="x"
        ),
    }


def test_who_declared_an_interest_sees_nothing_and_does_nothing_with_that_tip(
    cast: Cast, tip_in: Callable[[State], Reported]
) -> None:
    mighty = hire("mighty", *(role for role in Role if role not in NOT_FOR_STAFF))
    reported, other = tip_in(State.UNDER_VERIFICATION), tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    services.declare_interest(actor=mighty, tip=reported.tip, has_interest=True)
    before = (Tip.objects.filter(ref=reported.ref).values().get(), StepRecord.objects.count())
    for name, act in everything(cast, mighty, reported).items():
        try:
            act()
        except (NotPermitted, Tip.DoesNotExist):
            continue
        pytest.fail(f"{name} was possible")
    assert (Tip.objects.filter(ref=reported.ref).values().get(), StepRecord.objects.count()) == before
    assert [tip.ref for tip in inbox(mighty, Wanted())] == [other.ref]
    assert services.propose_outcome(actor=mighty, tip=other.tip, outcome="substantiated", reason="Seen.")


def test_one_persons_interest_shuts_nobody_else_out(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=False)
    services.declare_interest(actor=cast.sam, tip=reported.tip, has_interest=True)
    assert selectors.tips_visible_to(cast.tara).filter(ref=reported.ref).exists()
    assert selectors.tips_visible_to(cast.lea).filter(ref=reported.ref).exists()
    assert not selectors.tips_visible_to(cast.sam).filter(ref=reported.ref).exists()
    assert services.begin_triage(actor=cast.tara, tip=reported.tip, has_interest=False).state == State.IN_TRIAGE


def test_an_interest_is_not_taken_back_by_oneself(cast: Cast, tip_in: Callable[[State], Reported]) -> None:
    reported = tip_in(State.ACKNOWLEDGED)
    services.begin_triage(actor=cast.tara, tip=reported.tip, has_interest=True)
    assert reported.tip.state == State.ACKNOWLEDGED
    with pytest.raises(NotPermitted):
        services.declare_interest(actor=cast.tara, tip=reported.tip, has_interest=False)


# Invariant 4 as far as today's roles reach


@pytest.mark.parametrize(
    "role",
    [Role.ADMINISTRATOR, Role.PAYER, Role.CUSTODIAN, Role.INSPECTOR, Role.PUBLISHER, Role.WORKER, Role.PUBLIC_DOOR],
    ids=lambda role: role.value,
)
def test_who_needs_no_content_reaches_none(role: Role, reported: Reported, unlocked_desk: Installation) -> None:
    actor = with_role(role)
    assert not selectors.tips_visible_to(actor).exists()
    with pytest.raises(NotPermitted):
        selectors.read_tip(actor, reported.ref)
    assert not {Permission.TIP_READ, Permission.TIP_LIST, Permission.MAILBOX_READ} & ALLOWED[role]


def test_the_reporter_reaches_no_list(reported: Reported) -> None:
    assert not selectors.tips_visible_to(REPORTER).exists()


def test_nobody_reads_while_the_desk_is_locked(cast: Cast, reported: Reported) -> None:
    with pytest.raises(Conflict, match="locked"):
        selectors.read_tip(cast.ines, reported.ref)
    with pytest.raises(Conflict, match="locked"):
        services.acknowledge(actor=cast.ines, tip=reported.tip)
    assert reported.tip.state == State.RECEIVED


def test_every_reading_is_in_the_audit_log(cast: Cast, reported: Reported, unlocked_desk: Installation) -> None:
    selectors.read_tip(cast.ines, reported.ref)
    line = AuditRecord.objects.get(action="tip.read")
    assert (line.actor, line.role, line.subject) == (cast.ines.name, "intake", f"tip:{reported.ref}")


# Invariant 7


def test_the_ledger_says_of_a_whole_life_what_happened_and_nothing_else(
    cast: Cast, tip_in: Callable[[State], Reported], unlocked_desk: Installation
) -> None:
    reported = tip_in(State.CLOSED)
    openings = [
        Opening.from_bytes(open_sealed(unlocked_desk.unit_private, bytes(sealed), opening_place()))
        for sealed in Pending.objects.values_list("opening", flat=True)
    ]
    kinds = sorted(opening.event.kind for opening in openings)
    assert kinds == sorted(["received", *["transition"] * 4, "answered", "closed:substantiated"])
    assert {opening.event.tier for opening in openings} == {""}
    assert {opening.event.unit for opening in openings} == {"test-unit"}
    assert reported.tip.event_count == len(openings)


def test_a_tip_knows_at_each_moment_when_the_reporter_hears_next(
    cast: Cast, unlocked_desk: Installation, set_clock: Callable[..., Any]
) -> None:
    set_clock()
    reported = send_report()
    today = clock.now().date()
    assert timedelta(days=6) <= reported.tip.acknowledge_by - today <= timedelta(days=8)
    services.acknowledge(actor=cast.ines, tip=reported.tip)
    assert reported.tip.feedback_by is not None
    assert timedelta(days=88) <= reported.tip.feedback_by - today <= timedelta(days=93)
