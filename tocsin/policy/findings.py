"""What is wrong with a pack, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.common.errors import Unsafe


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault of a pack. ``file`` is relative to the pack's folder, ``key`` dotted as in TOML.

    ``line`` counts from 1; it is 0 where there is none to name, as for a file that is missing.
    """

    file: str
    key: str
    problem: str
    remedy: str
    line: int = 0

    @property
    def place(self) -> str:
        """``file:line``, or the file alone."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        place = f"{self.place}: {self.key}" if self.key else self.place
        return f"{place}: {self.problem} {self.remedy}"


class PackInvalid(Unsafe):
    """A pack that Tocsin refuses to work under; ``findings`` names every fault that was seen."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))
