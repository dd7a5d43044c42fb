"""``tocsin pack``: look through a policy pack before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tocsin.common import clock
from tocsin.config.instance import load_instance
from tocsin.policy.findings import Finding
from tocsin.policy.lint import Verdict, lint

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Policy packs: the rules and texts of a jurisdiction. [bold]lint[/bold] names every fault of a pack with its "
        "line and what to do about it."
    ),
)
console = Console(soft_wrap=True)


@app.command("lint")
def lint_pack(
    path: Annotated[
        Path | None,
        typer.Argument(help="A pack, or a folder of its versions. Without it: the pack of this installation."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as findings.")] = False,
) -> None:
    """Check a pack: floors, keys, types, texts in every language, grounds that no report may have, dates.

    Findings refuse the pack; warnings are things to look at. Exit code 0 without findings, 1 with some; with
    --strict also 1 with warnings.
    """
    folder = path or load_instance().pack
    verdict = lint(folder, clock.now())
    for finding in verdict.findings:
        _say(folder, finding, "red")
    for warning in verdict.warnings:
        _say(folder, warning, "yellow", "warning: ")
    _sum_up(verdict)
    raise typer.Exit(1 if verdict.findings or (strict and verdict.warnings) else 0)


def _say(folder: Path, finding: Finding, colour: str, kind: str = "") -> None:
    """One line that editors and terminals can jump to: ``file:line: key: problem remedy``."""
    place = folder / finding.file
    at = f"{place}:{finding.line}" if finding.line else str(place)
    key = f"{finding.key}: " if finding.key else ""
    parts = ((at, "bold"), ": ", (kind, colour), (key, colour), f"{finding.problem} {finding.remedy}")
    console.print(Text.assemble(*parts), highlight=False)


def _sum_up(verdict: Verdict) -> None:
    findings, warnings = len(verdict.findings), len(verdict.warnings)
    if findings:
        told = f"{findings} {'finding' if findings == 1 else 'findings'}: this pack is refused."
        console.print(Text(f"{told} Warnings are looked for when nothing is refused.", "bold red"), highlight=False)
        return
    for pack in verdict.versions:
        told = f"{pack.version}: valid {pack.valid_from} to {pack.expires_on}, {len(pack.categories)} categories"
        console.print(f"{told}, {', '.join(pack.languages)}", highlight=False, markup=False)
    told = f"No findings, {warnings} {'warning' if warnings == 1 else 'warnings'}."
    console.print(Text(told, "bold yellow" if warnings else "bold green"), highlight=False)
