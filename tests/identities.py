"""How a request for an identity goes its way: asked by ivo, checked by leo, opened by two of kim, lou and max."""

from __future__ import annotations

from tests.installation import CUSTODIANS, Installation
from tests.people import hire, staff_of
from tests.stories import Reported
from tocsin.access.actors import SETUP, Actor
from tocsin.access.permissions import Role
from tocsin.tips import identity_opening, identity_requests
from tocsin.tips.custodians import appoint_custodian
from tocsin.tips.identity_requests import Order
from tocsin.tips.models import IdentityRequest

REASON = "The court of Kestrel asks who saw the lorry."
GROUND = "Sample law on witnesses, section 12"
LAWFUL = "The order of the court is valid."


def hire_officer(name: str = "leo") -> Actor:
    """A legal officer."""
    return hire(name, Role.LEGAL_OFFICER)


def hire_custodian(name: str) -> Actor:
    """A custodian who holds the key of this name."""
    actor = hire(name, Role.CUSTODIAN)
    appoint_custodian(actor=SETUP, staff=staff_of(actor), slot=name)
    return actor


def ask(actor: Actor, reported: Reported, order: Order | None = None) -> IdentityRequest:
    """Ask who sent this report."""
    return identity_requests.request_identity(actor=actor, tip=reported.tip, reason=REASON, ground=GROUND, order=order)


def allow(officer: Actor, request: IdentityRequest) -> IdentityRequest:
    """Find it lawful."""
    return identity_requests.allow_request(actor=officer, request=request, reason=LAWFUL)


def key_of(home: Installation, name: str) -> bytes:
    """The content of a custodian's key file."""
    return (home.home / "handover" / f"{name}.key").read_bytes()


def turn(actor: Actor, request: IdentityRequest, home: Installation, name: str, passphrase: str = "") -> str | None:
    """The custodian ``actor`` agrees with the key of ``name``."""
    return identity_opening.agree(
        actor=actor,
        request=request,
        key_file=key_of(home, name),
        passphrase=passphrase or CUSTODIANS[name],
    )


def stored(request: IdentityRequest) -> IdentityRequest:
    """The request as it stands now."""
    return IdentityRequest.objects.get(pk=request.pk)
