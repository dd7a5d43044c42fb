"""Who may do what, as one table.

A role names an office, not a person; a person may hold several. Programs and reporters are actors too, so that
no code path exists in which "nobody" may do something.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The offices of the design. The last five are held by programs, reporters and recipients of a case, never
    granted to staff."""

    INTAKE = "intake", _("Intake officer")
    TRIAGE = "triage", _("Triage officer")
    INVESTIGATOR = "investigator", _("Investigator")
    SUPERVISOR = "supervisor", _("Supervisor")
    LEGAL_OFFICER = "legal_officer", _("Legal officer")
    AWARD_ASSESSOR = "award_assessor", _("Award assessor")
    AWARD_APPROVER = "award_approver", _("Award approver")
    PAYER = "payer", _("Payer")
    CUSTODIAN = "custodian", _("Identity custodian")
    RIGHTS_OFFICER = "rights_officer", _("Rights officer")
    BIOSECURITY_OFFICER = "biosecurity_officer", _("Biosecurity officer")
    PUBLISHER = "publisher", _("Publisher")
    INSPECTOR = "inspector", _("Oversight inspector")
    ADMINISTRATOR = "administrator", _("System administrator")
    PUBLIC_DOOR = "public_door", _("Public door")
    WORKER = "worker", _("Worker")
    REPORTER = "reporter", _("Reporter")
    SETUP = "setup", _("Set-up")
    RECIPIENT = "recipient", _("Recipient")


NOT_FOR_STAFF = frozenset({Role.PUBLIC_DOOR, Role.WORKER, Role.REPORTER, Role.SETUP, Role.RECIPIENT})


class Permission(StrEnum):
    """One name for each thing that can be allowed or refused."""

    DESK_ENTER = "desk.enter"
    DESK_UNLOCK = "desk.unlock"
    SIGN_IN_LOG = "sign_in.log"
    STAFF_LIST = "staff.list"
    STAFF_PROPOSE = "staff.propose"
    STAFF_DECIDE = "staff.decide"
    STAFF_SUSPEND = "staff.suspend"
    STAFF_REGISTER = "staff.register"
    TIP_RECEIVE = "tip.receive"
    TIP_DICTATE = "tip.dictate"
    TIP_LIST = "tip.list"
    TIP_READ = "tip.read"
    TIP_TAKE = "tip.take"
    TIP_GIVE = "tip.give"
    TIP_ACKNOWLEDGE = "tip.acknowledge"
    TIP_TRIAGE = "tip.triage"
    TIP_ASK = "tip.ask"
    TIP_FLAG_URGENT = "tip.flag_urgent"
    TIP_VERIFY = "tip.verify"
    TIP_HAND_OFF = "tip.hand_off"
    NOTE_WRITE = "note.write"
    INTEREST_LIFT = "interest.lift"
    HOLD_READ = "hold.read"
    HOLD_ORDER = "hold.order"
    HOLD_CONFIRM = "hold.confirm"
    HOLD_RUN_OUT = "hold.run_out"
    RETENTION_REVIEW = "retention.review"
    RETENTION_END = "retention.end"
    REMIT_DECIDE = "remit.decide"
    REMIT_CONFIRM = "remit.confirm"
    OUTCOME_PROPOSE = "outcome.propose"
    OUTCOME_DECIDE = "outcome.decide"
    FEEDBACK_GIVE = "feedback.give"
    TIP_CLOSE = "tip.close"
    TIP_REOPEN = "tip.reopen"
    CASE_READ = "case.read"
    CASE_OPEN = "case.open"
    CASE_LINK = "case.link"
    CASE_LINK_CONFIRM = "case.link_confirm"
    CASE_UNLINK = "case.unlink"
    CASE_STAFF = "case.staff"
    CASE_WORK = "case.work"
    CASE_REFER = "case.refer"
    REFERRAL_READ = "referral.read"
    REFERRAL_ANSWER = "referral.answer"
    PERSON_PROPOSE = "person.propose"
    PERSON_DECIDE = "person.decide"
    MAILBOX_READ = "mailbox.read"
    MAILBOX_WRITE = "mailbox.write"
    TIP_WITHDRAW = "tip.withdraw"
    LEDGER_WRITE = "ledger.write"
    LEDGER_STATUS = "ledger.status"
    KEYS_ROTATE = "keys.rotate"
    EVIDENCE_COPY = "evidence.copy"
    COUNTS_FOLD = "counts.fold"
    CLOCKS_MARK = "clocks.mark"
    CLOCK_EXTEND = "clock.extend"
    OVERVIEW_READ = "overview.read"
    IDENTITY_LIST = "identity.list"
    IDENTITY_REQUEST = "identity.request"
    IDENTITY_ALLOW = "identity.allow"
    IDENTITY_AGREE = "identity.agree"
    IDENTITY_OVERSEE = "identity.oversee"
    IDENTITY_END = "identity.end"
    SEAT_LIST = "seat.list"
    SEAT_CONFIRM = "seat.confirm"
    SEAT_APPOINT = "seat.appoint"


