"""The unlocked unit key of this process. Kept in memory only; gone at lock, after idle time and with the process."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from django.utils.translation import gettext as _

from tocsin.common.errors import Conflict
from tocsin.vault import opening
from tocsin.vault.blobs import Place
from tocsin.vault.keyfiles import LockedKey
from tocsin.vault.retention import private_key

IDLE_SECONDS = 8 * 3600.0


class Locked(Conflict):
    """Reading needs the unit key, and nobody has unlocked it."""

    def __init__(self) -> None:
        super().__init__(_("The desk is locked. Somebody must unlock it with the unit's passphrase first."))


class Opener:
    """Opens what is sealed to the unit. Get one from ``opener()`` for each piece of work; do not keep it."""

    def __init__(self, unit: bytes, retention_dir: Path) -> None:
        self._unit = unit
        self._retention_dir = retention_dir

    def open_content(self, blob: bytes, wrapped_key: bytes, retention_id: str, place: Place) -> bytes:
        """A tip's content. Raises ``CannotOpen``, or ``Unsafe`` when the month's retention key is gone."""
        return opening.open_content(
            self._unit, private_key(self._retention_dir, retention_id), blob, wrapped_key, place
        )

    def open_key(self, wrapped_key: bytes, retention_id: str, place: Place) -> bytes:
        """The data key of a file. Raises as ``open_content`` does."""
        return opening.open_key(self._unit, private_key(self._retention_dir, retention_id), wrapped_key, place)

    def open_message(self, blob: bytes, place: Place) -> bytes:
        """A message. Raises ``CannotOpen``."""
        return opening.open_message(self._unit, blob, place)

    def open_sealed(self, blob: bytes, place: Place) -> bytes:
        """A short text sealed with ``seal_to``. Raises ``CannotOpen``."""
        return opening.open_sealed(self._unit, blob, place)

    def __repr__(self) -> str:
        """Says nothing."""
        return "Opener(…)"


class _Holder:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opener: Opener | None = None
        self._used = 0.0
        self.idle_seconds = IDLE_SECONDS

    def put(self, opener: Opener | None) -> None:
        with self._lock:
            self._opener, self._used = opener, time.monotonic()

    def take(self, *, use: bool) -> Opener | None:
        with self._lock:
            if self._opener is not None and time.monotonic() - self._used > self.idle_seconds:
                self._opener = None
            if use:
                self._used = time.monotonic()
            return self._opener


_holder = _Holder()


def unlock(unit_private: bytes, retention_dir: Path) -> None:
    """Keep the unit's private key (32 bytes) in this process."""
    _holder.put(Opener(unit_private, retention_dir))


def unlock_with_passphrase(path: Path, passphrase: str, retention_dir: Path) -> None:
    """Open the unit's key file and keep the key. Raises ``WrongPassphrase``."""
    unlock(LockedKey(path).open_with_passphrase(passphrase), retention_dir)


def unlock_with_key_file(path: Path, key_file: Path, retention_dir: Path) -> None:
    """Open the unit's key file unattended. Raises ``WrongPassphrase`` or ``Unsafe``."""
    unlock(LockedKey(path).open_with_key_file(key_file), retention_dir)


def lock_now() -> None:
    """Forget the key."""
    _holder.put(None)


def is_unlocked() -> bool:
    """Whether reading is possible now. Asking does not count as use."""
    return _holder.take(use=False) is not None


def opener() -> Opener:
    """What opens sealed blobs. Raises ``Locked``."""
    found = _holder.take(use=True)
    if found is None:
        raise Locked
    return found
