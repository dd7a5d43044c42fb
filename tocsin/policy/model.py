"""The pack itself: one frozen value that holds a jurisdiction's rules, categories and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext_lazy as _

from tocsin.common.errors import RuleBroken
from tocsin.policy.awards import Awards
from tocsin.policy.category import Category, Sector
from tocsin.policy.languages import Localised, language_for
from tocsin.policy.rules import (
    Anonymity,
    Calendar,
    Channel,
    Clocks,
    EmergencyNumber,
    Evidence,
    FalseTips,
    Hotline,
    IdentityMode,
    Office,
    Refusal,
    Retention,
    Sharing,
    Statistics,
    Texts,
)


class UnknownCategory(RuleBroken):
    """A code that the pack does not have: of another pack, or made up by whoever sent it."""

    def __init__(self) -> None:
        super().__init__(_("We do not have this kind of report. Please choose one from the list."))


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one jurisdiction at one time.

    ``version`` and ``fingerprint`` are fixed on every tip at its arrival; the fingerprint is the SHA-256
    over the pack's files and tells two packs apart that wrongly carry the same version.
    ``awards`` is ``None`` unless the pack switches awards on, ``hotline`` unless it has a script for telephone calls.
    """

    id: str
    version: str
    valid_from: date
    expires_on: date
    title: Localised
    mark: Localised
    languages: tuple[str, ...]
    authority: Office
    oversight_body: Office
    legal_basis: tuple[str, ...]
    sectors: tuple[Sector, ...]
    emergency_numbers: tuple[EmergencyNumber, ...]
    channels: tuple[Channel, ...]
    identity_modes: tuple[IdentityMode, ...]
    clocks: Clocks
    retention: Retention
    false_tips: FalseTips
    refusal: Refusal
    sharing: Sharing
    statistics: Statistics
    evidence: Evidence
    calendar: Calendar
    awards: Awards | None
    hotline: Hotline | None
    categories: tuple[Category, ...]
    fingerprint: str
    all_texts: Mapping[str, Texts] = field(repr=False)

    def category(self, code: str) -> Category:
        """The category with this code; raises ``UnknownCategory``."""
        for category in self.categories:
            if category.code == code:
                return category
        raise UnknownCategory

    def sector(self, code: str) -> Sector:
        """The sector with this code; the loader made sure that every category's sector is there."""
        return {sector.code: sector for sector in self.sectors}[code]

    def texts(self, language: str) -> Texts:
        """The plain texts in ``language``, or in the pack's first language if the pack does not have it."""
        return self.all_texts[language_for(language, self.languages)]

    def identity_mode(self, code: str) -> IdentityMode:
        """The identity mode with this code; ``KeyError`` if the pack does not offer it."""
        return {mode.code: mode for mode in self.identity_modes}[Anonymity(code)]

    def channel(self, code: str) -> Channel:
        """The channel with this code; ``KeyError`` if the pack does not offer it."""
        return {channel.code: channel for channel in self.channels}[code]

    def is_valid_on(self, day: date) -> bool:
        """Whether new tips may be taken under this pack on ``day``; the last day counts."""
        return self.valid_from <= day <= self.expires_on
