"""Reading ``[hotline]``: what an operator says on the telephone, and where numbers without a country code belong."""

from __future__ import annotations

from phonenumbers import SUPPORTED_REGIONS

from tocsin.policy.rules import Hotline
from tocsin.policy.tables import Table


def read_hotline(table: Table) -> Hotline:
    """The script of a pack that has one. Faults go into the table's list."""
    with table:
        return Hotline(
            greeting=table.localised("greeting"),
            safety=table.localised("safety"),
            closing=table.localised("closing"),
            country=_country(table),
        )


def _country(table: Table) -> str:
    if "country" not in table:
        return ""
    country = table.text("country")
    if country and country not in SUPPORTED_REGIONS:
        remedy = 'Write two letters of ISO 3166-1, such as "CN", or leave it out.'
        table.note("country", f"“{country}” is no country whose telephone numbers are known.", remedy)
        return ""
    return country
