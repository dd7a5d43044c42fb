"""``tocsin ledger``: publish, verify, begin anew after a restored backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tocsin.config.boot import boot
from tocsin.config.cli.verify import show
from tocsin.config.instance import load_instance
from tocsin.config.safety import require_safe

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "The public ledger: a Merkle tree in which every report stands as a number. [bold]publish[/bold] signs what "
        "waits and writes the static files; [bold]verify[/bold] checks everything, database or folder; "
        "[bold]recover[/bold] begins a new origin after an old backup was restored."
    ),
)
console = Console(soft_wrap=True)


@app.command()
def publish(
    force: Annotated[bool, typer.Option(help="Sign a batch even when nothing waits.")] = False,
) -> None:
    """Take what waits into the tree, sign it, publish it. The worker does this by itself every hour."""
    require_safe(load_instance(), "worker")
    boot("worker")
    from tocsin.config.worker import ledger_desk, publish_ledger, start_up
    from tocsin.ledger.startup import require_ok

    desk = ledger_desk()
    require_ok(start_up(desk))
    size = publish_ledger(desk, force=force)
    console.print(f"Published: {desk.origin} with {size:,} entries in {desk.log_dir}", highlight=False)


@app.command()
def verify(
    log: Annotated[
        Path | None, typer.Option(help="A copy of a published ledger. Without it: this installation's own.")
    ] = None,
) -> None:
    """Check a ledger: every hash, every tile, the signature; at home also the database and the audit log.

    Exit code 0 when everything agrees, 1 when something does not (it says what and what to do).
    """
    if log is not None:
        boot("tools")
        from tocsin.ledger.verifier import verify_log

        raise typer.Exit(show(verify_log(log)))
    require_safe(load_instance(), "worker")
    boot("worker")
    raise typer.Exit(_verify_installation())


def _verify_installation() -> int:
    from tocsin.config.worker import ledger_desk
    from tocsin.ledger.audit import verify_audit
    from tocsin.ledger.startup import check
    from tocsin.ledger.verifier import verify_log

    desk = ledger_desk()
    verifier = desk.signer.verifier
    state = check(checkpoint_copy=desk.checkpoint_copy, log_dir=desk.log_dir, verifier=verifier)
    console.print(f"Database: {state.sentence}", highlight=False)
    audit = verify_audit(verifier=desk.audit_signer.verifier)
    console.print(f"Audit log: {audit.sentence}", highlight=False)
    published = show(verify_log(desk.log_dir)) if (desk.log_dir / "checkpoint").exists() else 0
    return 1 if state.read_only or not audit.holds or published else 0


@app.command()
def recover(
    reason: Annotated[str, typer.Option(prompt="Why is a new origin needed", help="Goes into the audit log.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
) -> None:
    """After a restored backup: begin a new origin whose first entry names the last good checkpoint.

    The old files stay under previous/. Reports that wait are taken into the new origin; nothing is dropped.
    """
    require_safe(load_instance(), "worker")
    boot("worker")
    from tocsin.config.recovery import begin_new_origin, describe

    console.print(describe(), highlight=False)
    if not yes and not typer.confirm("Begin a new origin now?"):
        raise typer.Exit(1)
    console.print(begin_new_origin(reason), highlight=False)
