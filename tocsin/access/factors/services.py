"""Proving, adding and removing second factors. Each leaves a line in the audit log and in the log of sign-ins."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.attempts import factor_attempts
from tocsin.access.factors import app_codes, passkeys
from tocsin.access.models import Ending, Factor, SignInEvent, Staff
from tocsin.access.sessions import end_sessions
from tocsin.access.sign_in_log import note
from tocsin.common import clock
from tocsin.common.errors import Conflict, NotPermitted, RuleBroken
from tocsin.ledger.services import record_audit

Type = Authenticator.Type
_REAL = (Type.TOTP, Type.WEBAUTHN)  # recovery codes stand in for one of these and are none themselves


def check_code(*, actor: Actor, code: str) -> Factor:
    """Take a code of the authenticator app or a recovery code, after the password.

    Raises ``NotPermitted`` with one sentence for every wrong, used or late code, and after too many of them.
    """
    _take_try(actor)
    rows = {row.type: row for row in Authenticator.objects.filter(user_id=actor.require_staff())}
    digits = app_codes.digits_of(code)
    app, recovery = rows.get(Type.TOTP), rows.get(Type.RECOVERY_CODES)
    if app is not None and app_codes.use_code(app, digits):
        factor_attempts.forget(actor.name)
        return Factor.PASSWORD_AND_APP
    if recovery is not None and RecoveryCodes(recovery).validate_code(digits):
        factor_attempts.forget(actor.name)
        Authenticator.objects.filter(pk=recovery.pk).update(last_used_at=clock.now())
        return Factor.PASSWORD_AND_RECOVERY_CODE
    _note_refusal(actor, "code")
    raise NotPermitted(_("This code is wrong, used already, or too late. Wait for the next one and try again."))


def check_passkey(*, actor: Actor, state: dict[str, Any], answer: str) -> Factor:
    """Take a passkey after the password. Raises ``NotPermitted`` when it is not one of the actor's."""
    _take_try(actor)
    try:
        passkeys.finish_sign_in(Staff.objects.get(pk=actor.require_staff()), state, answer)
    except NotPermitted:
        _note_refusal(actor, "passkey")
        raise
    factor_attempts.forget(actor.name)
    return Factor.PASSWORD_AND_PASSKEY


def check_passkey_alone(*, state: dict[str, Any], answer: str) -> Staff:
    """Whoever's passkey this is. It verified its user, so it is both factors. Raises ``NotPermitted``."""
    try:
        staff = passkeys.owner_of(answer)
        passkeys.finish_sign_in(staff, state, answer)
    except NotPermitted:
        with transaction.atomic():
            note(SignInEvent.REFUSED)
            record_audit(actor="nobody", role="", action="sign-in.refused", detail={"factor": "passkey"})
        raise
    return staff


@transaction.atomic
def add_app(*, actor: Actor, secret: str, code: str, but: str = "") -> list[str]:
    """Set up an authenticator app with its first code, in place of one before.

    Returns new recovery codes when there were none; they are shown once. Raises ``RuleBroken`` for a wrong code.
    """
    step = app_codes.step_of(secret, code)
    if step is None:
        raise RuleBroken(_("This code does not fit. Look at the app again: the code changes every 30 seconds."))
    app_codes.keep_secret(_locked(actor), secret, step)
    return _added(actor, "app", but)


@transaction.atomic
def add_passkey(*, actor: Actor, name: str, state: dict[str, Any], answer: str, but: str = "") -> list[str]:
    """Set up a passkey under a name that its owner chose. Returns and raises as ``add_app`` does."""
    name = " ".join(name.split())[: passkeys.LONGEST_NAME] or _("Passkey")
    passkeys.finish_registration(_locked(actor), name, state, answer)
    return _added(actor, "passkey", but)


@transaction.atomic
def remove_factor(*, actor: Actor, factor_id: int, but: str = "") -> None:
    """Take one of the actor's own factors away. Raises ``RuleBroken`` for the last one."""
    rows = Authenticator.objects.filter(user=_locked(actor), type__in=_REAL)
    row = rows.filter(pk=factor_id).first()
    if row is None:
        raise Conflict(_("This is not there any more. Nothing was changed."))
    if rows.count() == 1:
        raise RuleBroken(_("This is your last one. Add another one first: nobody comes in without a second factor."))
    row.delete()
    _write(actor, SignInEvent.REMOVED, "factor.remove", str(row.type))
    end_sessions(actor=actor, staff_id=actor.require_staff(), ending=Ending.FACTOR, but=but)


@transaction.atomic
def new_recovery_codes(*, actor: Actor, but: str = "") -> list[str]:
    """Ten new recovery codes; those before are worth nothing. They are shown once."""
    codes = _make_codes(_locked(actor))
    _write(actor, SignInEvent.NEW_CODES, "factor.codes", "recovery_codes")
    end_sessions(actor=actor, staff_id=actor.require_staff(), ending=Ending.FACTOR, but=but)
    return codes


@transaction.atomic
def reset_factors(*, actor: Actor, staff: Staff) -> None:
    """Take every second factor from somebody who lost them: the next sign-in sets one up. Ends their sessions.

    Who may decide that, and with whom, is for the caller.
    """
    Authenticator.objects.filter(user_id=Staff.objects.select_for_update().get(pk=staff.pk).pk).delete()
    note(SignInEvent.RESET, staff=staff)
    record_audit(actor=actor.name, role="", action="factor.reset", subject=f"staff:{staff.pk}")
    end_sessions(actor=actor, staff_id=staff.pk, ending=Ending.FACTOR)


def _locked(actor: Actor) -> Staff:
    return Staff.objects.select_for_update().get(pk=actor.require_staff())


def _added(actor: Actor, kind: str, but: str) -> list[str]:
    staff_id = actor.require_staff()
    has_codes = Authenticator.objects.filter(user_id=staff_id, type=Type.RECOVERY_CODES).exists()
    _write(actor, SignInEvent.ENROLLED, "factor.add", kind)
    end_sessions(actor=actor, staff_id=staff_id, ending=Ending.FACTOR, but=but)
    return [] if has_codes else _make_codes(Staff.objects.get(pk=staff_id))


def _make_codes(staff: Staff) -> list[str]:
    Authenticator.objects.filter(user_id=staff.pk, type=Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(staff).generate_codes()
    return [f"{code[:5]} {code[5:]}" for code in codes]


def _write(actor: Actor, event: SignInEvent, action: str, kind: str) -> None:
    note(event, staff=actor.require_staff(), detail=kind)
    record_audit(actor=actor.name, role="", action=action, detail={"kind": kind})


def _take_try(actor: Actor) -> None:
    try:
        factor_attempts.take(actor.name)
    except NotPermitted:
        _note_refusal(actor, "too-many")
        raise


def _note_refusal(actor: Actor, kind: str) -> None:
    with transaction.atomic():
        note(SignInEvent.REFUSED_FACTOR, staff=actor.require_staff(), detail=kind)
        record_audit(
            actor="nobody", role="", action="sign-in.refused-factor", subject=actor.name, detail={"factor": kind}
        )
