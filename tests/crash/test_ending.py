"""Whoever starts everything ends everything: told by a key, by the init system or by a closed terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.crash.conftest import environment
from tocsin.config.instance import Instance
from tocsin.config.servers import require_free, wait_until_ready

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_part_ends_with_the_one_that_started_it(instance: Instance, told: signal.Signals) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "serve", "all"],
        env=environment(instance.home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert started.stdout is not None
    with closing(started.stdout):
        wait_until_ready(instance)
        time.sleep(0.6)  # past its own wait, as for anybody who ends it later
        started.send_signal(told)
        assert started.wait(30) == 0
    for door in (instance.public, instance.desk):
        require_free(door)
