"""What can be done with a case from its page: one entry for each form, one call for each decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.cases import opening, outcome, persons, selectors, work
from tocsin.cases.models import Case, CaseRole
from tocsin.cases.taking import tips_of
from tocsin.cases.workflow import CASE_LIFE, CASE_OUTCOMES, WORKING, CaseState
from tocsin.common.errors import Conflict
from tocsin.desk.case_forms import FINDING_FIELDS, choices, found, people, those_in_the_case
from tocsin.desk.fields import Field, Text, day
from tocsin.tips.workflow import Outcome, State
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal

Do = Callable[[Actor, Case, QueryDict], object]
When = Callable[[Actor, Case], bool]
P = Permission
REASON = Field("reason", gettext_lazy("Reason"))


@dataclass(frozen=True)
class CaseAction:
    """``name`` is the last part of the address; ``group``: the part of the page that draws it; ``done``: what the page
    says afterwards.
    """

    name: str
    label: Text
    when: When
    fields: Sequence[Field]
    do: Do
    done: Text
    group: str = "case"


def _may(permission: Permission, *states: CaseState) -> When:
    fitting = frozenset(states) or WORKING
    return lambda actor, case: actor.may(permission) and case.state in fitting


def _differing(case: Case, typed: QueryDict) -> dict[str, str]:
    return {tip.ref: typed.get(f"tip-{tip.ref}", "") for tip in tips_of(case)}


def _outcome(actor: Actor, case: Case, typed: QueryDict) -> object:
    return outcome.propose_case_outcome(
        actor=actor,
        case=case,
        outcome=typed.get("outcome", ""),
        reason=typed.get("reason", ""),
        differing=_differing(case, typed),
    )


def _finding(actor: Actor, case: Case, typed: QueryDict) -> object:
    ref = typed.get("corrects", "")
    corrects = selectors.finding_of(case, ref) if ref else None
    return work.write_finding(actor=actor, case=case, found=found(typed), corrects=corrects)


def _task(actor: Actor, case: Case, typed: QueryDict) -> object:
    assignee, due_on = selectors.reader(typed.get("assignee", "")), day(typed, "due_on")
    return work.set_task(actor=actor, case=case, what=typed.get("what", ""), assignee=assignee, due_on=due_on)


def shown_proposal(case: Case, typed: QueryDict) -> Proposal:
    """The proposal that the person saw on the page. Raises ``Conflict`` when another one waits by now, or none."""
    proposal = waiting_proposal(life=CASE_LIFE, subject_ref=case.ref)
    if proposal is None or proposal.ref != typed.get("proposal"):
        raise Conflict(_("This proposal no longer waits for a decision. Nothing was changed."))
    return proposal


def _decide(approve: bool) -> Do:
    return lambda actor, case, typed: outcome.decide_case_proposal(
        actor=actor, case=case, proposal=shown_proposal(case, typed), approve=approve, reason=typed.get("reason", "")
    )


def _some_wait(actor: Actor, case: Case) -> bool:
    waiting = any(tip.state == State.OUTCOME_SET for tip in tips_of(case))
    return actor.may(P.FEEDBACK_GIVE) and case.state == CaseState.OUTCOME_SET and waiting


def _declare(actor: Actor, case: Case, typed: QueryDict) -> object:
    if typed.get("sure") != "yes":
        raise Conflict(_("Tick the box if you mean it. Nothing was changed."))
    opening.declare_interest_in_case(actor=actor, case=case)
    return None


def _never(_actor: Actor, _case: Case) -> bool:
    return False


CASE_ACTIONS: tuple[CaseAction, ...] = (
    CaseAction(
        "begin-verification", gettext_lazy("Start verification"), _may(P.TIP_VERIFY, CaseState.OPEN),
        (
            Field("reason", gettext_lazy("Legal basis")),
            Field(
                "extra_fact", gettext_lazy("The fact that would make it unlawful"),
                hint=gettext_lazy("Only for what is usually lawful: what seems to be missing, for example a permit."),
            ),
        ),
        lambda actor, case, typed: outcome.begin_verification(
            actor=actor, case=case, legal_basis=typed.get("reason", ""), extra_fact=typed.get("extra_fact", "")
        ),
        gettext_lazy("Verification has begun."),
    ),
    CaseAction(
        "propose-outcome", gettext_lazy("Propose an outcome"),
        _may(P.OUTCOME_PROPOSE, CaseState.UNDER_VERIFICATION, CaseState.REFERRED),
        (
            Field(
                "outcome", gettext_lazy("Outcome"), "choice", default=Outcome.UNSUBSTANTIATED_GOOD_FAITH.value,
                options=choices(*((each.value, each.label) for each in CASE_OUTCOMES)),
            ),
            Field("reason", gettext_lazy("Reason and evidence")),
        ),
        _outcome, gettext_lazy("Your proposal waits for a second person."),
    ),
    CaseAction(
        "take-back", gettext_lazy("Take it up again"), _may(P.CASE_REFER, CaseState.REFERRED), (REASON,),
        lambda actor, case, typed: outcome.take_back_case(actor=actor, case=case, reason=typed.get("reason", "")),
        gettext_lazy("The case is under verification again."),
    ),
    CaseAction(
        "tell-reporters", gettext_lazy("Tell the reporters the result"), _some_wait,
        (
            Field(
                "text", gettext_lazy("What you tell the reporters"),
                hint=gettext_lazy("Everybody who reported it and was not told yet gets this text. Name nobody."),
            ),
        ),
        lambda actor, case, typed: outcome.tell_reporters(actor=actor, case=case, text=typed.get("text", "")),
        gettext_lazy("The result is in the reporters’ mailboxes."),
    ),
    CaseAction(
        "close", gettext_lazy("Close"),
        lambda actor, case: actor.may(P.TIP_CLOSE)
        and (case.state == CaseState.OUTCOME_SET or (case.state in WORKING and not tips_of(case))),
        (REASON,),
        lambda actor, case, typed: outcome.close_case(actor=actor, case=case, reason=typed.get("reason", "")),
        gettext_lazy("Noted. An urgent case is closed when a second person confirms it."),
    ),
    CaseAction(
        "reopen", gettext_lazy("Open again"), _may(P.TIP_REOPEN, CaseState.CLOSED), (REASON,),
        lambda actor, case, typed: outcome.reopen_case(actor=actor, case=case, reason=typed.get("reason", "")),
        gettext_lazy("The case is open again."),
    ),
    CaseAction(
        "rename", gettext_lazy("Change title or summary"), _may(P.CASE_WORK),
        (Field("title", gettext_lazy("Title"), "line"), Field("summary", gettext_lazy("Summary"))),
        lambda actor, case, typed: opening.rename_case(
            actor=actor, case=case, title=typed.get("title", ""), summary=typed.get("summary", "")
        ),
        gettext_lazy("Saved."),
    ),
    CaseAction(
        "declare-interest", gettext_lazy("I have an interest of my own"), _may(P.CASE_READ, *CaseState),
        (
            Field(
                "sure", gettext_lazy("Yes, and I know that the case is closed to me from then on"), "yes",
                hint=gettext_lazy("You know somebody in it, work with them, are family, or gain or lose by it."),
            ),
        ),
        _declare, gettext_lazy("The case is closed to you."),
    ),
    CaseAction(
        "assign", gettext_lazy("Give somebody a part"), _may(P.CASE_STAFF),
        (
            Field("person", gettext_lazy("Person"), "list", options=people),
            Field("part", gettext_lazy("Part"), "choice", options=choices(*CaseRole.choices)),
        ),
        lambda actor, case, typed: work.assign(
            actor=actor, case=case, person=selectors.reader(typed.get("person", "")), role=typed.get("part", "")
        ),
        gettext_lazy("Saved."), "people",
    ),
    CaseAction(
        "set-task", gettext_lazy("New task"), _may(P.CASE_WORK),
        (
            Field("what", gettext_lazy("What is to do")),
            Field("assignee", gettext_lazy("Who does it"), "list", options=those_in_the_case),
            Field("due_on", gettext_lazy("Until when (may stay empty)"), "day"),
        ),
        _task, gettext_lazy("The task is set."), "tasks",
    ),
    CaseAction(
        "write-finding", gettext_lazy("Write down a finding"), _may(P.CASE_WORK), FINDING_FIELDS,
        _finding, gettext_lazy("The finding is in the list of evidence."), "findings",
    ),
    CaseAction(
        "note-person", gettext_lazy("Note somebody who is named"), _may(P.CASE_WORK),
        (
            Field("who", gettext_lazy("Who is meant"), "line"),
            Field("role", gettext_lazy("What the reports say about them")),
        ),
        lambda actor, case, typed: persons.note_person(
            actor=actor, case=case, who=typed.get("who", ""), role=typed.get("role", "")
        ),
        gettext_lazy("Noted. Being mentioned is not being suspected."), "persons",
    ),
    # Drawn beside the thing that they are about.
    CaseAction(
        "finish-task", gettext_lazy("Done"), _never, (),
        lambda actor, case, typed: work.finish_task(
            actor=actor, task=selectors.task_of(case, typed.get("task", "")), result=typed.get("result", "")
        ),
        gettext_lazy("The task is done."),
    ),
    CaseAction(
        "unassign", gettext_lazy("Take the part away"), _never, (),
        lambda actor, case, typed: work.unassign(
            actor=actor, case=case, person=selectors.reader(typed.get("person", ""))
        ),
        gettext_lazy("Saved."),
    ),
    CaseAction(
        "take-out", gettext_lazy("Take out of the case"), _never, (),
        lambda actor, case, typed: opening.take_out_tip(
            actor=actor, case=case, tip=selectors.tip_of(case, typed.get("tip", "")), reason=typed.get("reason", "")
        ),
        gettext_lazy("The report is out of the case and back in triage."),
    ),
    CaseAction(
        "approve", gettext_lazy("Approve"), _never, (), _decide(True), gettext_lazy("You approved the proposal.")
    ),
    CaseAction("refuse", gettext_lazy("Refuse"), _never, (), _decide(False), gettext_lazy("You refused the proposal.")),
    CaseAction(
        "step-aside", gettext_lazy("Leave it to others"), _never, (),
        lambda actor, case, typed: outcome.leave_case_decision(
            actor=actor, case=case, proposal=shown_proposal(case, typed), reason=typed.get("reason", "")
        ),
        gettext_lazy("You left this decision to others."),
    ),
)  # fmt: skip
BY_NAME = {action.name: action for action in CASE_ACTIONS}


def actions_for(actor: Actor, case: Case) -> list[CaseAction]:
    """The forms on the page of ``case`` for ``actor``. The service decides again."""
    return [action for action in CASE_ACTIONS if action.when(actor, case)]
