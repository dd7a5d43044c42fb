"""The keyring of this installation, as the settings name it. Public keys only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tocsin.common import clock
from tocsin.vault.keyring import PublicKeyring


def keyring() -> PublicKeyring:
    """The public keys in force now; the folder is read again when a new month begins."""
    return _load(str(settings.TOCSIN_PUBLIC_KEYS), clock.month_of(clock.now()))


@lru_cache(maxsize=4)
def _load(folder: str, month: str) -> PublicKeyring:
    return PublicKeyring.load(Path(folder), month)
