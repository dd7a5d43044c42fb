"""Where a request for an identity stands, and the notice that ends it. Opens nothing, so the worker may load it."""

from __future__ import annotations

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.refs import new_ref
from tocsin.ledger.services import record_audit
from tocsin.tips import deadlines
from tocsin.tips.content import message_place
from tocsin.tips.models import IdentityRequest, MessageKind, RequestState, TipMessage
from tocsin.vault.installed import keyring
from tocsin.vault.sealing import seal_message

WAITING = (RequestState.ASKED, RequestState.FIRST_AGREED)
NOTICE_LANGUAGES = ("en", "zh-hans", "ar", "fr", "ru", "es")  # all that the public door speaks
NOTICE = _("Two people of this office opened the name and contact details that you gave.")


def end_requests(*, actor: Actor) -> int:
    """The worker's round: expire what waited too long, send the notices whose order has ended. How many of both."""
    role, done = actor.role_for(Permission.IDENTITY_NOTICE).value, 0
    with transaction.atomic():
        rows = IdentityRequest.objects.select_for_update()
        for late in rows.filter(state__in=WAITING, expires_at__lte=clock.now()):
            set_state(late, RequestState.EXPIRED, actor=actor, role=role)
            done += 1
        due = rows.filter(state=RequestState.OPENED, notice_sent=False, notice_on__lt=deadlines.local_today())
        for opened in due:
            send_notice(opened)
            note(opened, "notice", actor=actor, role=role)
            done += 1
    return done


def set_state(request: IdentityRequest, state: RequestState, *, actor: Actor, role: str) -> None:
    """The only code that sets a request's state; it leaves the trace and clears the half-opened key at the end."""
    request.state = state
    if state not in WAITING:
        request.half_opened, request.ended_at = b"", clock.now()
    request.save()
    note(request, state.value, actor=actor, role=role)


def note(request: IdentityRequest, what: str, *, actor: Actor, role: str) -> None:
    """One line in the audit log about a request."""
    record_audit(
        actor=actor.name,
        role=role,
        action=f"identity.{what}",
        subject=f"tip:{request.tip.ref}",
        detail={"request": request.ref},
    )


def send_notice(request: IdentityRequest) -> None:
    """Put the notice into the mailbox, in every language, because nobody knows which one the reporter reads."""
    ref, texts = new_ref(), []
    for code in NOTICE_LANGUAGES:
        with translation.override(code):
            texts.append(str(NOTICE))
    text = "\n\n".join(dict.fromkeys(texts))
    recipients = [bytes(request.tip.mail_public), keyring().unit_public]
    TipMessage.objects.create(
        tip_id=request.tip_id,
        ref=ref,
        kind=MessageKind.NOTICE,
        blob=seal_message(text.encode(), recipients=recipients, place=message_place(ref)),
        written_hour=clock.on_the_hour(clock.now()),
        staff_id=request.requester_id,
    )
    request.notice_sent = True
    request.save(update_fields=["notice_sent"])
