from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tocsin.policy.findings import PackInvalid
from tocsin.policy.loader import load_pack
from tocsin.policy.model import Pack

PACKS = Path(__file__).resolve().parents[3] / "packs"
SEED, EU = PACKS / "seed", PACKS / "eu-directive"


class Draft:
    """A copy of a pack that a test may spoil."""

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


def copy_in_two_languages(source: Path, target: Path) -> None:
    """The pack as it would be in English and Chinese alone: short enough for a test to say what it changes."""
    shutil.copytree(source, target)
    for language in load_pack(source).languages[2:]:
        (target / "texts" / f"{language}.toml").unlink()
        for file in target.rglob("*.toml"):
            text = re.sub(rf', {language} = "(?:[^"\\]|\\.)*"', "", file.read_text(encoding="utf-8"))
            text = re.sub(rf'^{language} = "(?:[^"\\]|\\.)*"\n', "", text, flags=re.MULTILINE)
            file.write_text(text.replace(f', "{language}"', ""), encoding="utf-8")


class ShelfDraft:
    """A shelf that a test fills with versions of the seed pack."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, folder: str, version: str, first: str, last: str) -> Draft:
        """Copy the seed pack to ``folder`` as a version with these days."""
        copy_in_two_languages(SEED, self.path / folder)
        draft = Draft(self.path / folder)
        draft.replace("pack.toml", "seed-2026.1", version)
        draft.replace("pack.toml", "valid_from = 2026-01-01", f"valid_from = {first}")
        draft.replace("pack.toml", "expires_on = 2027-12-31", f"expires_on = {last}")
        return draft


@pytest.fixture(scope="session")
def seed() -> Pack:
    return load_pack(SEED)


@pytest.fixture(scope="session")
def eu() -> Pack:
    return load_pack(EU)


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    copy_in_two_languages(SEED, tmp_path / "pack")
    return Draft(tmp_path / "pack")


def two_versions(path: Path) -> ShelfDraft:
    """Two versions with half a year between them: 2024-01-01 to 2025-06-30, and 2026-01-01 to 2027-12-31."""
    shelf = ShelfDraft(path)
    shelf.add("old", "seed-2024.1", "2024-01-01", "2025-06-30")
    shelf.add("new", "seed-2026.1", "2026-01-01", "2027-12-31")
    return shelf


@pytest.fixture
def shelf_draft(tmp_path: Path) -> ShelfDraft:
    """The two versions, for a test that changes them."""
    return two_versions(tmp_path / "shelf")
