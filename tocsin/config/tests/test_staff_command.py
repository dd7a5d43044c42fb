"""``tocsin staff reset-factor``: the emergency in which nobody at the desk is left who could help."""

from __future__ import annotations

import pytest

from tests.people import staff_of
from tocsin.access.actors import Actor
from tocsin.access.factors.selectors import has_factor
from tocsin.access.models import Ending, Factor, SignInRecord
from tocsin.access.sessions import begin_session, why_it_ended
from tocsin.config.cli import staff as command
from tocsin.config.tests.command import Operator
from tocsin.ledger.models import AuditRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def booted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django runs already, with the database of the test."""
    monkeypatch.setattr(command, "boot", lambda _settings: None)


def test_it_takes_the_factor_ends_the_sessions_and_leaves_a_line_that_names_the_command_line(
    operator: Operator, ada: Actor
) -> None:
    begin_session(actor=ada, key="browser", factor=Factor.PASSKEY)
    told = operator.runs("staff", "reset-factor", "ada", "--yes")
    assert (told.code, "from the command line" in told.words) == (0, True)
    assert not has_factor(ada.require_staff())
    assert why_it_ended("browser") == Ending.FACTOR
    line = AuditRecord.objects.get(action="factor.reset")
    assert (line.actor, line.subject) == ("program:command-line", f"staff:{ada.staff_id}")
    assert SignInRecord.objects.filter(staff=staff_of(ada), event="reset").exists()


def test_a_name_that_nobody_has_changes_nothing(operator: Operator, ada: Actor) -> None:
    told = operator.runs("staff", "reset-factor", "nobody", "--yes")
    assert (told.code, "Nothing was changed" in told.words) == (1, True)
    assert has_factor(ada.require_staff())
    assert not AuditRecord.objects.filter(action="factor.reset").exists()
