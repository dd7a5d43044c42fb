"""The people of an identity request, and one that waits for two keys."""

from __future__ import annotations

import pytest

from tests.identities import allow, ask, hire_custodian, hire_officer
from tests.installation import Installation
from tests.stories import Reported
from tocsin.access.actors import Actor
from tocsin.tips.models import IdentityRequest


@pytest.fixture
def leo(db: None) -> Actor:
    """Legal officer."""
    return hire_officer()


@pytest.fixture
def kim(db: None, installation: Installation) -> Actor:
    """Custodian, first by the alphabet."""
    return hire_custodian("kim")


@pytest.fixture
def lou(db: None, installation: Installation) -> Actor:
    """Custodian."""
    return hire_custodian("lou")


@pytest.fixture
def max_(db: None, installation: Installation) -> Actor:
    """Custodian, last by the alphabet."""
    return hire_custodian("max")


@pytest.fixture
def asked(ivo: Actor, reported: Reported, unlocked_desk: Installation) -> IdentityRequest:
    """A request that waits for the legal check."""
    return ask(ivo, reported)


@pytest.fixture
def allowed(asked: IdentityRequest, leo: Actor) -> IdentityRequest:
    """A request that waits for two custodians."""
    return allow(leo, asked)
