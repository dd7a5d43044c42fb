"""How much a cleaner may use, and how weak its walls may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tocsin.evidence.confinement import Confinement

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits for one safe copy. Sizes in bytes, times in seconds.

    ``memory_bytes``: address space of each process. ``folder_bytes``: the cleaner's folder in memory.
    ``pages``, ``pixels`` (of one picture or page), ``frames``, ``duration_seconds``, ``entries`` (of an archive),
    ``characters``: what goes beyond is left out and said so, or refused where nothing sensible is left.
    ``weakest``: with weaker walls than these no stranger's file is decoded at all; ``Confinement.LIMITS`` accepts
    everything, for machines that have no walls (a developer's macOS). Films and sound, which are encoded anew, get
    ``recording_seconds`` of wall time and as much of each processor instead of ``wall_seconds`` and ``cpu_seconds``.
    """

    input_bytes: int = 256 * MIB
    output_bytes: int = 64 * MIB
    folder_bytes: int = 768 * MIB
    memory_bytes: int = 2048 * MIB
    wall_seconds: float = 120.0
    cpu_seconds: int = 120
    recording_seconds: int = 900
    processes: int = 64
    open_files: int = 128
    pages: int = 50
    pixels: int = 64_000_000
    frames: int = 20
    duration_seconds: int = 900
    entries: int = 2000
    characters: int = 1_000_000
    weakest: Confinement = Confinement.LANDLOCK

    def for_recordings(self) -> Limits:
        """The same with the time that encoding takes; two processors work at once."""
        return replace(self, wall_seconds=float(self.recording_seconds), cpu_seconds=2 * self.recording_seconds)

    def for_cleaner(self) -> dict[str, Any]:
        """The limits that a cleaner keeps itself; the others are kept around it."""
        names = (
            "input_bytes",
            "output_bytes",
            "pages",
            "pixels",
            "frames",
            "duration_seconds",
            "entries",
            "characters",
        )
        return {name: int(getattr(self, name)) for name in names}
