"""What every service owes: keyword-only arguments, the actor first, and a line in the audit log."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.installation import Installation
from tests.people import PASSWORD, Cast, hire, staff_of
from tests.stories import Reported, incoming, send_report, waiting
from tocsin.access import services as access
from tocsin.access.actors import REPORTER
from tocsin.access.permissions import Role
from tocsin.common.errors import NotPermitted
from tocsin.intake import services as intake
from tocsin.intake import writing_down
from tocsin.intake.attempts import Attempt, Ticket, TicketOffice
from tocsin.intake.prepare import evidence_row
from tocsin.intake.submission import clean
from tocsin.intake.writing_down import Told
from tocsin.ledger.models import AuditRecord
from tocsin.tips import dictation, lines, mailbox, services
from tocsin.tips.workflow import State
from tocsin.vault.installed import keyring

MODULES = (services, mailbox, intake, access, dictation, lines, writing_down)
WHO = {"actor", "keys", "by"}
# Functions of these modules that change nothing, or that find out who somebody is.
READINGS = {
    "mailbox.find_tip": "finds the tip of a code, before there is an actor",
    "mailbox.read_mailbox": "what the reporter sees; a trace would say when somebody came back",
    "services.accepted_before": "looks up what was given for the same try",
    "services.committer": "how this process stores",
    "services.promise_signer": "a key of this process",
    "writing_down.attempt_of": "the name of a try",
}
NO_ACTOR_YET = {"services.check_sign_in": "finds out who the actor is"}
TipIn = Callable[[State], Reported]
Story = Callable[[Cast, TipIn], object]


def name_of(module: ModuleType, function: Any) -> str:
    """``services.close``, ``mailbox.withdraw``."""
    return f"{module.__name__.rsplit('.', 1)[-1]}.{function.__name__}"


def own_functions() -> dict[str, Any]:
    """Every public function that these modules define themselves."""
    return {
        name_of(module, function): function
        for module in MODULES
        for name, function in vars(module).items()
        if callable(function)
        and not name.startswith("_")
        and not inspect.isclass(function)
        and getattr(function, "__module__", "") == module.__name__
    }


SERVICES = {name: function for name, function in own_functions().items() if name not in READINGS}


def test_the_lists_of_exceptions_name_functions_that_exist() -> None:
    assert set(READINGS) | set(NO_ACTOR_YET) <= set(own_functions())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_takes_keywords_only_and_names_its_actor_first(name: str) -> None:
    parameters = list(inspect.signature(SERVICES[name]).parameters.values())
    positional = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
    assert not positional, f"{name}: {positional} can be mixed up; put a * before them."
    if name not in NO_ACTOR_YET:
        assert parameters[0].name in WHO, f"{name}: whoever does it comes first (actor, keys or by)."
        assert parameters[0].default is inspect.Parameter.empty, f"{name}: nobody acts without saying who they are."


def _closed_urgent(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.UNDER_VERIFICATION)
    return services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")


def _decided(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.UNDER_VERIFICATION)
    services.propose_outcome(actor=cast.ivo, tip=reported.tip, outcome="substantiated", reason="Seen.")
    return services.decide_proposal(
        actor=cast.sam, tip=reported.tip, proposal=waiting(reported.tip), approve=False, reason="No."
    )


def _replies_read(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.NEED_INFO)
    mailbox.write_to_staff(keys=reported.keys, text="x", attempt="ATTEMPT")
    services.mark_replies_read(actor=cast.tara, tip=reported.tip)
    return AuditRecord.objects.get(action="tip.replies_read")


def _accept(_cast: Cast, _tip_in: TipIn) -> object:
    letter = clean(channel="letter", category="other", answers={"what": "x"}, contact="")
    return intake.accept_tip(actor=REPORTER, submission=letter, attempt=Attempt.fresh())


def _form() -> Ticket:
    office = TicketOffice("a secret of the tests")
    return office.open(office.issue("call"), "call")


def _call(urgent: str = "") -> Told:
    return Told(clean(channel="hotline", category="other", answers={"what": "x"}, contact=""), urgent_because=urgent)


def _sent_before(cast: Cast, _tip_in: TipIn) -> object:
    form = _form()
    writing_down.write_down(actor=cast.ines, told=_call(), ticket=form)
    return writing_down.written_down_before(actor=cast.ines, told=_call("Now it is."), ticket=form)


def _handed_over(cast: Cast, tip_in: TipIn) -> object:
    reported = tip_in(State.RECEIVED)
    services.flag_urgent(actor=cast.ines, tip=reported.tip, reason="x")
    return dictation.hand_off(actor=cast.ines, tip=reported.tip, body="Police")


# One story for each service: the shortest in which it does its work. A new service needs one.
STORIES: dict[str, Story] = {
    "services.acknowledge": lambda c, at: services.acknowledge(actor=c.ines, tip=at(State.RECEIVED).tip),
    "services.flag_urgent": lambda c, at: services.flag_urgent(actor=c.ines, tip=at(State.RECEIVED).tip, reason="x"),
    "services.begin_triage": lambda c, at: services.begin_triage(
        actor=c.tara, tip=at(State.ACKNOWLEDGED).tip, has_interest=True
    ),
    "services.declare_interest": lambda c, at: services.declare_interest(
        actor=c.sam, tip=at(State.RECEIVED).tip, has_interest=False
    ),
    "services.ask_reporter": lambda c, at: services.ask_reporter(actor=c.tara, tip=at(State.IN_TRIAGE).tip, text="?"),
    "services.resume_triage": lambda c, at: services.resume_triage(
        actor=c.tara, tip=at(State.NEED_INFO).tip, reason="x"
    ),
    "services.start_verification": lambda c, at: services.start_verification(
        actor=c.sam, tip=at(State.IN_TRIAGE).tip, legal_basis="x"
    ),
    "services.propose_outcome": _closed_urgent,
    "services.refuse_remit": lambda c, at: services.refuse_remit(
        actor=c.tara, tip=at(State.IN_TRIAGE).tip, outcome="not_within_remit", reason="x"
    ),
    "services.decide_proposal": _decided,
    "services.give_feedback": lambda c, at: services.give_feedback(
        actor=c.ines, tip=at(State.OUTCOME_SET).tip, text="x"
    ),
    "services.close": lambda c, at: services.close(actor=c.sam, tip=at(State.FEEDBACK_GIVEN).tip, reason="x"),
    "services.reopen": lambda c, at: services.reopen(actor=c.sam, tip=at(State.CLOSED).tip, reason="x"),
    "services.mark_replies_read": _replies_read,
    "mailbox.write_to_staff": lambda _c, at: mailbox.write_to_staff(
        keys=at(State.RECEIVED).keys, text="x", attempt="ATTEMPT"
    ),
    "services.add_files": lambda _c, at: intake.add_files(keys=at(State.RECEIVED).keys, files=[incoming()]),
    "mailbox.add_files": lambda _c, at: mailbox.add_files(
        keys=(reported := at(State.RECEIVED)).keys,
        rows=lambda tip: [evidence_row(incoming(), tip, keyring(), reported.keys)],
    ),
    "mailbox.withdraw": lambda _c, at: mailbox.withdraw(keys=at(State.RECEIVED).keys),
    "services.accept_tip": _accept,
    "writing_down.write_down": lambda c, _at: writing_down.write_down(actor=c.ines, told=_call(), ticket=_form()),
    "writing_down.written_down_before": _sent_before,
    "dictation.hand_off": _handed_over,
    "dictation.dictate": lambda c, at: dictation.dictate(
        actor=c.ines, tip=at(State.RECEIVED).tip, text="x", attempt="ATTEMPT"
    ),
    "lines.look_up_line": lambda c, _at: lines.look_up_line(actor=c.ines, line=b"x" * 32),
    "services.add_staff": lambda _c, _at: hire("somebody", Role.TRIAGE),
    "services.grant_role": lambda c, _at: access.grant_role(by=c.ada.name, staff=staff_of(c.ines), role=Role.TRIAGE),
    "services.note_sign_out": lambda c, _at: access.note_sign_out(actor=c.ines),
    "services.check_sign_in": lambda _c, _at: access.check_sign_in(username="ines", password=PASSWORD),
}


def test_every_service_has_its_story() -> None:
    assert set(STORIES) == set(SERVICES), (
        f"without a story: {sorted(set(SERVICES) - set(STORIES))}; stories of nothing: "
        f"{sorted(set(STORIES) - set(SERVICES))}. Add the shortest use of a new service to STORIES."
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", STORIES)
def test_every_service_leaves_a_line_in_the_audit_log_of_who_did_it(
    name: str, cast: Cast, tip_in: TipIn, unlocked_desk: Installation
) -> None:
    told: list[int] = []

    def at(state: State) -> Reported:
        reported = tip_in(state)
        told.append(AuditRecord.objects.count())
        return reported

    before = AuditRecord.objects.count()
    STORIES[name](cast, at)
    begun = told[-1] if told else before
    lines = list(AuditRecord.objects.order_by("id"))[begun:]
    assert lines, f"{name} left no trace: call record_audit inside its transaction."
    assert all(line.actor and line.action for line in lines)


@pytest.mark.django_db
def test_what_is_refused_at_the_door_leaves_a_line_too(cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        access.check_sign_in(username="ines", password="wrong")
    line = AuditRecord.objects.get(action="sign-in.refused")
    assert "ines" not in f"{line.actor}{line.subject}{line.detail}"


@pytest.mark.django_db
def test_the_stories_above_begin_with_a_report(installation: Installation) -> None:
    assert send_report().tip.state == State.RECEIVED
