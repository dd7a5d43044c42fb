"""The state of both logs for a screen: numbers and a sentence, cheap enough to look at often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from tocsin.ledger import selectors
from tocsin.ledger.models import AUDIT, PUBLIC
from tocsin.ledger.note import Verifier
from tocsin.ledger.startup import LedgerState, check


@dataclass(frozen=True)
class LedgerStatus:
    """``state`` is the verdict of the quick check; the full one is ``tocsin ledger verify``."""

    state: LedgerState
    origin: str
    size: int
    signed_at_hour: datetime | None
    waiting: int
    waiting_since: datetime | None
    audit_size: int


def ledger_status() -> LedgerStatus:
    """Look at the newest heads, at what waits, and at the checkpoint files outside the database."""
    head, audit = selectors.latest_head(PUBLIC), selectors.latest_head(AUDIT)
    verifier = Verifier.from_vkey((settings.TOCSIN_PUBLIC_KEYS / "ledger.vkey").read_text().strip())
    state = check(
        checkpoint_copy=settings.TOCSIN_CHECKPOINT_COPY,
        log_dir=settings.TOCSIN_LOG_DIR,
        verifier=verifier,
        quick=True,
    )
    return LedgerStatus(
        state=state,
        origin=head.origin if head else settings.TOCSIN_ORIGIN,
        size=head.size if head else 0,
        signed_at_hour=head.signed_at_hour if head else None,
        waiting=selectors.pending_count(),
        waiting_since=selectors.oldest_pending_hour(),
        audit_size=audit.size if audit else 0,
    )
