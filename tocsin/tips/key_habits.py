"""Whether somebody works with single keys at the desk. On for everybody until they switch it off (WCAG 2.1.4)."""

from __future__ import annotations

from django.db import transaction

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.ledger.services import record_audit
from tocsin.tips.models import KeyHabit


def keys_work_for(actor: Actor) -> bool:
    """Whether single keys do something for ``actor``."""
    return not KeyHabit.objects.filter(staff_id=actor.require_staff(), keys_off=True).exists()


@transaction.atomic
def set_keys(*, actor: Actor, on: bool) -> None:
    """Switch single keys on or off for oneself."""
    role = actor.role_for(Permission.DESK_ENTER).value
    KeyHabit.objects.update_or_create(staff_id=actor.require_staff(), defaults={"keys_off": not on})
    record_audit(actor=actor.name, role=role, action="desk.keys", detail={"on": str(on).lower()})
