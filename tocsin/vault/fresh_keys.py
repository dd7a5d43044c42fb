"""Keys of random bytes that a program may make again when they are missing."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tocsin.common.errors import Unsafe
from tocsin.vault.blobs import KEY_BYTES
from tocsin.vault.keyfiles import flush_folder, read_secret, write_secret


def read_or_make_secret(path: Path) -> bytes:
    """The content of a secret file of 32 random bytes, made now if it is missing: for keys that may be made again.

    Of several processes that start at once one makes it. Raises ``Unsafe`` when others can read it or it is damaged.
    """
    if not path.exists():
        try:
            _make(path)
        except OSError as fault:
            told = f"head -c {KEY_BYTES} /dev/urandom > {path} && chmod 600 {path}"
            raise Unsafe(
                f"The key {path} is missing and cannot be made here ({fault.strerror}). Make it: {told}"
            ) from None
    secret = read_secret(path)
    if len(secret) != KEY_BYTES:
        raise Unsafe(f"The key {path} is damaged. Restore it from your backup.")
    return secret


def _make(path: Path) -> None:
    beside = path.with_suffix(f".{secrets.token_hex(4)}.new")
    write_secret(beside, secrets.token_bytes(KEY_BYTES))
    try:
        os.link(beside, path)  # whole or not at all, and never over an older one
    except FileExistsError:
        pass
    finally:
        beside.unlink()
        flush_folder(path.parent)