P = Permission
_READS = {P.DESK_ENTER, P.DESK_UNLOCK, P.TIP_LIST, P.TIP_READ, P.TIP_TAKE, P.CASE_READ, P.LEDGER_STATUS}
# Asking opens nothing: a legal officer checks the ground, and what two custodians open is shown to a custodian.
_ASKS = {P.IDENTITY_LIST, P.IDENTITY_REQUEST}

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.INTAKE: frozenset(
        _READS
        | {P.TIP_RECEIVE, P.TIP_DICTATE, P.TIP_ACKNOWLEDGE, P.TIP_FLAG_URGENT, P.TIP_HAND_OFF, P.FEEDBACK_GIVE}
        | {P.NOTE_WRITE}
    ),
    Role.TRIAGE: frozenset(
        _READS
        | {P.TIP_ACKNOWLEDGE, P.TIP_TRIAGE, P.TIP_ASK, P.TIP_FLAG_URGENT, P.TIP_HAND_OFF, P.NOTE_WRITE}
        | {P.REMIT_DECIDE, P.REMIT_CONFIRM, P.CASE_OPEN, P.CASE_LINK, P.CASE_LINK_CONFIRM}
    ),
    Role.INVESTIGATOR: frozenset(
        _READS | _ASKS | {P.TIP_ASK, P.OUTCOME_PROPOSE, P.CASE_WORK, P.PERSON_PROPOSE, P.NOTE_WRITE}
    ),
    Role.SUPERVISOR: frozenset(
        _READS
        | _ASKS
        | {P.TIP_GIVE, P.TIP_VERIFY, P.OUTCOME_DECIDE, P.REMIT_CONFIRM, P.TIP_CLOSE, P.TIP_REOPEN}
        | {P.NOTE_WRITE, P.INTEREST_LIFT}
        | {P.CASE_OPEN, P.CASE_LINK_CONFIRM, P.CASE_UNLINK, P.CASE_STAFF, P.CASE_WORK, P.CASE_REFER, P.PERSON_DECIDE}
        | {P.CLOCK_EXTEND, P.OVERVIEW_READ, P.HOLD_READ, P.HOLD_CONFIRM, P.RETENTION_REVIEW}
        | {P.STAFF_LIST, P.STAFF_DECIDE}
    ),
    Role.LEGAL_OFFICER: frozenset({P.DESK_ENTER, P.IDENTITY_LIST, P.IDENTITY_ALLOW}),
    Role.AWARD_ASSESSOR: frozenset({P.DESK_ENTER}),
    Role.AWARD_APPROVER: frozenset({P.DESK_ENTER}),
    Role.PAYER: frozenset({P.DESK_ENTER}),
    Role.CUSTODIAN: frozenset({P.DESK_ENTER, P.IDENTITY_LIST, P.IDENTITY_AGREE, P.SEAT_LIST}),
    # Sees which report an order is about, and the order; never what was reported.
    Role.RIGHTS_OFFICER: frozenset(
        {P.DESK_ENTER, P.IDENTITY_LIST, P.IDENTITY_ALLOW, P.IDENTITY_OVERSEE, P.SEAT_LIST, P.SEAT_CONFIRM}
        | {P.HOLD_READ, P.HOLD_ORDER}
    ),
    Role.BIOSECURITY_OFFICER: frozenset({P.DESK_ENTER}),
    Role.PUBLISHER: frozenset({P.DESK_ENTER}),
    Role.INSPECTOR: frozenset(
        {P.DESK_ENTER, P.LEDGER_STATUS, P.IDENTITY_LIST, P.IDENTITY_OVERSEE, P.SEAT_LIST}
        | {P.SIGN_IN_LOG, P.STAFF_LIST}
    ),
    # The administrator keeps the machine running and can reach no content (invariant 4).
    Role.ADMINISTRATOR: frozenset(
        {P.DESK_ENTER, P.LEDGER_STATUS, P.SEAT_LIST, P.SEAT_CONFIRM, P.SIGN_IN_LOG}
        | {P.STAFF_LIST, P.STAFF_PROPOSE, P.STAFF_DECIDE, P.STAFF_SUSPEND}
    ),
    Role.PUBLIC_DOOR: frozenset({P.TIP_RECEIVE}),
    Role.WORKER: frozenset(
        {P.LEDGER_WRITE, P.KEYS_ROTATE, P.EVIDENCE_COPY, P.COUNTS_FOLD, P.CLOCKS_MARK, P.IDENTITY_END}
        | {P.HOLD_RUN_OUT, P.RETENTION_END}
    ),
    Role.REPORTER: frozenset({P.TIP_RECEIVE, P.MAILBOX_READ, P.MAILBOX_WRITE, P.TIP_WITHDRAW}),
    Role.SETUP: frozenset({P.SEAT_APPOINT, P.STAFF_REGISTER}),
    # Another body, to which a case was passed on: it reaches what was sent to it with its own nine words, nothing else.
    Role.RECIPIENT: frozenset({P.REFERRAL_READ, P.REFERRAL_ANSWER}),
}
