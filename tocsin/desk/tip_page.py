"""Everything that the page of a tip shows to one person."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tocsin.access.permissions import Permission
from tocsin.cases.opening import proposed_case
from tocsin.cases.selectors import case_of, case_title, companions
from tocsin.common.refs import new_ref
from tocsin.desk.clock_view import clocks_on_page, offered
from tocsin.desk.decisions import Panel, panel
from tocsin.desk.doors import StaffRequest
from tocsin.desk.identity_view import about_tip
from tocsin.desk.inbox_view import standing
from tocsin.desk.machine_hints import ground_hints, urgent_suggestion
from tocsin.desk.names import actor_names, language_name, short_ref
from tocsin.desk.page import language
from tocsin.desk.provenance_view import corrections, provenance
from tocsin.desk.tip_actions import BY_NAME, actions_for
from tocsin.desk.tip_flags import flags_of
from tocsin.desk.tip_history import filters, timeline
from tocsin.desk.tip_view import answers, conversation, earlier, facts, remarks, story
from tocsin.tips import selectors
from tocsin.tips.handoff import bodies_of
from tocsin.tips.history import happenings
from tocsin.tips.key_habits import keys_work_for
from tocsin.tips.lawful import usually_lawful
from tocsin.tips.models import Tip
from tocsin.tips.notes import notes_of
from tocsin.tips.recusal import has_recusals, recusals_of
from tocsin.tips.remit import doors_of, in_words, may_be_about_danger
from tocsin.tips.safe_copies import evidence_of
from tocsin.tips.workflow import LINK, OPEN_CASE, VERIFIED_OUTCOMES, Outcome
from tocsin.vault import unlocked


def page_of(request: StaffRequest, tip: Tip) -> dict[str, Any]:
    """What the template of the page takes; the sealed part only while the desk is unlocked."""
    told: dict[str, Any] = {"tip": tip, "facts": facts(tip), "title": _("Report"), "content": None}
    told |= clocks_on_page(tip) | {"identity": about_tip(request.actor, tip)}
    told |= {"case": case_of(request.actor, tip), "may_put_into_case": _may_put_into_case(request, tip)}
    told |= {"keys": keys_work_for(request.actor), **standing(request.actor, tip, request.GET.get("list", ""))}
    if unlocked.is_unlocked():
        told |= _opened(request, tip)
        told["actions"] = offered(told["actions"], told["extension"])
    told["flags"] = flags_of(tip, told["content"], conflict=has_recusals(tip))
    return told


def _opened(request: StaffRequest, tip: Tip) -> dict[str, Any]:
    actor = request.actor
    opened = selectors.read_tip(actor, tip.ref)
    notes = notes_of(tip, opened.reader)
    found, chosen = happenings(actor, opened, notes), request.GET.get("history", "")
    return {
        "content": opened.content,
        "story": story(opened),
        "answers": answers(opened),
        "remarks": remarks(opened),
        "provenance": provenance(opened),
        "corrections": corrections(opened),
        "earlier": earlier(opened),
        "companions": [{"tip": each, "short_ref": short_ref(each.ref)} for each in companions(actor, tip)],
        "conversation": conversation(opened),
        "evidence": evidence_of(tip) if opened.content else [],
        "notes": notes,
        "own_id": actor.staff_id,
        "history": timeline(tip, found, chosen),
        "history_filters": filters(found, chosen),
        "waiting": _waiting(request, opened),
        "actions": actions_for(actor, tip),
        **_machine(request, opened),
        **_forms(request, opened),
    }


def _machine(request: StaffRequest, opened: selectors.OpenTip) -> dict[str, Any]:
    """What a program noticed, and the form with which a person confirms it."""
    if opened.content is None:
        return {}
    suggestion, confirm = urgent_suggestion(opened.tip, opened.content), BY_NAME["confirm-urgent"]
    may = bool(suggestion) and confirm.open_to(request.actor, opened.tip)
    return {
        "urgent_suggestion": suggestion,
        "confirm_urgent": confirm if may else None,
        "ground_hints": ground_hints(opened.content),
    }


def _forms(request: StaffRequest, opened: selectors.OpenTip) -> dict[str, Any]:
    """What the forms of the page offer to choose from."""
    actor, tip = request.actor, opened.tip
    return {
        "outcomes": [(outcome.value, outcome.label) for outcome in VERIFIED_OUTCOMES],
        "is_usually_lawful": usually_lawful(tip) is not None,
        "default_outcome": Outcome.UNSUBSTANTIATED_GOOD_FAITH.value,
        "other_doors": doors_of(tip, language(), protected=False),
        "protected_doors": doors_of(tip, language(), protected=True),
        "needs_two": may_be_about_danger(tip, opened.content),
        "bodies": [(body.number, body.label.text(language())) for body in bodies_of(tip)],
        "recusals": recusals_of(actor, tip),
        "language_of_form": language_name(opened.content.particulars.language) if opened.content else "",
        "lift_interest": BY_NAME["lift-interest"],
        "declare_interest": BY_NAME["declare-interest"],
        "add_note": BY_NAME["add-note"] if actor.may(Permission.NOTE_WRITE) and opened.content else None,
        "correct_note": BY_NAME["correct-note"],
        "attempt": new_ref(),
        "may_hold": actor.may(Permission.HOLD_CONFIRM),
    }


def _waiting(request: StaffRequest, opened: selectors.OpenTip) -> Panel | None:
    found = opened.waiting
    if found is None:
        return None
    if found.step == LINK:
        detail = case_title(request.actor, proposed_case(opened.tip, found.proposal))
    elif found.staff:
        detail = "".join(actor_names({f"staff:{found.staff}"}).values())
    else:
        detail = found.outcome_label
    reason = in_words(opened.tip, found.reason, language())
    return panel(request.actor, found.proposal, detail=detail, reason=reason)


def _may_put_into_case(request: StaffRequest, tip: Tip) -> bool:
    opens = request.actor.may(Permission.CASE_OPEN) and tip.state in OPEN_CASE.sources
    links = request.actor.may(Permission.CASE_LINK) and tip.state in LINK.sources
    return not tip.in_case and (opens or links)
