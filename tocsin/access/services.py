"""Adding staff, giving and taking offices, passwords. Who may decide on such things is for ``staffing`` to say."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.attempts import sign_in_attempts
from tocsin.access.models import Ending, RoleGrant, SignInEvent, Staff
from tocsin.access.permissions import NOT_FOR_STAFF, Role
from tocsin.access.sessions import end_sessions
from tocsin.access.sign_in_log import note
from tocsin.common import clock
from tocsin.common.errors import NotPermitted, RuleBroken
from tocsin.ledger.services import record_audit


@transaction.atomic
def add_staff(
    *, by: str, username: str, display_name: str, password: str, roles: Iterable[Role], temporary: bool = False
) -> Staff:
    """Add a member of staff with ``roles``; ``by`` names who did it for the audit log.

    ``temporary``: somebody else knows the password, so the person chooses another one at the first sign-in.

    Raises ``RuleBroken`` when the name is taken, the password is too weak or a role is not for people.
    """
    if Staff.objects.filter(username=username).exists():
        raise RuleBroken(_("There is already somebody with this sign-in name. Choose another one."))
    _require_good(password)
    staff = Staff.objects.create_staff(username, display_name, password)
    if temporary:
        staff.password_is_temporary = True
        staff.save(update_fields=["password_is_temporary"])
    for role in roles:
        grant_role(by=by, staff=staff, role=role)
    record_audit(actor=by, role="", action="staff.add", subject=f"staff:{staff.pk}")
    return staff


def _require_good(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as weak:
        raise RuleBroken(" ".join(weak.messages)) from weak


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


@transaction.atomic
def withdraw_role(*, actor: Actor, staff: Staff, role: Role) -> None:
    """Take one office away and end the person's sessions; taking away what is not held changes nothing."""
    taken, _rows = RoleGrant.objects.filter(staff=staff, role=role.value).delete()
    if taken:
        record_audit(
            actor=actor.name, role="", action="role.withdraw", subject=f"staff:{staff.pk}", detail={"role": role.value}
        )
        end_sessions(actor=actor, staff_id=staff.pk, ending=Ending.RIGHTS)


@transaction.atomic
def set_active(*, actor: Actor, staff: Staff, is_active: bool) -> None:
    """Close or open an account. Closing ends the person's sessions; the offices stay granted and count for nothing."""
    if Staff.objects.filter(pk=staff.pk, is_active=not is_active).update(is_active=is_active):
        action = "staff.activate" if is_active else "staff.deactivate"
        record_audit(actor=actor.name, role="", action=action, subject=f"staff:{staff.pk}")
    if not is_active:
        end_sessions(actor=actor, staff_id=staff.pk, ending=Ending.LEFT)


@transaction.atomic
def choose_password(*, actor: Actor, password: str, again: str, but: str = "") -> None:
    """Give the actor another password and end their sessions, except in the browser ``but``.

    Raises ``RuleBroken`` when the two are not alike, the password is the old one or too weak.
    """
    staff = Staff.objects.select_for_update().get(pk=actor.require_staff())
    if password != again:
        raise RuleBroken(_("The two new passwords are not alike. Nothing was changed."))
    if staff.check_password(password):
        raise RuleBroken(_("This is the password that you have already. Choose another one."))
    _require_good(password)
    staff.set_password(password)
    staff.password_is_temporary = False
    staff.save(update_fields=["password", "password_is_temporary"])
    note(SignInEvent.NEW_PASSWORD, staff=staff)
    record_audit(actor=actor.name, role="", action="password.change")
    end_sessions(actor=actor, staff_id=staff.pk, ending=Ending.PASSWORD, but=but)


def fresh_password() -> str:
    """A password of 96 bits in four groups, for somebody who will choose their own at once."""
    return "-".join(secrets.token_hex(3) for _group in range(4))


@transaction.atomic
def give_password(*, actor: Actor, staff: Staff) -> str:
    """Give somebody a new password for one use, and end their sessions. Returns it: it is shown once, kept nowhere."""
    password = fresh_password()
    staff.set_password(password)
    staff.password_is_temporary = True
    staff.save(update_fields=["password", "password_is_temporary"])
    note(SignInEvent.NEW_PASSWORD, staff=staff)
    record_audit(actor=actor.name, role="", action="password.give", subject=f"staff:{staff.pk}")
    end_sessions(actor=actor, staff_id=staff.pk, ending=Ending.PASSWORD)
    return password


def check_password(*, username: str, password: str) -> Staff:
    """The member of staff with this name and password: half of a sign-in.

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
        record_audit(actor=staff.as_actor().name, role="", action="sign-in.password")
    return staff


def _note_refusal() -> None:
    with transaction.atomic():
        note(SignInEvent.REFUSED)
        record_audit(actor="nobody", role="", action="sign-in.refused")
