"""The rules of the pack as rows that a page can show: every number and every name on it comes from the pack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tocsin.policy.awards import AwardForm, Awards, LaterReporters, Match, Tier
from tocsin.policy.model import Pack
from tocsin.policy.rules import Clocks, Period


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what it is about, and what holds."""

    what: str
    holds: str


Rows = tuple[Row, ...]


def times(pack: Pack) -> Rows:
    """What happens to a report, and the latest time for each step."""
    clocks = pack.clocks
    return (
        Row(_("We confirm that a person has read your report"), days(clocks.acknowledge_days)),
        Row(_("We decide what to do with it"), working_days(clocks.triage_working_days)),
        Row(_("The same, once a person has marked it as urgent"), hours(clocks.urgent_hours)),
        Row(_("You get our answer, counted from the day on which we have read it"), months(clocks.feedback_months)),
        *_longer_time(clocks),
        Row(
            _("If we ask you something, the time for our answer stops until you reply, once and no longer than"),
            days(clocks.need_info_pause_days),
        ),
    )


def _longer_time(clocks: Clocks) -> Rows:
    if clocks.feedback_extended_months == clocks.feedback_months:
        return ()
    told = _("If it needs longer, we tell you why in your mailbox; then you get it, counted from the same day, within")
    return (Row(told, months(clocks.feedback_extended_months)),)


def keeping(pack: Pack) -> Rows:
    """How long reports and their files are kept."""
    retention = pack.retention
    return (
        Row(_("Nothing came of it: destroyed after closing, within"), days(retention.unfounded_days)),
        Row(
            _("It was true: we ask again whether we still need it, at least every"),
            years(retention.substantiated_review_years),
        ),
        Row(_("A named order to keep it longer ends after at most"), months(retention.legal_hold_months)),
        Row(_("Files"), _("Kept and destroyed together with the report they belong to")),
    )


def sharing(pack: Pack) -> Rows:
    """What holds when a report is passed on to another office."""
    reminders = listed(days(number) for number in pack.sharing.reminder_days)
    return (
        Row(_("It ends at the latest after"), days(pack.sharing.expires_days)),
        Row(_("We ask the other office how it is going after"), reminders),
    )


def figures(pack: Pack) -> Rows:
    """What is published about all reports together."""
    names = {Period.YEAR: _("every year"), Period.QUARTER: _("every quarter")}
    return (
        Row(_("We publish figures"), listed(names[period] for period in pack.statistics.periods)),
        Row(_("Smaller numbers are merged, so that nobody can be recognised"), number(pack.statistics.smallest_cell)),
    )


def false_tips(pack: Pack) -> Rows:
    """The fair road before anything may be called made up."""
    return (
        Row(_("The reporter may answer first, within"), days(pack.false_tips.answer_days)),
        Row(_("People who must agree"), number(pack.false_tips.decision_people)),
    )


def limits(pack: Pack) -> Rows:
    """How much one report may bring along."""
    evidence = pack.evidence
    return (
        Row(_("Files with one report"), number(evidence.most_files)),
        Row(_("Largest file"), megabytes(evidence.largest_file_mb)),
        Row(_("All files together"), megabytes(evidence.largest_total_mb)),
    )


TABLES: Mapping[str, Callable[[Pack], Rows]] = {
    "times": times,
    "keeping": keeping,
    "sharing": sharing,
    "figures": figures,
    "false_tips": false_tips,
    "limits": limits,
}
"""The tables that every pack fills."""


def tiers(awards: Awards, language: str) -> Rows:
    """The grades of an award with their sums."""
    return tuple(Row(tier.label.text(language), _sum(tier, awards.currency)) for tier in awards.tiers)


def _sum(tier: Tier, currency: str) -> str:
    told = {"least": number(tier.at_least), "currency": currency}
    if tier.at_most is None:
        return _("%(least)s %(currency)s or more") % told
    told["most"] = number(tier.at_most)
    if tier.at_least == 0:
        return _("up to %(most)s %(currency)s") % told
    return _("%(least)s to %(most)s %(currency)s") % told


def award_forms(awards: Awards) -> str:
    """What an award consists of."""
    names = {AwardForm.CERTIFICATE: _("a certificate"), AwardForm.MONEY: _("money")}
    return listed(names[form] for form in awards.forms)


def award_conditions(awards: Awards) -> str:
    """The sentence above the list of conditions."""
    return _("All of these must hold:") if awards.match is Match.ALL else _("One of these must hold:")


def award_clocks(awards: Awards) -> Rows:
    """By when an award is decided, told and fetched, and who takes it back."""
    clocks = awards.clocks
    return (
        Row(
            _("We begin, after your report was verified and dealt with, within"),
            working_days(clocks.start_working_days),
        ),
        Row(_("We tell you after the decision, within"), working_days(clocks.notice_working_days)),
        Row(_("You can claim it for"), months(clocks.claim_months)),
        Row(_("With a good reason, for at most"), months(clocks.claim_extended_months)),
        Row(_("People who must agree before an award is taken back"), number(awards.revoke_people)),
    )


def award_notes(awards: Awards) -> tuple[str, ...]:
    """What else one should know about awards."""
    shared = {
        LaterReporters.DISCRETION: _("The first to report comes first. For later ones people decide case by case."),
        LaterReporters.NOTHING: _("Only the first to report can get an award."),
    }
    notes = [shared[awards.later_reporters]]
    if awards.proxy_allowed:
        notes.append(_("Somebody you choose may fetch it for you."))
    if awards.pay_without_identity:
        notes.append(_("Nobody who pays needs your name: they see a code and a sum."))
    return tuple(notes)


def hours(count: int) -> str:
    """``1 hour``."""
    return ngettext("%(number)s hour", "%(number)s hours", count) % {"number": number(count)}


def days(count: int) -> str:
    """``7 days``."""
    return ngettext("%(number)s day", "%(number)s days", count) % {"number": number(count)}


def working_days(count: int) -> str:
    """``3 working days``."""
    return ngettext("%(number)s working day", "%(number)s working days", count) % {"number": number(count)}


def months(count: int) -> str:
    """``3 months``."""
    return ngettext("%(number)s month", "%(number)s months", count) % {"number": number(count)}


def years(count: int) -> str:
    """``5 years``."""
    return ngettext("%(number)s year", "%(number)s years", count) % {"number": number(count)}


def megabytes(count: int) -> str:
    """``200 MB``."""
    return _("%(number)s MB") % {"number": number(count)}


def number(count: int) -> str:
    """``10,000``, as the language of the page writes it."""
    return number_format(count, force_grouping=True)


def listed(parts: Iterable[str]) -> str:
    """``30 days, 60 days``."""
    return pgettext("between two items of a list", ", ").join(parts)
