"""Monthly retention keys. A tip opens only while its month's key exists; destroying it also reaches the backups.

The public halves lie with the public keys (``retention/2026-11.pub``), the private halves in a small separate folder
(``retention/2026-11.key``) that is backed up apart from the database, or not at all.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from tocsin.common.errors import Unsafe
from tocsin.vault.blobs import KEY_BYTES, new_private_key, public_of
from tocsin.vault.keyfiles import flush_folder, read_secret, write_secret
from tocsin.vault.keyring import RETENTION_FOLDER as FOLDER
from tocsin.vault.keyring import public_key_for

__all__ = ["destroy", "make_month_keys", "months_with_keys", "private_key", "public_key_for"]


def make_month_keys(public_dir: Path, private_dir: Path, *, months: Iterable[str]) -> list[str]:
    """Make the keys of ``months`` (``YYYY-MM``) that do not exist yet; returns those that were made.

    The private half is written first: a public half without it would seal tips that nobody could open.
    """
    made = []
    for month in months:
        public_file = public_dir / FOLDER / f"{month}.pub"
        if public_file.exists():
            continue
        private_file = private_dir / FOLDER / f"{month}.key"
        if not private_file.exists():
            write_secret(private_file, new_private_key())
        public_file.parent.mkdir(parents=True, exist_ok=True)
        beside = public_file.with_suffix(f".{secrets.token_hex(4)}.new")
        beside.write_text(base64.b64encode(public_of(private_key(private_dir, month))).decode() + "\n")
        beside.chmod(0o644)
        beside.replace(public_file)
        made.append(month)
    return made


def private_key(private_dir: Path, key_id: str) -> bytes:
    """The private half of the month ``key_id``. Raises ``Unsafe`` when it was destroyed or is missing."""
    key = read_secret(private_dir / FOLDER / f"{key_id}.key")
    if len(key) != KEY_BYTES:
        raise Unsafe(f"The retention key of {key_id} is damaged. Restore it from its own backup.")
    return key


def months_with_keys(private_dir: Path) -> list[str]:
    """The months (``YYYY-MM``) whose private half lies there, the earliest first."""
    return sorted(path.stem for path in (private_dir / FOLDER).glob("????-??.key"))


def destroy(public_dir: Path, private_dir: Path, key_id: str) -> None:
    """Destroy a month's key for good: overwrite, delete, flush the folder. May be repeated after an interruption.

    The public half goes first: nothing may be sealed any more to a key that is going.

    On flash storage and copy-on-write file systems overwriting may leave old blocks behind; keep the key folder on an
    encrypted volume, or on a device that is destroyed with it. Backups of this folder must be destroyed as well.
    """
    (public_dir / FOLDER / f"{key_id}.pub").unlink(missing_ok=True)
    path = private_dir / FOLDER / f"{key_id}.key"
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    flush_folder(path.parent)
