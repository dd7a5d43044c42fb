"""The cast, and the reports that reach them.

Staff: **ines** (intake), **tara** (triage), **ivo** (investigator), **sam** (supervisor), **lea** (second supervisor
and legal officer), **ada** (administrator). Each fixture is the person's ``Actor``; all passwords are ``PASSWORD``, and
``code_of("ines")`` is what her authenticator app shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import CSRF_SESSION_KEY
from django.test import Client

from tests.installation import Installation
from tests.stories import Reported, bring_to, send_report
from tocsin.access.actors import Actor
from tocsin.access.factors import app_codes
from tocsin.access.models import Factor, Staff
from tocsin.access.permissions import Role
from tocsin.access.services import add_staff
from tocsin.desk.half_way import let_in
from tocsin.tips.models import Tip
from tocsin.tips.workflow import State

PASSWORD = "only the tests know this"
OFFICES: dict[str, tuple[Role, ...]] = {
    "ines": (Role.INTAKE,),
    "tara": (Role.TRIAGE,),
    "ivo": (Role.INVESTIGATOR,),
    "sam": (Role.SUPERVISOR,),
    "lea": (Role.SUPERVISOR, Role.LEGAL_OFFICER),
    "ada": (Role.ADMINISTRATOR,),
}


@dataclass(frozen=True)
class Cast:
    """Everybody at the desk."""

    ines: Actor
    tara: Actor
    ivo: Actor
    sam: Actor
    lea: Actor
    ada: Actor


def hire(username: str, *roles: Role) -> Actor:
    """Add one more person who holds exactly these roles and has an authenticator app."""
    staff = add_staff(
        by="program:tests", username=username, display_name=username.title(), password=PASSWORD, roles=roles
    )
    give_app(staff)
    return staff.as_actor()


def give_app(staff: Staff) -> None:
    """Set up the authenticator app whose codes ``code_of`` knows."""
    app_codes.keep_secret(staff, app_codes.seal_secret(hashlib.sha1(staff.username.encode()).digest()), -1)


def code_of(username: str) -> str:
    """What the person's authenticator app shows now. Used codes are forgotten, so that tests need not wait."""
    row = Authenticator.objects.get(user__username=username, type=Authenticator.Type.TOTP)
    row.data["last_step"] = -1
    row.save(update_fields=["data"])
    return app_codes.code_at(row.data["secret"], app_codes.step_now())


def come_in(browser: Client, actor: Actor) -> None:
    """Sign ``actor`` in at once, through the one place where sessions of the desk begin; for tests of what comes after.

    The settings must be those of the desk (fixture ``desk_door``).
    """
    request = HttpRequest()
    request.session = browser.session
    let_in(request, staff_of(actor), Factor.PASSWORD_AND_APP)
    request.session[CSRF_SESSION_KEY] = request.META["CSRF_COOKIE"]
    request.session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key or ""


def staff_of(actor: Actor) -> Staff:
    """The row behind an actor of the desk."""
    return Staff.objects.get(pk=actor.require_staff())


@pytest.fixture
def ines(db: None) -> Actor:
    """Intake officer."""
    return hire("ines", *OFFICES["ines"])


@pytest.fixture
def tara(db: None) -> Actor:
    """Triage officer."""
    return hire("tara", *OFFICES["tara"])


@pytest.fixture
def ivo(db: None) -> Actor:
    """Investigator."""
    return hire("ivo", *OFFICES["ivo"])


@pytest.fixture
def sam(db: None) -> Actor:
    """Supervisor."""
    return hire("sam", *OFFICES["sam"])


@pytest.fixture
def lea(db: None) -> Actor:
    """Second supervisor and legal officer."""
    return hire("lea", *OFFICES["lea"])


@pytest.fixture
def ada(db: None) -> Actor:
    """System administrator: keeps the machine running, reads nothing."""
    return hire("ada", *OFFICES["ada"])


@pytest.fixture
def cast(ines: Actor, tara: Actor, ivo: Actor, sam: Actor, lea: Actor, ada: Actor) -> Cast:
    """Everybody at once."""
    return Cast(ines, tara, ivo, sam, lea, ada)


@pytest.fixture
def report(db: None, installation: Installation) -> Callable[..., Reported]:
    """``report(what="...", contact="...")`` files one report as the public door does."""
    return send_report


@pytest.fixture
def reported(report: Callable[..., Reported]) -> Reported:
    """One stored report with what its reporter holds: words, keys, promise."""
    return report()


@pytest.fixture
def tip(reported: Reported) -> Tip:
    """One stored tip that nobody has read."""
    return reported.tip


@pytest.fixture
def tip_in(report: Callable[..., Reported], cast: Cast, unlocked_desk: Installation) -> Callable[[State], Reported]:
    """``tip_in(State.CLOSED)``: a new report that the cast has brought to this state. The desk is unlocked."""

    def bring(state: State) -> Reported:
        reported = report()
        bring_to(state, reported=reported, cast=cast)
        return reported

    return bring
