"""``tocsin bench``: measure this machine. The scripts and their baselines are in ``benchmarks/``."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from tocsin.common.errors import RuleBroken
from tocsin.config.instance import ROOT

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Measure this machine: medians of several runs beside a baseline in the same run. Results from elsewhere are "
        "in docs/performance.md."
    ),
)


def _run(script: str, arguments: list[str]) -> None:
    path = ROOT / "benchmarks" / script
    if not path.is_file():
        raise RuleBroken(f"{path} is missing: benchmarks are part of the source tree, not of an installed package.")
    finished = subprocess.run([sys.executable, str(path), *arguments], check=False)  # noqa: S603  our own script
    raise typer.Exit(finished.returncode)


@app.command()
def intake(
    runs: Annotated[int, typer.Option(help="How often each load is run; the median is shown.")] = 5,
    seconds: Annotated[int, typer.Option(help="How long each run lasts.")] = 10,
) -> None:
    """Complete reports per second through real HTTP, durable and sealed, with 1, 16 and 64 clients."""
    _run("intake.py", ["--runs", str(runs), "--seconds", str(seconds)])


@app.command()
def ledger(
    leaves: Annotated[int, typer.Option(help="Size of the tree.")] = 1_000_000,
    runs: Annotated[int, typer.Option(help="How often each part is run; the median is shown.")] = 5,
) -> None:
    """Append, prove and verify in a Merkle tree."""
    _run("ledger.py", ["--leaves", str(leaves), "--runs", str(runs)])
