"""The shortest use of each service about a tip's marks, notes, orders and end."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from tests.architecture.case_stories import Story, TipIn
from tests.people import Cast, hire
from tests.stories import case_of
from tocsin.access.actors import RETENTION, WORKER
from tocsin.access.permissions import Role
from tocsin.cases import ending, opening, outcome
from tocsin.cases.models import Case
from tocsin.common import clock
from tocsin.ledger.models import AuditRecord
from tocsin.tips import discarding, expiry, handoff, hold_steps, holds, last_days, mailbox, notes, recusal, services
from tocsin.tips.deadlines import local_today
from tocsin.tips.hold_workflow import HOLD_LIFE, RUN_OUT
from tocsin.tips.models import LegalHold, Tip
from tocsin.tips.workflow import State
from tocsin.vault import retention
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal

TIP_MODULES = (ending, discarding, handoff, holds, hold_steps, last_days, expiry, notes, recusal)
TIP_READINGS = {
    "discarding.carry_out_refusal": "the second half of an approval, which leaves the line",
    "ending.empty_referrals_of": "part of a destruction, which leaves its line; it leaves one for each text",
    "expiry.due_tips": "which tips are due",
    "expiry.expire_tip": "one tip of a round; the step leaves the line",
    "handoff.is_hand_off_overdue": "whether a date has passed",
    "handoff.bodies_of": "the emergency bodies of the rules",
    "holds.hold_visible_to": "one order, or none",
    "holds.holds_in_force": "a list of orders",
    "holds.holds_visible_to": "which orders an actor may see",
    "holds.orders_in_clear": "a reading; it leaves its line",
    "holds.open_order": "a sealed text in clear, for readers that leave a line",
    "holds.read_hold": "a reading; it leaves its line",
    "last_days.expiring_soon": "a list",
    "notes.notes_of": "notes in clear, for a reader that leaves a line",
    "recusal.carry_out_lifting": "the second half of an approval, which leaves the line",
    "recusal.has_recusals": "whether somebody stepped out",
    "recusal.recusals_of": "who stepped out and who is left",
}


def _asked(cast: Cast, at: TipIn, *, begun: bool = False) -> LegalHold:
    rosa = hire("rosa", Role.RIGHTS_OFFICER)
    hold = holds.ask_hold(
        actor=rosa,
        handle=at(State.CLOSED).ref,
        order="17 Gs 4/31",
        ends_on=local_today() + timedelta(days=9),
        reason="x",
    )
    return _agreed(cast, hold) if begun else hold


def _waiting(hold: LegalHold) -> Proposal:
    found = waiting_proposal(life=HOLD_LIFE, subject_ref=hold.ref)
    assert found is not None
    return found


def _agreed(cast: Cast, hold: LegalHold) -> LegalHold:
    return holds.decide_hold(actor=cast.sam, hold=hold, proposal=_waiting(hold), approve=True, reason="")


def _left(cast: Cast, at: TipIn) -> object:
    hold = _asked(cast, at)
    return holds.leave_hold(actor=cast.sam, hold=hold, proposal=_waiting(hold), reason="I know them.")


def _due_hold(cast: Cast, at: TipIn) -> object:
    _asked(cast, at, begun=True)
    LegalHold.objects.update(ends_on=local_today() - timedelta(days=1))
    return hold_steps.end_due_holds(actor=WORKER)


def _due(at: TipIn) -> None:
    at(State.CLOSED)
    Tip.objects.update(expires_on=local_today())


def _expired_by_desk(_cast: Cast, at: TipIn) -> object:
    _due(at)
    return last_days.expire_with_key(actor=RETENTION)


def _expired_by_worker(_cast: Cast, at: TipIn) -> object:
    _due(at)
    return expiry.expire_overdue(actor=WORKER)


def _ended_month(_cast: Cast, at: TipIn) -> object:
    """A month of its own, whose key no other test needs."""
    reported = at(State.RECEIVED)
    mailbox.withdraw(keys=reported.keys)
    retention.make_month_keys(settings.TOCSIN_PUBLIC_KEYS, settings.TOCSIN_RETENTION_KEYS, months=["2020-01"])
    Tip.objects.update(retention_id="2020-01")
    assert clock.now().year > 2020
    folders = {"public_dir": settings.TOCSIN_PUBLIC_KEYS, "private_dir": settings.TOCSIN_RETENTION_KEYS}
    assert expiry.end_months(actor=WORKER, **folders) == ["2020-01"]
    return AuditRecord.objects.get(action="retention.key_destroy")


def _ended_case(cast: Cast, at: TipIn) -> object:
    reported = at(State.LINKED)
    case = case_of(reported)
    opening.take_out_tip(actor=cast.sam, case=case, tip=reported.tip, reason="x")
    outcome.close_case(actor=cast.sam, case=case, reason="x")
    Case.objects.update(closed_on=local_today() - timedelta(days=400))
    return ending.end_cases(actor=WORKER)


def _corrected(cast: Cast, at: TipIn) -> object:
    tip = at(State.RECEIVED).tip
    first = notes.add_note(actor=cast.ines, tip=tip, text="x")
    return notes.correct_note(actor=cast.ines, tip=tip, note_ref=first.note_ref, version=1, text="y")


def _lifting(cast: Cast, at: TipIn) -> object:
    tip = at(State.ACKNOWLEDGED).tip
    services.declare_interest(actor=cast.tara, tip=tip, has_interest=True)
    return recusal.propose_lifting(actor=cast.sam, tip=tip, staff=cast.tara.ref, reason="x")


TIP_STORIES: dict[str, Story] = {
    "discarding.refuse_protected": lambda c, at: discarding.refuse_protected(
        actor=c.tara, tip=at(State.IN_TRIAGE).tip, ground="0"
    ),
    "handoff.hand_off": lambda c, at: handoff.hand_off(
        actor=c.ines, tip=at(State.RECEIVED).tip, body="000-0001", said="x"
    ),
    "holds.ask_hold": _asked,
    "holds.ask_to_end_hold": lambda c, at: holds.ask_to_end_hold(
        actor=c.sam, hold=_asked(c, at, begun=True), reason="x"
    ),
    "holds.decide_hold": lambda c, at: _asked(c, at, begun=True),
    "holds.leave_hold": _left,
    "hold_steps.take_hold_step": lambda c, at: hold_steps.take_hold_step(
        actor=WORKER, hold=_asked(c, at, begun=True), step=RUN_OUT
    ),
    "hold_steps.end_due_holds": _due_hold,
    "last_days.keep_longer": lambda c, at: last_days.keep_longer(
        actor=c.sam, tip=at(State.CLOSED).tip, until=local_today() + timedelta(days=9), reason="x"
    ),
    "last_days.expire_with_key": _expired_by_desk,
    "expiry.expire_overdue": _expired_by_worker,
    "expiry.end_months": _ended_month,
    "ending.end_cases": _ended_case,
    "notes.add_note": lambda c, at: notes.add_note(actor=c.ines, tip=at(State.RECEIVED).tip, text="x"),
    "notes.correct_note": _corrected,
    "recusal.propose_lifting": _lifting,
}
