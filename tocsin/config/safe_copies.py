"""Makes safe copies in the background of the desk: only there, and only while it is unlocked, can files be opened."""

from __future__ import annotations

import fcntl
import logging
import threading

from django.conf import settings
from django.db import close_old_connections

from tocsin.access.actors import SAFE_COPIES
from tocsin.tips.safe_copies import make_copy, waiting_evidence
from tocsin.vault import unlocked

logger = logging.getLogger("tocsin.safe_copies")
_REST = 2.0  # seconds between two looks


def start() -> threading.Thread:
    """Start the thread; it ends with the process."""
    thread = threading.Thread(target=_run, name="safe-copies", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    rest = threading.Event()
    while True:
        if not unlocked.is_unlocked() or not work_once():
            rest.wait(_REST)


def work_once() -> bool:
    """Make one copy; whether there was one to make. One process of the desk at a time; a fault is tried again."""
    close_old_connections()
    with (settings.TOCSIN_EVIDENCE_DIR / "safe-copies.lock").open("ab") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            row = waiting_evidence(SAFE_COPIES)
            if row is None:
                return False
            make_copy(actor=SAFE_COPIES, row=row)
        except Exception:  # a full disk or a desk that was locked meanwhile: the file waits, nothing is lost
            logger.exception("A safe copy could not be made now; it will be tried again.")
            return False
    return True
