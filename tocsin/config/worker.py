"""The worker: what must happen without anybody asking. Signs and publishes the ledger, makes retention keys ahead,
marks what is due and tells people of it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections

from tocsin.access.actors import WORKER
from tocsin.cases.referral_clock import expire_referrals, remind_referrals
from tocsin.common import clock
from tocsin.config.clock_round import SECONDS, clock_round
from tocsin.config.ledger_keys import finish_interrupted_change, read_signer
from tocsin.config.mail_rounds import MailRounds
from tocsin.intake.files import remove_left_over
from tocsin.ledger import selectors
from tocsin.ledger.models import PUBLIC
from tocsin.ledger.note import Signer
from tocsin.ledger.publishing import LogKeys, catch_up, publish
from tocsin.ledger.sequencer import sequence_audit, sequence_public
from tocsin.ledger.startup import LedgerState
from tocsin.tips.identity_notice import end_requests
from tocsin.tips.papers import opening_place
from tocsin.tips.state_counts import fold
from tocsin.vault.installed import keyring
from tocsin.vault.retention import make_month_keys
from tocsin.vault.sealing import seal_to

logger = logging.getLogger("tocsin.worker")
FOLD_SECONDS = 60.0


@dataclass(frozen=True)
class LedgerDesk:
    """What the ledger's upkeep takes: both signers and the files."""

    signer: Signer
    audit_signer: Signer
    keys: LogKeys
    log_dir: Path
    checkpoint_copy: Path

    @property
    def origin(self) -> str:
        """The origin that the database grows under: the configured one, or its successor after a recovery."""
        head = selectors.latest_head(PUBLIC)
        return head.origin if head else str(settings.TOCSIN_ORIGIN)


def ledger_desk() -> LedgerDesk:
    """Read the worker's keys, after a change of the ledger's key that a crash interrupted was finished.

    Raises ``Unsafe`` when one is missing, damaged or readable by others.
    """
    finish_interrupted_change()
    return read_desk()


def read_desk() -> LedgerDesk:
    """Read the worker's keys as they lie there. Raises ``Unsafe`` as ``ledger_desk`` does."""
    signer = read_signer(settings.TOCSIN_LEDGER_KEY)
    promise = (settings.TOCSIN_PUBLIC_KEYS / "promise.vkey").read_text().strip()
    return LedgerDesk(
        signer=signer,
        audit_signer=read_signer(settings.TOCSIN_AUDIT_KEY),
        keys=LogKeys(log=[signer.vkey], promise=[promise], unit=settings.TOCSIN_UNIT),
        log_dir=settings.TOCSIN_LOG_DIR,
        checkpoint_copy=settings.TOCSIN_CHECKPOINT_COPY,
    )


def start_up(desk: LedgerDesk) -> LedgerState:
    """Hold the database against the checkpoints outside it; publish what a crash kept from being published."""
    return catch_up(
        checkpoint_copy=desk.checkpoint_copy, log_dir=desk.log_dir, keys=desk.keys, verifier=desk.signer.verifier
    )


def seal_opening(opening: bytes) -> bytes:
    """An opening that nobody else holds, sealed to the unit."""
    return seal_to(keyring().unit_public, opening, info=opening_place())


def publish_ledger(desk: LedgerDesk, *, force: bool = False) -> int:
    """One round: the audit log, then the public batches that wait, then the static files. Returns the tree size."""
    sequence_audit(signer=desk.audit_signer, origin=f"{settings.TOCSIN_ORIGIN}/audit")
    more = True
    while more:
        batch = sequence_public(
            signer=desk.signer,
            seal=seal_opening,
            origin=desk.origin,
            checkpoint_copy=desk.checkpoint_copy,
            log_dir=desk.log_dir,
            extra_events=[] if force else None,
        )
        more, force = bool(batch and batch.more), False
    return publish(log_dir=desk.log_dir, keys=desk.keys, verifier=desk.signer.verifier)


def run(stop: threading.Event) -> None:
    """Work until ``stop`` is set. A fault in one round is logged and the next round tries again."""
    desk = ledger_desk()
    state = start_up(desk)
    if state.read_only:
        logger.error("The ledger is read-only. Run `tocsin ledger verify` to see why and what to do.")
    due = clocks_due = folded = time.monotonic()
    mails = MailRounds(settings.TOCSIN_MAIL_SECONDS)
    while not stop.is_set():
        mails.look()
        if time.monotonic() >= folded:
            folded = time.monotonic() + FOLD_SECONDS
            _fold_counts()
        if time.monotonic() >= due:
            due = time.monotonic() + settings.TOCSIN_BATCH_SECONDS
            _round(desk)
        if time.monotonic() >= clocks_due:
            clocks_due = time.monotonic() + (0 if _clocks() else SECONDS)
        stop.wait(min(1.0, max(0.0, due - time.monotonic())))
    mails.end()


def _fold_counts() -> None:
    close_old_connections()
    try:
        fold(actor=WORKER)
    except Exception:  # as below; until then the counts are only slower to read
        logger.exception("The counts of the inbox could not be summed up. It will be tried again.")


def _round(desk: LedgerDesk) -> None:
    close_old_connections()
    try:
        make_month_keys(settings.TOCSIN_PUBLIC_KEYS, settings.TOCSIN_RETENTION_KEYS, months=months_ahead())
        publish_ledger(desk)
        remove_left_over()
    except Exception:  # the worker must outlive a full disk or a locked database; the next round tries again
        logger.exception("A round of the worker failed; nothing that was accepted is lost. It will be tried again.")
    for what_is_due in (end_requests, expire_referrals, remind_referrals):
        try:
            what_is_due(actor=WORKER)
        except Exception:  # as above; a ledger that is read-only must not keep a notice to a reporter back
            logger.exception("What is due by time could not be done. It stays due; it will be tried again.")


def _clocks() -> bool:
    """A round of the clocks; whether more of them wait."""
    close_old_connections()
    try:
        return clock_round()
    except Exception:  # as above
        logger.exception("A round of the clocks failed. What is due stays due; it will be tried again.")
        return False


def months_ahead() -> list[str]:
    """This month and the next, for which retention keys must exist."""
    this = clock.now()
    year, month = divmod(this.year * 12 + this.month, 12)
    return [clock.month_of(this), f"{year:04d}-{month + 1:02d}"]
