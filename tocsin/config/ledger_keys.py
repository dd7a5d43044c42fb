"""The worker's signing keys, and the change of the ledger's key when a new origin begins.

A new key waits beside the old one (``ledger-<id>.new.key``) until the transaction in which it signs for the first time
is durable; then it takes the old one's place. A process may die between any two of these steps. Whoever reads the keys
next finishes the change: the key that has signed the newest head is the ledger's key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tocsin.common.errors import Unsafe
from tocsin.ledger import selectors
from tocsin.ledger.checkpoint import CheckpointInvalid, open_checkpoint
from tocsin.ledger.durable_files import flush_directory, only_one_writer, write_durably
from tocsin.ledger.models import PUBLIC
from tocsin.ledger.note import NoteInvalid, Signer
from tocsin.vault.keyfiles import read_secret, write_secret


def read_signer(path: Path) -> Signer:
    """The signer in ``path``. Raises ``Unsafe`` when it is missing, damaged or readable by others."""
    try:
        return Signer.from_skey(read_secret(path).decode().strip())
    except (NoteInvalid, ValueError) as wrong:
        raise Unsafe(f"The key {path} is damaged. Restore it from your backup; it cannot be made again.") from wrong


@contextmanager
def new_ledger_key(origin: str) -> Iterator[Signer]:
    """A fresh signer for ``origin``: the ledger's key once it has signed inside, gone when it has not.

    The caller holds ``alone_with_the_keys``.
    """
    signer = Signer.generate(origin)
    beside = settings.TOCSIN_LEDGER_KEY.with_name(f"ledger-{signer.key_id.hex()}.new.key")
    write_secret(beside, signer.skey.encode() + b"\n")
    try:
        yield signer
    except BaseException:
        if not _has_signed_newest_head(signer):
            beside.unlink()
        raise
    _put_in_place(beside, signer)


@contextmanager
def alone_with_the_keys() -> Iterator[None]:
    """Wait until no other process changes the ledger's key, finish a change that was interrupted, hold the others."""
    with only_one_writer(settings.TOCSIN_LEDGER_KEY.parent):
        for beside in _waiting():
            signer = read_signer(beside)
            if _has_signed_newest_head(signer):
                _put_in_place(beside, signer)
        signer = read_signer(settings.TOCSIN_LEDGER_KEY)
        if not _is_shown(signer) and _has_signed_newest_head(signer):
            _show(signer)
        yield


def finish_interrupted_change() -> None:
    """Put the ledger's new key in its place where a crash kept that from happening; else nothing, without a query.

    Raises ``Unsafe`` when this process may not write there: the worker's service need not.
    """
    if not _waiting() and _is_shown(read_signer(settings.TOCSIN_LEDGER_KEY)):
        return
    try:
        with alone_with_the_keys():
            pass
    except OSError as fault:
        raise Unsafe(
            f"`tocsin ledger recover` was interrupted and cannot be finished ({fault.filename}: {fault.strerror}). "
            "Run it again by hand as the user of the worker, then start."
        ) from fault


def _waiting() -> list[Path]:
    return sorted(settings.TOCSIN_LEDGER_KEY.parent.glob("ledger-*.new.key"))


def _has_signed_newest_head(signer: Signer) -> bool:
    head = selectors.latest_head(PUBLIC)
    if head is None:
        return False
    try:
        open_checkpoint(bytes(head.note), signer.verifier)
    except (NoteInvalid, CheckpointInvalid):
        return False
    return True


def _put_in_place(beside: Path, signer: Signer) -> None:
    """Two renames and one write; each may be the last that happens before a crash."""
    place = settings.TOCSIN_LEDGER_KEY
    if place.exists():
        place.rename(place.with_name(f"ledger-{read_signer(place).key_id.hex()}.old.key"))
    beside.rename(place)
    flush_directory(place.parent)
    _show(signer)


def _shown() -> Path:
    path: Path = settings.TOCSIN_PUBLIC_KEYS / "ledger.vkey"
    return path


def _is_shown(signer: Signer) -> bool:
    return _shown().is_file() and _shown().read_text().strip() == signer.vkey


def _show(signer: Signer) -> None:
    """Tell the other processes whose signature the ledger bears."""
    write_durably(_shown(), signer.vkey.encode() + b"\n")
    flush_directory(_shown().parent)
