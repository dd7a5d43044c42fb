"""``tocsin verify``: is my report in the ledger? Offline, for anyone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.prompt import Prompt

from tocsin.config.boot import boot

if TYPE_CHECKING:
    from tocsin.ledger.verifier import Verdict

console = Console(soft_wrap=True)
_COLOURS = {"ok": "green", "pending": "yellow", "overdue": "red", "bad": "red"}


def verify(
    receipt: Annotated[
        Path | None, typer.Argument(help="A receipt file: the promise, or the proof saved from the mailbox.")
    ] = None,
    log: Annotated[Path, typer.Option(help="A copy of the published ledger (the folder /log/ of the site).")] = Path(
        "log"
    ),
    words: Annotated[bool, typer.Option("--words", help="Ask for the nine words and find all own events.")] = False,
) -> None:
    """Check a receipt against a copy of the ledger. Needs no network, no installation and no key.

    Exit codes: 0 it holds, 1 it does not, 3 not yet (there is time), 4 a broken promise (keep the file: it is
    evidence). With --words the nine words are asked for without showing them; they are not written anywhere.
    """
    boot("tools")
    from tocsin.ledger.verifier import verify_receipt

    if words:
        raise typer.Exit(show(_by_words(log)))
    if receipt is None:
        raise typer.BadParameter("Name a receipt file, or use --words.", param_hint="RECEIPT")
    raise typer.Exit(show(verify_receipt(receipt.read_bytes(), log)))


def _by_words(log: Path) -> Verdict:
    from tocsin.ledger.verifier import Status, verify_code
    from tocsin.vault.codes import CodeKeys, candidate_seeds

    typed = Prompt.ask("Your nine words", password=True, console=console)
    verdicts = [verify_code(CodeKeys.derive(seed).events, log) for seed in candidate_seeds(typed)]
    return next((verdict for verdict in verdicts if verdict.status is Status.OK), verdicts[0])


def show(verdict: Verdict) -> int:
    """Print a verdict; returns its exit code."""
    colour = _COLOURS[verdict.status.value]
    console.print(f"[bold {colour}]{verdict.status.value.upper()}[/]", highlight=False)
    for line in verdict.lines:
        console.print(f"  {line}", highlight=False, markup=False)
    return verdict.exit_code
