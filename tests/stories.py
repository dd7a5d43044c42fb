"""How a report comes in and how staff carry it along: through services only, as the doors do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol

from tocsin.access.actors import REPORTER, RETENTION, Actor
from tocsin.access.models import Staff
from tocsin.cases.models import Case
from tocsin.cases.opening import open_case
from tocsin.cases.outcome import refer_case
from tocsin.intake.attempts import Attempt
from tocsin.intake.files import IncomingFile, ReceivedFile
from tocsin.intake.services import accept_tip
from tocsin.intake.submission import clean
from tocsin.tips import mailbox, services
from tocsin.tips.content import Particulars
from tocsin.tips.deadlines import local_today
from tocsin.tips.holding import give_tips
from tocsin.tips.last_days import expire_with_key
from tocsin.tips.models import Tip
from tocsin.tips.reading import give_reason
from tocsin.tips.selectors import OpenTip, read_tip
from tocsin.tips.workflow import TIP_LIFE, State
from tocsin.vault.codes import CodeKeys, words_of
from tocsin.workflow.models import Proposal
from tocsin.workflow.proposals import waiting_proposal

TOLD = "Two men loaded cages from a lorry without plates into the old dairy at night."
CONTACT = "Mia Example, ring the bell at number 7"


class People(Protocol):
    """Whoever plays the parts of a story."""

    @property
    def ines(self) -> Actor: ...
    @property
    def tara(self) -> Actor: ...
    @property
    def ivo(self) -> Actor: ...
    @property
    def sam(self) -> Actor: ...


@dataclass(frozen=True)
class Reported:
    """A stored report with what the reporter holds. ``promise``: the signed note; ``leaf``: its 97 bytes."""

    ref: str
    seed: bytes
    promise: bytes
    leaf: bytes

    @property
    def tip(self) -> Tip:
        """The tip as it is stored now."""
        return Tip.objects.get(ref=self.ref)

    @property
    def keys(self) -> CodeKeys:
        """What follows from the words."""
        return CodeKeys.derive(self.seed)

    @property
    def words(self) -> str:
        """The nine English words."""
        return " ".join(words_of(self.seed, "en"))


def send_report(
    what: str = TOLD,
    *,
    category: str = "other",
    contact: str = CONTACT,
    where: str = "",
    flags: tuple[str, ...] = (),
    particulars: Particulars | None = None,
    actor: Actor = REPORTER,
) -> Reported:
    """File one report. Raises what ``accept_tip`` raises."""
    answers = {"what": what, "where": where}
    submission = clean(
        channel="web", category=category, answers=answers, contact=contact, flags=flags, particulars=particulars
    )
    attempt = Attempt.fresh()
    accepted = accept_tip(actor=actor, submission=submission, attempt=attempt)
    ref = Tip.objects.values_list("ref", flat=True).get(intake_key=attempt.key)
    return Reported(ref, attempt.seed, accepted.promise, accepted.leaf)


def write_to_staff(reported: Reported, text: str) -> None:
    """The reporter answers or adds something."""
    mailbox.write_to_staff(keys=reported.keys, text=text, attempt=secrets.token_hex(10).upper())


def say_why(actor: Actor, reported: Reported) -> None:
    """``actor`` says why they open a report outside their queue, and may read it for the rest of the day."""
    give_reason(actor=actor, tip=reported.tip, reason="For the story of this test.")


def read_with_reason(actor: Actor, reported: Reported) -> OpenTip:
    """The report in clear, whosever queue it is in."""
    say_why(actor, reported)
    return read_tip(actor, reported.ref)


def waiting(tip: Tip) -> Proposal:
    """The proposal that waits on ``tip``."""
    proposal = waiting_proposal(life=TIP_LIFE, subject_ref=tip.ref)
    assert proposal is not None, "nothing was proposed"
    return proposal


def case_of(reported: Reported) -> Case:
    """The case in which the report is."""
    return Case.objects.get(members__tip__ref=reported.ref)


_ROAD = {
    State.RECEIVED: (),
    State.ACKNOWLEDGED: ("acknowledge",),
    State.IN_TRIAGE: ("acknowledge", "triage"),
    State.NEED_INFO: ("acknowledge", "triage", "ask"),
    State.LINKED: ("acknowledge", "triage", "case"),
    State.UNDER_VERIFICATION: ("acknowledge", "triage", "verify"),
    State.REFERRED: ("acknowledge", "triage", "case", "refer"),
    State.OUTCOME_SET: ("acknowledge", "triage", "verify", "outcome"),
    State.FEEDBACK_GIVEN: ("acknowledge", "triage", "verify", "outcome", "feedback"),
    State.CLOSED: ("acknowledge", "triage", "verify", "outcome", "feedback", "close"),
    State.WITHDRAWN: ("acknowledge", "withdraw"),
    State.EXPIRED: ("acknowledge", "triage", "verify", "outcome", "feedback", "close", "expire"),
}


def bring_to(state: State, *, reported: Reported, cast: People) -> None:
    """Carry a received tip to ``state`` by its shortest usual road. The desk must be unlocked."""
    for move in _ROAD[state]:
        _move(move, reported, cast)
    assert reported.tip.state == state


def _move(move: str, reported: Reported, cast: People) -> None:
    tip = reported.tip
    if move == "acknowledge":
        services.acknowledge(actor=cast.ines, tip=tip)
    elif move == "triage":
        services.begin_triage(actor=cast.tara, tip=tip, has_interest=False)
    elif move == "ask":
        services.ask_reporter(actor=cast.tara, tip=tip, text="On which day was it?")
    elif move == "case":
        open_case(actor=cast.tara, tip=tip, title="The old dairy", reason="More reports are to be expected.")
    elif move == "refer":
        refer_case(actor=cast.sam, case=case_of(reported), reason="The customs office is competent.")
    elif move == "verify":
        services.start_verification(actor=cast.sam, tip=tip, legal_basis="Sample law, section 4")
        give_tips(actor=cast.sam, refs=[tip.ref], to=Staff.objects.get(pk=cast.ivo.require_staff()))
    elif move == "outcome":
        services.propose_outcome(actor=cast.ivo, tip=tip, outcome="substantiated", reason="The cages were found.")
        services.decide_proposal(actor=cast.sam, tip=tip, proposal=waiting(tip), approve=True, reason="")
    elif move == "feedback":
        services.give_feedback(actor=cast.ines, tip=tip, text="Thank you. What you saw was right.")
    elif move == "close":
        services.close(actor=cast.sam, tip=tip, reason="Dealt with.")
    elif move == "withdraw":
        mailbox.withdraw(keys=reported.keys)
    elif move == "expire":
        Tip.objects.filter(pk=tip.pk).update(expires_on=local_today())
        expire_with_key(actor=RETENTION)


def incoming(data: bytes = b"a picture", name: str = "picture.jpg") -> ReceivedFile:
    """A file as the public door has taken it in: sealed, not yet part of a report."""
    file = IncomingFile(name)
    file.write(data)
    return file.finish()
