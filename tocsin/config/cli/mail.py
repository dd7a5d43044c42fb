"""``tocsin mail``: reports that come by e-mail."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from tocsin.common.errors import RuleBroken
from tocsin.config.boot import boot
from tocsin.config.instance import load_instance
from tocsin.config.safety import require_safe

if TYPE_CHECKING:
    from tocsin.intake.channels.email.boxes import Box
    from tocsin.intake.channels.email.settings import MailSettings

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Reports by e-mail, from a maildir or a mail server. [bold]fetch[/bold] takes in what waits, "
        "[bold]check[/bold] only looks whether that would work. docs/operate/mail.md tells how to set it up."
    ),
)
console = Console(soft_wrap=True)
ALL_TAKEN, SOME_ASIDE, COULD_NOT_RUN = 0, 1, 2


@app.command()
def fetch() -> None:
    """Take in the mails that wait, each once, without their senders. No answer is ever sent.

    Exit code 0: all are taken; 1: some were put aside or left, and the desk or the log says why; 2: it could not run.
    """
    mail = _booted()
    from tocsin.access.actors import MAIL
    from tocsin.intake.channels.email.services import take_mails

    try:
        with _only_one(), _box(mail) as box:
            done = take_mails(actor=MAIL, box=box, category=mail.category, largest_mb=mail.largest_mb)
    except RuleBroken as broken:
        _could_not_run(str(broken))
    except OSError as fault:
        _could_not_run(f"{fault.strerror or fault} ({fault.filename or 'no file'}).")
    console.print(
        f"{done.taken} taken, {done.known} were stored already, {done.aside} put aside, {done.left} left.",
        highlight=False,
    )
    raise typer.Exit(SOME_ASIDE if done.aside or done.left else ALL_TAKEN)


@app.command()
def check() -> None:
    """Look into the mailbox and say how many mails wait. Nothing is read, taken or changed.

    Exit code 0 when it can be used, 2 when not.
    """
    mail = _booted()
    try:
        with _box(mail) as box:
            waiting = sum(1 for _each in box.waiting())
    except RuleBroken as broken:
        _could_not_run(str(broken))
    console.print(f"{mail.where}: {waiting} waiting.", highlight=False, markup=False)


def _booted() -> MailSettings:
    instance = load_instance()
    require_safe(instance, "mail")
    boot("public")
    if instance.mail is None:
        raise AssertionError("require_safe has looked for it")
    return instance.mail


@contextmanager
def _box(mail: MailSettings) -> Iterator[Box]:
    if mail.maildir is not None:
        from tocsin.intake.channels.email.maildir import MaildirBox

        yield MaildirBox(mail.maildir, mail.aside)
        return
    from tocsin.intake.channels.email.imap import ImapBox

    with ImapBox(mail) as box:
        yield box


@contextmanager
def _only_one() -> Iterator[None]:
    """One round at a time. Raises ``RuleBroken`` while another one runs."""
    from django.conf import settings

    with (settings.TOCSIN_EVIDENCE_DIR / "mail.lock").open("ab") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuleBroken("Mails are being fetched already. Wait until that has ended.") from None
        yield


def _could_not_run(sentence: str) -> NoReturn:
    told = f"[bold red]Not done:[/] {escape(sentence)} Mails that were not taken are where they were."
    Console(stderr=True, soft_wrap=True).print(told, highlight=False)
    raise typer.Exit(COULD_NOT_RUN)
