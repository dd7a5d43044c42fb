"""``tocsin serve``: run a door, the worker, or everything."""

from __future__ import annotations

import os
import time

import typer
from rich.console import Console

from tocsin.config.instance import load_instance
from tocsin.config.safety import require_safe
from tocsin.config.servers import PARTS, Processes, all_parts, serve_door, serve_worker

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Run Tocsin. [bold]public[/bold] is the door for the internet and holds public keys only; [bold]desk[/bold] is "
        "for staff on an internal network; [bold]worker[/bold] signs and publishes the ledger. [bold]all[/bold] runs "
        "the three side by side on one machine."
    ),
)


@app.command()
def public() -> None:
    """The report form, the mailbox and the public ledger. Put a TLS proxy or an onion service in front."""
    instance = load_instance()
    require_safe(instance, "public")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.config.settings.public"
    serve_door("public", instance.public)


@app.command()
def desk() -> None:
    """The screens for staff. Keep it off the internet."""
    instance = load_instance()
    require_safe(instance, "desk")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.config.settings.desk"
    serve_door("desk", instance.desk)


@app.command()
def worker() -> None:
    """Signs the ledger, publishes it as files, makes retention keys ahead."""
    require_safe(load_instance(), "worker")
    serve_worker()


@app.command("all")
def everything() -> None:
    """Both doors and the worker, each in its own process; ends them together."""
    instance = load_instance()
    for part in PARTS:
        require_safe(instance, part)
    with all_parts(instance) as processes:
        Console().print(
            f"Public door: http://{instance.public.address}:{instance.public.port}/   "
            f"Desk: http://{instance.desk.address}:{instance.desk.port}/   (Ctrl-C ends both)"
        )
        watch(processes)


def watch(processes: Processes) -> None:
    """Return on Ctrl-C; raise ``Unsafe`` when a part ends by itself."""
    try:
        while True:
            processes.require_running()
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
