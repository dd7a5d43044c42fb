"""Who holds which custodian's key: claimed with the key by one person, confirmed by another one."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.services import record_audit
from tocsin.tips import identity_rules as rules
from tocsin.tips import seat_life as life
from tocsin.tips.identity_life import RequestPapers
from tocsin.tips.identity_opening import attempts
from tocsin.tips.models import CustodianSeat, SeatState
from tocsin.tips.seat_life import SEAT_LIFE
from tocsin.vault.installed import keyring
from tocsin.vault.keyfiles import WrongPassphrase, open_carried_key
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import decide, propose, waiting_proposal
from tocsin.workflow.services import Move, take_step

TAKEN = frozenset({SeatState.NEW, SeatState.CLAIMED, SeatState.HELD})


def claim_seat(*, actor: Actor, slot: str, key_file: bytes, passphrase: str) -> CustodianSeat:
    """Say that the key ``slot`` of the keyring is the own one, and show it by opening it. Somebody else confirms.

    Raises ``WrongPassphrase``, ``Conflict`` when the key has a holder or the person has a key, ``RuleBroken`` for an
    unknown name, ``NotPermitted`` for people who read reports and after too many tries.
    """
    actor.require(Permission.IDENTITY_AGREE)
    if actor.may(Permission.TIP_READ):
        raise NotPermitted(_("You read reports, so you cannot be a custodian as well."))
    public = keyring().custodians.get(slot)
    if public is None:
        raise RuleBroken(_("Choose one of the names. Nothing was changed."))
    _open_own(actor, public, key_file, passphrase)
    with transaction.atomic():
        seat = _new_seat(actor.require_staff(), slot, public)
        claimed = _take(actor, seat, Move(life.CLAIM))
        propose(actor=actor, life=SEAT_LIFE, subject=claimed, step=life.CONFIRM, payload=b"")
    return claimed


def decide_claim(*, actor: Actor, seat: CustodianSeat, approve: bool, reason: str) -> CustodianSeat:
    """Confirm that the key was handed to the person who claims it, or refuse, with the reason."""
    reason = "" if approve else rules.fitting(reason)
    with transaction.atomic():
        fresh = _locked(seat)
        proposal = _waiting_in(fresh)
        sealed = RequestPapers(fresh.ref).seal(reason)
        decided = decide(actor=actor, life=SEAT_LIFE, proposal=proposal, approve=approve, reason=sealed)
        if not approve:
            return _take(actor, fresh, Move(life.REFUSE_CLAIM, reason=reason, changes=_ended()))
        if CustodianSeat.objects.filter(slot=fresh.slot, state=SeatState.HELD).exists():
            raise Conflict(_("This key has a holder already. End that seat first."))
        return _take(actor, fresh, Move(life.CONFIRM), decided)


def end_seat(*, actor: Actor, seat: CustodianSeat, reason: str) -> CustodianSeat:
    """End a seat: the holder gives it back, or somebody who confirms seats ends it. This opens nothing."""
    reason = rules.fitting(reason)
    with transaction.atomic():
        fresh = _locked(seat)
        step = life.LEAVE if fresh.staff_id == actor.require_staff() else life.END_SEAT
        return _take(actor, fresh, Move(step, reason=reason, changes=_ended()))


def appoint_custodian(*, actor: Actor, staff: Staff, slot: str) -> CustodianSeat:
    """Record the holder of a key while an installation is made: its custodians typed their passphrases just now."""
    actor.require(Permission.SEAT_APPOINT)
    with transaction.atomic():
        seat = _new_seat(staff.pk, slot, keyring().custodians[slot])
        return _take(actor, seat, Move(life.APPOINT))


def _new_seat(staff_id: int, slot: str, public: bytes) -> CustodianSeat:
    """A new seat. Raises ``Conflict`` when key or person has one already."""
    Staff.objects.select_for_update().get(pk=staff_id)  # two claims of one person come one after the other
    if CustodianSeat.objects.filter(staff_id=staff_id, state__in=TAKEN).exists():
        raise Conflict(_("You hold or claim a custodian’s key already. Nobody holds two."))
    if CustodianSeat.objects.filter(slot=slot, state=SeatState.HELD).exists():
        raise Conflict(_("This key has a holder already. End that seat first."))
    return CustodianSeat.objects.create(
        ref=new_ref(), slot=slot, public=public, staff_id=staff_id, claimed_at=clock.now()
    )


def _open_own(actor: Actor, public: bytes, key_file: bytes, passphrase: str) -> None:
    attempts.take(actor.name)
    try:
        open_carried_key(key_file, passphrase, public=public)
    except WrongPassphrase:
        role = actor.role_for(Permission.IDENTITY_AGREE).value
        with transaction.atomic():
            record_audit(actor=actor.name, role=role, action="custodian.key_refused")
        raise
    attempts.forget(actor.name)


def _locked(seat: CustodianSeat) -> CustodianSeat:
    """The seat as it stands now, locked with every other one of the same key: one confirmation at a time."""
    found = {row.pk: row for row in CustodianSeat.objects.select_for_update().filter(slot=seat.slot).order_by("pk")}
    return found[seat.pk]


def _waiting_in(seat: CustodianSeat) -> Proposal:
    proposal = waiting_proposal(life=SEAT_LIFE, subject_ref=seat.ref)
    if proposal is None:
        raise Conflict(_("This claim no longer waits. Nothing was changed."))
    return proposal


def _take(actor: Actor, seat: CustodianSeat, move: Move, approval: Proposal | None = None) -> CustodianSeat:
    papers = RequestPapers(seat.ref)
    taken: CustodianSeat = take_step(
        actor=actor, life=SEAT_LIFE, subject=seat, move=move, papers=papers, approval=approval
    )
    return taken


def _ended() -> dict[str, object]:
    return {"ended_at": clock.now()}
