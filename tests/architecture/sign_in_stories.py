"""The shortest use of each service of sign-in, for the test that holds every service to its line in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.architecture.case_stories import Story, TipIn
from tests.passkeys import SoftPasskey
from tests.people import PASSWORD, Cast, code_of, staff_of
from tocsin.access import services as access
from tocsin.access import sessions
from tocsin.access.actors import DESK
from tocsin.access.factors import app_codes, passkeys
from tocsin.access.factors import services as factors
from tocsin.access.factors.selectors import factors_of
from tocsin.access.models import Ending, Factor
from tocsin.access.permissions import Role
from tocsin.common.errors import NotPermitted

NEW = "another password of hers"


def _begun(cast: Cast, hours: int = 0) -> object:
    row = sessions.begin_session(actor=cast.ines, key="browser", factor=Factor.PASSKEY)
    row.begun_at -= timedelta(hours=hours)
    row.save()
    return row


def _ended(cast: Cast, _tip_in: TipIn) -> object:
    _begun(cast)
    sessions.end_session(actor=cast.ines, key="browser")
    return None


def _refused(attempt: Callable[[], object]) -> object:
    with pytest.raises(NotPermitted):
        attempt()
    return None


def _code_refused(cast: Cast, _tip_in: TipIn) -> object:
    assert factors.check_code(actor=cast.ines, code=code_of("ines")) == Factor.PASSWORD_AND_APP
    return _refused(lambda: factors.check_code(actor=cast.ines, code="000 000"))


def _passkey_added(cast: Cast, _tip_in: TipIn) -> object:
    key = SoftPasskey()
    ceremony = passkeys.begin_registration(staff_of(cast.ines))
    return factors.add_passkey(
        actor=cast.ines, name="phone", state=ceremony.state, answer=key.register(ceremony.options)
    )


SIGN_IN_STORIES: dict[str, Story] = {
    "services.withdraw_role": lambda c, _at: access.withdraw_role(
        actor=c.ada, staff=staff_of(c.ines), role=Role.INTAKE
    ),
    "services.set_active": lambda c, _at: access.set_active(actor=c.ada, staff=staff_of(c.ines), is_active=False),
    "services.choose_password": lambda c, _at: access.choose_password(actor=c.ines, password=NEW, again=NEW),
    "services.give_password": lambda c, _at: access.give_password(actor=c.ada, staff=staff_of(c.ines)),
    "services.check_password": lambda _c, _at: access.check_password(username="ines", password=PASSWORD),
    "sessions.begin_session": lambda c, _at: _begun(c),
    "sessions.end_session": _ended,
    "sessions.end_sessions": lambda c, _at: (
        _begun(c),
        sessions.end_sessions(actor=c.ada, staff_id=c.ines.require_staff(), ending=Ending.RIGHTS),
    ),
    "sessions.end_overdue": lambda c, _at: (_begun(c, hours=9), sessions.end_overdue(actor=DESK)),
    "services.check_code": _code_refused,
    "services.check_passkey": lambda c, _at: _refused(lambda: factors.check_passkey(actor=c.ines, state={}, answer="")),
    "services.check_passkey_alone": lambda _c, _at: _refused(lambda: factors.check_passkey_alone(state={}, answer="")),
    "services.add_app": lambda c, _at: factors.add_app(
        actor=c.ines, secret=(secret := app_codes.new_secret()), code=app_codes.code_at(secret, app_codes.step_now())
    ),
    "services.add_passkey": _passkey_added,
    "services.remove_factor": lambda c, at: (
        _passkey_added(c, at),
        factors.remove_factor(actor=c.ines, factor_id=factors_of(c.ines).devices[0].id),
    ),
    "services.new_recovery_codes": lambda c, _at: factors.new_recovery_codes(actor=c.ines),
    "services.reset_factors": lambda c, _at: factors.reset_factors(actor=c.ada, staff=staff_of(c.ines)),
}
