"""Opening an identity: asked for with a reason, agreed by two custodians, shown once and stored nowhere."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.attempts import Attempts
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.services import queue_entry
from tocsin.tips import deadlines
from tocsin.tips.content import clean_text, identity_place
from tocsin.tips.identity_life import WAITING, note, send_notice, set_state
from tocsin.tips.models import Declaration, Identity, IdentityRequest, RequestState, Tip
from tocsin.tips.papers import TipPapers
from tocsin.tips.selectors import content_of, tips_visible_to
from tocsin.vault.installed import keyring
from tocsin.vault.keyfiles import WrongPassphrase, open_carried_key
from tocsin.vault.opening import CannotOpen, finish_identity, half_open_identity

REQUEST_LIFETIME = timedelta(days=14)
LONGEST_DEFERRAL = timedelta(days=180)
LONGEST_REASON = 4_000
attempts = Attempts(burst=6, seconds=60)


@dataclass(frozen=True)
class Order:
    """A written order that defers the notice to the reporter until ``ends_on``."""

    number: str
    ends_on: date


def request_identity(
    *, actor: Actor, tip: Tip, reason: str, ground: str, order: Order | None = None
) -> IdentityRequest:
    """Ask two custodians to open the identity of ``tip``. Raises ``Conflict`` when a request already waits."""
    role = actor.role_for(Permission.IDENTITY_REQUEST)
    reason, ground = _text(reason), _text(ground)
    _check_order(order)
    if not tips_visible_to(actor).filter(pk=tip.pk).exists():
        raise NotPermitted(_("You have no access to this report."))
    sealed = _papers(tip).seal(json.dumps({"reason": reason, "ground": ground}, ensure_ascii=False))
    with transaction.atomic():
        fresh = Tip.objects.select_for_update().get(pk=tip.pk)
        for old in IdentityRequest.objects.filter(tip=fresh, state__in=WAITING, expires_at__lte=clock.now()):
            set_state(old, RequestState.EXPIRED, actor=actor, role=role.value)
        if IdentityRequest.objects.filter(tip=fresh, state__in=WAITING).exists():
            raise Conflict(_("A request for this identity is already waiting. Nothing was changed."))
        asked = IdentityRequest(
            tip=fresh,
            ref=new_ref(),
            reason=sealed,
            requester_id=actor.require_staff(),
            asked_at=clock.now(),
            expires_at=clock.now() + REQUEST_LIFETIME,
            order_number=order.number if order else "",
            notice_on=order.ends_on if order else None,
        )
        set_state(asked, RequestState.ASKED, actor=actor, role=role.value)
    return asked


def requests_visible_to(actor: Actor) -> QuerySet[IdentityRequest]:
    """The requests on which ``actor`` may decide now: never their own, none with an own interest declared."""
    if not actor.may(Permission.IDENTITY_AGREE):
        return IdentityRequest.objects.none()
    staff = actor.require_staff()
    shut_out = Declaration.objects.filter(staff_id=staff, has_interest=True).values("tip_id")
    waiting = IdentityRequest.objects.filter(state__in=WAITING, expires_at__gt=clock.now())
    return waiting.exclude(requester_id=staff).exclude(tip_id__in=shut_out).order_by("id")


def agree(*, actor: Actor, request: IdentityRequest, key_file: bytes, passphrase: str) -> str | None:
    """Agree with the own key. ``None`` after the first custodian; the identity, this once, after the second.

    Raises ``WrongPassphrase``, ``NotPermitted`` (own request, own interest, agreed already, too many tries) or
    ``Conflict`` (no longer waiting, or a key that does not fit); then nothing was opened.
    """
    role = actor.role_for(Permission.IDENTITY_AGREE).value
    _waiting_for(actor, request)
    private = _own_key(actor, request, role, key_file, passphrase)
    try:
        with transaction.atomic():
            tip = Tip.objects.select_for_update().get(pk=request.tip_id)
            fresh = _waiting_for(actor, IdentityRequest.objects.select_for_update().get(pk=request.pk))
            identity, place = Identity.objects.get(ref=tip.identity_ref), identity_place(tip.identity_ref)
            if fresh.state == RequestState.ASKED:
                fresh.first_id = actor.require_staff()
                fresh.half_opened = half_open_identity(private, bytes(identity.wrapped_keys), place)
                set_state(fresh, RequestState.FIRST_AGREED, actor=actor, role=role)
                return None
            clear = finish_identity(private, bytes(identity.blob), bytes(fresh.half_opened), place)
            fresh.second_id = actor.require_staff()
            set_state(fresh, RequestState.OPENED, actor=actor, role=role)
            _write_leaf(fresh, tip, "identity-opened")
            if fresh.notice_on is None:
                send_notice(fresh)
    except CannotOpen:
        with transaction.atomic():
            note(request, "key_refused", actor=actor, role=role)
        raise Conflict(
            _("Your key does not fit here. Perhaps another custodian has to be first. Nothing was opened.")
        ) from None
    return clear.decode()


def refuse(*, actor: Actor, request: IdentityRequest, reason: str) -> IdentityRequest:
    """Refuse a request, with the reason. Either custodian may, also the one who agreed before."""
    role = actor.role_for(Permission.IDENTITY_AGREE).value
    reason = _text(reason)
    with transaction.atomic():
        tip = Tip.objects.select_for_update().get(pk=request.tip_id)
        fresh = _waiting_for(actor, IdentityRequest.objects.select_for_update().get(pk=request.pk), refusing=True)
        fresh.refusal = _papers(tip).seal(reason)
        set_state(fresh, RequestState.REFUSED, actor=actor, role=role)
        _write_leaf(fresh, tip, "transition")
    return fresh


def _waiting_for(actor: Actor, request: IdentityRequest, *, refusing: bool = False) -> IdentityRequest:
    staff = actor.require_staff()
    if request.requester_id == staff:
        raise NotPermitted(_("You asked for this, so two other people must decide it."))
    if Declaration.objects.filter(tip_id=request.tip_id, staff_id=staff, has_interest=True).exists():
        raise NotPermitted(_("You have no access to this report."))
    if request.state not in WAITING or request.expires_at <= clock.now():
        raise Conflict(_("This request no longer waits. Nothing was changed."))
    if request.first_id == staff and not refusing:
        raise NotPermitted(_("You agreed already. A second custodian must agree too."))
    return request


def _own_key(actor: Actor, request: IdentityRequest, role: str, key_file: bytes, passphrase: str) -> bytes:
    attempts.take(actor.name)
    try:
        private = open_carried_key(key_file, passphrase)
    except WrongPassphrase:
        with transaction.atomic():
            note(request, "wrong_passphrase", actor=actor, role=role)
        raise
    attempts.forget(actor.name)
    return private


def _papers(tip: Tip) -> TipPapers:
    return TipPapers(ref=tip.ref, k_events=content_of(tip).k_events, keyring=keyring())


def _write_leaf(request: IdentityRequest, tip: Tip, kind: str) -> None:
    told = [request.ref, request.state, request.requester_id, request.first_id, request.second_id]
    digest = hashlib.sha256(json.dumps([*told, hashlib.sha256(bytes(request.reason)).hexdigest()]).encode()).digest()
    leaf, opening = _papers(tip).public_entry(tip, kind, digest)
    queue_entry(leaf=leaf, opening=opening)
    tip.save(update_fields=["event_count"])


def _check_order(order: Order | None) -> None:
    if order is None:
        return
    today = deadlines.local_today()
    if not order.number.strip() or len(order.number) > 64 or not today < order.ends_on <= today + LONGEST_DEFERRAL:
        raise RuleBroken(_("A written order needs its number and an end within 180 days. Nothing was asked."))


def _text(text: str) -> str:
    text = clean_text(text)
    if not text or len(text) > LONGEST_REASON:
        raise RuleBroken(_("Write down the reason in at most 4,000 characters. Nothing was changed."))
    return text
