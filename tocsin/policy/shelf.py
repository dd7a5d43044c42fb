"""The versions of one pack side by side: which one counts on a day, and the one under which a tip arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from tocsin.common.errors import RuleBroken
from tocsin.policy.clocks import local_day
from tocsin.policy.findings import Finding, PackInvalid
from tocsin.policy.floors import PACK_FILE
from tocsin.policy.loader import Reading, placed, read_pack
from tocsin.policy.model import Pack


class UnknownVersion(RuleBroken):
    """A version that does not stand on the shelf: it was taken off, or never was there."""

    def __init__(self) -> None:
        super().__init__(_("The rules under which this report came in are not on this machine any more."))


@dataclass(frozen=True, slots=True)
class Shelf:
    """All versions of a pack, the oldest first; never empty. ``load_shelf`` made sure that no two hold at once."""

    versions: tuple[Pack, ...]

    def on(self, day: date) -> Pack:
        """The version that is valid on ``day``.

        Outside all periods it is the newest that has begun, else the oldest: a tip is never refused because
        somebody forgot to renew a pack. ``is_expired_on`` tells.
        """
        return self._choose(lambda _pack: day)

    def at(self, moment: datetime) -> Pack:
        """As ``on``, for an aware moment: each version begins and ends at midnight in its own time zone."""
        if len(self.versions) == 1:
            return self.versions[0]
        return self._choose(lambda pack: local_day(moment, pack))

    def is_expired_on(self, day: date) -> bool:
        """Whether no version is valid on ``day``, so that ``on`` answers with one outside its period."""
        return not self.on(day).is_valid_on(day)

    def version(self, code: str) -> Pack:
        """The version with this code, as a tip keeps it from its arrival; raises ``UnknownVersion``."""
        for pack in self.versions:
            if pack.version == code:
                return pack
        raise UnknownVersion

    def _choose(self, day_for: Callable[[Pack], date]) -> Pack:
        begun = [pack for pack in self.versions if pack.valid_from <= day_for(pack)]
        return begun[-1] if begun else self.versions[0]


def load_shelf(path: Path) -> Shelf:
    """The pack in ``path``, or the versions of one pack in the folders below it.

    Raises ``PackInvalid`` with all faults of all versions, and for versions that do not fit together: different
    ids, one version twice, two that are valid on the same day.
    """
    readings = read_versions(path)
    if findings := findings_of(readings):
        raise PackInvalid(findings)
    return shelf_of(readings)


def read_versions(path: Path) -> dict[str, Reading]:
    """What was read, by folder below ``path``; a pack that is no shelf has the folder ``""``."""
    try:
        children = sorted(path.iterdir()) if path.is_dir() and not (path / PACK_FILE).is_file() else []
    except OSError:
        children = []  # reading the pack itself says why
    shown = [child for child in children if not child.name.startswith(".")]
    if not any((child / PACK_FILE).is_file() for child in shown):
        return {"": read_pack(path)}
    return {child.name: read_pack(child) if child.is_dir() else _stray(child) for child in shown}


def findings_of(readings: Mapping[str, Reading]) -> list[Finding]:
    """Every fault of every version, and what keeps them from standing together; files are named from the shelf."""
    found = [from_shelf(finding, folder) for folder, reading in readings.items() for finding in reading.findings]
    packs = {folder: reading.pack for folder, reading in readings.items() if reading.pack is not None}
    files = {_named(folder, PACK_FILE): readings[folder].files[PACK_FILE] for folder in packs}
    return [*found, *placed(_misfits(packs), files)]


def shelf_of(readings: Mapping[str, Reading]) -> Shelf:
    """The shelf of versions that were read without findings."""
    return Shelf(tuple(pack for pack, _folder in _by_age({f: r.pack for f, r in readings.items() if r.pack})))


def _by_age(packs: Mapping[str, Pack]) -> list[tuple[Pack, str]]:
    return sorted(((pack, folder) for folder, pack in packs.items()), key=lambda each: each[0].valid_from)


def _misfits(packs: Mapping[str, Pack]) -> Iterator[Finding]:
    standing = _by_age(packs)
    for (before, folder_before), (after, folder) in pairwise(standing):
        file, old = _named(folder, PACK_FILE), f"{folder_before}/{PACK_FILE}"
        if after.id != before.id:
            problem = f"is “{after.id}”, but “{before.id}” in {old}."
            yield Finding(file, "id", problem, "A shelf holds versions of one pack: make the ids the same.")
        if after.valid_from <= before.expires_on:
            problem = f"begins on {after.valid_from}, but {old} is valid until {before.expires_on}."
            yield Finding(file, "valid_from", problem, "End that one on the day before, or begin this one later.")
    for n, (pack, folder) in enumerate(standing):
        for other, other_folder in standing[:n]:
            if pack.version == other.version:
                problem = f"“{pack.version}” is the version in {other_folder}/{PACK_FILE} too."
                yield Finding(_named(folder, PACK_FILE), "version", problem, "Give each version its own.")


def _stray(file: Path) -> Reading:
    problem, remedy = "does not belong on a shelf of versions.", "Remove it; a shelf holds one folder for each version."
    return Reading(None, (Finding("", "", problem, remedy),), {})


def from_shelf(finding: Finding, folder: str) -> Finding:
    """The finding with its file named from the shelf instead of from the version's own ``folder``."""
    return replace(finding, file=_named(folder, finding.file))


def _named(folder: str, file: str) -> str:
    return "/".join(part for part in (folder, file) if part)
