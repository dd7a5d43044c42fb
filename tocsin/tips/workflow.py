"""The life of a tip: states, outcomes, and every permitted step. Read it as a table."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Permission
from tocsin.workflow.steps import Life, Step


class State(models.TextChoices):
    """Where a tip stands."""

    RECEIVED = "received", _("Received")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    IN_TRIAGE = "in_triage", _("In triage")
    NEED_INFO = "need_info", _("Question asked")
    LINKED = "linked", _("In a case")
    UNDER_VERIFICATION = "under_verification", _("Under verification")
    REFERRED = "referred", _("Passed on")
    OUTCOME_SET = "outcome_set", _("Outcome set")
    FEEDBACK_GIVEN = "feedback_given", _("Feedback given")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Destroyed")


class PlainState(models.TextChoices):
    """The five words that the reporter sees."""

    RECEIVED = "received", _("Received")
    BEING_READ = "being_read", _("Being read")
    QUESTION = "question", _("We have a question")
    BEING_CHECKED = "being_checked", _("Being checked or passed on")
    FINISHED = "finished", _("Finished")


@dataclass(frozen=True)
class Face:
    """How a state looks: its tone, a sentence for staff, and the plain word for the reporter."""

    tone: str
    help: str | Promise
    plain: PlainState


FACES: dict[State, Face] = {
    State.RECEIVED: Face("blue", _("Nobody has confirmed reading it yet."), PlainState.RECEIVED),
    State.ACKNOWLEDGED: Face("turquoise", _("A person has read it."), PlainState.BEING_READ),
    State.IN_TRIAGE: Face("purple", _("Somebody decides what should happen with it."), PlainState.BEING_READ),
    State.NEED_INFO: Face("yellow", _("We asked the reporter and wait for an answer."), PlainState.QUESTION),
    State.LINKED: Face(
        "purple", _("It belongs to a case, together with reports on the same facts."), PlainState.BEING_READ
    ),
    State.REFERRED: Face(
        "orange", _("Another body deals with it; its answer must come back."), PlainState.BEING_CHECKED
    ),
    State.UNDER_VERIFICATION: Face("orange", _("The facts are being checked."), PlainState.BEING_CHECKED),
    State.OUTCOME_SET: Face("green", _("The outcome is decided; the reporter must be told."), PlainState.BEING_CHECKED),
    State.FEEDBACK_GIVEN: Face("green", _("The reporter was told the result."), PlainState.FINISHED),
    State.CLOSED: Face("grey", _("Finished."), PlainState.FINISHED),
    State.WITHDRAWN: Face("grey", _("The reporter took it back."), PlainState.FINISHED),
    State.EXPIRED: Face("grey", _("Its time is over: its keys were destroyed."), PlainState.FINISHED),
}


class Outcome(models.TextChoices):
    """What came of a tip. Good faith is the default reading of a tip that could not be confirmed."""

    SUBSTANTIATED = "substantiated", _("Confirmed")
    PARTLY_SUBSTANTIATED = "partly_substantiated", _("Confirmed in part")
    UNSUBSTANTIATED_GOOD_FAITH = "unsubstantiated_good_faith", _("Not confirmed; reported in good faith")
    INSUFFICIENT_INFORMATION = "insufficient_information", _("Not enough information")
    NOT_WITHIN_REMIT = "not_within_remit", _("Not a matter for this office")
    ALREADY_KNOWN = "already_known", _("Already known")
    REFUSED_PROTECTED_ACTIVITY = "refused_protected_activity", _("Lawful activity: not taken up")
    DUPLICATE_OF = "duplicate_of", _("The same report as another one")
    WITHDRAWN = "withdrawn", _("Taken back by the reporter")


FOUNDED = frozenset({Outcome.SUBSTANTIATED, Outcome.PARTLY_SUBSTANTIATED})
VERIFIED_OUTCOMES = (
    Outcome.UNSUBSTANTIATED_GOOD_FAITH,
    Outcome.SUBSTANTIATED,
    Outcome.PARTLY_SUBSTANTIATED,
    Outcome.INSUFFICIENT_INFORMATION,
    Outcome.ALREADY_KNOWN,
    Outcome.NOT_WITHIN_REMIT,
)

S, P = State, Permission
ENDED = frozenset({S.CLOSED, S.WITHDRAWN})
OPEN = frozenset(set(State) - ENDED - {S.EXPIRED})
KEPT = frozenset(set(State) - {S.EXPIRED})


def _from(*states: State) -> frozenset[str]:
    return frozenset(states)


ACKNOWLEDGE = Step(
    "acknowledge", _("Confirm that you have read it"), _from(S.RECEIVED), S.ACKNOWLEDGED,
    P.TIP_ACKNOWLEDGE, "clocks.acknowledge",
)  # fmt: skip
FLAG_URGENT = Step(
    "flag_urgent", _("Mark as urgent"), frozenset(OPEN), None,
    P.TIP_FLAG_URGENT, "clocks.urgent", public_kind=None, needs_reason=True,
)  # fmt: skip
# A program saw what may be urgent; a person looked and marks it. The history tells the two apart.
CONFIRM_URGENT = Step(
    "confirm_urgent", _("Mark as urgent, as a program suggested"), frozenset(OPEN), None,
    P.TIP_FLAG_URGENT, "clocks.urgent", public_kind=None, needs_reason=True,
)  # fmt: skip
HAND_OFF = Step(
    "hand_off", _("Hand over to an emergency body"), frozenset(OPEN), None,
    P.TIP_HAND_OFF, "clocks.urgent", needs_reason=True,
)  # fmt: skip
BEGIN_TRIAGE = Step(
    "begin_triage", _("Take into triage"), _from(S.ACKNOWLEDGED), S.IN_TRIAGE, P.TIP_TRIAGE, "conflict_of_interest",
)  # fmt: skip
ASK = Step("ask", _("Ask the reporter"), _from(S.IN_TRIAGE), S.NEED_INFO, P.TIP_ASK, "clocks.need_info")
ASK_WHILE_CHECKING = Step(
    "ask_while_checking", _("Ask the reporter"), _from(S.LINKED, S.UNDER_VERIFICATION, S.REFERRED), None,
    P.TIP_ASK, "clocks.need_info",
)  # fmt: skip
ANSWER = Step("answer", _("Answer"), _from(S.NEED_INFO), S.IN_TRIAGE, P.MAILBOX_WRITE, "mailbox")
ADD = Step(
    "add", _("Add to the report"), frozenset(KEPT - {S.NEED_INFO, S.WITHDRAWN}), None, P.MAILBOX_WRITE, "mailbox",
)  # fmt: skip
# Files may come at any time, also while a question waits: they answer nothing by themselves.
ADD_FILES = Step(
    "add_files", _("Add files"), frozenset(KEPT - {S.WITHDRAWN}), None, P.MAILBOX_WRITE, "mailbox",
)  # fmt: skip
# Staff write down what the reporter says on the telephone or at the counter after the report was stored.
DICTATE = Step(
    "dictate", _("Wrote down what the reporter added"), frozenset(KEPT - {S.WITHDRAWN}), None,
    P.TIP_DICTATE, "mailbox", public_kind=None,
)  # fmt: skip
RESUME = Step(
    "resume", _("Go on without an answer"), _from(S.NEED_INFO), S.IN_TRIAGE,
    P.TIP_TRIAGE, "clocks.need_info", needs_reason=True,
)  # fmt: skip
START_VERIFICATION = Step(
    "start_verification", _("Start verification"), _from(S.IN_TRIAGE), S.UNDER_VERIFICATION,
    P.TIP_VERIFY, "verification.legal_basis", needs_reason=True,
)  # fmt: skip
REFUSE_REMIT = Step(
    "refuse_remit", _("Not for this office"), _from(S.IN_TRIAGE), S.OUTCOME_SET,
    P.REMIT_DECIDE, "remit", needs_reason=True, barred_by="urgent",
)  # fmt: skip
REFUSE_REMIT_URGENT = Step(
    "refuse_remit_urgent", _("Not for this office (urgent)"), _from(S.IN_TRIAGE), S.OUTCOME_SET,
    P.REMIT_CONFIRM, "remit", needs_reason=True, four_eyes=True, proposed_with=P.REMIT_DECIDE,
)  # fmt: skip
# About what people think, believe, where they come from, or lawfully do: the text goes in the same moment, and the
# reporter is told why and where else. Its reason is one of the pack's, never free text.
REFUSE_PROTECTED = Step(
    "refuse_protected", _("Lawful activity: refuse and destroy"), _from(S.IN_TRIAGE), S.FEEDBACK_GIVEN,
    P.REMIT_DECIDE, "protected_activity", public_kind="answered", needs_reason=True, barred_by="urgent",
)  # fmt: skip
REFUSE_PROTECTED_URGENT = Step(
    "refuse_protected_urgent", _("Lawful activity: refuse and destroy (two people)"), _from(S.IN_TRIAGE),
    S.FEEDBACK_GIVEN, P.REMIT_CONFIRM, "protected_activity", public_kind="answered", needs_reason=True,
    four_eyes=True, proposed_with=P.REMIT_DECIDE,
)  # fmt: skip
SET_OUTCOME = Step(
    "set_outcome", _("Set the outcome"), _from(S.UNDER_VERIFICATION), S.OUTCOME_SET,
    P.OUTCOME_DECIDE, "outcome", needs_reason=True, barred_by="in_case",
    four_eyes=True, proposed_with=P.OUTCOME_PROPOSE,
)  # fmt: skip
# Once, up to the longest time of the pack; the reporter is told why.
EXTEND_FEEDBACK = Step(
    "extend_feedback", _("Put off the answer"),
    _from(S.ACKNOWLEDGED, S.IN_TRIAGE, S.LINKED, S.UNDER_VERIFICATION, S.REFERRED, S.OUTCOME_SET), None,
    P.CLOCK_EXTEND, "clocks.feedback", public_kind=None, needs_reason=True,
)  # fmt: skip
GIVE_FEEDBACK = Step(
    "give_feedback", _("Tell the reporter the result"), _from(S.OUTCOME_SET), S.FEEDBACK_GIVEN,
    P.FEEDBACK_GIVE, "clocks.feedback", public_kind="answered",
)  # fmt: skip
CLOSE = Step(
    "close", _("Close"), _from(S.FEEDBACK_GIVEN), S.CLOSED,
    P.TIP_CLOSE, "close", public_kind="closed:{outcome}", needs_reason=True, barred_by="urgent",
)  # fmt: skip
CLOSE_URGENT = Step(
    "close_urgent", _("Close (urgent)"), _from(S.FEEDBACK_GIVEN), S.CLOSED, P.TIP_CLOSE, "close",
    public_kind="closed:{outcome}", needs_reason=True, four_eyes=True, proposed_with=P.TIP_CLOSE,
)  # fmt: skip
REOPEN = Step(
    "reopen", _("Open again"), _from(S.CLOSED), S.IN_TRIAGE, P.TIP_REOPEN, "reopen", needs_reason=True,
    barred_by="in_case",
)  # fmt: skip
WITHDRAW = Step(
    "withdraw", _("Take the report back"), frozenset(OPEN - {S.RECEIVED}), S.WITHDRAWN,
    P.TIP_WITHDRAW, "withdraw", public_kind="closed:withdrawn",
)  # fmt: skip
WITHDRAW_UNREAD = Step(
    "withdraw_unread", _("Take the report back"), _from(S.RECEIVED), S.WITHDRAWN,
    P.TIP_WITHDRAW, "withdraw", public_kind="deleted:withdrawn",
)  # fmt: skip
# Whoever marked it as urgent has acted on it: what was done for somebody in danger must stay explainable. A report
# under an order is kept as well.
WITHDRAW_URGENT = Step(
    "withdraw_urgent", _("Take the report back"), _from(S.RECEIVED), S.WITHDRAWN,
    P.TIP_WITHDRAW, "withdraw", public_kind="closed:withdrawn",
)  # fmt: skip
EXPIRE = Step(
    "expire", _("Destroy: its time is over"), frozenset(ENDED), S.EXPIRED,
    P.RETENTION_END, "retention", public_kind="deleted:retention",
)  # fmt: skip
# Its text went when it was taken back unread, and the ledger counted that.
EXPIRE_EMPTY = Step(
    "expire_empty", _("Put away what was left"), _from(S.WITHDRAWN), S.EXPIRED,
    P.RETENTION_END, "retention", public_kind=None,
)  # fmt: skip
KEEP_LONGER = Step(
    "keep_longer", _("Keep for longer after a review"), _from(S.CLOSED), None,
    P.RETENTION_REVIEW, "retention", needs_reason=True,
)  # fmt: skip
LIFT_INTEREST = Step(
    "lift_interest", _("Lift a declared interest"), frozenset(KEPT), None, P.INTEREST_LIFT, "conflict_of_interest",
    public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.INTEREST_LIFT,
)  # fmt: skip

# A tip in a case goes where the case goes. Both tips survive, in the order of their arrival.
OPEN_CASE = Step(
    "open_case", _("Open a case"), _from(S.IN_TRIAGE, S.UNDER_VERIFICATION), S.LINKED,
    P.CASE_OPEN, "linking", needs_reason=True, barred_by="in_case",
)  # fmt: skip
LINK = Step(
    "link", _("Put into a case"), _from(S.IN_TRIAGE), S.LINKED, P.CASE_LINK_CONFIRM, "linking",
    needs_reason=True, four_eyes=True, proposed_with=P.CASE_LINK, barred_by="in_case",
)  # fmt: skip
UNLINK = Step(
    "unlink", _("Take out of the case"), _from(S.LINKED, S.UNDER_VERIFICATION, S.REFERRED, S.CLOSED), S.IN_TRIAGE,
    P.CASE_UNLINK, "linking", needs_reason=True,
)  # fmt: skip
CASE_VERIFIES = Step(
    "case_verifies", _("The case is being verified"), _from(S.LINKED, S.REFERRED), S.UNDER_VERIFICATION,
    P.TIP_VERIFY, "verification.legal_basis", needs_reason=True,
)  # fmt: skip
CASE_REFERS = Step(
    "case_refers", _("The case was passed on"), _from(S.LINKED, S.UNDER_VERIFICATION), S.REFERRED,
    P.CASE_REFER, "sharing", needs_reason=True,
)  # fmt: skip
# What is told to another body may lead back to the reporter, so the public ledger counts it for this report.
SHARE = Step(
    "share", _("Told to another body"), _from(S.LINKED, S.UNDER_VERIFICATION, S.REFERRED), None,
    P.CASE_REFER, "sharing", public_kind="exported", needs_reason=True,
)  # fmt: skip
# Two people decided on the case; the engine looks for that approval, so nobody takes this step alone.
CASE_DECIDES = Step(
    "case_decides", _("Set the outcome"), _from(S.LINKED, S.UNDER_VERIFICATION, S.REFERRED), S.OUTCOME_SET,
    P.OUTCOME_DECIDE, "outcome", needs_reason=True, four_eyes=True, decided_as=("case", "set_outcome"),
)  # fmt: skip
CASE_CLOSES_URGENT = Step(
    "case_closes_urgent", _("Close (urgent)"), _from(S.FEEDBACK_GIVEN), S.CLOSED, P.TIP_CLOSE, "close",
    public_kind="closed:{outcome}", needs_reason=True, four_eyes=True, decided_as=("case", "close_urgent"),
)  # fmt: skip
# A supervisor finds a new fact in a case that is closed: its tips come back to it.
CASE_REOPENS = Step(
    "case_reopens", _("Open again"), _from(S.CLOSED), S.LINKED, P.TIP_REOPEN, "reopen", needs_reason=True,
)  # fmt: skip

TIP_LIFE = Life(
    "tip",
    (
        ACKNOWLEDGE, FLAG_URGENT, CONFIRM_URGENT, HAND_OFF, BEGIN_TRIAGE, ASK, ASK_WHILE_CHECKING, ANSWER, ADD,
        ADD_FILES, DICTATE, RESUME, START_VERIFICATION, REFUSE_REMIT, REFUSE_REMIT_URGENT, REFUSE_PROTECTED,
        REFUSE_PROTECTED_URGENT, SET_OUTCOME, EXTEND_FEEDBACK, GIVE_FEEDBACK, CLOSE, CLOSE_URGENT, REOPEN,
        WITHDRAW, WITHDRAW_UNREAD, WITHDRAW_URGENT, EXPIRE, EXPIRE_EMPTY, KEEP_LONGER, LIFT_INTEREST,
        OPEN_CASE, LINK, UNLINK, CASE_VERIFIES, CASE_REFERS, SHARE, CASE_DECIDES, CASE_CLOSES_URGENT, CASE_REOPENS,
    ),
)  # fmt: skip
