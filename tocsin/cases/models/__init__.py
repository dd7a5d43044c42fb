"""A case, the tips in it, the work on it, the people who are named in it, and what was passed on to others.

In clear stand states, dates, handles and who of the staff did what. Everything that says what a case is about is sealed
to the unit.
"""

from __future__ import annotations

from tocsin.cases.models.case import Case, CaseDeclaration, CaseTip
from tocsin.cases.models.person import Hearing, Person
from tocsin.cases.models.referral import (
    LetterKind,
    Referral,
    ReferralMessage,
    ReferralReminder,
    ReferralTip,
)
from tocsin.cases.models.work import Assignment, CaseRole, Finding, Task

__all__ = [
    "Assignment",
    "Case",
    "CaseDeclaration",
    "CaseRole",
    "CaseTip",
    "Finding",
    "Hearing",
    "LetterKind",
    "Person",
    "Referral",
    "ReferralMessage",
    "ReferralReminder",
    "ReferralTip",
    "Task",
]
