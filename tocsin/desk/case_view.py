"""How a case is laid out on its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases.models import Case
from tocsin.cases.outcome import proposed_for
from tocsin.cases.reading import OpenCase, OpenPerson
from tocsin.cases.workflow import REFER, WORKING, PersonState
from tocsin.desk.case_actions import CaseAction, actions_for
from tocsin.desk.case_forms import own_outcomes
from tocsin.desk.decisions import Panel, panel
from tocsin.desk.fields import Drawn, Field, Text, drawn
from tocsin.desk.names import category_label, short_ref
from tocsin.desk.tip_view import timeline_of
from tocsin.tips.workflow import UNLINK, Outcome
from tocsin.ui.templatetags.ui import plain_date

EXCERPT = 160
PERSON_TONES = {PersonState.MENTIONED: "grey", PersonState.CONCERNED: "orange", PersonState.CLEARED: "green"}


@dataclass(frozen=True)
class Form:
    """One form of the page, ready to be drawn."""

    name: str
    label: Text
    fields: Sequence[Drawn]
    is_open: bool


def facts(case: Case) -> dict[str, Any]:
    """What is known of a case without opening it."""
    rows = [
        (_("Opened on"), plain_date(case.opened_on)),
        (_("Kind"), category_label(case)),
        (_("Outcome"), case.get_outcome_display() if case.outcome else _("None yet")),
        (_("Closed on"), plain_date(case.closed_on) if case.closed_on else ""),
        (_("Rules in force"), case.pack_version),
    ]
    return {
        "short_ref": short_ref(case.ref),
        "rows": [{"key": key, "value": value} for key, value in rows if value],
    }


def laid_out(actor: Actor, opened: OpenCase, failed: str, typed: QueryDict | None) -> dict[str, Any]:
    """Everything that the page shows of an opened case, and the forms for ``actor`` by the part they belong to."""
    return {
        "opened": opened,
        "members": [_member(number, each) for number, each in enumerate(opened.members, start=1)],
        "history": timeline_of(opened.history),
        "persons": [_person_row(person) for person in opened.persons],
        "files": dict(opened.files),
        "waiting": _waiting(actor, opened),
        "actions": _forms(actor, opened, failed, typed),
        "may_work": actor.may(Permission.CASE_WORK) and opened.case.state in WORKING,
        "may_pass_on": actor.may(Permission.CASE_WORK) and opened.case.state in REFER.sources,
        "may_staff": actor.may(Permission.CASE_STAFF),
        "may_take_out": actor.may(Permission.CASE_UNLINK),
    }


def _member(number: int, member: Any) -> dict[str, Any]:
    text = " ".join(member.what.split())
    return {
        "number": number,
        "tip": member.tip,
        "short_ref": short_ref(member.tip.ref),
        "may_leave": member.tip.state in UNLINK.sources,
        "what": text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…",
    }


def _person_row(person: OpenPerson) -> dict[str, Any]:
    state = PersonState(person.person.state)
    return {"opened": person, "tone": PERSON_TONES.get(state, "grey"), "hearing": hearing_words(person)}


def hearing_words(person: OpenPerson) -> str:
    """Whether a person concerned was heard, in words; empty for others."""
    row = person.person
    if row.state != PersonState.CONCERNED:
        return ""
    if row.heard_on:
        return _("Heard on %(day)s") % {"day": plain_date(row.heard_on)}
    if row.hearing_off_until:
        return _("Hearing put off until %(day)s") % {"day": plain_date(row.hearing_off_until)}
    return _("Not heard yet")


def _waiting(actor: Actor, opened: OpenCase) -> Panel | None:
    if opened.waiting is None:
        return None
    told = proposed_for(opened.case, opened.waiting)
    return panel(actor, opened.waiting, detail=_in_words(told), reason=str(told["reason"]))


def _in_words(told: dict[str, Any]) -> str:
    if "outcome" not in told:
        return ""
    words = str(Outcome(told["outcome"]).label)
    own = [f"{short_ref(ref)}: {Outcome(each).label}" for ref, each in told.get("differing", {}).items()]
    return "; ".join([words, *own])


def _forms(actor: Actor, opened: OpenCase, failed: str, typed: QueryDict | None) -> dict[str, list[Form]]:
    forms: dict[str, list[Form]] = defaultdict(list)
    for action in actions_for(actor, opened.case):
        back = typed if action.name == failed else None
        fields = [*_with_values(action, opened), *_for_each_tip(action, opened)]
        shown = drawn(fields, form=action.name, subject=opened.case, typed=back)
        forms[action.group].append(Form(action.name, action.label, shown, back is not None))
    return dict(forms)


def _with_values(action: CaseAction, opened: OpenCase) -> list[Field]:
    """The form that changes title and summary begins with them."""
    if action.name != "rename":
        return list(action.fields)
    now = {"title": opened.title, "summary": opened.summary}
    return [Field(each.name, each.label, each.kind, default=now[each.name]) for each in action.fields]


def _for_each_tip(action: CaseAction, opened: OpenCase) -> list[Field]:
    """Where a case has several tips, each may get an outcome of its own."""
    if action.name != "propose-outcome" or len(opened.members) < 2:
        return []
    return [
        Field(
            f"tip-{member.tip.ref}",
            _("Report %(number)s (%(ref)s)") % {"number": number, "ref": short_ref(member.tip.ref)},
            "list",
            options=own_outcomes,
        )
        for number, member in enumerate(opened.members, start=1)
    ]
