"""``tocsin init``: make an installation."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.prompt import IntPrompt, Prompt

from tocsin.common.errors import RuleBroken
from tocsin.config.boot import boot, collect_static, migrate
from tocsin.config.instance import PACKS, home_from_environment
from tocsin.config.setup import (
    Answers,
    Person,
    add_people,
    all_or_nothing,
    check_answers,
    make_home,
    refuse_to_overwrite,
)

console = Console(soft_wrap=True)
_TEXT = (str, 'a text in "quotes"')
_LIST = (list, 'a list like ["name"]')
_NUMBER = (int, "a number")
_KINDS: dict[str, tuple[type, str]] = {
    "behind_tls": (bool, "true or false"),
    "custodians": (dict, "a table: a name and a passphrase on each line"),
    "public_port": _NUMBER,
    "desk_port": _NUMBER,
    "batch_seconds": _NUMBER,
    "public_hosts": _LIST,
    "desk_hosts": _LIST,
    "people": _LIST,
    "roles": _LIST,
}


def init(
    answers: Annotated[
        Path | None,
        typer.Option(help="A TOML file with all answers, for installations by script. Delete it afterwards."),
    ] = None,
) -> None:
    """Make an installation: keys, custodians, first administrators, policy pack.

    Asks a few questions and writes everything below TOCSIN_HOME (default: ./instance). It never overwrites: keys
    that are lost cannot be made again, and the reports sealed to them stay closed for ever.
    """
    home = home_from_environment()
    refuse_to_overwrite(home)
    told = _from_file(answers) if answers else _ask()
    check_answers(told)
    _require_two_administrators(told)
    with console.status("Making keys and tables …"):
        make_home(home, told)
        with all_or_nothing(home):
            boot("desk", home)
            migrate()
            collect_static()
            add_people(told.people)  # last: on PostgreSQL it is the one part that a second try would stumble over
    console.print(f"\nThe installation is in [bold]{home}[/bold].", highlight=False)
    for line in _next_steps(home, told):
        console.print(f"  • {line}", highlight=False)


def _require_two_administrators(told: Answers) -> None:
    """At the desk it takes two to add somebody or to replace a lost device: with one administrator it is locked out."""
    if sum("administrator" in person.roles for person in told.people) < 2:
        raise RuleBroken(
            "Name two administrators. To add people, to give roles and to replace a lost second factor takes two of "
            "them; one alone could never do it. Nothing was made."
        )


def _next_steps(home: Path, told: Answers) -> list[str]:
    names = ", ".join(f"{name}.key" for name in told.custodians)
    handover = (
        f"Hand the custodians their key files ({names} in {home / 'handover'}) on separate devices, then delete them "
        "there. Two of them together can open an identity; nobody else can."
    )
    witness = (
        "Ask another body to keep copies of the ledger's checkpoints: without an outside witness the public ledger "
        "gives after-the-fact evidence only."
    )
    return [
        handover,
        "Let both administrators sign in now: the first sign-in sets up their second factor.",
        f"Back up {home / 'keys'} and {home / 'tocsin.toml'} apart from the database.",
        witness,
        f"Start: TOCSIN_HOME={home} tocsin serve all",
    ]


def _ask() -> Answers:
    console.print("[bold]A new installation[/bold]. Nothing is sent anywhere; Ctrl-C leaves nothing behind.\n")
    unit = Prompt.ask("Name of the unit that reads the reports", default="intake")
    origin = Prompt.ask("Name of the public ledger (site and a word, no spaces)", default="tips.example.org/ledger")
    packs = sorted(path.name for path in PACKS.iterdir() if path.is_dir())
    pack = Prompt.ask("Policy pack (a name or a folder)", choices=None, default="seed" if "seed" in packs else packs[0])
    public_hosts = Prompt.ask("Names of the public door, separated by spaces", default="localhost 127.0.0.1").split()
    desk_hosts = Prompt.ask("Names of the desk, separated by spaces", default="localhost 127.0.0.1").split()
    unit_passphrase = _passphrase("Passphrase that unlocks the reports")
    custodians = {}
    for number in range(1, IntPrompt.ask("How many custodians guard identities (2 or more)", default=3) + 1):
        name = Prompt.ask(f"Name of custodian {number} (letters, no spaces)", default=f"custodian-{number}")
        custodians[name] = _passphrase(f"Passphrase of {name} (let them type it)")
    console.print("Two administrators are needed: what concerns people takes two of them.")
    first = _administrator("first", taken="")
    people = [first, _administrator("second", taken=first.username)]
    return Answers(
        unit=unit,
        origin=origin,
        pack=pack,
        unit_passphrase=unit_passphrase,
        custodians=custodians,
        people=people,
        public_hosts=public_hosts,
        desk_hosts=desk_hosts,
    )


def _administrator(which: str, *, taken: str) -> Person:
    while True:
        username = Prompt.ask(f"Sign-in name of the {which} administrator", default="" if taken else "admin")
        if username.strip() and username != taken:
            password = _passphrase(f"Password of {username} (let them type it)")
            return Person(username, username, password, ["administrator"])
        console.print("Two different names, please.")


def _passphrase(question: str) -> str:
    while True:
        first = Prompt.ask(f"{question} (12 characters or more)", password=True)
        if len(first) < 12:
            console.print("That is too short. Four or more random words are good.")
        elif first == Prompt.ask("The same once more", password=True):
            return first
        else:
            console.print("The two are not alike. Try again.")


def _from_file(path: Path) -> Answers:
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        told.pop("cost", None)  # how slow a passphrase is to try is not for an answers file to lower
        for table in (told, told["custodians"], *told["people"]):
            _require_kinds(table)
        people = [Person(**person) for person in told.pop("people")]
        return Answers(people=people, **told)
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        told_so = f"{path}: {wrong}. docs/operate/install.md shows a complete file. Nothing was made."
        raise RuleBroken(told_so) from wrong


def _require_kinds(table: dict[str, Any]) -> None:
    for name, value in table.items():
        kind, words = _KINDS.get(name, _TEXT)
        if type(value) is not kind:
            raise TypeError(f"{name} must be {words}")
