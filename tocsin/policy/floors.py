"""The floors of the core, as data. A pack may tighten them and never loosens them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.policy.awards import After, GradedBy
from tocsin.policy.findings import Finding
from tocsin.policy.grounds import forbidden_grounds_in, grounds_of
from tocsin.policy.model import Pack
from tocsin.policy.rules import Anonymity, Period

PACK_FILE = "pack.toml"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that a pack sets within bounds; ``None`` where a side is open."""

    key: str
    value: Callable[[Pack], int]
    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that must hold in every pack. ``also`` names the other keys on which it depends."""

    key: str
    holds: Callable[[Pack], bool]
    problem: str
    remedy: str
    also: tuple[str, ...] = ()


LIMITS = (
    Limit("clocks.acknowledge_days", lambda pack: pack.clocks.acknowledge_days, 1, 7),
    Limit("clocks.triage_working_days", lambda pack: pack.clocks.triage_working_days, 1, 3),
    Limit("clocks.urgent_hours", lambda pack: pack.clocks.urgent_hours, 1, 1),
    Limit("clocks.feedback_months", lambda pack: pack.clocks.feedback_months, 1, 3),
    Limit("clocks.feedback_extended_months", lambda pack: pack.clocks.feedback_extended_months, 1, 6),
    Limit("clocks.need_info_pause_days", lambda pack: pack.clocks.need_info_pause_days, 1, 30),
    Limit("retention.unfounded_days", lambda pack: pack.retention.unfounded_days, 1, 90),
    Limit("retention.substantiated_review_years", lambda pack: pack.retention.substantiated_review_years, 1, 5),
    Limit("retention.legal_hold_months", lambda pack: pack.retention.legal_hold_months, 1, 12),
    Limit("statistics.smallest_cell", lambda pack: pack.statistics.smallest_cell, 5),
    Limit("false_tips.answer_days", lambda pack: pack.false_tips.answer_days, 14),
    Limit("false_tips.decision_people", lambda pack: pack.false_tips.decision_people, 2),
    Limit("refusal.protected_doors", lambda pack: pack.refusal.protected_doors, 1),
    Limit("sharing.expires_days", lambda pack: pack.sharing.expires_days, 1, 365),
    Limit("evidence.most_files", lambda pack: pack.evidence.most_files, 1),
    Limit("evidence.largest_file_mb", lambda pack: pack.evidence.largest_file_mb, 5, 2000),
)

AWARD_LIMITS = (
    Limit("awards.revoke_people", lambda pack: pack.awards.revoke_people if pack.awards else 2, 2),
    Limit(
        "awards.clocks.claim_extended_months",
        lambda pack: pack.awards.clocks.claim_extended_months if pack.awards else 0,
        at_most=36,
    ),
)

DEMANDS = (
    Demand(
        "identity_modes",
        lambda pack: any(mode.code is Anonymity.ANONYMOUS for mode in pack.identity_modes),
        "nobody can report without a name.",
        'Add the identity mode "anonymous".',
    ),
    Demand(
        "channels",
        lambda pack: any(channel.online for channel in pack.channels),
        "there is no online channel.",
        "Add one with online = true.",
    ),
    Demand(
        "channels",
        lambda pack: any(not channel.online for channel in pack.channels),
        "there is no channel for people without the internet.",
        "Add one with online = false.",
    ),
    Demand(
        "statistics.periods",
        lambda pack: set(pack.statistics.periods) == set(Period),
        "figures are not published both yearly and quarterly.",
        'Write ["year", "quarter"].',
    ),
    Demand(
        "refusal.protected_doors",
        lambda pack: all(
            pack.refusal.protected_doors < len(texts.pairs("not_for.doors")) for texts in pack.all_texts.values()
        ),
        "leaves no door for what is another office's matter.",
        "Write fewer than there are entries in not_for.doors.",
    ),
    Demand(
        "clocks.feedback_extended_months",
        lambda pack: pack.clocks.feedback_extended_months >= pack.clocks.feedback_months,
        "is less than the usual time.",
        "Write feedback_months or more; the same number allows no longer time.",
        also=("clocks.feedback_months",),
    ),
    Demand(
        "evidence.largest_total_mb",
        lambda pack: pack.evidence.largest_total_mb >= pack.evidence.largest_file_mb,
        "is less than one file may have.",
        "Write largest_file_mb or more.",
        also=("evidence.largest_file_mb",),
    ),
    Demand(
        "awards",
        lambda pack: pack.awards is None or pack.awards.after is After.VERIFIED_OUTCOME,
        "an award could come before a verified outcome.",
        'Write after = "verified_outcome".',
    ),
    Demand(
        "awards",
        lambda pack: pack.awards is None or pack.awards.graded_by is GradedBy.PERSON,
        "an award could be graded by a machine.",
        'Write graded_by = "person".',
    ),
    Demand(
        "identity_modes",
        lambda pack: pack.awards is not None or not any(mode.award_possible for mode in pack.identity_modes),
        "an identity mode promises an award, but the pack gives none.",
        "Write award_possible = false, or add [awards].",
        also=("awards",),
    ),
    Demand(
        "awards.pay_without_identity",
        lambda pack: (
            pack.awards is None
            or pack.awards.pay_without_identity
            == any(mode.code is Anonymity.ANONYMOUS_WITH_TOKEN for mode in pack.identity_modes)
        ),
        "does not agree with the identity modes.",
        'Offer "anonymous_with_token" exactly if awards are paid without identity.',
        also=("identity_modes",),
    ),
)


def check_floors(pack: Pack, faults: Sequence[Finding] = ()) -> list[Finding]:
    """Every floor the pack breaks, in the order of the files; an empty list for a pack that may be used.

    ``faults`` were noted while reading: where they stand there are stand-ins, and a floor is not held against those.
    """
    wrong = [fault.key for fault in faults if fault.file == PACK_FILE]
    return sorted([*_limits(pack, wrong), *_demands(pack, wrong), *_grounds(pack)])


def _limits(pack: Pack, wrong: Sequence[str]) -> Iterator[Finding]:
    for limit in LIMITS if pack.awards is None else LIMITS + AWARD_LIMITS:
        value = limit.value(pack)
        if _touches(limit.key, wrong):
            continue
        if limit.at_most is not None and value > limit.at_most:
            problem = f"is {value}; the core allows {limit.at_most} at most."
            yield Finding(PACK_FILE, limit.key, problem, f"Write {limit.at_most} or less.")
        if limit.at_least is not None and value < limit.at_least:
            problem = f"is {value}; the core asks for {limit.at_least} at least."
            yield Finding(PACK_FILE, limit.key, problem, f"Write {limit.at_least} or more.")


def _demands(pack: Pack, wrong: Sequence[str]) -> Iterator[Finding]:
    for demand in DEMANDS:
        if not any(_touches(key, wrong) for key in (demand.key, *demand.also)) and not demand.holds(pack):
            yield Finding(PACK_FILE, demand.key, demand.problem, demand.remedy)


def _touches(key: str, wrong: Sequence[str]) -> bool:
    """Whether a fault lies at ``key``, above it or below it."""
    return any(
        one == other or one.startswith((f"{other}.", f"{other}["))
        for fault in wrong
        for one, other in ((key, fault), (fault, key))
    )


def _grounds(pack: Pack) -> Iterator[Finding]:
    yield from _sectors(pack)
    yield from _categories(pack)
    yield from _behaviours(pack)


def _sectors(pack: Pack) -> Iterator[Finding]:
    """A field of reports is not about a kind of people either."""
    for n, sector in enumerate(pack.sectors):
        for language, words in sector.label.by_language:
            yield from _forbidden(PACK_FILE, f"sectors[{n}].label.{language}", words, language)


def _categories(pack: Pack) -> Iterator[Finding]:
    for category in pack.categories:
        file = f"categories/{category.code}.toml"
        if category.lawful_unless_more and category.extra_fact is None:
            remedy = "Name the question whose answer makes it worth checking."
            yield Finding(file, "extra_fact", "is missing for a category that is lawful unless more.", remedy)
        for key, text in grounds_of(category):
            for language, words in text.by_language:
                yield from _forbidden(file, f"{key}.{language}", words, language)


def _behaviours(pack: Pack) -> Iterator[Finding]:
    """The first page counts as well: it tells people what to report."""
    for language, texts in pack.all_texts.items():
        for n, pair in enumerate(texts.pairs("purpose.behaviours")):
            yield from _forbidden(f"texts/{language}.toml", f"purpose.behaviours[{n}].act", pair["act"], language)


def _forbidden(file: str, key: str, text: str, language: str) -> Iterator[Finding]:
    for ground, words in forbidden_grounds_in(text, language):
        problem = f"“{words}” makes {ground} a ground for a report."
        yield Finding(file, key, problem, "Say what somebody did, not who they are.")
