"""The desk is killed between the two custodians, and between the opening and its page: nothing is shown unlogged."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from tests.crash.conftest import python
from tests.installation import CUSTODIANS
from tests.stories import CONTACT
from tocsin.config.instance import Instance
from tocsin.vault.keyfiles import LockedKey

pytestmark = pytest.mark.crash


def step(instance: Instance, name: str, *more: str, code: int = 0) -> Any:
    """Run one step; what it printed."""
    done = python(instance.home, "-m", "tests.crash.custodian_steps", name, *more)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def everything_on_disk(instance: Instance) -> bytes:
    """All files of the installation but the keys that were handed over."""
    files = [path for path in instance.home.rglob("*") if path.is_file() and "handover" not in path.parts]
    return b"\n".join(path.read_bytes() for path in files)


def test_killed_between_the_two_custodians_the_second_one_goes_on(instance: Instance) -> None:
    step(instance, "prepare")
    step(instance, "kim", "DIES", code=-signal.SIGKILL)
    between = step(instance, "look")
    assert (between["state"], between["half"], between["notices"]) == ("allowed", True, 0)
    stored = everything_on_disk(instance)
    private = [
        LockedKey(instance.home / "handover" / f"{name}.key").open_with_passphrase(CUSTODIANS[name])
        for name in ("kim", "lou")
    ]
    assert CONTACT.encode() not in stored
    assert not [key for key in private if key in stored]
    assert step(instance, "lou") == CONTACT
    after = step(instance, "look")
    assert (after["state"], after["half"], after["notices"]) == ("opened", False, 1)
    assert CONTACT.encode() not in everything_on_disk(instance)


def test_killed_before_the_page_was_shown_the_opening_stands_everywhere_all_the_same(instance: Instance) -> None:
    step(instance, "prepare")
    step(instance, "kim")
    before = step(instance, "look")
    step(instance, "lou", "DIES", code=-signal.SIGKILL)
    after = step(instance, "look")
    assert (after["state"], after["half"], after["notices"]) == ("opened", False, 1)
    assert after["leaves"] == before["leaves"] + 1
    assert after["actions"][-2:] == ["identity.open", "tip.identity_opened"]
    assert CONTACT.encode() not in everything_on_disk(instance)
