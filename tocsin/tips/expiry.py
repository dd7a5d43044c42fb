"""The end of a tip's time: keys destroyed, a tombstone put up, and the month's retention key after its last tip.

Opens nothing. The worker holds no key that opens a tip, so it cannot write the event under the tip's own pseudonym:
``last_days`` does that at the unlocked desk before the date. What is left on the date the worker destroys all the
same, and its event is counted under a pseudonym that nobody knows (decision record 30).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.db import transaction

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.clocks.models import Deadline, Notice
from tocsin.common import clock
from tocsin.ledger.services import record_audit
from tocsin.tips import workflow as life
from tocsin.tips.deadlines import local_today
from tocsin.tips.destroying import destroy_beside, destroyed_text
from tocsin.tips.holdable import is_held
from tocsin.tips.identity_notice import is_owed
from tocsin.tips.models import Evidence, Identity, Tip, Tombstone
from tocsin.tips.papers import UnlinkedPapers
from tocsin.tips.workflow import ENDED, TIP_LIFE
from tocsin.vault.installed import keyring
from tocsin.vault.retention import destroy, months_with_keys
from tocsin.workflow.forgetting import destroy_words
from tocsin.workflow.services import Move, Papers, take_step

_MOST_A_ROUND = 500


def expire_overdue(*, actor: Actor) -> int:
    """Destroy what ends today or should have ended, without any key that opens it; how many there were."""
    actor.require(Permission.RETENTION_END)
    today = local_today()
    return sum(expire_tip(actor, pk, today, _unlinked_papers) for pk in due_tips(today))


def due_tips(by: date) -> list[int]:
    """The keys of the ended tips whose day is ``by`` or earlier, the earliest first; as many as one round takes."""
    due = Tip.objects.filter(state__in=ENDED, legal_hold=False, expires_on__lte=by)
    return list(due.order_by("expires_on", "id").values_list("pk", flat=True)[:_MOST_A_ROUND])


def _unlinked_papers(_tip: Tip) -> Papers:
    return UnlinkedPapers(keyring())


@transaction.atomic
def expire_tip(actor: Actor, pk: int, by: date, papers_for: Callable[[Tip], Papers]) -> bool:
    """Destroy one tip that is due on ``by``; whether it was. ``papers_for``: how its event is written."""
    tip = Tip.objects.select_for_update().get(pk=pk)
    if tip.state not in ENDED or tip.expires_on is None or tip.expires_on > by or is_held(tip) or is_owed(tip):
        return False
    emptied = tip.destroyed_on is not None and not tip.events_key
    step, papers = (life.EXPIRE_EMPTY, _unlinked_papers(tip)) if emptied else (life.EXPIRE, papers_for(tip))
    _put_up_tombstone(tip)
    if not tip.papers_public:  # from before tips had a key of their own: what was said about it has none to die with
        destroy_words(TIP_LIFE.kind, [tip.ref])
    move = Move(step, changes=destroyed_text() | _nothing_left(tip))
    take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers)
    destroy_beside(tip)
    Deadline.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref=tip.ref).delete()
    Notice.objects.filter(subject_kind=TIP_LIFE.kind, subject_ref=tip.ref).delete()
    Identity.objects.filter(ref=tip.identity_ref).delete()
    return True


def _put_up_tombstone(tip: Tip) -> None:
    arrived, today = tip.received_hour.date(), local_today()

    def days(start: date | None, end: date | None) -> int | None:
        return max(0, (end - start).days) if start and end else None

    Tombstone.objects.create(
        tip=tip,
        month=clock.month_of(tip.received_hour),
        category=tip.category,
        outcome=tip.outcome,
        days_to_read=days(arrived, tip.acknowledged_on),
        days_to_end=days(arrived, tip.ended_on),
        days_kept=days(tip.ended_on, today),
        drill=tip.drill,
    )


def _nothing_left(tip: Tip) -> dict[str, object]:
    """Field changes after which the row says no more than its tombstone, and no words open it."""
    first = tip.received_hour.date().replace(day=1)
    return {
        "channel": "",
        "received_hour": datetime.combine(first, time(), tzinfo=tip.received_hour.tzinfo),
        "login_hash": secrets.token_bytes(32),
        "mail_public": b"",
        "events_key": b"",
        "receipt": b"",
        "acknowledge_by": first,
        "urgent": False,
        **dict.fromkeys(("acknowledged_on", "feedback_by", "paused_on", "handed_off_at")),
        **dict.fromkeys(("ended_on", "expires_on")),
    }


def end_months(*, actor: Actor, public_dir: Path, private_dir: Path) -> list[str]:
    """Destroy the retention key of every month whose last tip and file are gone; returns those months.

    From then on no backup of theirs opens. Only months of which tips are known end, so that a worker that looks at a
    wrong or an empty database destroys nothing; and none of the last two, whose keys may still be in use.
    """
    role = actor.role_for(Permission.RETENTION_END).value
    ended = [month for month in months_with_keys(private_dir) if month < _last_month() and _is_over(month)]
    for month in ended:
        with transaction.atomic():  # said first: what is not written down is not done
            record_audit(actor=actor.name, role=role, action="retention.key_destroy", subject=f"month:{month}")
        destroy(public_dir, private_dir, month)
    return ended


def _last_month() -> str:
    return clock.month_of(clock.now().replace(day=1) - timedelta(days=1))


def _is_over(month: str) -> bool:
    tips = Tip.objects.filter(retention_id=month)
    if tips.filter(destroyed_on__isnull=True).exists() or Evidence.objects.filter(retention_id=month).exists():
        return False
    return tips.exists()
