"""What can be done with a tip from its page: one entry for each button, one call for each decision."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.cases.opening import decide_link
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.tips import services
from tocsin.tips import workflow as life
from tocsin.tips.dictation import dictate
from tocsin.tips.models import Tip
from tocsin.tips.workflow import TIP_LIFE
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal
from tocsin.workflow.steps import Step

Typed = Mapping[str, str]
Done = Callable[[Actor, Tip, Typed], object]


@dataclass(frozen=True)
class Action:
    """``name`` is the last part of the address; ``steps`` are the steps that it may lead to; ``done`` is what the page
    says afterwards. The template ``desk/actions/<name>.html`` draws its form.
    """

    name: str
    label: str | Promise
    steps: tuple[Step, ...]
    do: Done
    done: str | Promise

    def open_to(self, actor: Actor, tip: Tip) -> bool:
        """Whether ``actor`` can use it on ``tip`` now. The service decides again."""
        return any(self._fits(step, actor, tip) for step in self.steps)

    @staticmethod
    def _fits(step: Step, actor: Actor, tip: Tip) -> bool:
        permission = step.proposed_with if step.four_eyes else step.needs
        barred = bool(step.barred_by and getattr(tip, step.barred_by))
        meant_for_barred = step in (life.REFUSE_REMIT_URGENT, life.CLOSE_URGENT)
        fits_flag = tip.urgent if meant_for_barred else not barred
        return permission is not None and actor.may(permission) and tip.state in step.sources and fits_flag


def _interest(typed: Typed) -> bool:
    if typed.get("interest") not in ("yes", "no"):
        raise RuleBroken(_("Say whether you have an interest of your own in this matter. Nothing was changed."))
    return typed["interest"] == "yes"


DECIDED_BY: dict[str, Callable[..., object]] = {life.LINK.name: decide_link}
"""Proposals on a tip that another app decides, by the name of their step."""


def _decide(approve: bool) -> Done:
    def decide(actor: Actor, tip: Tip, typed: Typed) -> object:
        proposal, reason = _shown(tip, typed), typed.get("reason", "")
        by_step = DECIDED_BY.get(proposal.step, services.decide_proposal)
        return by_step(actor=actor, tip=tip, proposal=proposal, approve=approve, reason=reason)

    return decide


def _same_text(tip: Tip, text: str) -> str:
    """One try for one text on one tip, however often the button is pressed. Keyed: it says nothing of the text."""
    digest = salted_hmac("tocsin.desk.dictate", f"{tip.ref}\0{text}", algorithm="sha256").digest()
    return base64.b32encode(digest[:12]).decode()[:20]


def _leave(actor: Actor, tip: Tip, typed: Typed) -> object:
    return services.leave_decision(actor=actor, tip=tip, proposal=_shown(tip, typed), reason=typed.get("reason", ""))


def _shown(tip: Tip, typed: Typed) -> Proposal:
    """The proposal that the person saw on the page. Raises ``Conflict`` when another one waits by now, or none."""
    proposal = waiting_proposal(life=TIP_LIFE, subject_ref=tip.ref)
    if proposal is None or proposal.ref != typed.get("proposal"):
        raise Conflict(_("This proposal no longer waits for a decision. Nothing was changed."))
    return proposal


ACTIONS: tuple[Action, ...] = (
    Action(
        "acknowledge", gettext_lazy("Confirm that you have read it"), (life.ACKNOWLEDGE,),
        lambda actor, tip, typed: services.acknowledge(actor=actor, tip=tip),
        gettext_lazy("You confirmed that you have read this report."),
    ),
    Action(
        "begin-triage", gettext_lazy("Take into triage"), (life.BEGIN_TRIAGE,),
        lambda actor, tip, typed: services.begin_triage(actor=actor, tip=tip, has_interest=_interest(typed)),
        gettext_lazy("The report is in triage."),
    ),
    Action(
        "ask", gettext_lazy("Ask the reporter"), (life.ASK, life.ASK_WHILE_CHECKING),
        lambda actor, tip, typed: services.ask_reporter(actor=actor, tip=tip, text=typed.get("text", "")),
        gettext_lazy("Your question is in the reporter’s mailbox."),
    ),
    Action(
        "resume", gettext_lazy("Go on without an answer"), (life.RESUME,),
        lambda actor, tip, typed: services.resume_triage(actor=actor, tip=tip, reason=typed.get("reason", "")),
        gettext_lazy("The report is back in triage."),
    ),
    Action(
        "start-verification", gettext_lazy("Start verification"), (life.START_VERIFICATION,),
        lambda actor, tip, typed: services.start_verification(
            actor=actor, tip=tip, legal_basis=typed.get("reason", ""), extra_fact=typed.get("extra_fact", "")
        ),
        gettext_lazy("Verification has begun."),
    ),
    Action(
        "propose-outcome", gettext_lazy("Propose an outcome"), (life.SET_OUTCOME,),
        lambda actor, tip, typed: services.propose_outcome(
            actor=actor, tip=tip, outcome=typed.get("outcome", ""), reason=typed.get("reason", "")
        ),
        gettext_lazy("Your proposal waits for a second person."),
    ),
    Action(
        "refuse-remit", gettext_lazy("Not for this office"), (life.REFUSE_REMIT, life.REFUSE_REMIT_URGENT),
        lambda actor, tip, typed: services.refuse_remit(
            actor=actor, tip=tip, outcome=typed.get("outcome", ""), reason=typed.get("reason", "")
        ),
        gettext_lazy("Noted. If the report is urgent, a second person must confirm it."),
    ),
    Action(
        "extend-feedback", gettext_lazy("Put off the answer"), (life.EXTEND_FEEDBACK,),
        lambda actor, tip, typed: services.extend_feedback(
            actor=actor, tip=tip, until=typed.get("until", ""), reason=typed.get("reason", ""),
            text=typed.get("text", ""),
        ),
        gettext_lazy("The answer is put off. The reporter is told why in the mailbox."),
    ),
    Action(
        "give-feedback", gettext_lazy("Tell the reporter the result"), (life.GIVE_FEEDBACK,),
        lambda actor, tip, typed: services.give_feedback(actor=actor, tip=tip, text=typed.get("text", "")),
        gettext_lazy("The result is in the reporter’s mailbox."),
    ),
    Action(
        "close", gettext_lazy("Close"), (life.CLOSE, life.CLOSE_URGENT),
        lambda actor, tip, typed: services.close(actor=actor, tip=tip, reason=typed.get("reason", "")),
        gettext_lazy("Noted. An urgent report is closed when a second person confirms it."),
    ),
    Action(
        "reopen", gettext_lazy("Open again"), (life.REOPEN,),
        lambda actor, tip, typed: services.reopen(actor=actor, tip=tip, reason=typed.get("reason", "")),
        gettext_lazy("The report is open again, in triage."),
    ),
    Action(
        "flag-urgent", gettext_lazy("Mark as urgent"), (life.FLAG_URGENT,),
        lambda actor, tip, typed: services.flag_urgent(actor=actor, tip=tip, reason=typed.get("reason", "")),
        gettext_lazy("The report is marked as urgent."),
    ),
    Action(
        "dictate", gettext_lazy("Write down what the reporter adds"), (life.DICTATE,),
        lambda actor, tip, typed: dictate(
            actor=actor, tip=tip, text=typed.get("text", ""), attempt=_same_text(tip, typed.get("text", ""))
        ),
        gettext_lazy("It is added to the report. The reporter can read it with the nine words."),
    ),
)  # fmt: skip
DECISIONS: tuple[Action, ...] = (
    Action("approve", gettext_lazy("Approve"), (), _decide(True), gettext_lazy("You approved the proposal.")),
    Action("refuse", gettext_lazy("Refuse"), (), _decide(False), gettext_lazy("You refused the proposal.")),
    Action(
        "step-aside", gettext_lazy("Leave it to others"), (), _leave, gettext_lazy("You left this decision to others.")
    ),
)
BY_NAME = {action.name: action for action in (*ACTIONS, *DECISIONS)}


def actions_for(actor: Actor, tip: Tip) -> list[Action]:
    """The buttons on the page of ``tip`` for ``actor``; marking as urgent disappears once it is."""
    return [
        action for action in ACTIONS if action.open_to(actor, tip) and not (action.name == "flag-urgent" and tip.urgent)
    ]
