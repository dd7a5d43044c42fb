"""Unlocking and locking the reports as decisions of people: permitted, limited in tries, written down."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from tocsin.access.actors import Actor
from tocsin.access.attempts import Attempts
from tocsin.access.permissions import Permission
from tocsin.ledger.services import record_audit
from tocsin.vault import unlocked
from tocsin.vault.keyfiles import WrongPassphrase

attempts = Attempts(burst=6, seconds=60)


def unlock_desk(*, actor: Actor, passphrase: str) -> None:
    """Unlock this process with the unit's passphrase.

    Raises ``WrongPassphrase`` for a wrong one and ``NotPermitted`` without the right or after too many tries.
    """
    role = actor.role_for(Permission.DESK_UNLOCK).value
    attempts.take(actor.name)
    try:
        unlocked.unlock_with_passphrase(settings.TOCSIN_UNIT_KEY, passphrase, settings.TOCSIN_RETENTION_KEYS)
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


def _note(actor: Actor, role: str, action: str) -> None:
    with transaction.atomic():
        record_audit(actor=actor.name, role=role, action=action)
