"""What the demonstration starts with: people, sample tips, and a few tips that staff have already worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from tocsin.access.actors import Actor
from tocsin.access.models import Staff
from tocsin.cases.models import Case
from tocsin.common import clock
from tocsin.config import demo_cases
from tocsin.intake.attempts import Attempt
from tocsin.intake.samples import Sample, load_samples
from tocsin.intake.services import accept_tip
from tocsin.intake.submission import clean
from tocsin.tips import services
from tocsin.tips.holding import give_tips
from tocsin.tips.models import Tip
from tocsin.tips.workflow import TIP_LIFE

SHOWN_DAYS = timedelta(days=9)


def people() -> dict[str, Actor]:
    """The demonstration's staff by sign-in name."""
    return {staff.username: staff.as_actor() for staff in Staff.objects.all()}


def take_samples() -> Iterator[tuple[int, int]]:
    """File every sample through the one way in; yields ``(done, of how many)`` after each."""
    samples = load_samples()
    operator = people()["ines"]
    moments = recent_moments([sample.told_at for sample in samples], clock.now())
    for done, (sample, moment) in enumerate(zip(samples, moments, strict=True), start=1):
        accept_tip(
            actor=operator,
            submission=clean(
                channel=sample.channel, category=sample.category, answers=sample.answers, contact=sample.contact
            ),
            attempt=Attempt.of_source(f"samples:{sample.id}"),
            arrived_at=moment,
        )
        yield done, len(samples)


def recent_moments(told: Sequence[datetime], now: datetime) -> list[datetime]:
    """The moments ``told`` (in order) squeezed into the days before ``now``, so that a demonstration looks alive.

    Three months become nine days: most deadlines are ahead, a few have passed.
    """
    first, last = told[0], told[-1]
    scale = SHOWN_DAYS / ((last - first) or timedelta(1))
    return [now - (last - moment) * scale for moment in told]


def _tips(samples: list[Sample], wanted: Callable[[Sample], bool]) -> Iterator[Tip]:
    for sample in samples:
        if wanted(sample):
            yield Tip.objects.get(intake_key=Attempt.of_source(f"samples:{sample.id}").key)


def work_on_some() -> None:
    """Let staff take a few samples along the road, so that every state can be seen on the desk."""
    cast, samples = people(), load_samples()
    urgent = _tips(samples, lambda sample: sample.tier == "danger_now" and sample.kind == "genuine")
    for tip in list(urgent)[:6]:
        services.flag_urgent(actor=cast["ines"], tip=tip, reason="Somebody may be in danger now.")
    protected = _tips(samples, lambda sample: sample.kind == "protected")
    for tip in list(protected)[:4]:
        _refuse(cast, tip)
    birds = list(_tips(samples, _of("lake-birds")))
    _ask(cast, birds[0])
    _carry_to_the_end(cast, birds[1])
    _propose(cast, birds[2])
    for group, tell in CASES.items():
        tell(cast, [_to_triage(cast, tip) for tip in list(_tips(samples, _of(group)))[:3]])


CASES: dict[str, Callable[[dict[str, Actor], Sequence[Tip]], Case]] = {
    "enterprise-friend": demo_cases.in_the_middle,
    "seed-parcels": demo_cases.to_be_passed_on,
    "zh-lake-birds": demo_cases.brought_to_an_end,
}


def _of(group: str) -> Callable[[Sample], bool]:
    return lambda sample: sample.group == group


def _to_triage(cast: dict[str, Actor], tip: Tip) -> Tip:
    tip = services.acknowledge(actor=cast["ines"], tip=tip)
    return services.begin_triage(actor=cast["tara"], tip=tip, has_interest=False)


def _refuse(cast: dict[str, Actor], tip: Tip) -> None:
    services.refuse_remit(
        actor=cast["tara"],
        tip=_to_triage(cast, tip),
        outcome="refused_protected_activity",
        reason="What is described is lawful: nobody is reported here for what they think, believe or print.",
    )


def _ask(cast: dict[str, Actor], tip: Tip) -> None:
    services.ask_reporter(
        actor=cast["tara"], tip=_to_triage(cast, tip), text="On which shore did the birds lie, and about how many?"
    )


def _verify(cast: dict[str, Actor], tip: Tip) -> Tip:
    checked = services.start_verification(
        actor=cast["sam"], tip=_to_triage(cast, tip), legal_basis="Sample law on animal diseases, section 4"
    )
    give_tips(actor=cast["sam"], refs=[tip.ref], to=Staff.objects.get(username="ivo"))
    return checked


def _propose(cast: dict[str, Actor], tip: Tip) -> Tip:
    tip = _verify(cast, tip)
    services.propose_outcome(
        actor=cast["ivo"], tip=tip, outcome="substantiated", reason="The veterinary office found the dead birds there."
    )
    return tip


def _carry_to_the_end(cast: dict[str, Actor], tip: Tip) -> None:
    tip = _propose(cast, tip)
    proposal = demo_cases.waiting(TIP_LIFE, tip.ref)
    tip = services.decide_proposal(actor=cast["sam"], tip=tip, proposal=proposal, approve=True, reason="")
    tip = services.give_feedback(
        actor=cast["ines"], tip=tip, text="Thank you. The birds were found and examined; the shore is closed for now."
    )
    services.close(actor=cast["sam"], tip=tip, reason="Dealt with by the veterinary office.")
