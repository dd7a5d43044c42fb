"""The end of a tip's time: keys destroyed, a tombstone put up, and the month's retention key after its last tip.

The worker holds no key that opens a tip, so it cannot write the event under the tip's own pseudonym. While the desk is
unlocked it does that work itself in the last days before the date; what is left on the date the worker destroys
without it, and its event is counted under a pseudonym that nobody knows (decision record 27).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common import clock
from tocsin.common.errors import Conflict, RuleBroken, Unsafe
from tocsin.ledger.services import record_audit
from tocsin.tips import workflow as life
from tocsin.tips.deadlines import local_today
from tocsin.tips.destroying import destroy_beside, destroyed_text, is_held
from tocsin.tips.keeping import kept_until
from tocsin.tips.models import Evidence, Identity, Tip, Tombstone
from tocsin.tips.papers import TipPapers, UnlinkedPapers
from tocsin.tips.selectors import event_key_of, tips_visible_to
from tocsin.tips.taking import as_stored, clean, take
from tocsin.tips.workflow import ENDED, FOUNDED, TIP_LIFE
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.vault.opening import CannotOpen
from tocsin.vault.retention import destroy, months_with_keys
from tocsin.workflow.services import Move, Papers, take_step

logger = logging.getLogger("tocsin.expiry")
LAST_DAYS = timedelta(days=7)
SOON = timedelta(days=30)
_MOST_A_ROUND = 500


def keep_longer(*, actor: Actor, tip: Tip, until: date, reason: str) -> Tip:
    """Keep a confirmed tip until the next review; a reason and a date. Raises ``RuleBroken`` for too late a date.

    What was not confirmed is never kept longer: only a legal hold stops its end (``Conflict``).
    """
    reason = clean(reason, missing=_("Write down the reason. Nothing was changed."))
    with transaction.atomic():
        fresh = as_stored(tip)
        if fresh.outcome not in FOUNDED:
            raise Conflict(_("Only a confirmed report is kept longer. For another one there must be an order."))
        last = kept_until(fresh, fresh.outcome, local_today())
        if not local_today() < until <= last:
            raise RuleBroken(
                _("Choose a day after today and by %(day)s at the latest. Nothing was changed.")
                % {"day": last.isoformat()}
            )
        return take(actor=actor, tip=fresh, step=life.KEEP_LONGER, reason=reason, changes={"expires_on": until})


def expiring_soon(actor: Actor) -> QuerySet[Tip]:
    """The ended tips that will be destroyed within thirty days, the next one on top."""
    ended = tips_visible_to(actor).filter(state__in=ENDED, expires_on__lte=local_today() + SOON)
    return ended.order_by("expires_on", "id")


def expire_with_key(*, actor: Actor) -> int:
    """Destroy what ends within the next days, each event under the tip's own pseudonym; how many there were.

    For the unlocked desk; does nothing while it is locked. A tip that does not open is left to the worker.
    """
    actor.require(Permission.RETENTION_END)
    if not unlocked.is_unlocked():
        return 0
    return sum(_expired(actor, pk, local_today() + LAST_DAYS, _own_papers) for pk in _due(local_today() + LAST_DAYS))


def expire_overdue(*, actor: Actor) -> int:
    """Destroy what ends today or should have ended, without any key that opens it; how many there were."""
    actor.require(Permission.RETENTION_END)
    return sum(_expired(actor, pk, local_today(), _unlinked_papers) for pk in _due(local_today()))


def _due(by: date) -> list[int]:
    due = Tip.objects.filter(state__in=ENDED, legal_hold=False, expires_on__lte=by)
    return list(due.order_by("expires_on", "id").values_list("pk", flat=True)[:_MOST_A_ROUND])


def _own_papers(tip: Tip) -> Papers:
    return TipPapers.of(tip, event_key_of(tip), keyring())


def _unlinked_papers(_tip: Tip) -> Papers:
    return UnlinkedPapers(keyring())


def _expired(actor: Actor, pk: int, by: date, papers_for: Callable[[Tip], Papers]) -> bool:
    try:
        return _expire(actor, pk, by, papers_for)
    except (CannotOpen, Unsafe):  # one damaged tip must not hold up the others; the worker needs nothing opened
        logger.exception("A report that does not open was left to the worker, which destroys it on its day.")
        return False


@transaction.atomic
def _expire(actor: Actor, pk: int, by: date, papers_for: Callable[[Tip], Papers]) -> bool:
    tip = Tip.objects.select_for_update().get(pk=pk)
    if tip.state not in ENDED or tip.expires_on is None or tip.expires_on > by or is_held(tip):
        return False
    emptied = tip.destroyed_on is not None and not tip.events_key
    step, papers = (life.EXPIRE_EMPTY, _unlinked_papers(tip)) if emptied else (life.EXPIRE, papers_for(tip))
    _put_up_tombstone(tip)
    move = Move(step, changes=destroyed_text() | _nothing_left(tip))
    take_step(actor=actor, life=TIP_LIFE, subject=tip, move=move, papers=papers)
    destroy_beside(tip)
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
        **dict.fromkeys(("acknowledged_on", "feedback_by", "paused_on", "urgent_by", "handed_off_at")),
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
