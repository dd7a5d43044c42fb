"""Adding staff, granting roles, checking a password. Role administration by two people comes with the desk."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.attempts import sign_in_attempts
from tocsin.access.models import RoleGrant, Staff
from tocsin.access.permissions import NOT_FOR_STAFF, Role
from tocsin.common import clock
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.ledger.services import record_audit


@transaction.atomic
def add_staff(*, by: str, username: str, display_name: str, password: str, roles: Iterable[Role]) -> Staff:
    """Add a member of staff with ``roles``; ``by`` names who did it for the audit log.

    Raises ``RuleBroken`` when the name is taken, the password is too weak or a role is not for people.
    """
    if Staff.objects.filter(username=username).exists():
        raise RuleBroken(_("There is already somebody with this sign-in name. Choose another one."))
    try:
        validate_password(password)
    except ValidationError as weak:
        raise RuleBroken(" ".join(weak.messages)) from weak
    staff = Staff.objects.create_staff(username, display_name, password)
    for role in roles:
        grant_role(by=by, staff=staff, role=role)
    record_audit(actor=by, role="", action="staff.add", subject=f"staff:{staff.pk}")
    return staff


@transaction.atomic
def grant_role(*, by: str, staff: Staff, role: Role) -> None:
    """Give ``staff`` one more office; giving it twice changes nothing."""
    if role in NOT_FOR_STAFF:
        raise RuleBroken(_("This role belongs to programs and reporters and cannot be given to staff."))
    _grant, created = RoleGrant.objects.get_or_create(
        staff=staff, role=role.value, defaults={"granted_at": clock.now(), "granted_by": by}
    )
    if created:
        record_audit(actor=by, role="", action="role.grant", subject=f"staff:{staff.pk}", detail={"role": role.value})


def check_sign_in(*, username: str, password: str) -> Staff:
    """The member of staff with this name and password.

    Raises ``NotPermitted`` with the same sentence for an unknown name, a wrong password and an inactive person,
    and after too many attempts for the name. Every attempt is in the audit log.
    """
    try:
        sign_in_attempts.take(username)
    except NotPermitted:
        _note_refusal()
        raise
    # PostgreSQL refuses to look for a NUL, and nobody's name holds one.
    staff = None if "\0" in username else authenticate(username=username, password=password)
    if not isinstance(staff, Staff):
        _note_refusal()
        raise NotPermitted(_("The name or the password is wrong. Check both and try again."))
    sign_in_attempts.forget(username)
    with transaction.atomic():
        record_audit(actor=staff.as_actor().name, role="", action="sign-in")
    return staff


def _note_refusal() -> None:
    with transaction.atomic():
        record_audit(actor="nobody", role="", action="sign-in.refused")


def note_sign_out(*, actor: Actor) -> None:
    """Write the end of a session into the audit log."""
    with transaction.atomic():
        record_audit(actor=actor.name, role="", action="sign-out")
