"""Sessions at the desk: begun with both factors, ended by their owner, by time, or because something changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import DESK, Actor
from tocsin.access.attempts import factor_attempts
from tocsin.access.models import DeskSession, Ending, Factor, SignInEvent, Staff
from tocsin.access.sign_in_log import note
from tocsin.common import clock
from tocsin.common.errors import NotPermitted
from tocsin.ledger.services import record_audit

CONFIRMED_FOR = timedelta(minutes=5)
_EXACT_TO = timedelta(minutes=1)
_TOLD_FOR = timedelta(days=1)
_BY_OWNER = {Ending.SIGNED_OUT, Ending.EVERYWHERE}


def begin_session(*, actor: Actor, key: str, factor: Factor) -> DeskSession:
    """Let the browser whose session is ``key`` in. Call it when both factors were proved, and only then."""
    moment = clock.now()
    with transaction.atomic():
        row = DeskSession.objects.create(
            staff_id=actor.require_staff(), key=key, factor=factor, begun_at=moment, used_at=moment, confirmed_at=moment
        )
        note(SignInEvent.SIGNED_IN, staff=actor.require_staff(), detail=factor)
        record_audit(actor=actor.name, role="", action="sign-in", detail={"factor": factor.value})
    return row


def keep_session(*, staff_id: int, key: str) -> DeskSession | None:
    """The open session of this browser, noted as used; ``None`` when it is over or belongs to somebody else."""
    row = DeskSession.objects.filter(key=key, staff_id=staff_id, ended_at=None).first()
    if row is None:
        return None
    moment = clock.now()
    ending = _overdue(row, moment)
    if ending is not None:
        _end(DESK, row, ending)
        return None
    if moment - row.used_at >= _EXACT_TO:
        DeskSession.objects.filter(pk=row.pk).update(used_at=moment)
    return row


def end_session(*, actor: Actor, key: str, ending: Ending = Ending.SIGNED_OUT) -> None:
    """End the actor's session in one browser. One that has ended already stays as it ended."""
    row = DeskSession.objects.filter(key=key, staff_id=actor.require_staff(), ended_at=None).first()
    if row is not None:
        _end(actor, row, ending)


def end_sessions(*, actor: Actor, staff_id: int, ending: Ending, but: str = "") -> int:
    """End every session of a person, except in the browser ``but``; how many those were."""
    rows = DeskSession.objects.filter(staff_id=staff_id, ended_at=None).exclude(key=but)
    return sum(_end(actor, row, ending) for row in rows)


def end_overdue(*, actor: Actor) -> int:
    """End every session whose time is over, and forget what ended long ago. For the desk's caretaker."""
    moment = clock.now()
    DeskSession.objects.filter(ended_at__lt=moment - _TOLD_FOR).delete()
    over = [(row, _overdue(row, moment)) for row in DeskSession.objects.filter(ended_at=None)]
    return sum(_end(actor, row, ending) for row, ending in over if ending is not None)


def rename_session(*, actor: Actor, old: str, new: str) -> None:
    """Follow a session to its new key, so that a copy of the old one is worth nothing."""
    DeskSession.objects.filter(key=old, staff_id=actor.require_staff(), ended_at=None).update(key=new)


def confirm(*, actor: Actor, key: str, password: str) -> None:
    """Note that the person at this browser knows the password. Raises ``NotPermitted`` for a wrong one."""
    require_password(actor=actor, password=password)
    DeskSession.objects.filter(key=key, staff_id=actor.require_staff()).update(confirmed_at=clock.now())


def require_password(*, actor: Actor, password: str) -> None:
    """Raise ``NotPermitted`` unless this is the actor's password, or after too many tries."""
    factor_attempts.take(actor.name)
    if not Staff.objects.get(pk=actor.require_staff()).check_password(password):
        with transaction.atomic():
            note(SignInEvent.REFUSED, staff=actor.require_staff())
            record_audit(actor=actor.name, role="", action="sign-in.confirm.refused")
        raise NotPermitted(_("This password is wrong. Nothing was changed."))
    factor_attempts.forget(actor.name)


def is_confirmed(row: DeskSession) -> bool:
    """Whether the person proved lately who they are."""
    return clock.now() - row.confirmed_at <= CONFIRMED_FOR


def open_sessions(actor: Actor) -> list[DeskSession]:
    """The actor's own sessions, newest first."""
    return list(DeskSession.objects.filter(staff_id=actor.require_staff(), ended_at=None).order_by("-begun_at"))


def somebody_is_here() -> bool:
    """Whether anybody's session is open."""
    return DeskSession.objects.filter(ended_at=None).exists()


def why_it_ended(key: str) -> str:
    """Why the session with this key ended, as an ``Ending``; empty when nothing is known."""
    return DeskSession.objects.filter(key=key).values_list("ending", flat=True).first() or ""


def _overdue(row: DeskSession, moment: datetime) -> Ending | None:
    if moment - row.begun_at > timedelta(hours=settings.TOCSIN_SESSION_HOURS):
        return Ending.TOO_LONG
    if moment - row.used_at > timedelta(minutes=settings.TOCSIN_SESSION_IDLE_MINUTES):
        return Ending.IDLE
    return None


def _end(actor: Actor, row: DeskSession, ending: Ending) -> bool:
    """End one open session; ``False`` when somebody else just did."""
    with transaction.atomic():
        still_open = DeskSession.objects.filter(pk=row.pk, ended_at=None)
        if not still_open.update(ended_at=clock.now(), ending=ending):
            return False
        Session.objects.filter(session_key=row.key).delete()
        note(SignInEvent.ENDED, staff=row.staff_id, detail=ending)
        by_owner = ending in _BY_OWNER
        record_audit(
            actor=actor.name,
            role="",
            action="sign-out" if by_owner else "session.end",
            subject="" if by_owner else f"staff:{row.staff_id}",
            detail={} if ending is Ending.SIGNED_OUT else {"why": ending.value},
        )
    return True
