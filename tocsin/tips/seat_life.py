"""The life of a custodian's seat, as data: claimed by one person, confirmed by another one, ended when it must be."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Permission
from tocsin.tips.models import SeatState
from tocsin.workflow.steps import Life, Step

S, P = SeatState, Permission
TONES = {S.CLAIMED: "yellow", S.HELD: "green", S.ENDED: "grey"}

CLAIM = Step("claim", _("Claim a custodian’s key"), frozenset({S.NEW}), S.CLAIMED, P.IDENTITY_AGREE, "identity", None)
CONFIRM = Step(
    "confirm", _("Confirm who holds a custodian’s key"), frozenset({S.CLAIMED}), S.HELD, P.SEAT_CONFIRM, "identity",
    public_kind=None, four_eyes=True, proposed_with=P.IDENTITY_AGREE,
)  # fmt: skip
REFUSE_CLAIM = Step(
    "refuse_claim", _("Refuse the claim"), frozenset({S.CLAIMED}), S.ENDED, P.SEAT_CONFIRM, "identity",
    public_kind=None, needs_reason=True,
)  # fmt: skip
# Ending opens nothing, so one person may do it; taking the seat again needs the key and two people.
END_SEAT = Step(
    "end", _("End the seat"), frozenset({S.CLAIMED, S.HELD}), S.ENDED, P.SEAT_CONFIRM, "identity",
    public_kind=None, needs_reason=True,
)  # fmt: skip
LEAVE = Step(
    "leave", _("Give the seat back"), frozenset({S.CLAIMED, S.HELD}), S.ENDED, P.IDENTITY_AGREE, "identity",
    public_kind=None, needs_reason=True,
)  # fmt: skip
APPOINT = Step(
    "appoint", _("Recorded when the installation was made"), frozenset({S.NEW}), S.HELD, P.SEAT_APPOINT, "identity",
    public_kind=None,
)  # fmt: skip
SEAT_LIFE = Life("custodian", (CLAIM, CONFIRM, REFUSE_CLAIM, END_SEAT, LEAVE, APPOINT))
