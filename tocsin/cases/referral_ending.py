"""How a referral ends at the desk: called back, without an answer, and the case taken up again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases import referral_workflow as life
from tocsin.cases.models import Case, Referral, ReferralReminder
from tocsin.cases.outcome import take_back_case
from tocsin.cases.referral_reading import no_answer_from
from tocsin.cases.referral_taking import NO_COPY, take_referral
from tocsin.cases.taking import note, require_case
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.tips.deadlines import local_today
from tocsin.ui.templatetags.ui import plain_date


@transaction.atomic
def recall_referral(*, actor: Actor, referral: Referral, reason: str) -> Referral:
    """Call a text back: the recipient's copy is destroyed at once."""
    return _end(actor, referral, life.RECALL.name, reason)


@transaction.atomic
def record_no_answer(*, actor: Actor, referral: Referral, reason: str) -> Referral:
    """Write down that the recipient did not answer; its copy is destroyed. Only once its time is over.

    Raises ``Conflict`` when an answer came after all, ``RuleBroken`` while there is time left.
    """
    actor.require(Permission.CASE_REFER)
    start = no_answer_from(Referral.objects.get(pk=referral.pk))
    if start is not None and local_today() < start:
        raise RuleBroken(
            _("The recipient has time to answer until %(day)s. Nothing was changed.") % {"day": plain_date(start)}
        )
    return _end(actor, referral, life.RECORD_NO_ANSWER.name, reason)


def _end(actor: Actor, referral: Referral, step: str, reason: str) -> Referral:
    changes = {**NO_COPY, "ended_on": local_today()}
    taken = take_referral(
        actor=actor, referral=referral, step=life.REFERRAL_LIFE.step(step), reason=reason, changes=changes
    )
    taken.messages.update(copy=b"")
    return taken


@transaction.atomic
def take_back_referred(*, actor: Actor, referral: Referral, reason: str) -> Case:
    """Take the case up again, on the recipient's answer or because none came.

    Raises ``Conflict`` while the answer of any recipient of this case is still awaited.
    """
    actor.require(Permission.CASE_REFER)
    fresh = Referral.objects.get(pk=referral.pk)
    if fresh.sent_on is None:
        raise Conflict(_("This was never sent. Nothing was changed."))
    return take_back_case(actor=actor, case=fresh.case, reason=reason)


@transaction.atomic
def note_reminded(*, actor: Actor, referral: Referral) -> int:
    """Say that the recipient was reminded, for every reminder that is marked; how many there were."""
    actor.require(Permission.CASE_REFER)
    require_case(actor, referral.case)
    waiting = ReferralReminder.objects.filter(referral=referral, seen_to_on=None)
    done = waiting.update(seen_to_on=local_today(), seen_to_by_id=actor.require_staff())
    if not done:
        raise Conflict(_("There is no reminder that waits. Nothing was changed."))
    note(actor, Permission.CASE_REFER, "referral.reminded", f"referral:{referral.ref}")
    return done
