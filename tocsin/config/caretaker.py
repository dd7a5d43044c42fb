"""The desk's caretaker: a thread that ends overdue sessions and forgets the unit key when nobody works.

Every request looks at the clock by itself; the caretaker is for the hours in which none comes. It holds no key.
"""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections

from tocsin.access.actors import DESK
from tocsin.access.sessions import end_overdue
from tocsin.tips.unlocking import lock_when_empty, note_locked_by_itself

logger = logging.getLogger("tocsin.caretaker")
_REST = 15.0  # seconds between two looks


def start() -> threading.Thread:
    """Start the thread; it ends with the process."""
    thread = threading.Thread(target=_run, name="caretaker", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    rest = threading.Event()
    while True:
        rest.wait(_REST)
        look_after_the_desk()


def look_after_the_desk() -> None:
    """One look. The key goes first: it needs no database. A fault is logged, and the next look tries again."""
    close_old_connections()
    try:
        note_locked_by_itself(actor=DESK)
        end_overdue(actor=DESK)
        lock_when_empty(actor=DESK)
    except Exception:  # a database that is busy for a moment must not end the thread that locks the desk
        logger.exception("The desk's caretaker could not finish its round; it tries again.")
