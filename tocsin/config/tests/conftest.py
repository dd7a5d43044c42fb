"""A real installation, made once by ``tocsin init`` for each test process, and somebody who types commands."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installation import answers_for_tests
from tocsin.clocks.tests.conftest import clocks_due
from tocsin.config.setup import make_home
from tocsin.config.tests.command import ANSWERS, Operator, Told, tocsin

__all__ = ["clocks_due"]


@dataclass(frozen=True)
class Installed:
    """What ``tocsin init --answers`` has made and printed. Nobody changes it."""

    home: Path
    told: Told


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An installation made by the real command in a process of its own."""
    folder = tmp_path_factory.mktemp("installed")
    answers = folder / "answers.toml"
    answers.write_text(ANSWERS)
    told = tocsin("init", "--answers", str(answers), home=folder / "home")
    assert told.code == 0, told.words
    return Installed(folder / "home", told)


@pytest.fixture
def own_home(installed: Installed, tmp_path: Path) -> Path:
    """A copy of the installation for a test that changes it."""
    home = tmp_path / "home"
    shutil.copytree(installed.home, home)
    return home


@pytest.fixture
def bare_home(tmp_path: Path) -> Path:
    """Keys and settings of a production installation with cheap passphrases and a database file without tables."""
    home = tmp_path / "home"
    make_home(home, answers_for_tests())
    (home / "db" / "tocsin.sqlite3").touch()
    return home


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Types commands inside the test. What a command sets in the environment is gone afterwards."""
    for name in ("DATABASE_URL", "TOCSIN_BATCH_SECONDS", "TOCSIN_HOME"):
        monkeypatch.setenv(name, "")  # so that it is remembered, whatever the command sets
        monkeypatch.delenv(name)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", os.environ.get("DJANGO_SETTINGS_MODULE", ""))
    monkeypatch.setenv("COLUMNS", "200")
    return Operator(monkeypatch, capsys)
