"""Who may do what, as one table.

A role names an office, not a person; a person may hold several. Programs and reporters are actors too, so that
no code path exists in which "nobody" may do something.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The offices of the design. The last three are held by programs and reporters, never granted to staff."""

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


NOT_FOR_STAFF = frozenset({Role.PUBLIC_DOOR, Role.WORKER, Role.REPORTER})


class Permission(StrEnum):
    """One name for each thing that can be allowed or refused."""

    DESK_ENTER = "desk.enter"
    DESK_UNLOCK = "desk.unlock"
    TIP_RECEIVE = "tip.receive"
    TIP_DICTATE = "tip.dictate"
    TIP_LIST = "tip.list"
    TIP_READ = "tip.read"
    TIP_ACKNOWLEDGE = "tip.acknowledge"
    TIP_TRIAGE = "tip.triage"
    TIP_ASK = "tip.ask"
    TIP_FLAG_URGENT = "tip.flag_urgent"
    TIP_VERIFY = "tip.verify"
    REMIT_DECIDE = "remit.decide"
    REMIT_CONFIRM = "remit.confirm"
    OUTCOME_PROPOSE = "outcome.propose"
    OUTCOME_DECIDE = "outcome.decide"
    FEEDBACK_GIVE = "feedback.give"
    TIP_CLOSE = "tip.close"
    TIP_REOPEN = "tip.reopen"
    MAILBOX_READ = "mailbox.read"
    MAILBOX_WRITE = "mailbox.write"
    TIP_WITHDRAW = "tip.withdraw"
    LEDGER_WRITE = "ledger.write"
    LEDGER_STATUS = "ledger.status"
    KEYS_ROTATE = "keys.rotate"
    EVIDENCE_COPY = "evidence.copy"


P = Permission
_READS = {P.DESK_ENTER, P.DESK_UNLOCK, P.TIP_LIST, P.TIP_READ, P.LEDGER_STATUS}

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.INTAKE: frozenset(
        _READS | {P.TIP_RECEIVE, P.TIP_DICTATE, P.TIP_ACKNOWLEDGE, P.TIP_FLAG_URGENT, P.FEEDBACK_GIVE}
    ),
    Role.TRIAGE: frozenset(
        _READS | {P.TIP_ACKNOWLEDGE, P.TIP_TRIAGE, P.TIP_ASK, P.TIP_FLAG_URGENT, P.REMIT_DECIDE, P.REMIT_CONFIRM}
    ),
    Role.INVESTIGATOR: frozenset(_READS | {P.TIP_ASK, P.OUTCOME_PROPOSE}),
    Role.SUPERVISOR: frozenset(_READS | {P.TIP_VERIFY, P.OUTCOME_DECIDE, P.REMIT_CONFIRM, P.TIP_CLOSE, P.TIP_REOPEN}),
    Role.LEGAL_OFFICER: frozenset({P.DESK_ENTER}),
    Role.AWARD_ASSESSOR: frozenset({P.DESK_ENTER}),
    Role.AWARD_APPROVER: frozenset({P.DESK_ENTER}),
    Role.PAYER: frozenset({P.DESK_ENTER}),
    Role.CUSTODIAN: frozenset({P.DESK_ENTER}),
    Role.RIGHTS_OFFICER: frozenset({P.DESK_ENTER}),
    Role.BIOSECURITY_OFFICER: frozenset({P.DESK_ENTER}),
    Role.PUBLISHER: frozenset({P.DESK_ENTER}),
    Role.INSPECTOR: frozenset({P.DESK_ENTER, P.LEDGER_STATUS}),
    # The administrator keeps the machine running and can reach no content (invariant 4).
    Role.ADMINISTRATOR: frozenset({P.DESK_ENTER, P.LEDGER_STATUS}),
    Role.PUBLIC_DOOR: frozenset({P.TIP_RECEIVE}),
    Role.WORKER: frozenset({P.LEDGER_WRITE, P.KEYS_ROTATE, P.EVIDENCE_COPY}),
    Role.REPORTER: frozenset({P.TIP_RECEIVE, P.MAILBOX_READ, P.MAILBOX_WRITE, P.TIP_WITHDRAW}),
}
