"""The worker's part in e-mails: it starts ``tocsin mail fetch`` every few minutes, as a process of its own.

Mails come from anybody. What reads them has no key of the worker's and cannot take it down, however a mail is made.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

logger = logging.getLogger("tocsin.mail")
LONGEST_ROUND = 30 * 60.0
"""Seconds after which a round is ended; the next one goes on where it was."""
_COULD_NOT_RUN = 2


class MailRounds:
    """Rounds of fetching. ``every_seconds`` 0 makes none."""

    def __init__(self, every_seconds: int) -> None:
        self._every = every_seconds
        self._due = time.monotonic()
        self._running: subprocess.Popen[bytes] | None = None
        self._begun = 0.0

    def look(self) -> None:
        """Start a round if one is due, note how the last one ended. Returns at once and raises nothing."""
        if self._running is not None:
            self._watch(self._running)
        elif self._every and time.monotonic() >= self._due:
            self._start()

    def end(self) -> None:
        """End a round that is under way; the worker stops."""
        if self._running is not None:
            self._running.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._running.wait(10)
            self._kill(self._running)

    def _start(self) -> None:
        self._begun = time.monotonic()
        self._due = self._begun + self._every
        command = [sys.executable, "-m", "tocsin", "mail", "fetch"]
        try:
            self._running = subprocess.Popen(  # noqa: S603  our own interpreter and module, fixed arguments
                command, stdout=subprocess.DEVNULL, env=dict(os.environ), start_new_session=True
            )
        except OSError:
            logger.exception("Mails cannot be fetched now; it will be tried again.")

    def _watch(self, running: subprocess.Popen[bytes]) -> None:
        if running.poll() is None and time.monotonic() - self._begun > LONGEST_ROUND:
            logger.error("Fetching mails took longer than %d minutes and was ended.", LONGEST_ROUND // 60)
            self._kill(running)
        if running.poll() is not None:
            self._running = None
            if running.returncode < 0 or running.returncode >= _COULD_NOT_RUN:
                logger.error("Mails could not be fetched. Run `tocsin mail fetch` to see why; none is lost.")

    def _kill(self, running: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
