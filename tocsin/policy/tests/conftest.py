from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tocsin.policy.findings import PackInvalid
from tocsin.policy.loader import load_pack
from tocsin.policy.model import Pack

SEED = Path(__file__).resolve().parents[3] / "packs" / "seed"


class Draft:
    """A copy of the seed pack that a test may spoil."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace the first ``old``; a text that is not there would make a test pass for nothing."""
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text
        (self.path / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def cut(self, file: str, start: str, end: str) -> None:
        """Remove everything from the first ``start`` up to the next ``end``."""
        text = (self.path / file).read_text(encoding="utf-8")
        begin = text.index(start)
        finish = text.index(end, begin + len(start))
        (self.path / file).write_text(text[:begin] + text[finish:], encoding="utf-8")

    def load(self) -> Pack:
        return load_pack(self.path)

    def faults(self) -> set[tuple[str, str]]:
        """File and key of each fault; fails if the pack loads."""
        with pytest.raises(PackInvalid) as caught:
            load_pack(self.path)
        assert all(finding.problem and finding.remedy for finding in caught.value.findings)
        for finding in caught.value.findings:
            assert finding.file in str(caught.value)
            assert finding.remedy in str(caught.value)
        return {(finding.file, finding.key) for finding in caught.value.findings}


@pytest.fixture(scope="session")
def seed() -> Pack:
    return load_pack(SEED)


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    shutil.copytree(SEED, tmp_path / "pack")
    return Draft(tmp_path / "pack")
