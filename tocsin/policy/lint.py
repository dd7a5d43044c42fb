"""Everything there is to say about a pack or a shelf before it is used: what refuses it, and what to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.policy.clocks import local_day
from tocsin.policy.findings import Finding
from tocsin.policy.loader import placed
from tocsin.policy.model import Pack
from tocsin.policy.reminders import reminders_of, reminders_of_dates
from tocsin.policy.shelf import findings_of, from_shelf, read_versions, shelf_of


@dataclass(frozen=True)
class Verdict:
    """``findings`` refuse the pack; ``warnings`` do not, and are looked for only when there are no findings.

    Files are named from the folder that was given. ``versions`` are the oldest first, empty if there are findings.
    """

    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    versions: tuple[Pack, ...]


def lint(path: Path, moment: datetime) -> Verdict:
    """Look through the pack or shelf in ``path`` as of ``moment``; raises nothing, whatever is there."""
    readings = read_versions(path)
    if findings := findings_of(readings):
        return Verdict(tuple(findings), (), ())
    shelf = shelf_of(readings)
    today = local_day(moment, shelf.at(moment))
    about_dates = list(reminders_of_dates(shelf, today))
    warnings: list[Finding] = []
    for folder, reading in readings.items():
        if reading.pack is not None:
            own = [finding for pack, finding in about_dates if pack is reading.pack]
            found = placed([*own, *reminders_of(reading.pack, reading.files, today)], reading.files)
            warnings += [from_shelf(finding, folder) for finding in found]
    return Verdict((), tuple(warnings), shelf.versions)
