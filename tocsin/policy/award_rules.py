"""Reading ``[awards]`` of ``pack.toml``. A pack without that table gives no awards: off is the default."""

from __future__ import annotations

import re

from tocsin.policy.category_file import read_code, refuse_repeated
from tocsin.policy.rules import (
    After,
    AwardClocks,
    AwardForm,
    Awards,
    GradedBy,
    Ground,
    LaterReporters,
    Match,
    Tier,
)
from tocsin.policy.tables import Table


def read_awards(table: Table) -> Awards:
    """The award rules. Raises ``PackInvalid``."""
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
    if not re.fullmatch(r"[A-Z]{3}", currency):
        table.refuse("currency", f"“{currency}” is no currency code.", 'Write ISO 4217, such as "CNY".')
    return currency


def _grounds(table: Table, name: str) -> tuple[Ground, ...]:
    grounds = []
    for entry in table.tables(name):
        with entry:
            grounds.append(Ground(code=read_code(entry), label=entry.localised("label")))
    refuse_repeated(table, name, [ground.code for ground in grounds])
    return tuple(grounds)


def _tiers(table: Table) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    for entry in table.tables("tiers"):
        with entry:
            tier = _tier(entry)
            if tiers and tiers[-1].at_most != tier.at_least:
                entry.refuse("at_least", "does not touch the tier before.", "Begin where that one ends.")
            tiers.append(tier)
    refuse_repeated(table, "tiers", [tier.code for tier in tiers])
    return tuple(tiers)


def _tier(table: Table) -> Tier:
    lowest = table.number("at_least")
    highest = table.number("at_most") if "at_most" in table else None
    if highest is not None and highest <= lowest:
        table.refuse("at_most", "is not above at_least.", "Write the larger sum, or leave it out.")
    return Tier(code=read_code(table), label=table.localised("label"), at_least=lowest, at_most=highest)


def _clocks(table: Table) -> AwardClocks:
    with table:
        return AwardClocks(
            start_working_days=table.number("start_working_days"),
            notice_working_days=table.number("notice_working_days"),
            claim_months=table.number("claim_months"),
            claim_extended_months=table.number("claim_extended_months"),
        )
