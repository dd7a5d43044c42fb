"""A tip as one person sent it, the sealed identity beside it, its messages and the interests that staff declared.

What the database can read without a key: the channel, the category code, the state, dates and sizes. Everything that
a person wrote is sealed. ``id`` keeps the exact order of arrival (awards need it); times are kept by the hour.
"""

from __future__ import annotations

from tocsin.tips.models.declaration import Declaration
from tocsin.tips.models.evidence import CopyVerdict, Evidence
from tocsin.tips.models.hold import HOLD_KIND, HoldState, LegalHold
from tocsin.tips.models.identity_request import CustodianSeat, IdentityRequest, RequestState, SeatState
from tocsin.tips.models.inbox import KeyHabit, ReadingReason, SavedFilter, StateCount
from tocsin.tips.models.mailbox import FROM_STAFF, SAID_BY_REPORTER, MessageKind, TipMessage
from tocsin.tips.models.note import TipNote
from tocsin.tips.models.tip import Identity, Tip
from tocsin.tips.models.tombstone import Tombstone
from tocsin.tips.models.transcription import Transcription

__all__ = [
    "FROM_STAFF",
    "HOLD_KIND",
    "SAID_BY_REPORTER",
    "CopyVerdict",
    "CustodianSeat",
    "Declaration",
    "Evidence",
    "HoldState",
    "Identity",
    "IdentityRequest",
    "KeyHabit",
    "LegalHold",
    "MessageKind",
    "ReadingReason",
    "RequestState",
    "SavedFilter",
    "SeatState",
    "StateCount",
    "Tip",
    "TipMessage",
    "TipNote",
    "Tombstone",
    "Transcription",
]
