"""What can be done from the page of a referral: one entry for each button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.cases.models import Referral, ReferralMessage
from tocsin.cases.referral_ending import note_reminded, recall_referral, record_no_answer, take_back_referred
from tocsin.cases.referral_letters import note_told_by_hand, reply_to_recipient
from tocsin.cases.referring import discard_referral, give_new_code, send_referral
from tocsin.common.errors import Conflict
from tocsin.desk.screens.refer import day_from

Do = Callable[[Actor, Referral, QueryDict], object]
GiveCode = Callable[[Actor, Referral, QueryDict, str], list[str]]


@dataclass(frozen=True)
class Action:
    """``do`` calls the service; ``done`` is what the page says afterwards."""

    do: Do
    done: str | Promise


def _told_by_hand(actor: Actor, referral: Referral, typed: QueryDict) -> object:
    message = ReferralMessage.objects.filter(referral=referral, ref=typed.get("message", "")).first()
    if message is None:
        raise Conflict(_("This belongs to another text. Nothing was changed."))
    return note_told_by_hand(actor=actor, message=message, told_on=day_from(typed.get("told_on", "")))


def _version(typed: QueryDict) -> int:
    """The version that the person saw; none fits a page that was damaged."""
    told = typed.get("version", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else -1


ACTIONS: Mapping[str, Action] = {
    "discard": Action(
        lambda actor, referral, typed: discard_referral(actor=actor, referral=referral),
        gettext_lazy("The draft was thrown away and its text destroyed."),
    ),
    "recall": Action(
        lambda actor, referral, typed: recall_referral(actor=actor, referral=referral, reason=typed.get("reason", "")),
        gettext_lazy("The text was called back. The recipient can read it no more."),
    ),
    "no-answer": Action(
        lambda actor, referral, typed: record_no_answer(actor=actor, referral=referral, reason=typed.get("reason", "")),
        gettext_lazy("You recorded that no answer came."),
    ),
    "take-back": Action(
        lambda actor, referral, typed: take_back_referred(
            actor=actor, referral=referral, reason=typed.get("reason", "")
        ),
        gettext_lazy("The case is taken up again."),
    ),
    "reminded": Action(
        lambda actor, referral, typed: note_reminded(actor=actor, referral=referral),
        gettext_lazy("You noted that the recipient was reminded."),
    ),
    "reply": Action(
        lambda actor, referral, typed: reply_to_recipient(
            actor=actor, referral=referral, text=typed.get("text", ""), looked=typed.getlist("looked")
        ),
        gettext_lazy("The recipient finds your message beside the text."),
    ),
    "told": Action(_told_by_hand, gettext_lazy("You noted that the recipient was told.")),
}
CODES: Mapping[str, GiveCode] = {
    "send": lambda actor, referral, typed, language: send_referral(
        actor=actor, referral=referral, version=_version(typed), language=language
    ),
    "new-code": lambda actor, referral, typed, language: give_new_code(
        actor=actor, referral=referral, language=language, reason=typed.get("reason", "")
    ),
}
