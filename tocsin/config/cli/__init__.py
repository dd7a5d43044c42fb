"""The command ``tocsin``. Each part of the command has its module; help texts teach."""

from __future__ import annotations

import sys

import typer
from django.db import Error as StoreFault
from rich.console import Console
from rich.markup import escape

from tocsin.common.errors import RuleBroken, Unsafe
from tocsin.config.cli import bench, demo, importing, initialise, keys, ledger, mail, pack, serve, staff, verify

app = typer.Typer(
    name="tocsin",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=(
        "A public tip line: durable, sealed, verifiable.\n\n"
        "Try it: [bold]tocsin demo[/bold]. Set one up: [bold]tocsin init[/bold], then [bold]tocsin serve all[/bold]. "
        "Check a receipt: [bold]tocsin verify[/bold].\n\n"
        "The installation is the folder that the environment variable TOCSIN_HOME names (default: ./instance)."
    ),
)
app.command()(demo.demo)
app.command("init")(initialise.init)
app.add_typer(serve.app, name="serve")
app.command("import")(importing.import_file)
app.command()(verify.verify)
app.add_typer(ledger.app, name="ledger")
app.add_typer(keys.app, name="keys")
app.add_typer(staff.app, name="staff")
app.add_typer(pack.app, name="pack")
app.add_typer(mail.app, name="mail")
app.add_typer(bench.app, name="bench")

UNSAFE, BROKEN, DISK = 2, 1, 1


def main() -> None:
    """Run the command; foreseen errors become one sentence on stderr and an exit code, never a traceback."""
    console = Console(stderr=True, soft_wrap=True)
    try:
        app()
    except Unsafe as unsafe:
        console.print(f"[bold red]Not started:[/] {escape(str(unsafe))}", highlight=False)
        sys.exit(UNSAFE)
    except RuleBroken as broken:
        console.print(f"[bold red]Not done:[/] {escape(str(broken))}", highlight=False)
        sys.exit(BROKEN)
    except OSError as fault:
        where = escape(str(fault.filename or "no file"))
        console.print(
            f"[bold red]Not done:[/] {escape(str(fault.strerror or fault))} ({where}). Nothing that was accepted is "
            "lost; mend this and run the command again.",
            highlight=False,
        )
        sys.exit(DISK)
    except StoreFault as fault:
        console.print(
            f"[bold red]Not done:[/] The database does not answer ({type(fault).__name__}). Nothing that was accepted "
            "is lost; look whether it is whole, has room and is not held by another program, then try again.",
            highlight=False,
        )
        sys.exit(DISK)
