"""``tocsin staff``: what only somebody with the machine can do for people at the desk."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from tocsin.common.errors import RuleBroken
from tocsin.config.boot import boot

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "For emergencies. People are added, given roles and let go at the desk, by two people. "
        "[bold]reset-factor[/bold] is for the day on which nobody is left who could do that."
    ),
)
console = Console(soft_wrap=True)


@app.command("reset-factor")
def reset_factor(
    name: Annotated[str, typer.Argument(help="The sign-in name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take every second factor of one person away, without a second pair of eyes.

    The person then signs in with the password alone and must set up a new second factor before anything opens. The
    audit log keeps that it was done from the machine. At the desk the same takes two people: use that if you can.
    """
    boot("desk")
    from tocsin.access.actors import COMMAND_LINE
    from tocsin.access.factors.services import reset_factors
    from tocsin.access.models import Staff

    staff = Staff.objects.filter(username=name).first()
    if staff is None:
        raise RuleBroken(f"Nobody has the sign-in name {name}. Nothing was changed.")
    if not yes:
        typer.confirm(f"Take every second factor of {staff.display_name} away?", abort=True)
    reset_factors(actor=COMMAND_LINE, staff=staff)
    console.print(
        f"{staff.display_name} has no second factor now; every session of theirs has ended. Whoever knows the password "
        "can set up a new one: let them do it at once, with you beside them. The audit log and the log of sign-ins say "
        "that this was done from the command line.",
        highlight=False,
        markup=False,
    )
