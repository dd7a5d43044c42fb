"""``tocsin demo``: everything at once, with sample data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tocsin.common.errors import RuleBroken
from tocsin.config.boot import boot, collect_static, migrate
from tocsin.config.cli.serve import watch
from tocsin.config.demo_people import CUSTODIANS, PASSWORD, PEOPLE, UNIT_PASSPHRASE
from tocsin.config.instance import ROOT, Instance, load_instance
from tocsin.config.servers import all_parts
from tocsin.config.setup import Answers, add_people, all_or_nothing, make_home
from tocsin.vault.keyfiles import Stretching

console = Console(soft_wrap=True)


def demo(
    home: Annotated[Path, typer.Option(help="Where the demonstration lives.")] = ROOT / ".demo",
    public_port: Annotated[int, typer.Option(help="Port of the public door.")] = 8000,
    desk_port: Annotated[int, typer.Option(help="Port of the desk.")] = 8001,
    samples: Annotated[bool, typer.Option(help="File the sample tips.")] = True,
    prepare_only: Annotated[bool, typer.Option("--prepare-only", help="Make everything, start nothing.")] = False,
) -> None:
    """Start Tocsin with sample data: public door, desk and worker on this machine, keys and people included.

    The first run makes the demonstration (a few seconds), later runs go on where it stood. Delete the folder to begin
    anew. Passwords are printed: never use a demonstration for real reports.
    """
    home = home.resolve()
    if not (home / "tocsin.toml").exists():
        _make(home, public_port, desk_port, samples=samples)
    instance = load_instance(home)
    if not instance.demo:
        raise RuleBroken(f"{home} is a real installation. Run `tocsin serve all` for it, or choose another --home.")
    if prepare_only:
        return
    _run(instance)


def _make(home: Path, public_port: int, desk_port: int, *, samples: bool) -> None:
    answers = Answers(
        unit="demo-unit",
        origin="demo.tocsin.example/ledger",
        pack="seed",
        mode="demo",
        unit_passphrase=UNIT_PASSPHRASE,
        custodians=CUSTODIANS,
        people=PEOPLE,
        public_port=public_port,
        desk_port=desk_port,
        behind_tls=False,
        batch_seconds=10,
        cost=Stretching(memory_kib=16 * 1024, passes=2, lanes=1),
    )
    with console.status("Making keys and tables …"):
        make_home(home, answers)
    with all_or_nothing(home):
        with console.status("Making keys and tables …"):
            boot("desk", home)
            migrate()
            add_people(answers.people)
            _give_second_factors()
            collect_static()
        if samples:
            _file_samples()


def _give_second_factors() -> None:
    from tocsin.access.factors.demonstration import give_app_to_everybody

    give_app_to_everybody()


def _file_samples() -> None:
    from django.conf import settings

    from tocsin.config import demo_story as story
    from tocsin.vault import unlocked

    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("Filing sample tips", total=None)
        for done, total in story.take_samples():
            progress.update(bar, completed=done, total=total)
    unlocked.unlock_with_passphrase(settings.TOCSIN_UNIT_KEY, UNIT_PASSPHRASE, settings.TOCSIN_RETENTION_KEYS)
    story.work_on_some()
    unlocked.lock_now()


def _run(instance: Instance) -> None:
    with all_parts(instance) as processes:
        _welcome(instance)
        watch(processes)


def _welcome(instance: Instance) -> None:
    public = f"http://{instance.public.address}:{instance.public.port}/"
    desk = f"http://localhost:{instance.desk.port}/"  # by name: passkeys work under no bare address
    console.print("\n[bold]Tocsin is running.[/] Sample data only: do not send real reports.\n")
    console.print(f"  Public door  {public}", highlight=False)
    console.print(f"  Desk         {desk}\n\n  Sign in at the desk as", highlight=False)
    for person in PEOPLE:
        console.print(f"    {person.username:6} {', '.join(person.roles)}", highlight=False)
    keys = ", ".join(f"{name}.key “{passphrase}”" for name, passphrase in CUSTODIANS.items())
    console.print(f"  Custodians’ keys and passphrases, in {instance.home / 'handover'}: {keys}", highlight=False)
    console.print(
        f"  Password (all of them): [bold]{PASSWORD}[/]\n  Second factor: {desk}demo-codes shows everybody's present "
        f"code\n  Passphrase to unlock the reports: "
        f"[bold]{UNIT_PASSPHRASE}[/]\n\n  The public ledger is published every {instance.batch_seconds} seconds "
        f"in {instance.log}\n  Ctrl-C ends everything; `make demo` goes on where it stood.\n",
        highlight=False,
    )
