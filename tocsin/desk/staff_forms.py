"""What can be proposed about a colleague from their page, and what can be done at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.access.permissions import NOT_FOR_STAFF, Role
from tocsin.common.errors import Conflict
from tocsin.desk.fields import Drawn, Field, Option, Text, drawn
from tocsin.staffing import selectors, services, workflow
from tocsin.staffing.models import Member
from tocsin.workflow.models import Proposal
from tocsin.workflow.steps import Step

Do = Callable[[Actor, Member, QueryDict], services.Decided | None]
NO_REPORTS = gettext_lazy("It is stored as you write it. Tell of no report in it.")
REASON = Field("reason", gettext_lazy("Reason"), hint=NO_REPORTS)


@dataclass(frozen=True)
class StaffForm:
    """One form as the page draws it."""

    name: str
    label: Text
    hint: str
    fields: Sequence[Drawn]
    is_open: bool
    is_dangerous: bool


def held_by(member: Member) -> list[str]:
    """The codes of the roles that somebody was granted."""
    return [grant.role for grant in member.staff.grants.all()] if member.staff else []


def all_roles() -> list[Option]:
    """Every role that can be given to people."""
    return [(role.value, role.label) for role in Role if role not in NOT_FOR_STAFF]


def _free(member: Member) -> list[Option]:
    held = held_by(member)
    return [option for option in all_roles() if option[0] not in held]


def _held(member: Member) -> list[Option]:
    held = held_by(member)
    return [option for option in all_roles() if option[0] in held]


NEW_PERSON = (
    Field("display_name", gettext_lazy("Name"), "line"),
    Field("username", gettext_lazy("Sign-in name"), "line", hint=gettext_lazy("Small letters and digits, no spaces.")),
    Field("roles", gettext_lazy("Roles"), "several", options=lambda _subject: all_roles()),
    REASON,
)
_ROLE: dict[Step, Field] = {
    workflow.GRANT: Field("role", gettext_lazy("Which role?"), "list", options=_free),
    workflow.WITHDRAW: Field("role", gettext_lazy("Which role?"), "list", options=_held),
}
_HINTS: dict[Step, Text] = {
    workflow.RESET_FACTOR: gettext_lazy(
        "For a lost or broken device. Make sure that it is really your colleague who asks: see them, or know the "
        "voice. The next sign-in with the password sets up a new one."
    ),
    workflow.RESET_PASSWORD: gettext_lazy(
        "Whoever approves sees a password for one use and hands it over in person. The second factor stays."
    ),
    workflow.DEACTIVATE: gettext_lazy("For somebody who leaves. Every session of theirs ends."),
    workflow.WITHDRAW: gettext_lazy("Every session of theirs ends; they sign in again with what is left."),
    workflow.SUSPEND: gettext_lazy(
        "Takes effect now, by you alone: every session ends and nobody can sign in under this name. To open the "
        "account again takes two people."
    ),
}


def forms_for(actor: Actor, member: Member, *, failed: str, typed: QueryDict | None) -> list[StaffForm]:
    """The forms that fit this person's state and the actor's rights; none for oneself."""
    if member.staff_id == actor.staff_id:
        return []
    shown = [step for step in (*workflow.CHANGES, workflow.SUSPEND) if _fits(actor, member, step)]
    return [_form(step, member, failed, typed) for step in shown]


def _fits(actor: Actor, member: Member, step: Step) -> bool:
    if member.state not in step.sources or not actor.may(step.proposed_with or step.needs):
        return False
    return step not in _ROLE or bool((_free if step is workflow.GRANT else _held)(member))


def _form(step: Step, member: Member, failed: str, typed: QueryDict | None) -> StaffForm:
    name = address_of(step)
    fields = (*([_ROLE[step]] if step in _ROLE else []), REASON)
    back = typed if failed == name else None
    lines = drawn(fields, form=name, subject=member, typed=back)
    return StaffForm(name, step.label, str(_HINTS.get(step, "")), lines, failed == name, step is workflow.SUSPEND)


def address_of(step: Step) -> str:
    """The last part of the address of a step."""
    return step.name.replace("_", "-")


def _propose(step: Step) -> Do:
    def do(actor: Actor, member: Member, typed: QueryDict) -> None:
        told = {name: typed.get(name, "") for name in ("reason", "role")}
        services.propose_change(actor=actor, member=member, step=step.name, **told)

    return do


def _suspend(actor: Actor, member: Member, typed: QueryDict) -> None:
    services.suspend(actor=actor, member=member, reason=typed.get("reason", ""))


def _decide(approve: bool) -> Do:
    def do(actor: Actor, member: Member, typed: QueryDict) -> services.Decided:
        told: dict[str, Any] = {"approve": approve, "reason": typed.get("reason", "")}
        return services.decide_about(actor=actor, member=member, proposal=_waiting(actor, member, typed), **told)

    return do


def _step_aside(actor: Actor, member: Member, typed: QueryDict) -> None:
    services.leave_decision_about(
        actor=actor, member=member, proposal=_waiting(actor, member, typed), reason=typed.get("reason", "")
    )


def _waiting(actor: Actor, member: Member, typed: QueryDict) -> Proposal:
    proposal = selectors.waiting_about(actor, member)
    if proposal is None or proposal.ref != typed.get("proposal"):
        raise Conflict(_("This proposal no longer waits for a decision. Nothing was changed."))
    return proposal


ACTIONS: dict[str, Do] = {
    **{address_of(step): _propose(step) for step in workflow.CHANGES},
    "suspend": _suspend,
    "approve": _decide(approve=True),
    "refuse": _decide(approve=False),
    "step-aside": _step_aside,
}
