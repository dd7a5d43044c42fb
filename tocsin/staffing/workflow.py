"""The life of a member of staff: proposed, invited, active, suspended, left. What is given takes two people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.access.permissions import Permission
from tocsin.workflow.steps import Life, Step

P = Permission


class MemberState(models.TextChoices):
    """Where somebody stands. Only ``active`` and ``invited`` people can sign in."""

    PROPOSED = "proposed", _("Proposed")
    INVITED = "invited", _("Invited, has not signed in yet")
    ACTIVE = "active", _("Works here")
    SUSPENDED = "suspended", _("Suspended")
    LEFT = "left", _("Has left")
    DROPPED = "dropped", _("Was not added")


TONES = {
    MemberState.PROPOSED: "yellow",
    MemberState.INVITED: "blue",
    MemberState.ACTIVE: "green",
    MemberState.SUSPENDED: "red",
}
_S = MemberState
_PRESENT = frozenset({_S.INVITED, _S.ACTIVE})


def _two(name: str, label: object, sources: frozenset[MemberState], target: MemberState | None) -> Step:
    """A step that an administrator proposes and another administrator or a supervisor decides."""
    return Step(
        name, label, frozenset(sources), target, P.STAFF_DECIDE, f"staffing.{name}",  # type: ignore[arg-type]  # a lazy text
        public_kind=None, needs_reason=True, four_eyes=True, proposed_with=P.STAFF_PROPOSE,
    )  # fmt: skip


ADD = _two("add", _("Add this person"), frozenset({_S.PROPOSED}), _S.INVITED)
DROP = Step(
    "drop", _("Not added"), frozenset({_S.PROPOSED}), _S.DROPPED, P.STAFF_PROPOSE, "staffing.add",
    public_kind=None, also_needs=(P.STAFF_DECIDE,),
)  # fmt: skip
REGISTER = Step(
    "register", _("Was there from the beginning"), frozenset({_S.PROPOSED}), _S.ACTIVE, P.STAFF_REGISTER,
    "staffing.register", public_kind=None,
)  # fmt: skip
BEGIN = Step(
    "begin", _("Signed in for the first time"), frozenset({_S.INVITED}), _S.ACTIVE, P.DESK_ENTER, "staffing.begin",
    public_kind=None,
)  # fmt: skip
GRANT = _two("grant", _("Give a role"), _PRESENT, None)
WITHDRAW = _two("withdraw", _("Take a role away"), _PRESENT, None)
RESET_FACTOR = _two("reset_factor", _("Reset the second factor"), _PRESENT, None)
RESET_PASSWORD = _two("reset_password", _("Give a new password for one use"), _PRESENT, None)
DEACTIVATE = _two("deactivate", _("Close the account"), _PRESENT | {_S.SUSPENDED}, _S.LEFT)
REACTIVATE = _two("reactivate", _("Open the account again"), frozenset({_S.SUSPENDED, _S.LEFT}), _S.ACTIVE)
SUSPEND = Step(
    "suspend", _("Suspend at once"), _PRESENT, _S.SUSPENDED, P.STAFF_SUSPEND, "staffing.suspend",
    public_kind=None, needs_reason=True,
)  # fmt: skip
CHANGES = (GRANT, WITHDRAW, RESET_FACTOR, RESET_PASSWORD, DEACTIVATE, REACTIVATE)
MEMBER_LIFE = Life("member", (ADD, DROP, REGISTER, BEGIN, SUSPEND, *CHANGES))
