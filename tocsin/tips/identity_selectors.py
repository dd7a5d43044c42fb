"""What an actor may see of requests for identities and of the custodians' keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.refs import is_ref
from tocsin.ledger.services import record_audit
from tocsin.tips.identity_life import IDENTITY_LIFE, paper_place
from tocsin.tips.models import CustodianSeat, Declaration, IdentityRequest, RequestState, SeatState, Tip
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.workflow.models import StepRecord
from tocsin.workflow.steps import Step


@dataclass(frozen=True)
class Paper:
    """What was written about a request, in clear. ``order``: number of the written order that defers the notice."""

    reason: str
    ground: str
    order: str = ""


@dataclass(frozen=True)
class RequestLine:
    """One step of a request. ``reason`` is empty for those who see the trail alone."""

    step: Step
    actor: str
    role: str
    reason: str
    at: datetime


def requests_visible_to(actor: Actor) -> QuerySet[IdentityRequest]:
    """The requests that ``actor`` may see: all for legal officers and oversight, those that wait for keys for
    custodians, and for everybody those in which they had a part. Never one on a report with an own interest declared.
    """
    if not actor.may(Permission.IDENTITY_LIST):
        return IdentityRequest.objects.none()
    shut_out = Declaration.objects.filter(staff_id=actor.require_staff(), has_interest=True).values("tip_id")
    rows = IdentityRequest.objects.exclude(state=RequestState.DRAFT).exclude(tip_id__in=shut_out)
    if actor.may(Permission.IDENTITY_OVERSEE) or actor.may(Permission.IDENTITY_ALLOW):
        return rows
    taken = StepRecord.objects.filter(subject_kind=IDENTITY_LIFE.kind, actor=actor.name).values("subject_ref")
    mine = Q(ref__in=taken)
    if actor.may(Permission.IDENTITY_AGREE):
        mine |= Q(state=RequestState.ALLOWED)
    return rows.filter(mine)


def request_visible_to(actor: Actor, ref: str) -> IdentityRequest:
    """The request with this handle. Raises ``IdentityRequest.DoesNotExist``, also for what ``actor`` may not see."""
    if not is_ref(ref):
        raise IdentityRequest.DoesNotExist
    return requests_visible_to(actor).select_related("tip", "requester").get(ref=ref)


@dataclass(frozen=True)
class RequestPage:
    """One page of the list; ``next_after`` names the request behind which the next page begins."""

    requests: Sequence[IdentityRequest]
    next_after: str


def request_page(actor: Actor, *, state: str, after: str, size: int) -> RequestPage:
    """``size`` visible requests behind the request ``after``, newest first; ``state`` narrows them to one state."""
    rows = requests_visible_to(actor).select_related("tip", "requester").order_by("-id")
    if state in RequestState.values:
        rows = rows.filter(state=state)
    last = requests_visible_to(actor).filter(ref=after).first() if is_ref(after) else None
    if last is not None:
        rows = rows.filter(id__lt=last.pk)
    found = list(rows[: size + 1])
    return RequestPage(found[:size], found[size - 1].ref if len(found) > size else "")


def requests_about(actor: Actor, tip: Tip) -> Sequence[IdentityRequest]:
    """The requests on ``tip``, newest first, for those who may ask themselves; without their papers."""
    if not actor.may(Permission.IDENTITY_REQUEST):
        return []
    rows = IdentityRequest.objects.filter(tip=tip).exclude(state=RequestState.DRAFT)
    return list(rows.select_related("requester").order_by("-id"))


def counts_by_state(actor: Actor) -> dict[str, int]:
    """How many visible requests stand in each state."""
    rows = requests_visible_to(actor).order_by().values("state").annotate(n=Count("id"))
    return {row["state"]: row["n"] for row in rows}


def reads_papers(actor: Actor) -> bool:
    """Whether ``actor`` may read what was written about the requests that they see; oversight sees the trail alone."""
    permissions = (Permission.IDENTITY_REQUEST, Permission.IDENTITY_ALLOW, Permission.IDENTITY_AGREE)
    return any(actor.may(permission) for permission in permissions)


def read_paper(actor: Actor, request: IdentityRequest) -> Paper:
    """Reason and legal ground in clear; the reading goes to the audit log.

    Raises ``NotPermitted`` for oversight, ``IdentityRequest.DoesNotExist`` for what ``actor`` may not see, ``Locked``
    while the desk is locked.
    """
    seen = requests_visible_to(actor).get(pk=request.pk)
    permission = next(
        (each for each in (Permission.IDENTITY_ALLOW, Permission.IDENTITY_AGREE) if actor.may(each)),
        Permission.IDENTITY_REQUEST,
    )
    role = actor.role_for(permission).value
    told = json.loads(_opened(seen.ref, bytes(seen.paper)))
    with transaction.atomic():
        record_audit(actor=actor.name, role=role, action="identity.read", subject=f"identity:{seen.ref}")
    return Paper(told["reason"], told["ground"], told.get("order", ""))


def request_history(actor: Actor, request: IdentityRequest) -> list[RequestLine]:
    """The steps of a request in order, with their reasons where ``actor`` may read them and the desk is unlocked."""
    seen = requests_visible_to(actor).get(pk=request.pk)
    opens = reads_papers(actor) and unlocked.is_unlocked()
    return [
        RequestLine(
            step=IDENTITY_LIFE.step(record.step),
            actor=record.actor,
            role=record.role,
            reason=_opened(seen.ref, bytes(record.reason)) if opens else "",
            at=record.at,
        )
        for record in StepRecord.objects.filter(subject_kind=IDENTITY_LIFE.kind, subject_ref=seen.ref).order_by("id")
    ]


def _opened(ref: str, blob: bytes) -> str:
    return unlocked.opener().open_sealed(blob, paper_place(ref)).decode() if blob else ""


def seats_visible_to(actor: Actor) -> QuerySet[CustodianSeat]:
    """Who holds, claims or held which key; the names are no secret among those who keep them."""
    if not actor.may(Permission.SEAT_LIST):
        return CustodianSeat.objects.none()
    return CustodianSeat.objects.exclude(state=SeatState.NEW)


@dataclass(frozen=True)
class KeySlot:
    """One custodian's key of the keyring and its present holder, if there is one."""

    name: str
    holder: CustodianSeat | None
    claims: Sequence[CustodianSeat]


def key_slots(actor: Actor) -> list[KeySlot]:
    """Every key of the keyring with its holder and the claims that wait."""
    live = seats_visible_to(actor).filter(state__in=[SeatState.HELD, SeatState.CLAIMED]).select_related("staff")
    seats = list(live.order_by("id"))
    return [
        KeySlot(
            name,
            next((seat for seat in seats if seat.slot == name and seat.state == SeatState.HELD), None),
            [seat for seat in seats if seat.slot == name and seat.state == SeatState.CLAIMED],
        )
        for name in sorted(keyring().custodians)
    ]


def own_seat(actor: Actor) -> CustodianSeat | None:
    """The seat that this person holds or claims."""
    live = [SeatState.CLAIMED, SeatState.HELD]
    return CustodianSeat.objects.filter(staff_id=actor.require_staff(), state__in=live).first()
