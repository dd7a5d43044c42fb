"""What the reporter is told of an opening, and what time does to requests. Opens nothing, so the worker may load it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.refs import new_ref
from tocsin.policy.active import get_pack
from tocsin.policy.clocks import local_day
from tocsin.tips import deadlines
from tocsin.tips.content import message_place
from tocsin.tips.identity_life import IDENTITY_LIFE, LAPSE, TELL, WAITING, RequestPapers, locked
from tocsin.tips.models import IdentityRequest, MessageKind, RequestState, Tip, TipMessage
from tocsin.tips.workflow import State
from tocsin.ui.templatetags.ui import plain_date
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_message
from tocsin.workflow.services import Move, take_step

logger = logging.getLogger(__name__)
Part = Callable[[Actor, Tip, IdentityRequest], bool]


NOTICE = gettext_lazy(
    "On %(day)s two custodians of this office opened what you had left as your name and contact. Somebody had asked "
    "for it with a written reason, and a second person had found it lawful. The public ledger shows it too. You can "
    "ask us here why it was done."
)
DEFERRED = gettext_lazy("A written order did not allow us to tell you sooner.")


def notice_text(opened_on: date, *, deferred: bool) -> str:
    """The notice in every language of the public door, because nobody knows which one the reporter reads."""
    texts: dict[str, str] = {}
    for code in get_pack().languages:
        with translation.override(code):
            wording = f"{NOTICE} {DEFERRED}" if deferred else str(NOTICE)
            texts.setdefault(wording, wording % {"day": plain_date(opened_on)})
    return "\n\n".join(texts.values())


def send_notice(*, tip: Tip, request: IdentityRequest, opened_on: date) -> None:
    """Put the notice into the mailbox of ``tip``. The caller notes the day on the request and leaves the trace."""
    ref, text = new_ref(), notice_text(opened_on, deferred=request.notice_after is not None)
    TipMessage.objects.create(
        tip=tip,
        ref=ref,
        kind=MessageKind.NOTICE,
        blob=seal_message(
            text.encode(), recipients=[bytes(tip.mail_public), keyring().unit_public], place=message_place(ref)
        ),
        written_hour=clock.on_the_hour(clock.now()),
        staff_id=request.requester_id,
    )


def end_requests(*, actor: Actor) -> int:
    """The worker's round: let run out what waited too long or lost its report; send the notices whose order has ended.

    Returns how many were done. Each is a transaction of its own, and one that fails is logged and left for the next
    round: it keeps no other one waiting.
    """
    actor.require(Permission.IDENTITY_END)
    parts: tuple[tuple[QuerySet[IdentityRequest], Part], ...] = ((_run_out(), _lapse), (_to_be_told(), _tell))
    return sum(_alone(actor, pk, do) for rows, do in parts for pk in list(rows.values_list("pk", flat=True)))


def _run_out() -> QuerySet[IdentityRequest]:
    gone = Q(tip__state=State.WITHDRAWN) | Q(tip__destroyed_on__isnull=False)
    return IdentityRequest.objects.filter(gone | Q(expires_at__lte=clock.now()), state__in=WAITING)


def _to_be_told() -> QuerySet[IdentityRequest]:
    today = deadlines.local_today()
    return IdentityRequest.objects.filter(state=RequestState.OPENED, told_on__isnull=True, notice_after__lt=today)


def _alone(actor: Actor, pk: int, do: Part) -> bool:
    try:
        with transaction.atomic():
            tip, request = locked(IdentityRequest.objects.get(pk=pk))
            return do(actor, tip, request)
    except Exception:  # one broken request must not keep the others, or the ledger, waiting
        logger.exception("A request for an identity could not be ended. It will be tried again in the next round.")
        return False


def _lapse(actor: Actor, _tip: Tip, request: IdentityRequest) -> bool:
    if not _run_out().filter(pk=request.pk).exists():
        return False
    _take(actor, request, Move(LAPSE, changes={"half_opened": b"", "ended_at": clock.now()}))
    return True


def _tell(actor: Actor, tip: Tip, request: IdentityRequest) -> bool:
    if request.told_on is not None or request.ended_at is None:
        return False
    send_notice(tip=tip, request=request, opened_on=local_day(request.ended_at, get_pack()))
    _take(actor, request, Move(TELL, changes={"told_on": deadlines.local_today()}))
    return True


def _take(actor: Actor, request: IdentityRequest, move: Move) -> None:
    take_step(actor=actor, life=IDENTITY_LIFE, subject=request, move=move, papers=RequestPapers(request.ref))
