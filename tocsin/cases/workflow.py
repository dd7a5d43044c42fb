"""The life of a case, and of somebody who is named in it. Read them as tables."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Permission
from tocsin.tips.workflow import Outcome
from tocsin.workflow.steps import Life, Step


class CaseState(models.TextChoices):
    """Where a case stands. The tips in it go with it."""

    OPEN = "open", _("Open")
    UNDER_VERIFICATION = "under_verification", _("Under verification")
    REFERRED = "referred", _("Passed on")
    OUTCOME_SET = "outcome_set", _("Outcome set")
    CLOSED = "closed", _("Closed")


@dataclass(frozen=True)
class Look:
    """How a state looks on the desk: its tone and a sentence."""

    tone: str
    help: str | Promise


LOOKS: dict[CaseState, Look] = {
    CaseState.OPEN: Look("purple", _("Reports on the same facts are brought together.")),
    CaseState.UNDER_VERIFICATION: Look("orange", _("The facts are being checked.")),
    CaseState.REFERRED: Look("orange", _("Another body deals with it; its answer must come back.")),
    CaseState.OUTCOME_SET: Look("green", _("The outcome is decided; the reporters must be told.")),
    CaseState.CLOSED: Look("grey", _("Finished.")),
}

FINDINGS = frozenset({Outcome.SUBSTANTIATED, Outcome.PARTLY_SUBSTANTIATED})
"""Outcomes that say that something was found: they need evidence, and the persons concerned must have been heard."""
CASE_OUTCOMES = (
    Outcome.UNSUBSTANTIATED_GOOD_FAITH,
    Outcome.SUBSTANTIATED,
    Outcome.PARTLY_SUBSTANTIATED,
    Outcome.INSUFFICIENT_INFORMATION,
    Outcome.ALREADY_KNOWN,
    Outcome.NOT_WITHIN_REMIT,
)
TIP_OUTCOMES = (*CASE_OUTCOMES, Outcome.DUPLICATE_OF)
"""What a single tip of a case may get where it differs from the case."""

S, P = CaseState, Permission
WORKING = frozenset({S.OPEN, S.UNDER_VERIFICATION, S.REFERRED})


def _from(*states: CaseState) -> frozenset[str]:
    return frozenset(states)


ADD_TIP = Step(
    "add_tip", _("Put a report into the case"), frozenset(WORKING), None, P.CASE_LINK_CONFIRM, "linking",
    public_kind=None, needs_reason=True, four_eyes=True, decided_as=("tip", "link"),
)  # fmt: skip
TAKE_OUT_TIP = Step(
    "take_out_tip", _("Take a report out of the case"), frozenset(CaseState), None, P.CASE_UNLINK, "linking",
    public_kind=None, needs_reason=True,
)  # fmt: skip
BEGIN_VERIFICATION = Step(
    "begin_verification", _("Start verification"), _from(S.OPEN), S.UNDER_VERIFICATION, P.TIP_VERIFY,
    "verification.legal_basis", public_kind=None, needs_reason=True,
)  # fmt: skip
REFER = Step(
    "refer", _("Pass it on"), _from(S.OPEN, S.UNDER_VERIFICATION), S.REFERRED, P.CASE_REFER, "sharing",
    public_kind=None, needs_reason=True,
)  # fmt: skip
TAKE_BACK = Step(
    "take_back", _("Take up again"), _from(S.REFERRED), S.UNDER_VERIFICATION, P.CASE_REFER, "sharing",
    public_kind=None, needs_reason=True,
)  # fmt: skip
SET_OUTCOME = Step(
    "set_outcome", _("Set the outcome"), _from(S.UNDER_VERIFICATION, S.REFERRED), S.OUTCOME_SET, P.OUTCOME_DECIDE,
    "outcome", public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.OUTCOME_PROPOSE,
)  # fmt: skip
CLOSE = Step(
    "close", _("Close"), _from(S.OUTCOME_SET), S.CLOSED, P.TIP_CLOSE, "close", public_kind=None, needs_reason=True,
    barred_by="urgent",
)  # fmt: skip
CLOSE_URGENT = Step(
    "close_urgent", _("Close (urgent)"), _from(S.OUTCOME_SET), S.CLOSED, P.TIP_CLOSE, "close", public_kind=None,
    needs_reason=True, four_eyes=True, proposed_with=P.TIP_CLOSE,
)  # fmt: skip
CLOSE_EMPTY = Step(
    "close_empty", _("Close the empty case"), frozenset(WORKING), S.CLOSED, P.TIP_CLOSE, "close", public_kind=None,
    needs_reason=True,
)  # fmt: skip
REOPEN = Step(
    "reopen", _("Open again"), _from(S.CLOSED), S.OPEN, P.TIP_REOPEN, "reopen", public_kind=None, needs_reason=True,
)  # fmt: skip
CASE_LIFE = Life(
    "case",
    (
        ADD_TIP, TAKE_OUT_TIP, BEGIN_VERIFICATION, REFER, TAKE_BACK, SET_OUTCOME, CLOSE, CLOSE_URGENT, CLOSE_EMPTY,
        REOPEN,
    ),
)  # fmt: skip


class PersonState(models.TextChoices):
    """What somebody named in a case is to it. Being mentioned is not being suspected."""

    MENTIONED = "mentioned", _("Mentioned")
    CONCERNED = "concerned", _("Person concerned")
    CLEARED = "cleared", _("Nothing found against them")
    EXPUNGED = "expunged", _("Taken out")


PS = PersonState
MAKE_CONCERNED = Step(
    "make_concerned", _("Treat as person concerned"), frozenset({PS.MENTIONED}), PS.CONCERNED, P.PERSON_DECIDE,
    "person_concerned", public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.PERSON_PROPOSE,
)  # fmt: skip
# What was said lies with the hearing alone, so that it can be destroyed: the step repeats none of it.
HEAR = Step(
    "hear", _("Write down the hearing"), frozenset({PS.CONCERNED}), None, P.CASE_WORK, "hearing", public_kind=None,
)  # fmt: skip
DEFER_HEARING = Step(
    "defer_hearing", _("Put the hearing off"), frozenset({PS.CONCERNED}), None, P.PERSON_DECIDE, "hearing",
    public_kind=None, needs_reason=True,
)  # fmt: skip
CLEAR = Step(
    "clear", _("Nothing found against this person"), frozenset({PS.MENTIONED, PS.CONCERNED}), PS.CLEARED,
    P.PERSON_DECIDE, "person_concerned", public_kind=None, needs_reason=True,
)  # fmt: skip
EXPUNGE = Step(
    "expunge", _("Take this person out of the case"), frozenset({PS.MENTIONED, PS.CLEARED}), PS.EXPUNGED,
    P.PERSON_DECIDE, "person_concerned", public_kind=None, needs_reason=True,
)  # fmt: skip
PERSON_LIFE = Life("person", (MAKE_CONCERNED, HEAR, DEFER_HEARING, CLEAR, EXPUNGE))
