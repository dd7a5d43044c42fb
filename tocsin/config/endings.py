"""What must end without anybody asking: legal holds by their date, reports by theirs, and the keys of old months."""

from __future__ import annotations

import fcntl
import logging
import threading

from django.conf import settings
from django.db import close_old_connections

from tocsin.access.actors import RETENTION, WORKER
from tocsin.tips.expiry import end_months, expire_overdue, expire_with_key
from tocsin.tips.holds import end_due_holds

logger = logging.getLogger("tocsin.endings")
_REST = 600.0  # seconds between two looks of the desk


def worker_round() -> None:
    """End what is due today, without any key that opens a report; then the months of which nothing is left."""
    end_due_holds(actor=WORKER)
    expire_overdue(actor=WORKER)
    end_months(actor=WORKER, public_dir=settings.TOCSIN_PUBLIC_KEYS, private_dir=settings.TOCSIN_RETENTION_KEYS)


def start() -> threading.Thread:
    """Start the desk's part: it ends with the process."""
    thread = threading.Thread(target=_run, name="endings", daemon=True)
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
    with (settings.TOCSIN_EVIDENCE_DIR / "endings.lock").open("ab") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        try:
            return expire_with_key(actor=RETENTION)
        except Exception:  # a locked or full database: nothing is lost, and the worker ends it on its day
            logger.exception("Reports whose time is over could not be destroyed now; it will be tried again.")
            return 0
