"""What can be done about somebody named in a case, from their page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.access.actors import Actor
from tocsin.cases import persons
from tocsin.cases import workflow as life
from tocsin.cases.models import Person
from tocsin.cases.models.person import HearingKind
from tocsin.cases.workflow import PERSON_LIFE, WORKING
from tocsin.common.errors import Conflict
from tocsin.desk.case_forms import choices
from tocsin.desk.fields import Field, Text, day
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal
from tocsin.workflow.steps import Step

Do = Callable[[Actor, Person, QueryDict], object]
REASON = Field("reason", gettext_lazy("Reason"))


@dataclass(frozen=True)
class PersonAction:
    """``name`` is the last part of the address; ``step``: the step that it leads to, ``None`` for a decision."""

    name: str
    label: Text
    step: Step | None
    fields: Sequence[Field]
    do: Do
    done: Text

    def open_to(self, actor: Actor, person: Person) -> bool:
        """Whether ``actor`` can use it now. The service decides again."""
        if self.step is None or person.case.state not in WORKING:
            return False
        permission = self.step.proposed_with if self.step.four_eyes else self.step.needs
        return permission is not None and actor.may(permission) and person.state in self.step.sources


def _shown(person: Person, typed: QueryDict) -> Proposal:
    proposal = waiting_proposal(life=PERSON_LIFE, subject_ref=person.ref)
    if proposal is None or proposal.ref != typed.get("proposal"):
        raise Conflict(_("This proposal no longer waits for a decision. Nothing was changed."))
    return proposal


def _decide(approve: bool) -> Do:
    return lambda actor, person, typed: persons.decide_concerned(
        actor=actor,
        person=person,
        proposal=_shown(person, typed),
        approve=approve,
        reason=typed.get("reason", ""),
    )


PERSON_ACTIONS: tuple[PersonAction, ...] = (
    PersonAction(
        "propose-concerned", gettext_lazy("Propose to treat as person concerned"), life.MAKE_CONCERNED, (REASON,),
        lambda actor, person, typed: persons.propose_concerned(
            actor=actor, person=person, reason=typed.get("reason", "")
        ),
        gettext_lazy("Your proposal waits for a second person."),
    ),
    PersonAction(
        "hear", gettext_lazy("Write down the hearing"), life.HEAR,
        (
            Field("kind", gettext_lazy("How was the person heard?"), "choice", options=choices(*HearingKind.choices)),
            Field("held_on", gettext_lazy("On which day?"), "day"),
            Field("said", gettext_lazy("What the person said")),
        ),
        lambda actor, person, typed: persons.hear(
            actor=actor,
            person=person,
            kind=typed.get("kind", ""),
            held_on=day(typed, "held_on"),
            said=typed.get("said", ""),
        ),
        gettext_lazy("The hearing is written down."),
    ),
    PersonAction(
        "defer-hearing", gettext_lazy("Put the hearing off"), life.DEFER_HEARING,
        (
            Field("until", gettext_lazy("Until which day?"), "day"),
            Field("reason", gettext_lazy("Why would hearing the person now endanger the inquiry?")),
        ),
        lambda actor, person, typed: persons.defer_hearing(
            actor=actor, person=person, until=day(typed, "until"), reason=typed.get("reason", "")
        ),
        gettext_lazy("The hearing is put off."),
    ),
    PersonAction(
        "clear", gettext_lazy("Nothing was found against this person"), life.CLEAR, (REASON,),
        lambda actor, person, typed: persons.clear_person(actor=actor, person=person, reason=typed.get("reason", "")),
        gettext_lazy("Written down: nothing was found against this person."),
    ),
    PersonAction(
        "expunge", gettext_lazy("Take this person out of the case"), life.EXPUNGE,
        (
            Field(
                "reason", gettext_lazy("Reason"),
                hint=gettext_lazy("Who they are and what they said is destroyed. Do not repeat it in the reason."),
            ),
        ),
        lambda actor, person, typed: persons.expunge_person(
            actor=actor, person=person, reason=typed.get("reason", "")
        ),
        gettext_lazy("The person is taken out; what was known about them is destroyed."),
    ),
    PersonAction(
        "approve", gettext_lazy("Approve"), None, (), _decide(True), gettext_lazy("You approved the proposal.")
    ),
    PersonAction("refuse", gettext_lazy("Refuse"), None, (), _decide(False), gettext_lazy("You refused the proposal.")),
    PersonAction(
        "step-aside", gettext_lazy("Leave it to others"), None, (),
        lambda actor, person, typed: persons.leave_person_decision(
            actor=actor, person=person, proposal=_shown(person, typed), reason=typed.get("reason", "")
        ),
        gettext_lazy("You left this decision to others."),
    ),
)  # fmt: skip
BY_NAME = {action.name: action for action in PERSON_ACTIONS}


def actions_for(actor: Actor, person: Person) -> list[PersonAction]:
    """The forms on the page of ``person`` for ``actor``."""
    return [action for action in PERSON_ACTIONS if action.open_to(actor, person)]
