"""The worker is killed while it destroys what is over: each report is whole or gone, and the next round goes on."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from tests.crash.conftest import python
from tocsin.config.instance import Instance

pytestmark = pytest.mark.crash
NOTHING = {
    "expired": 2, "with_text": 0, "stones": 2, "names": 0, "of_two": 0, "evidence": 0, "letters": 0, "cases": 0,
    "lines": 2,
}  # fmt: skip


def look(instance: Instance) -> dict[str, Any]:
    done = python(instance.home, "-m", "tests.crash.ending_steps", "look")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def round_of_the_worker(instance: Instance, module: str, name: str, calls: int) -> int:
    return python(instance.home, "-m", "tests.crash.dying_worker", module, name, str(calls)).returncode


@pytest.mark.parametrize(
    ("module", "name", "calls"),
    [
        ("tocsin.tips.expiry", "destroy_beside", 1),
        ("tocsin.tips.expiry", "_put_up_tombstone", 1),
        ("tocsin.workflow.services", "queue_entry", 1),
        ("tocsin.tips.destroying", "remove_files", 1),
        ("tocsin.cases.ending", "_empty_parts", 0),
    ],
)
def test_killed_in_the_middle_a_report_is_whole_or_gone(module: str, name: str, calls: int, instance: Instance) -> None:
    assert python(instance.home, "-m", "tests.crash.ending_steps", "prepare").returncode == 0
    before = look(instance)
    assert (before["with_text"], before["evidence"], before["letters"], before["cases"]) == (2, 2, 1, 1)
    assert round_of_the_worker(instance, module, name, calls) == -signal.SIGKILL
    between = look(instance)
    gone = between["expired"]
    assert between["stones"] == between["lines"] == gone
    assert between["with_text"] == between["names"] == between["of_two"] == between["evidence"] == 2 - gone
    assert between["cases"] == 1
    assert round_of_the_worker(instance, "tocsin.tips.expiry", "expire_tip", 99) == 0
    after = look(instance)
    assert {key: value for key, value in after.items() if key in NOTHING} == NOTHING
