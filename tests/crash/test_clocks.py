"""The worker dies while it marks what is due: it was done or it was not, and nothing is told twice."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter

import pytest

from tests.crash.conftest import python
from tocsin.config.instance import Instance

pytestmark = pytest.mark.crash
REPORTS = 7
HIRE = """
from tocsin.config.boot import boot
boot("desk")
from tocsin.access.permissions import Role
from tocsin.access.services import add_staff
add_staff(by="program:tests", username="ines", display_name="Ines", password="only the tests know this",
          roles=[Role.INTAKE])
"""
ROUND = """
from tocsin.config.boot import boot
boot("worker")
from tocsin.config.clock_round import clock_round
clock_round()
"""


def asked(instance: Instance, query: str) -> list[tuple[object, ...]]:
    store = sqlite3.connect(instance.database)
    try:
        with store:
            return store.execute(query).fetchall()
    finally:
        store.close()


@pytest.mark.parametrize("name", ["record_audits", "tell"])
def test_a_worker_that_dies_in_the_middle_has_marked_nothing_and_the_next_one_marks_all_once(
    instance: Instance, name: str
) -> None:
    assert python(instance.home, "-c", HIRE).returncode == 0
    assert python(instance.home, "-m", "tocsin.config.tests.filing", str(REPORTS)).returncode == 0
    asked(instance, "UPDATE clocks_deadline SET due_at = started_at, next_at = started_at")
    died = python(instance.home, "-m", "tests.crash.dying_worker", "tocsin.clocks.marking", name, "0")
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert asked(instance, "SELECT count(*) FROM clocks_deadline WHERE overdue_since IS NOT NULL") == [(0,)]
    assert asked(instance, "SELECT count(*) FROM ledger_auditrecord WHERE action LIKE 'clock.%'") == [(0,)]
    assert asked(instance, "SELECT count(*) FROM clocks_notice") == [(0,)]
    for _time in range(2):
        done = python(instance.home, "-c", ROUND)
        assert done.returncode == 0, done.stderr
    lines = asked(instance, "SELECT subject FROM ledger_auditrecord WHERE action = 'clock.overdue'")
    assert sorted(Counter(lines).values()) == [1] * REPORTS
    assert asked(instance, "SELECT count(*) FROM clocks_deadline WHERE overdue_since IS NOT NULL") == [(REPORTS,)]
    assert asked(instance, "SELECT count FROM clocks_notice") == [(REPORTS,)]
