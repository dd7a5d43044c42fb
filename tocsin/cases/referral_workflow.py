"""The life of a referral: one text about a case, sent to one body, whose answer must come back. Read it as a table."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Permission
from tocsin.cases.workflow import Look
from tocsin.workflow.steps import Life, Step


class ReferralState(models.TextChoices):
    """Where a referral stands."""

    DRAFTED = "drafted", _("Being written")
    SENT = "sent", _("Sent, not opened yet")
    OPENED = "opened", _("Opened, no answer yet")
    ANSWERED = "answered", _("Answered")
    UNANSWERED = "unanswered", _("No answer")
    RECALLED = "recalled", _("Called back")
    EXPIRED = "expired", _("Run out")
    DISCARDED = "discarded", _("Thrown away")


S, P = ReferralState, Permission
LOOKS: dict[ReferralState, Look] = {
    S.DRAFTED: Look("purple", _("Nothing has left the house.")),
    S.SENT: Look("blue", _("The recipient has not read it yet.")),
    S.OPENED: Look("yellow", _("The recipient has read it; its answer must come back.")),
    S.ANSWERED: Look("green", _("The recipient has answered. It can write until the last day.")),
    S.UNANSWERED: Look("grey", _("No answer came. The recipient’s copy is destroyed.")),
    S.RECALLED: Look("grey", _("We called it back. The recipient’s copy is destroyed.")),
    S.EXPIRED: Look("grey", _("Its last day is over. The recipient’s copy is destroyed.")),
    S.DISCARDED: Look("grey", _("It was never sent; its text is destroyed.")),
}
WITH_RECIPIENT = frozenset({S.SENT, S.OPENED, S.ANSWERED})
"""The recipient can still read it."""
AWAITING = frozenset({S.SENT, S.OPENED})


def _from(*states: ReferralState) -> frozenset[str]:
    return frozenset(states)


SEND = Step(
    "send", _("Send it"), _from(S.DRAFTED), S.SENT, P.CASE_REFER, "sharing", public_kind=None, needs_reason=True
)
DISCARD = Step("discard", _("Throw the draft away"), _from(S.DRAFTED), S.DISCARDED, P.CASE_WORK, "sharing", None)
OPEN = Step("open", _("Open it"), _from(S.SENT), S.OPENED, P.REFERRAL_READ, "sharing", None)
ANSWER = Step("answer", _("Answer"), _from(S.SENT, S.OPENED), S.ANSWERED, P.REFERRAL_ANSWER, "sharing", None)
NEW_CODE = Step(
    "new_code", _("Make a new code"), frozenset(WITH_RECIPIENT), None, P.CASE_REFER, "sharing", None, needs_reason=True
)
RECALL = Step(
    "recall", _("Call it back"), frozenset(WITH_RECIPIENT), S.RECALLED, P.CASE_REFER, "sharing", None, needs_reason=True
)
RECORD_NO_ANSWER = Step(
    "record_no_answer", _("Record that no answer came"), _from(S.SENT, S.OPENED, S.EXPIRED), S.UNANSWERED,
    P.CASE_REFER, "sharing", None, needs_reason=True, barred_by="disposition",
)  # fmt: skip
EXPIRE = Step("expire", _("Let it run out"), frozenset(WITH_RECIPIENT), S.EXPIRED, P.CLOCKS_MARK, "sharing", None)
REFERRAL_LIFE = Life("referral", (SEND, DISCARD, OPEN, ANSWER, NEW_CODE, RECALL, RECORD_NO_ANSWER, EXPIRE))
