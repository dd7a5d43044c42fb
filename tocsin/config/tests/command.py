"""Runs the command ``tocsin`` as an operator does: in a process of its own, or inside the test where that is enough."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tocsin.config import cli
from tocsin.config.instance import ROOT

ANSWERS = """\
unit = "intake"
origin = "tips.example.org/ledger"
pack = "seed"
unit_passphrase = "quiet river under glass"
public_hosts = ["tips.example.org"]
desk_hosts = ["desk.example.org"]

[custodians]
kim = "kim alone knows of this"
lou = "lou alone knows of this"
max = "max alone knows of this"

[[people]]
username = "ada"
display_name = "Ada Example"
password = "ada types this each day"
roles = ["administrator"]

[[people]]
username = "abe"
display_name = "Abe Example"
password = "abe types another one"
roles = ["administrator"]
"""
PASSWORD = "ada types this each day"
PASSPHRASE = "quiet river under glass"
CUSTODIANS = {name: f"{name} alone knows of this" for name in ("kim", "lou", "max")}
SECRETS = (PASSWORD, PASSPHRASE, *CUSTODIANS.values())
_OURS = ("DATABASE_URL", "DEBUG", "DJANGO_DEBUG", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True)
class Told:
    """How a command ended and what it printed; ``words`` is all of it with single spaces."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        return " ".join(f"{self.out} {self.err}".split())


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of an operator who has set ``TOCSIN_HOME`` and nothing else of ours."""
    clean = {name: told for name, told in os.environ.items() if not name.startswith("TOCSIN_") and name not in _OURS}
    return {**clean, "TOCSIN_HOME": str(home), **more}


def tocsin(*arguments: str, home: Path, typed: str = "", **more: str) -> Told:
    """``python -m tocsin …`` in a process of its own, without a terminal; ``more`` is added to its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", *arguments],
        cwd=ROOT,
        env=environment(home, **more),
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,  # else a question for a passphrase would go to the tester's own terminal
    )
    return Told(done.returncode, done.stdout, done.stderr)


class Operator:
    """Types commands inside the test: ``main`` as the shell calls it, without the start of an interpreter."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def at(self, home: Path) -> Operator:
        """Set ``TOCSIN_HOME``."""
        self._patch.setenv("TOCSIN_HOME", str(home))
        return self

    def runs(self, *arguments: str) -> Told:
        """Run ``tocsin`` with these arguments."""
        self._patch.setattr(sys, "argv", ["tocsin", *arguments])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = self._capture.readouterr()
        code = ended.value.code
        return Told(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)


def everything_in(folder: Path) -> dict[str, bytes]:
    """Each file below ``folder`` with its bytes, each folder with none."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }
