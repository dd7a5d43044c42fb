"""``tocsin keys``: the ways in which the reports can be unlocked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.prompt import Prompt

from tocsin.common.errors import RuleBroken
from tocsin.config.boot import boot
from tocsin.config.instance import load_instance
from tocsin.config.safety import same_place
from tocsin.vault.keyfiles import LockedKey

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "The key that opens the reports. By default somebody types its passphrase at the desk. [bold]unattended[/bold] "
        "makes a file that opens them at every start, [bold]slots[/bold] lists the ways in."
    ),
)
console = Console(soft_wrap=True)


@app.command()
def slots() -> None:
    """List the names of the passphrases and key files that unlock the reports."""
    boot("tools")
    for name in LockedKey(load_instance().desk_keys / "unit.key").slots:
        console.print(name, highlight=False)


@app.command()
def unattended(file: Annotated[Path, typer.Argument(help="The new key file, on another device.")]) -> None:
    """Make a key file that unlocks the desk at every start, for machines that restart with nobody there.

    Whoever holds this file and a copy of the installation reads every report. Keep it on another device than the
    database: Tocsin refuses to start when both lie on one disk.
    """
    boot("tools")
    instance = load_instance()
    if not instance.database_url and same_place(file.resolve(), instance.database):
        raise RuleBroken(
            f"{file} would lie on the same disk as the database: whoever steals the disk could read every report. "
            "Name a place on another device. Nothing was made."
        )
    key = LockedKey(instance.desk_keys / "unit.key")
    private = key.open_with_passphrase(Prompt.ask("Passphrase that unlocks the reports", password=True))
    key.add_key_file(private, file.resolve())
    console.print(
        f"Made {file}. Write this line under [desk] in {instance.home / 'tocsin.toml'} to use it:\n"
        f'  unattended_key = "{file.resolve()}"',
        highlight=False,
        markup=False,
    )
