"""The custodians' turn: two keys of two people open an identity, which is shown once and stored nowhere."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.attempts import Attempts
from tocsin.access.permissions import Permission
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.services import record_audit
from tocsin.tips import deadlines
from tocsin.tips import identity_life as life
from tocsin.tips import identity_rules as rules
from tocsin.tips.content import contact_text, identity_place
from tocsin.tips.identity_life import half_place, locked
from tocsin.tips.identity_notice import send_notice
from tocsin.tips.models import CustodianSeat, Identity, IdentityRequest, RequestState, SeatState, Tip
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.vault.keyfiles import WrongPassphrase, open_carried_key
from tocsin.vault.opening import CannotOpen, finish_identity, half_fits, half_open_identity
from tocsin.vault.sealing import seal_to
from tocsin.workflow.services import Move

attempts = Attempts(burst=5, seconds=120)


class KeyDoesNotFit(Conflict):
    """The report was sealed to other custodians, or in an order in which this one cannot go first."""

    def __init__(self) -> None:
        super().__init__(
            _("Your key does not fit this report. Perhaps another custodian has to go first. Nothing was opened.")
        )


def agree(*, actor: Actor, request: IdentityRequest, key_file: bytes, passphrase: str) -> str | None:
    """Agree with the own key. ``None`` after the first custodian; after the second, this once, what the reporter left.

    ``key_file``: the content of the custodian's file, held in memory only. The opening is committed with its audit
    line, its leaf for the public ledger and the notice to the reporter before the second key touches the identity.

    Raises ``WrongPassphrase``, ``NotPermitted`` (no seat, a part in the request, an interest, a reader of reports, too
    many tries), ``Conflict`` (no longer waiting, agreed already, a key that does not fit) or ``Locked``.
    """
    actor.require(Permission.IDENTITY_AGREE)
    seat, known = _seat_of(actor), IdentityRequest.objects.select_related("tip").get(pk=request.pk)
    _refuse_unfit(actor, known.tip, known)
    private = _own_key(actor, request, seat, key_file, passphrase)
    try:
        with transaction.atomic():
            tip, fresh = locked(request)
            _refuse_unfit(actor, tip, fresh)
            if not fresh.half_opened:
                _go_first(actor, tip, fresh, private)
                return None
            half = _go_second(actor, tip, fresh, private)
    except CannotOpen:
        _note(actor, request, "identity.key_does_not_fit")
        raise KeyDoesNotFit from None
    return _shown(actor, request, private, half)


def refuse_to_open(*, actor: Actor, request: IdentityRequest, reason: str) -> IdentityRequest:
    """A custodian refuses, with the reason; that ends the request. The one who agreed before may still do so."""
    reason = rules.fitting(reason)
    _seat_of(actor)
    with transaction.atomic():
        _tip, fresh = locked(request)
        rules.refuse_interested(actor, fresh)
        if fresh.first_id != actor.staff_id:
            rules.speak(actor, fresh, approve=False, reason=reason)
        return rules.take(actor, fresh, Move(life.REFUSE_KEY, reason=reason, changes=rules.ended()))


def _seat_of(actor: Actor) -> CustodianSeat:
    if actor.may(Permission.TIP_READ):
        raise NotPermitted(_("You read reports, so you cannot open identities as well. Two other custodians must act."))
    seat = CustodianSeat.objects.filter(staff_id=actor.require_staff(), state=SeatState.HELD).first()
    if seat is None:
        raise NotPermitted(_("No custodian’s key is recorded as yours. Claim it on the page “Custodians” first."))
    return seat


def _refuse_unfit(actor: Actor, tip: Tip, request: IdentityRequest) -> None:
    rules.refuse_unfit(actor, tip, request)
    if request.state != RequestState.ALLOWED:
        raise Conflict(_("A legal officer must find the request lawful first. Nothing was opened."))


def _own_key(actor: Actor, request: IdentityRequest, seat: CustodianSeat, key_file: bytes, passphrase: str) -> bytes:
    attempts.take(actor.name)
    try:
        private = open_carried_key(key_file, passphrase, public=bytes(seat.public))
    except WrongPassphrase:
        _note(actor, request, "identity.key_refused")
        raise
    attempts.forget(actor.name)
    return private


def _go_first(actor: Actor, tip: Tip, request: IdentityRequest, private: bytes) -> None:
    identity = Identity.objects.get(ref=tip.identity_ref)
    rules.speak(actor, request, approve=True)
    half = half_open_identity(private, bytes(identity.wrapped_keys), identity_place(identity.ref))
    sealed = seal_to(keyring().unit_public, half, info=half_place(request.ref))
    rules.take(actor, request, Move(life.FIRST_KEY, changes={"half_opened": sealed, "first_id": actor.staff_id}))


def _go_second(actor: Actor, tip: Tip, request: IdentityRequest, private: bytes) -> bytes:
    """Everything that must stand before the identity is opened; returns what the second key opens."""
    half = unlocked.opener().open_sealed(bytes(request.half_opened), half_place(request.ref))
    decided = rules.speak(actor, request, approve=True)
    if not half_fits(private, half):
        raise CannotOpen
    today = deadlines.local_today()
    told_on = today if request.notice_after is None else None
    changes = {**rules.ended(), "second_id": actor.staff_id, "told_on": told_on}
    opened = rules.take_counted(
        actor=actor, tip=tip, request=request, move=Move(life.OPEN, changes=changes), approval=decided
    )
    rules.note_on_tip(actor, Permission.IDENTITY_AGREE, opened, "tip.identity_opened")
    if told_on is not None:
        send_notice(tip=tip, request=opened, opened_on=today)
    return half


def _shown(actor: Actor, request: IdentityRequest, private: bytes, half: bytes) -> str:
    identity = Identity.objects.get(ref=request.tip.identity_ref)
    try:
        clear = finish_identity(private, bytes(identity.blob), half, identity_place(identity.ref))
    except CannotOpen:
        _note(actor, request, "identity.damaged")
        raise RuleBroken(
            _("The opening is recorded, but what is stored is damaged and shows nothing. Tell the operator.")
        ) from None
    return contact_text(clear)


def _note(actor: Actor, request: IdentityRequest, action: str) -> None:
    role = actor.role_for(Permission.IDENTITY_AGREE).value
    with transaction.atomic():
        record_audit(actor=actor.name, role=role, action=action, subject=f"identity:{request.ref}")
