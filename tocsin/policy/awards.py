"""The rules of a pack about awards, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.policy.languages import Localised


@dataclass(frozen=True, slots=True)
class Ground:
    """A condition for an award or a reason against it."""

    code: str
    label: Localised


@dataclass(frozen=True, slots=True)
class Tier:
    """A grade of award. Chosen by contribution; ``at_least``/``at_most`` only check the sum, in whole units.

    Ranges touch: a sum on the border fits both tiers. ``at_most`` is ``None`` where there is no ceiling.
    """

    code: str
    label: Localised
    at_least: int
    at_most: int | None

    def allows(self, amount: int) -> bool:
        """Whether a sum (whole units of the pack's currency) lies in the range, borders included."""
        return self.at_least <= amount and (self.at_most is None or amount <= self.at_most)


class Match(StrEnum):
    """Whether all conditions must hold or any one of them."""

    ALL = "all"
    ANY = "any"


class After(StrEnum):
    """What must have come before an award. There is only one answer: a floor of the core."""

    VERIFIED_OUTCOME = "verified_outcome"


class GradedBy(StrEnum):
    """Who grades. There is only one answer: a floor of the core."""

    PERSON = "person"


class LaterReporters(StrEnum):
    """What those get who told the same after the first one."""

    DISCRETION = "discretion"
    NOTHING = "nothing"


class AwardForm(StrEnum):
    """What an award consists of."""

    CERTIFICATE = "certificate"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class AwardClocks:
    """The clocks of an award. The first starts when the tip is verified **and** dealt with: the later day."""

    start_working_days: int
    notice_working_days: int
    claim_months: int
    claim_extended_months: int


@dataclass(frozen=True, slots=True)
class Awards:
    """The award rules of a pack that gives awards; a pack without them has ``Pack.awards`` = ``None``."""

    after: After
    graded_by: GradedBy
    currency: str
    forms: tuple[AwardForm, ...]
    match: Match
    conditions: tuple[Ground, ...]
    exclusions: tuple[Ground, ...]
    tiers: tuple[Tier, ...]
    later_reporters: LaterReporters
    clocks: AwardClocks
    proxy_allowed: bool
    pay_without_identity: bool
    revoke_people: int

    def tier(self, code: str) -> Tier:
        """The tier with this code; ``KeyError`` if the pack does not have it."""
        return {tier.code: tier for tier in self.tiers}[code]
