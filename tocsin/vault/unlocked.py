"""The unlocked unit key of this process. Kept in memory only; gone at lock, by its rule, and with the process.

The rule counts requests of staff (``somebody_is_at_work``), not the use of the key: a program that copies files in the
background does not keep the desk open.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.utils.translation import gettext as _

from tocsin.common import clock
from tocsin.common.errors import Conflict
from tocsin.vault import opening
from tocsin.vault.blobs import Place
from tocsin.vault.keyfiles import LockedKey
from tocsin.vault.retention import private_key

_CLOCK_SLIP = timedelta(minutes=5)


@dataclass(frozen=True)
class LockRule:
    """When the key is forgotten by itself: ``idle`` after the last request of staff, and at the moment ``at``.

    Both ``None`` is for a key file alone: where the key lies beside the machine, locking would only look safe.
    """

    idle: timedelta | None = timedelta(minutes=30)
    at: datetime | None = None

    @property
    def is_never(self) -> bool:
        """Whether the key stays until somebody locks it."""
        return self.idle is None and self.at is None


UNATTENDED = LockRule(idle=None)


class WhyLocked(StrEnum):
    """What made the key be forgotten by itself."""

    IDLE = "idle"
    TIME = "time"
    CLOCK = "clock"  # it was set back: how long nobody has worked cannot be told any more


@dataclass(frozen=True)
class Status:
    """Whether reading is possible, and until when if nobody works. ``is_unattended``: unlocked by a key file."""

    is_unlocked: bool
    locks_at: datetime | None = None
    is_unattended: bool = False


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
        self._rule = LockRule()
        self._used = clock.now()
        self._untold: WhyLocked | None = None

    def put(self, opener: Opener | None, rule: LockRule) -> None:
        with self._lock:
            self._opener, self._rule, self._used = opener, rule, clock.now()

    def take(self) -> Opener | None:
        with self._lock:
            self._forget_if_due()
            return self._opener

    def note_use(self) -> None:
        with self._lock:
            self._forget_if_due()
            self._used = clock.now()

    def status(self) -> Status:
        with self._lock:
            self._forget_if_due()
            if self._opener is None:
                return Status(is_unlocked=False)
            return Status(True, self._due(), self._rule is UNATTENDED)

    def told(self) -> WhyLocked | None:
        with self._lock:
            self._forget_if_due()
            untold, self._untold = self._untold, None
            return untold

    def _due(self) -> datetime | None:
        idle = None if self._rule.idle is None else self._used + self._rule.idle
        moments = [moment for moment in (idle, self._rule.at) if moment is not None]
        return min(moments, default=None)

    def _forget_if_due(self) -> None:
        """Every look at the key asks this first, so that no thread has to be in time."""
        if self._opener is None or self._rule.is_never:
            return
        now, due = clock.now(), self._due()
        if now < self._used - _CLOCK_SLIP:
            why = WhyLocked.CLOCK
        elif due is not None and now >= due:
            why = WhyLocked.TIME if due == self._rule.at else WhyLocked.IDLE
        else:
            return
        self._opener, self._untold = None, why


_holder = _Holder()


def unlock(unit_private: bytes, retention_dir: Path, rule: LockRule | None = None) -> None:
    """Keep the unit's private key (32 bytes) in this process until ``rule`` says otherwise."""
    _holder.put(Opener(unit_private, retention_dir), rule or LockRule())


def unlock_with_passphrase(path: Path, passphrase: str, retention_dir: Path, rule: LockRule | None = None) -> None:
    """Open the unit's key file and keep the key. Raises ``WrongPassphrase``."""
    unlock(LockedKey(path).open_with_passphrase(passphrase), retention_dir, rule)


def unlock_with_key_file(path: Path, key_file: Path, retention_dir: Path) -> None:
    """Open the unit's key file unattended: it stays open. Raises ``WrongPassphrase`` or ``Unsafe``."""
    unlock(LockedKey(path).open_with_key_file(key_file), retention_dir, UNATTENDED)


def lock_now() -> None:
    """Forget the key."""
    _holder.put(None, LockRule())


def somebody_is_at_work() -> None:
    """Note a request of a member of staff: from now the idle time counts anew."""
    _holder.note_use()


def is_unlocked() -> bool:
    """Whether reading is possible now."""
    return _holder.take() is not None


def status() -> Status:
    """Whether and until when reading is possible."""
    return _holder.status()


def locked_by_itself() -> WhyLocked | None:
    """Why the key was forgotten by its rule, told once: for the line in the audit log. Forgets it if that is due."""
    return _holder.told()


def opener() -> Opener:
    """What opens sealed blobs. Raises ``Locked``."""
    found = _holder.take()
    if found is None:
        raise Locked
    return found
