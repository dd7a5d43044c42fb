"""Asking who a reporter is, and the legal check. Two custodians open it: see ``identity_opening``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import WORKER, Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.common.refs import new_ref
from tocsin.ledger.services import record_audit
from tocsin.tips import deadlines
from tocsin.tips import identity_life as life
from tocsin.tips import identity_rules as rules
from tocsin.tips.content import clean_text
from tocsin.tips.identity_life import IDENTITY_LIFE, WAITING, RequestPapers, locked
from tocsin.tips.models import Declaration, IdentityRequest, RequestState, Tip
from tocsin.tips.selectors import tips_visible_to
from tocsin.vault import unlocked
from tocsin.workflow.proposals import PROPOSAL_LIFETIME, propose
from tocsin.workflow.services import Move

LONGEST_DEFERRAL = timedelta(days=180)
LONGEST_NUMBER = 100


@dataclass(frozen=True)
class Order:
    """A written order that forbids to tell the reporter before ``ends_on`` is over."""

    number: str
    ends_on: date


def request_identity(
    *, actor: Actor, tip: Tip, reason: str, ground: str, order: Order | None = None
) -> IdentityRequest:
    """Ask who the reporter of ``tip`` is. The request goes to the legal check, and the ledger has it from now on.

    Raises ``Conflict`` when a request waits already or the report was taken back, ``RuleBroken`` without reason or
    legal ground or with an order that is none, ``Locked`` while the desk is locked.
    """
    actor.require(Permission.IDENTITY_REQUEST)
    written = {"reason": rules.fitting(reason), "ground": rules.fitting(ground), **_order_in_words(order)}
    if not tips_visible_to(actor).filter(pk=tip.pk).exists():
        raise NotPermitted(_("You have no access to this report."))
    with transaction.atomic():
        fresh = Tip.objects.select_for_update().get(pk=tip.pk)
        rules.refuse_ended(fresh)
        _refuse_second(fresh)
        ref, moment = new_ref(), clock.now()
        draft = IdentityRequest.objects.create(
            tip=fresh,
            ref=ref,
            paper=RequestPapers(ref).seal(json.dumps(written, ensure_ascii=False)),
            requester_id=actor.require_staff(),
            asked_at=moment,
            expires_at=moment + PROPOSAL_LIFETIME,
            notice_after=order.ends_on if order else None,
        )
        asked = rules.take_counted(actor=actor, tip=fresh, request=draft, move=Move(life.ASK, reason=written["reason"]))
        propose(actor=actor, life=IDENTITY_LIFE, subject=asked, step=life.ALLOW, payload=b"")
        rules.note_on_tip(actor, Permission.IDENTITY_REQUEST, asked, "tip.identity_asked")
    return asked


def allow_request(*, actor: Actor, request: IdentityRequest, reason: str) -> IdentityRequest:
    """The legal check found the request lawful: two custodians may open it now. ``reason`` says why.

    Raises ``NotPermitted`` for the asker and for people with an interest, ``Conflict`` when it no longer waits for
    this, ``Locked`` while nobody could have read it.
    """
    reason = rules.fitting(reason)
    with transaction.atomic():
        tip, fresh = locked(request)
        rules.refuse_unfit(actor, tip, fresh)
        unlocked.opener()
        decided = rules.speak(actor, fresh, approve=True, reason=reason)
        changes = {"officer_id": actor.require_staff(), "expires_at": clock.now() + PROPOSAL_LIFETIME}
        allowed = rules.take(actor, fresh, Move(life.ALLOW, reason=reason, changes=changes), decided)
        propose(actor=actor, life=IDENTITY_LIFE, subject=allowed, step=life.OPEN, payload=b"")
    return allowed


def refuse_request(*, actor: Actor, request: IdentityRequest, reason: str) -> IdentityRequest:
    """The legal check refuses the request, or stops one that it had allowed; either ends it. ``reason`` says why."""
    reason = rules.fitting(reason)
    with transaction.atomic():
        _tip, fresh = locked(request)
        rules.refuse_interested(actor, fresh)
        step = life.REFUSE
        if fresh.state == RequestState.ALLOWED:
            step = life.STOP
        else:
            rules.speak(actor, fresh, approve=False, reason=reason)
        return rules.take(actor, fresh, Move(step, reason=reason, changes=rules.ended()))


def cancel_request(*, actor: Actor, request: IdentityRequest, reason: str) -> IdentityRequest:
    """Whoever asked takes the request back."""
    reason = rules.fitting(reason)
    with transaction.atomic():
        _tip, fresh = locked(request)
        if fresh.requester_id != actor.require_staff():
            raise NotPermitted(_("Only the person who asked can take the request back."))
        return rules.take(actor, fresh, Move(life.CANCEL, reason=reason, changes=rules.ended()))


@transaction.atomic
def declare_interest(*, actor: Actor, request: IdentityRequest, has_interest: bool) -> None:
    """Say whether there is an own interest in the report behind ``request``. With one the person is shut out of it.

    For those who decide without reading reports. An interest, once declared, is not taken back by oneself.
    """
    permission = Permission.IDENTITY_AGREE if actor.may(Permission.IDENTITY_AGREE) else Permission.IDENTITY_ALLOW
    role = actor.role_for(permission).value
    tip, fresh = locked(request)
    rules.refuse_interested(actor, fresh)
    Declaration.objects.update_or_create(
        tip=tip, staff_id=actor.require_staff(), defaults={"has_interest": has_interest, "declared_at": clock.now()}
    )
    detail = {"has_interest": str(has_interest).lower()}
    record_audit(
        actor=actor.name, role=role, action="identity.declare_interest", subject=f"identity:{fresh.ref}", detail=detail
    )


def _refuse_second(tip: Tip) -> None:
    """Raise ``Conflict`` while a request waits on ``tip``; one that ran out is ended first."""
    for known in IdentityRequest.objects.filter(tip=tip, state__in=WAITING):
        if known.expires_at > clock.now():
            raise Conflict(_("A request for this identity is waiting already. Nothing was asked."))
        rules.take(WORKER, known, Move(life.LAPSE, changes=rules.ended()))


def _order_in_words(order: Order | None) -> dict[str, str]:
    if order is None:
        return {}
    number, today = clean_text(order.number), deadlines.local_today()
    if not number or len(number) > LONGEST_NUMBER or not today <= order.ends_on <= today + LONGEST_DEFERRAL:
        raise RuleBroken(
            _("A written order needs its number, and a last day from today to 180 days ahead. Nothing was asked.")
        )
    return {"order": number, "order_ends": order.ends_on.isoformat()}
