"""What the worker does for referrals: it marks the days of reminding and lets texts run out. It opens nothing."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases.models import Referral, ReferralMessage, ReferralReminder
from tocsin.cases.referral_papers import ReferralPapers
from tocsin.cases.referral_workflow import AWAITING, EXPIRE, REFERRAL_LIFE, WITH_RECIPIENT
from tocsin.common import clock
from tocsin.common.errors import Conflict
from tocsin.ledger.audit import AuditRow
from tocsin.ledger.services import record_audits
from tocsin.policy.active import pack_of
from tocsin.tips.deadlines import local_today
from tocsin.workflow.services import Move, take_step

AT_ONCE = 500


@transaction.atomic
def remind_referrals(*, actor: Actor) -> int:
    """Mark every reminder whose day has come, by the rules under which each text was sent; how many are new.

    Several missed days (the worker was off) are all marked. Doing it twice marks nothing twice.
    """
    role = actor.role_for(Permission.CLOCKS_MARK).value
    today, moment = local_today(), clock.now()
    waiting = Referral.objects.select_for_update().filter(state__in=AWAITING).prefetch_related("reminders")
    due = [
        ReferralReminder(referral=row, after_days=days, due_on=row.sent_on + timedelta(days=days), marked_at=moment)
        for row in waiting.order_by("id")
        if row.sent_on is not None
        for days in sorted(set(pack_of(row.pack_version).sharing.reminder_days))
        if row.sent_on + timedelta(days=days) <= today and days not in {each.after_days for each in row.reminders.all()}
    ]
    ReferralReminder.objects.bulk_create(due)
    record_audits(
        [
            AuditRow(
                actor=actor.name,
                role=role,
                action="referral.remind",
                subject=f"referral:{each.referral.ref}",
                detail={"after_days": str(each.after_days)},
            )
            for each in due
        ]
    )
    return len(due)


def expire_referrals(*, actor: Actor) -> int:
    """Let every text run out whose last day is over: the recipient's copies are destroyed. Returns how many."""
    actor.require(Permission.CLOCKS_MARK)
    today, done = local_today(), 0
    over = Referral.objects.filter(state__in=WITH_RECIPIENT, expires_on__lt=today).order_by("id")
    for row in over[:AT_ONCE]:
        try:
            _expire(actor, row)
        except Conflict:  # called back at this moment: its copy is gone as well
            continue
        done += 1
    return done


@transaction.atomic
def _expire(actor: Actor, referral: Referral) -> None:
    move = Move(EXPIRE, changes={"copy": b"", "ended_on": local_today()})
    take_step(actor=actor, life=REFERRAL_LIFE, subject=referral, move=move, papers=ReferralPapers(referral.ref))
    ReferralMessage.objects.filter(referral=referral).update(copy=b"")
