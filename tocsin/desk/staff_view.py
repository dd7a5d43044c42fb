"""Colleagues as the screens show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.factors.selectors import people_with_factor
from tocsin.access.permissions import Permission
from tocsin.desk.decisions import Panel, panel
from tocsin.desk.names import actor_names, role_label
from tocsin.desk.staff_forms import forms_for, held_by
from tocsin.staffing.models import Member
from tocsin.staffing.papers import from_payload, from_reason
from tocsin.staffing.selectors import Colleagues, history_of, waiting_about
from tocsin.staffing.workflow import MEMBER_LIFE, TONES, MemberState
from tocsin.workflow.models import StepRecord


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    member: Member
    name: str
    username: str
    roles: str
    state: str
    tone: str
    has_factor: bool
    is_waiting: bool


@dataclass(frozen=True)
class Happened:
    """One entry of the timeline."""

    title: str | Promise
    who: str
    at: datetime
    text: str


def rows(found: Colleagues) -> list[Row]:
    """The list; its cost does not grow with the number of people."""
    enrolled = people_with_factor([member.staff_id for member in found.members if member.staff_id])
    return [_row(member, member.staff_id in enrolled, member.ref in found.waiting) for member in found.members]


def _row(member: Member, has_factor: bool, is_waiting: bool) -> Row:
    state = MemberState(member.state)
    return Row(
        member=member,
        name=member.staff.display_name if member.staff else member.display_name,
        username=member.username,
        roles=", ".join(role_label(code) for code in sorted(held_by(member))),
        state=str(state.label),
        tone=TONES.get(state, "grey"),
        has_factor=has_factor,
        is_waiting=is_waiting,
    )


def laid_out(actor: Actor, member: Member, failed: str, typed: QueryDict | None) -> dict[str, Any]:
    """The page of one person: facts, what waits, forms, what happened."""
    enrolled = people_with_factor([member.staff_id]) if member.staff_id else set()
    return {
        "row": _row(member, bool(enrolled), False),
        "is_self": member.staff_id == actor.staff_id,
        "waiting": _waiting(actor, member),
        "forms": forms_for(actor, member, failed=failed, typed=typed),
        "history": _timeline(history_of(actor, member)),
        "may_see_log": actor.may(Permission.SIGN_IN_LOG),
    }


def _waiting(actor: Actor, member: Member) -> Panel | None:
    proposal = waiting_about(actor, member)
    if proposal is None:
        return None
    told = from_payload(proposal.payload)
    roles = [told["role"]] if "role" in told else told.get("roles", [])
    return panel(actor, proposal, detail=", ".join(role_label(code) for code in roles), reason=told["reason"])


def _timeline(history: list[StepRecord]) -> list[Happened]:
    names = actor_names({record.actor for record in history} | {record.proposed_by for record in history})
    shown = {code: _("the program") if code.startswith("program:") else name for code, name in names.items()}
    return [_happened(record, shown) for record in history]


def _happened(record: StepRecord, names: dict[str, str]) -> Happened:
    who = names[record.actor]
    if record.proposed_by:
        who = f"{names[record.proposed_by]}, {who}"
    return Happened(MEMBER_LIFE.step(record.step).label, who, record.at, from_reason(record.reason))
