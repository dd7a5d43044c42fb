"""Writes prepared tips in one durable transaction: all of a batch or nothing of it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.clocks.models import Deadline
from tocsin.common.stores import busy_when_store_fails
from tocsin.intake.prepare import PreparedTip
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import queue_entries, record_audits
from tocsin.tips.models import Evidence, Identity, Tip

BUSY = _(
    "We could not store your report just now. It was not accepted and no promise was given. Your text is still "
    "here: wait a minute, then send it again."
)
Job = tuple[Actor, PreparedTip]


@contextmanager
def _write_turn() -> Iterator[None]:
    """On SQLite, one process after the other: a queue in the kernel instead of sleeping on a locked database.

    The lock is released by the kernel when a process dies. PostgreSQL needs none.
    """
    path: Path | None = settings.TOCSIN_WRITE_LOCK
    if path is None or connection.vendor != "sqlite":
        yield
        return
    with path.open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(turn, fcntl.LOCK_UN)


def store(jobs: Sequence[Job]) -> list[bool]:
    """Store the tips of ``jobs``; for each, whether it was new (``False``: this attempt had been stored before).

    Returns only after the database has made the transaction durable. Raises ``Busy`` when the store takes nothing just
    now, and the fault itself when a row cannot be stored; in both cases nothing of ``jobs`` was stored.
    """
    try:
        with busy_when_store_fails(BUSY), _write_turn(), transaction.atomic():
            return _insert(jobs)
    except IntegrityError:
        # Another process stored the same attempt between our look and our insert: it is a duplicate, or a fault.
        if len(jobs) == 1 and Tip.objects.filter(intake_key=jobs[0][1].tip.intake_key).exists():
            return [False]
        raise


def _insert(jobs: Sequence[Job]) -> list[bool]:
    keys = [bytes(job[1].tip.intake_key) for job in jobs]
    known = {bytes(key) for key in Tip.objects.filter(intake_key__in=keys).values_list("intake_key", flat=True)}
    fresh: list[Job] = []
    verdicts: list[bool] = []
    for job, key in zip(jobs, keys, strict=True):
        new = key not in known
        known.add(key)
        verdicts.append(new)
        if new:
            for row in (job[1].tip, job[1].identity, *job[1].evidence, *job[1].deadlines):
                row.pk = None  # set already when a batch with a bad row was rolled back
            fresh.append(job)
    if fresh:
        Identity.objects.bulk_create([prepared.identity for _actor, prepared in fresh])
        Tip.objects.bulk_create([prepared.tip for _actor, prepared in fresh])
        Deadline.objects.bulk_create([row for _actor, prepared in fresh for row in prepared.deadlines])
        if rows := [row for _actor, prepared in fresh for row in prepared.evidence]:
            Evidence.objects.bulk_create(rows)
        queue_entries([prepared.entry for _actor, prepared in fresh])
        record_audits([_trace(actor, prepared) for actor, prepared in fresh])
        for _actor, prepared in fresh:
            if prepared.then is not None:
                prepared.then(prepared.tip)
    return verdicts


def _trace(actor: Actor, prepared: PreparedTip) -> AuditRow:
    return AuditRow(
        actor=actor.name,
        role=actor.role_for(Permission.TIP_RECEIVE).value,
        action="tip.receive",
        subject=f"tip:{prepared.tip.ref}",
        detail={"channel": prepared.tip.channel},
        exact_time=actor.staff_id is not None,  # of what a reporter does only the hour is kept
    )
