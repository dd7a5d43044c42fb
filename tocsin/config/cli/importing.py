"""``tocsin import``: many reports at once from a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tocsin.common.errors import RuleBroken
from tocsin.config.boot import boot
from tocsin.config.instance import load_instance
from tocsin.config.safety import require_safe

if TYPE_CHECKING:
    from tocsin.intake.bulk.sealing import Sealer
    from tocsin.intake.bulk.services import Totals

    Show = Callable[[Totals, float], None]

console = Console(soft_wrap=True)
ALL_TAKEN, SOME_REJECTED, COULD_NOT_RUN = 0, 1, 2
_A_LINE_EVERY = 10.0  # seconds, where there is no terminal
_SMALL = 256 * 1024  # bytes; sealed here before processes of their own would have started
_KEPT = "What was stored stays. Give the same command again: it goes on where this ended and stores nothing twice."


def import_file(
    file: Annotated[Path, typer.Argument(help="One report a line, as JSON. docs/guides/import.md tells the fields.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where lines go that are not taken. Default: beside FILE, as .rejected.jsonl")
    ] = None,
    words: Annotated[
        Path | None, typer.Option(help="Write id and nine words of each report there. Without it nobody has them.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="Name of the system the ids come from, where two systems number alike.")
    ] = "",
    processes: Annotated[
        int, typer.Option(min=0, help="How many processes seal. 0: one for each core; 1: this one alone.")
    ] = 0,
) -> None:
    """Take in reports from a file: letters typed up, another system's export. Every line once, whatever happens.

    Stopped or killed, the same command goes on where it ended. Exit code 0: all are taken or were there already;
    1: some lines were not taken, and the file of rejects says why; 2: it could not run to the end.
    """
    require_safe(load_instance(), "public")
    boot("public")
    from django.db import Error as StoreFault

    try:
        totals = _run(file, rejects or file.with_name(f"{file.stem}.rejected.jsonl"), words, source, processes)
    except KeyboardInterrupt:
        _could_not_run(f"You stopped it. {_KEPT}")
    except BrokenProcessPool:
        _could_not_run(f"A process that seals was ended from outside, perhaps for want of memory. {_KEPT}")
    except RuleBroken as broken:
        _could_not_run(str(broken))
    except OSError as fault:
        _could_not_run(f"{fault.strerror or fault} ({fault.filename or file}). {_KEPT}")
    except StoreFault as fault:
        _could_not_run(f"The database does not answer ({type(fault).__name__}). {_KEPT}")
    raise typer.Exit(SOME_REJECTED if totals.rejected else ALL_TAKEN)


def _could_not_run(sentence: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(f"[bold red]Not done:[/] {escape(sentence)}", highlight=False)
    raise typer.Exit(COULD_NOT_RUN)


def _run(file: Path, rejects: Path, words: Path | None, source: str, processes: int) -> Totals:
    from tocsin.access.actors import IMPORT
    from tocsin.intake.bulk.outputs import SecretLines
    from tocsin.intake.bulk.services import Outputs, Totals, import_reports

    if words is not None and words.resolve() == rejects.resolve():
        raise RuleBroken(f"{words} cannot hold both the words and the rejects. Nothing was written.")
    totals, begun = Totals(), time.monotonic()
    with ExitStack() as stack:
        opened = stack.enter_context(_open(file))
        size = os.fstat(opened.fileno()).st_size
        outputs = Outputs(
            stack.enter_context(SecretLines(rejects, first="line", source=file)),
            stack.enter_context(SecretLines(words, first="id", source=file)) if words else None,
        )
        sealer = _sealer(stack, processes, size)
        show = stack.enter_context(_progress(size))
        for totals in import_reports(actor=IMPORT, file=opened, name=source, sealer=sealer, outputs=outputs):
            show(totals, time.monotonic() - begun)
        for written in filter(None, (outputs.rejects, outputs.words)):
            written.finish()
    _sum_up(totals, time.monotonic() - begun, rejects, words)
    return totals


def _open(file: Path) -> BinaryIO:
    opened = file.open("rb")
    if opened.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        opened.close()
        raise RuleBroken(f"{file} is UTF-16. Save it as UTF-8; nothing was taken.")
    return opened


def _sealer(stack: ExitStack, processes: int, size: int) -> Sealer:
    from tocsin.intake.bulk.sealing import OwnSealer, PoolSealer, cores

    wanted = processes or cores()
    return OwnSealer() if wanted < 2 or 0 < size <= _SMALL else stack.enter_context(PoolSealer(wanted))


@contextmanager
def _progress(size: int) -> Iterator[Show]:
    """A bar on a terminal, a line now and then elsewhere."""
    if not console.is_terminal:
        yield _Lines(size)
        return
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[done]:,} reports · {task.fields[rate]:,.0f} a second · time left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=size or None, done=0, rate=0.0)

        def show(totals: Totals, seconds: float) -> None:
            rate = totals.lines / max(seconds, 0.001)
            bar.update(task, completed=totals.bytes_read, done=totals.lines, rate=rate)

        yield show


class _Lines:
    """Progress as lines of text, for logs."""

    def __init__(self, size: int) -> None:
        self._size, self._next = size, _A_LINE_EVERY

    def __call__(self, totals: Totals, seconds: float) -> None:
        """Print where the import stands, every few seconds."""
        if seconds >= self._next:
            self._next = seconds + _A_LINE_EVERY
            part = f"{100 * totals.bytes_read / self._size:.0f} %, " if self._size else ""
            left = f", {(self._size - totals.bytes_read) * seconds / totals.bytes_read:.0f} s left" if part else ""
            rate = totals.lines / seconds
            console.print(f"{part}{totals.lines:,} reports, {rate:,.0f} a second{left}", highlight=False)


def _sum_up(totals: Totals, seconds: float, rejects: Path, words: Path | None) -> None:
    if not totals.lines:
        console.print("There was no report in it.", highlight=False)
        return
    rate = totals.lines / max(seconds, 0.001)
    console.print(
        f"{totals.stored:,} stored, {totals.known:,} were there already, {totals.rejected:,} not taken; "
        f"{seconds:.1f} s, {rate:,.0f} a second.",
        highlight=False,
    )
    if totals.rejected:
        console.print(f"Why not, line by line: {rejects}", highlight=False, markup=False)
    if words:
        console.print(
            f"Nine words to hand out: {words}. Whoever reads that file can answer for the reporters: hand them out, "
            "then destroy it.",
            highlight=False,
            markup=False,
        )
