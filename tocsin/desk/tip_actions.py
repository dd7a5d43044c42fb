"""What can be done with a tip from its page: one entry for each button, one call for each decision."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.cases.opening import decide_link
from tocsin.common.errors import Conflict, RuleBroken
from tocsin.desk.typed_values import Typed, typed_day
from tocsin.tips import discarding, handoff, last_days, notes, recusal, services
from tocsin.tips import workflow as life
from tocsin.tips.dictation import dictate
from tocsin.tips.models import Tip
from tocsin.tips.workflow import FOUNDED, TIP_LIFE
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal
from tocsin.workflow.steps import Step

Done = Callable[[Actor, Tip, Typed], object]


@dataclass(frozen=True)
class Action:
    """``name`` is the last part of the address; ``steps`` are the steps that it may lead to; ``done`` is what the page
    says afterwards. The template ``desk/actions/<name>.html`` draws its form. ``fits``: what else must hold of the tip.
    ``apart``: its form stands elsewhere on the page, not among the buttons.
    """

    name: str
    label: str | Promise
    steps: tuple[Step, ...]
    do: Done
    done: str | Promise
    fits: Callable[[Tip], bool] = lambda _tip: True
    apart: bool = False

    @property
    def template(self) -> str:
        """The template of its form."""
        return f"desk/actions/{self.name}.html"

    def open_to(self, actor: Actor, tip: Tip) -> bool:
        """Whether ``actor`` can use it on ``tip`` now. The service decides again."""
        return self.fits(tip) and any(self._fits(step, actor, tip) for step in self.steps)

    @staticmethod
    def _fits(step: Step, actor: Actor, tip: Tip) -> bool:
        permission = step.proposed_with if step.four_eyes else step.needs
        barred = bool(step.barred_by and getattr(tip, step.barred_by))
        meant_for_barred = step in (life.REFUSE_REMIT_URGENT, life.REFUSE_PROTECTED_URGENT, life.CLOSE_URGENT)
        fits_flag = tip.urgent if meant_for_barred else not barred
        return permission is not None and actor.may(permission) and tip.state in step.sources and fits_flag


def _interest(typed: Typed) -> bool:
    if typed.get("interest") not in ("yes", "no"):
        raise RuleBroken(_("Say whether you have an interest of your own in this matter. Nothing was changed."))
    return typed["interest"] == "yes"


def _sure(typed: Typed) -> bool:
    if typed.get("sure") != "yes":
        raise RuleBroken(_("Tick the box to say that you are sure. Nothing was changed."))
    return True


def _number(typed: Typed, name: str) -> int:
    told = typed.get(name, "")
    return int(told) if told.isdecimal() and len(told) < 6 else 0


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
            actor=actor, tip=tip, reason=typed.get("reason", ""), door=typed.get("door", "")
        ),
        gettext_lazy("Noted. If somebody may be in danger, a second person must confirm it."),
    ),
    Action(
        "refuse-protected", gettext_lazy("Lawful activity: refuse and destroy"),
        (life.REFUSE_PROTECTED, life.REFUSE_PROTECTED_URGENT),
        lambda actor, tip, typed: discarding.refuse_protected(actor=actor, tip=tip, ground=typed.get("ground", "")),
        gettext_lazy("Done: refused and destroyed, or proposed to a second person where somebody may be in danger."),
        fits=lambda tip: not tip.destroyed_on,
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
        gettext_lazy("Noted. A report about somebody in danger is closed when a second person confirms it."),
    ),
    Action(
        "reopen", gettext_lazy("Open again"), (life.REOPEN,),
        lambda actor, tip, typed: services.reopen(actor=actor, tip=tip, reason=typed.get("reason", "")),
        gettext_lazy("The report is open again, in triage."),
        fits=lambda tip: not tip.destroyed_on,
    ),
    Action(
        "keep-longer", gettext_lazy("Keep for longer after a review"), (life.KEEP_LONGER,),
        lambda actor, tip, typed: last_days.keep_longer(
            actor=actor, tip=tip, until=typed_day(typed, "until"), reason=typed.get("reason", "")
        ),
        gettext_lazy("The report is kept until the new date."),
        fits=lambda tip: tip.outcome in FOUNDED,
    ),
    Action(
        "flag-urgent", gettext_lazy("Mark as urgent"), (life.FLAG_URGENT,),
        lambda actor, tip, typed: services.flag_urgent(actor=actor, tip=tip, reason=typed.get("reason", "")),
        gettext_lazy("The report is marked as urgent."),
        fits=lambda tip: not tip.urgent and not tip.destroyed_on,
    ),
    Action(
        "confirm-urgent", gettext_lazy("Confirm: mark as urgent"), (life.CONFIRM_URGENT,),
        lambda actor, tip, typed: services.confirm_urgent(actor=actor, tip=tip, reason=typed.get("reason", "")),
        gettext_lazy("The report is marked as urgent."),
        fits=lambda tip: not tip.urgent,
        apart=True,
    ),
    Action(
        "hand-off", gettext_lazy("Hand over to an emergency body"), (life.HAND_OFF,),
        lambda actor, tip, typed: handoff.hand_off(
            actor=actor, tip=tip, body=typed.get("body", ""), said=typed.get("said", "")
        ),
        gettext_lazy("The hand-over is noted."),
        fits=lambda tip: not tip.destroyed_on,
    ),
    Action(
        "lift-interest", gettext_lazy("Propose to lift a declared interest"), (life.LIFT_INTEREST,),
        lambda actor, tip, typed: recusal.propose_lifting(
            actor=actor, tip=tip, staff=typed.get("staff", ""), reason=typed.get("reason", "")
        ),
        gettext_lazy("Your proposal waits for a second person."),
        apart=True,
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
# What takes no step: notes of staff, and interests of one's own.
BESIDE: tuple[Action, ...] = (
    Action(
        "declare-interest", gettext_lazy("I have an interest in this matter"), (),
        lambda actor, tip, typed: services.declare_interest(actor=actor, tip=tip, has_interest=_sure(typed)),
        gettext_lazy("Your interest is noted."),
    ),
    Action(
        "add-note", gettext_lazy("Add a note"), (),
        lambda actor, tip, typed: notes.add_note(
            actor=actor, tip=tip, text=typed.get("text", ""), attempt=typed.get("attempt", "")
        ),
        gettext_lazy("Your note is kept."),
    ),
    Action(
        "correct-note", gettext_lazy("Correct this note"), (),
        lambda actor, tip, typed: notes.correct_note(
            actor=actor, tip=tip, note_ref=typed.get("note", ""), version=_number(typed, "version"),
            text=typed.get("text", ""),
        ),
        gettext_lazy("The correction is kept beside the earlier version."),
    ),
)  # fmt: skip
BY_NAME = {action.name: action for action in (*ACTIONS, *DECISIONS, *BESIDE)}


def actions_for(actor: Actor, tip: Tip) -> list[Action]:
    """The buttons on the page of ``tip`` for ``actor``; a hand-over that is due stands on top."""
    open_now = [action for action in ACTIONS if not action.apart and action.open_to(actor, tip)]
    due = tip.urgent and tip.handed_off_at is None
    return sorted(open_now, key=lambda action: not (due and action.name == "hand-off"))
