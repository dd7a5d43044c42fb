"""The last days of an ended tip at the unlocked desk: a review that keeps it, or its end under its own pseudonym."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.common.errors import Conflict, RuleBroken, Unsafe
from tocsin.tips import workflow as life
from tocsin.tips.deadlines import local_today
from tocsin.tips.expiry import due_tips, expire_tip
from tocsin.tips.keeping import kept_until
from tocsin.tips.models import Tip
from tocsin.tips.papers import TipPapers
from tocsin.tips.selectors import event_key_of, tips_visible_to
from tocsin.tips.taking import as_stored, required, take
from tocsin.tips.workflow import ENDED, FOUNDED
from tocsin.vault import unlocked
from tocsin.vault.installed import keyring
from tocsin.vault.opening import CannotOpen
from tocsin.workflow.services import Papers

logger = logging.getLogger("tocsin.expiry")
LAST_DAYS = timedelta(days=7)
SOON = timedelta(days=30)


def keep_longer(*, actor: Actor, tip: Tip, until: date, reason: str) -> Tip:
    """Keep a confirmed tip until the next review; a reason and a date. Raises ``RuleBroken`` for too late a date.

    What was not confirmed is never kept longer: only a legal hold stops its end (``Conflict``).
    """
    reason = required(reason, missing=_("Write down the reason. Nothing was changed."))
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
    by = local_today() + LAST_DAYS
    return sum(_expired(actor, pk, by) for pk in due_tips(by))


def _expired(actor: Actor, pk: int, by: date) -> bool:
    try:
        return expire_tip(actor, pk, by, _own_papers)
    except (CannotOpen, Unsafe):  # one damaged tip must not hold up the others; the worker needs nothing opened
        logger.exception("A report that does not open was left to the worker, which destroys it on its day.")
        return False


def _own_papers(tip: Tip) -> Papers:
    return TipPapers.of(tip, event_key_of(tip), keyring())
