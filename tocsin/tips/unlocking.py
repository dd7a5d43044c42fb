"""Unlocking and locking the reports as decisions of people: permitted, limited in tries, written down."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from tocsin.access.actors import Actor
from tocsin.access.attempts import Attempts
from tocsin.access.permissions import Permission
from tocsin.access.sessions import somebody_is_here
from tocsin.common import clock
from tocsin.ledger.services import record_audit
from tocsin.policy.active import get_pack
from tocsin.vault import unlocked
from tocsin.vault.keyfiles import WrongPassphrase
from tocsin.vault.unlocked import LockRule

attempts = Attempts(burst=6, seconds=60)


def unlock_desk(*, actor: Actor, passphrase: str) -> None:
    """Unlock this process with the unit's passphrase.

    Raises ``WrongPassphrase`` for a wrong one and ``NotPermitted`` without the right or after too many tries.
    """
    role = actor.role_for(Permission.DESK_UNLOCK).value
    attempts.take(actor.name)
    try:
        unlocked.unlock_with_passphrase(
            settings.TOCSIN_UNIT_KEY, passphrase, settings.TOCSIN_RETENTION_KEYS, lock_rule()
        )
    except WrongPassphrase:
        _note(actor, role, "desk.unlock.refused")
        raise
    attempts.forget(actor.name)
    try:
        _note(actor, role, "desk.unlock")
    except Exception:
        unlocked.lock_now()  # what cannot be written down is not done
        raise


def lock_desk(*, actor: Actor) -> None:
    """Forget the unit key at once. Everybody at the desk may: closing is never wrong."""
    role = actor.role_for(Permission.DESK_ENTER).value
    unlocked.lock_now()
    _note(actor, role, "desk.lock")


def lock_when_empty(*, actor: Actor) -> None:
    """Forget the unit key when nobody is signed in any more: an empty desk has no readers.

    Not where a key file unlocked it: that installation chose to stay open.
    """
    status = unlocked.status()
    if status.is_unlocked and not status.is_unattended and not somebody_is_here():
        unlocked.lock_now()
        _note(actor, "", "desk.lock", why="empty")


def note_locked_by_itself(*, actor: Actor) -> None:
    """Forget the unit key if its time has come, and write down that it was forgotten. For the desk's caretaker."""
    why = unlocked.locked_by_itself()
    if why is not None:
        _note(actor, "", "desk.lock", why=why.value)


def lock_rule() -> LockRule:
    """When the desk locks by itself if it is unlocked now, by the settings of the installation."""
    idle = timedelta(minutes=settings.TOCSIN_LOCK_IDLE_MINUTES)
    return LockRule(idle=idle, at=_next(settings.TOCSIN_LOCK_AT) if settings.TOCSIN_LOCK_AT else None)


def _next(time_of_day: str) -> datetime:
    """The next moment at which clocks of the office show this time (``HH:MM``)."""
    zone = get_pack().calendar.zone
    local = clock.now().astimezone(zone)
    at = datetime.combine(local.date(), time.fromisoformat(time_of_day), zone)
    if at.astimezone(UTC) <= local.astimezone(UTC):
        at = datetime.combine(local.date() + timedelta(days=1), time.fromisoformat(time_of_day), zone)
    return at.astimezone(UTC)


def _note(actor: Actor, role: str, action: str, *, why: str = "") -> None:
    with transaction.atomic():
        record_audit(actor=actor.name, role=role, action=action, detail={"why": why} if why else {})
