"""What must end without anybody asking: legal holds, reports and cases by their dates, and the keys of old months."""

from __future__ import annotations

from django.conf import settings

from tocsin.access.actors import WORKER
from tocsin.cases.ending import end_cases
from tocsin.tips.expiry import end_months, expire_overdue
from tocsin.tips.hold_steps import end_due_holds


def worker_round() -> None:
    """End what is due today, without any key that opens a report; then the months of which nothing is left."""
    end_due_holds(actor=WORKER)
    expire_overdue(actor=WORKER)
    end_cases(actor=WORKER)
    end_months(actor=WORKER, public_dir=settings.TOCSIN_PUBLIC_KEYS, private_dir=settings.TOCSIN_RETENTION_KEYS)
