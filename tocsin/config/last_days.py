"""The desk's part of ending reports: in their last days, while it is unlocked, under their own pseudonyms."""

from __future__ import annotations

import fcntl
import logging
import threading

from django.conf import settings
from django.db import close_old_connections

from tocsin.access.actors import RETENTION
from tocsin.tips.last_days import expire_with_key

logger = logging.getLogger("tocsin.last_days")
_REST = 600.0  # seconds between two looks


def start() -> threading.Thread:
    """Start the thread; it ends with the process."""
    thread = threading.Thread(target=_run, name="last-days", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    rest = threading.Event()
    while True:
        desk_round()
        rest.wait(_REST)


def desk_round() -> int:
    """Destroy what ends within days, while the desk is unlocked; how many reports. One process at a time."""
    close_old_connections()
    try:
        with (settings.TOCSIN_EVIDENCE_DIR / "last-days.lock").open("ab") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return expire_with_key(actor=RETENTION)
    except BlockingIOError:  # another process of the desk is at it
        return 0
    except Exception:  # a locked database, a full or missing disk: nothing is lost, the worker ends it on its day
        logger.exception("Reports whose time is over could not be destroyed now; it will be tried again.")
        return 0
