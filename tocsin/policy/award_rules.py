"""Reading ``[awards]`` of ``pack.toml``. A pack without that table gives no awards: off is the default."""

from __future__ import annotations

import re
from itertools import pairwise

from tocsin.policy.awards import After, AwardClocks, AwardForm, Awards, GradedBy, Ground, LaterReporters, Match, Tier
from tocsin.policy.category_file import note_repeated, read_code
from tocsin.policy.tables import Table


def read_awards(table: Table) -> Awards:
    """The award rules. Faults go into the table's list."""
    with table:
        return Awards(
            after=table.one_of("after", After),
            graded_by=table.one_of("graded_by", GradedBy),
            currency=_currency(table),
            forms=table.some_of("forms", AwardForm),
            match=table.one_of("match", Match),
            conditions=_grounds(table, "conditions"),
            exclusions=_grounds(table, "exclusions"),
            tiers=_tiers(table),
            later_reporters=table.one_of("later_reporters", LaterReporters),
            clocks=_clocks(table.table("clocks")),
            proxy_allowed=table.flag("proxy_allowed"),
            pay_without_identity=table.flag("pay_without_identity"),
            revoke_people=table.number("revoke_people"),
        )


def _currency(table: Table) -> str:
    currency = table.text("currency")
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        table.note("currency", f"“{currency}” is no currency code.", 'Write ISO 4217, such as "CNY".')
    return currency


def _grounds(table: Table, name: str) -> tuple[Ground, ...]:
    entries = table.tables(name)
    grounds = tuple(_ground(entry) for entry in entries)
    note_repeated(entries, [ground.code for ground in grounds])
    return grounds


def _ground(table: Table) -> Ground:
    with table:
        return Ground(code=read_code(table), label=table.localised("label"))


def _tiers(table: Table) -> tuple[Tier, ...]:
    entries = table.tables("tiers")
    tiers = tuple(_tier(entry) for entry in entries)
    for (before, lower), (entry, tier) in pairwise(zip(entries, tiers, strict=True)):
        if before.sound and entry.sound and lower.at_most != tier.at_least:
            entry.note("at_least", "does not touch the tier before.", "Begin where that one ends.")
    note_repeated(entries, [tier.code for tier in tiers])
    return tiers


def _tier(table: Table) -> Tier:
    with table:
        lowest = table.number("at_least")
        highest = table.number("at_most") if "at_most" in table else None
        if highest is not None and table.sound and highest <= lowest:
            table.note("at_most", "is not above at_least.", "Write the larger sum, or leave it out.")
        return Tier(code=read_code(table), label=table.localised("label"), at_least=lowest, at_most=highest)


def _clocks(table: Table) -> AwardClocks:
    with table:
        return AwardClocks(
            start_working_days=table.number("start_working_days"),
            notice_working_days=table.number("notice_working_days"),
            claim_months=table.number("claim_months"),
            claim_extended_months=table.number("claim_extended_months"),
        )
